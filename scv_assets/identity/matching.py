"""From records to clusters of record numbers: the steps of one run, in order, before customers get their ids."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scv_assets.identity import clustering
from scv_assets.identity.agreements import Compared
from scv_assets.identity.arrays import Flags, Numbers
from scv_assets.identity.clustering import Clusters, Contradictions, Limited
from scv_assets.identity.comparing import compare_candidates, compare_more, together
from scv_assets.identity.context import Context, term_frequencies
from scv_assets.identity.engines import Engine
from scv_assets.identity.holdings import Holdings
from scv_assets.identity.identifiers import (
    Counts,
    SharedIdentifiers,
    count,
    count_customers,
    links_anonymous,
    shared_identifiers,
    shared_values,
)
from scv_assets.identity.judgements import Decided
from scv_assets.identity.model import Model
from scv_assets.identity.pair_levels import PairLevels
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import Policy
from scv_assets.identity.records import Pairs, Records
from scv_assets.identity.training import Known, train
from scv_assets.identity.weighing import Scales, Weighed, as_links, told

_BY_RULE, _BY_STEWARD = 1, 2


@dataclass(frozen=True)
class Matching:
    """What a run found.

    `in_dropped_blocks`: records in blocks that stayed too big, by blocking rule; `candidates`: how many pairs the rules
    brought together. `weighed`: the pairs that came to something (`_matter`); `weights`: how many of all pairs have
    which weight. `is_link`: the pair speaks for one person, whether or not clustering could follow it; `is_apart`: a
    steward says no.
    """

    records: Records
    plan: Plan
    model: Model
    held: Holdings
    counts: Counts
    sharing: SharedIdentifiers
    in_dropped_blocks: dict[str, int]
    candidates: int
    weighed: Weighed
    weights: Counter[float]
    is_link: Flags
    is_apart: Flags
    tier: npt.NDArray[np.int8]
    clusters: Clusters


def match(
    policy: Policy,
    plan: Plan,
    engine: Engine,
    records: Records,
    held: Holdings,
    decisions: Decided,
    levels: PairLevels,
    model: Model | None,
) -> Matching:
    """Return the clusters of the records and how they came about; trains where there is no model.

    Twice: first everybody who says who he is; then anonymous records come to the customers that this gave.
    """
    pa.default_memory_pool().release_unused()  # reading and folding took a lot, and pairs come from another pool
    counts = count(policy, plan, records, held, levels)
    shared = shared_values(records, held, counts)
    context = Context(plan, records, shared, model.frequencies if model else term_frequencies(plan, records))
    compared, in_dropped_blocks = _looked_at(engine, context, levels)
    candidates = len(compared)
    if model is None:
        known = _known(policy, records, held, counts, decisions)
        compared = compare_more(context, compared, Pairs.union([known.one, known.apart], records.count), levels)
        model = train(engine, context, compared, known)
    sharing = shared_identifiers(policy, records, held, counts, ("alone", "with_names"))
    compared = compare_more(context, compared, told(decisions, sharing, records.count), levels)
    solved = _solve(Scales(policy, model, context, levels, compared, decisions, sharing), held)
    if links_anonymous(policy, held):
        counts = count_customers(policy, records, held, counts, solved.clusters.label)
        every = shared_identifiers(policy, records, held, counts, ("alone", "with_names", "anonymous"))
        if len(every.pairs) > len(sharing.pairs):
            sharing = every
            more = Pairs.union([told(decisions, sharing, records.count), solved.weighed.pairs], records.count)
            compared = compare_more(context, compared, more, levels)
            solved = _solve(Scales(policy, model, context, levels, compared, decisions, sharing), held)
    is_apart = solved.weighed.pairs.are_in(decisions.cannot_link, records.count)
    return Matching(
        records=records,
        plan=plan,
        model=model,
        held=held,
        counts=counts,
        sharing=sharing,
        in_dropped_blocks=in_dropped_blocks,
        candidates=candidates,
        weighed=solved.weighed,
        weights=solved.weights,
        is_link=solved.is_link,
        is_apart=is_apart,
        tier=solved.tier,
        clusters=solved.clusters,
    )


def _looked_at(engine: Engine, context: Context, levels: PairLevels) -> tuple[Compared, dict[str, int]]:
    """Return the pairs of all blocking rules, and `Matching.in_dropped_blocks`."""
    candidates = engine.candidate_pairs(context.plan, context.records)
    dropped = {block.rule: block.dropped_records for block in candidates.blocks if block.dropped_records}
    parts = compare_candidates(context, candidates, levels)
    del candidates  # the blocks of all rules are as large as the pairs
    return together(parts), dropped


def _known(policy: Policy, records: Records, held: Holdings, counts: Counts, decisions: Decided) -> Known:
    """Return the pairs whose answer stewards, sources and identifiers that link alone have given."""
    alone = shared_identifiers(policy, records, held, counts, ["alone"])
    one = Pairs.union([alone.pairs, decisions.merged_by_source, decisions.must_link], records.count)
    return Known(one, decisions.cannot_link)


@dataclass(frozen=True)
class _Solved:
    weighed: Weighed
    weights: Counter[float]
    is_link: Flags
    tier: npt.NDArray[np.int8]
    clusters: Clusters


def _solve(scales: Scales, held: Holdings) -> _Solved:
    """Weigh the pairs that may come to something, then all pairs inside of what they join, and cluster."""
    policy, records, decisions = scales.policy, scales.records, scales.decisions
    which = scales.worth_weighing()
    weighed, weights = scales.with_identifiers(scales.weighed(which)), scales.counted_but(which)
    is_link, tier = _links(policy, weighed, decisions, records.count)
    weighed = scales.with_rivals(weighed, is_link, tier)
    weights += weighed.scores.counted()
    is_link, tier = _links(policy, weighed, decisions, records.count)
    component = clustering.components(records.count, weighed.pairs.take(is_link))
    weighed = weighed.take(_matter(scales, weighed, is_link, component))
    inside = _inside(scales, component)
    lacking = inside.take(~inside.are_in(weighed.pairs, records.count))
    place = scales.compared.place(lacking)
    weighed = weighed.joined(scales.weighed(place[place >= 0]), records.count)
    more = scales.compared_anew(lacking.take(place < 0))
    weights += more.scores.counted()
    weighed = weighed.joined(more, records.count)
    is_link, tier = _links(policy, weighed, decisions, records.count)
    clusters = _clusters(policy, records, held, weighed, is_link, tier, decisions)
    return _Solved(weighed, weights, is_link, tier, clusters)


def _inside(scales: Scales, component: Numbers) -> Pairs:
    """Return all pairs inside of components; of one that no customer can be as large as, those that were looked at."""
    records, most = scales.records, scales.policy.clustering.max_records
    looked_at = scales.compared.within(component, np.bincount(component)[component] > most)
    inside = clustering.inside_pairs(component, records.is_scored, most)
    return Pairs.union([inside, scales.compared.pairs(looked_at)], records.count)


def _matter(scales: Scales, weighed: Weighed, is_link: Flags, component: Numbers) -> Flags:
    """Return the pairs that somebody may ask about; nearly all of a wide net are too unlike for that.

    Links, questions to stewards, what a rule, a steward or a rival keeps apart, records that share an identifier or
    came together by others.
    """
    pairs, scores, count = weighed.pairs, weighed.scores, scales.records.count
    weight, rival = scores.rows.weight, scores.rows.rival
    tells = (1 / (1 + np.exp2(-weight)) >= scales.policy.thresholds.review) | (weight > 0) | (rival >= 0)
    return np.asarray(
        is_link
        | tells[scores.row]
        | (component[pairs.left] == component[pairs.right])
        | pairs.are_in(scales.sharing.pairs, count)
        | pairs.are_in(scales.decisions.cannot_link, count)
    )


def _links(policy: Policy, weighed: Weighed, decisions: Decided, count: int) -> tuple[Flags, npt.NDArray[np.int8]]:
    """Return which pairs speak for one person, and who says so."""
    is_must = weighed.pairs.are_in(decisions.must_link, count)
    is_merged = weighed.pairs.are_in(decisions.merged_by_source, count)
    is_apart = weighed.pairs.are_in(decisions.cannot_link, count)
    is_match = weighed.scores.reaches(policy.thresholds.match)
    by_evidence = (weighed.is_exact | is_match) & ~weighed.scores.is_forbidden & ~is_apart
    tier = np.full(len(weighed.pairs), clustering.PROBABILISTIC, dtype=np.int8)
    tier[weighed.is_exact] = clustering.EXACT
    tier[is_merged] = clustering.SOURCE
    tier[is_must] = clustering.STEWARD
    return np.asarray(is_must | (is_merged & ~is_apart) | by_evidence), tier


def _clusters(
    policy: Policy,
    records: Records,
    held: Holdings,
    weighed: Weighed,
    is_link: Flags,
    tier: npt.NDArray[np.int8],
    decisions: Decided,
) -> Clusters:
    exact_bits, count, pairs = policy.clustering.exact_bits, records.count, weighed.pairs
    links = np.flatnonzero(is_link)
    component = clustering.components(count, pairs.take(links))
    near = np.flatnonzero(component[pairs.left] == component[pairs.right])
    scores = weighed.scores.take(near)
    evidence = np.where(weighed.is_exact[near], np.maximum(scores.evidence, exact_bits), scores.evidence)
    forbidden = np.where(scores.is_forbidden, _BY_RULE, 0).astype(np.int8)
    forbidden[pairs.take(near).are_in(decisions.cannot_link, count)] = _BY_STEWARD
    return clustering.cluster(
        policy.clustering,
        count,
        as_links(policy, weighed, links, tier, weighed.is_exact),
        Contradictions(pairs.take(near), evidence, forbidden),
        records.is_deleted,
        _limited(policy, held),
    )


def _limited(policy: Policy, held: Holdings) -> tuple[Limited, ...]:
    spaces = held.namespaces
    found = []
    for code, name in enumerate(spaces.values):
        most = policy.namespace(str(name)).max_per_customer
        if most is not None:
            rows = spaces.codes[held.value] == code
            found.append(Limited(str(name), most, held.record[rows], held.value[rows]))
    return tuple(found)
