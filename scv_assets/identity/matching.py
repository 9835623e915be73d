"""From records to clusters of record numbers: the steps of one run, in order, before customers get their ids."""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from scv_assets.identity import clustering, scoring
from scv_assets.identity.blocking import BlockKeys
from scv_assets.identity.clustering import Clusters, Contradictions, Limited, Links
from scv_assets.identity.context import SharedValues, with_context
from scv_assets.identity.engines import Engine, Levels
from scv_assets.identity.holdings import Holdings
from scv_assets.identity.identifiers import (
    Counts,
    SharedIdentifiers,
    count,
    count_customers,
    exact_links,
    shared_identifiers,
    shared_values,
)
from scv_assets.identity.judgements import Decided
from scv_assets.identity.model import Model
from scv_assets.identity.pair_levels import PairLevels
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import Policy
from scv_assets.identity.records import Flags, Merging, Numbers, Pairs, Records
from scv_assets.identity.rivals import Compared, with_rivals
from scv_assets.identity.scoring import Scores
from scv_assets.identity.training import Known, train

_BY_RULE, _BY_STEWARD = 1, 2


@dataclass(frozen=True)
class Weighed:
    """Pairs that were looked at, with everything known of each. `is_exact`: identifiers link them."""

    pairs: Pairs
    levels: Levels
    scores: Scores
    is_exact: Flags

    def take(self, which: Flags) -> "Weighed":
        """Return some of the pairs."""
        return Weighed(self.pairs.take(which), self.levels[which], self.scores.take(which), self.is_exact[which])

    def joined(self, other: "Weighed", count: int) -> "Weighed":
        """Return these pairs and others, in order; none is in both."""
        merging = Merging.of_pairs(self.pairs, other.pairs, count)
        return Weighed(
            merging.pairs(self.pairs, other.pairs),
            merging(self.levels, other.levels),
            self.scores.joined(other.scores, merging),
            merging(self.is_exact, other.is_exact),
        )


@dataclass(frozen=True)
class Matching:
    """What a run found.

    `weighed`: the pairs that came to something (`_matter`); `weights`: how many of all pairs have which weight.
    `is_link`: the pair speaks for one person, whether or not clustering could follow it; `is_apart`: a steward says no.
    """

    records: Records
    plan: Plan
    model: Model
    held: Holdings
    counts: Counts
    sharing: SharedIdentifiers
    blocks: tuple[BlockKeys, ...]
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
    counts = count(policy, plan, records, held, levels)
    shared = shared_values(records, held, counts)
    found = engine.candidate_pairs(plan, records)
    if model is None:
        known = _known(policy, records, held, counts, decisions)
        pairs = Pairs.union([found.pairs, known.one, known.apart], records.count)
        model = train(plan, engine, records, pairs, levels(pairs), shared, known)
    looked_at = [found.pairs, decisions.must_link, decisions.cannot_link, decisions.merged_by_source]
    sharing = shared_identifiers(policy, records, held, counts, ("alone", "with_names"))
    scales = _Scales(policy, plan, model, records, levels, shared, sharing)
    solved = _solve(scales, held, decisions, looked_at)
    counts = count_customers(policy, records, held, counts, solved.clusters.label)
    every = shared_identifiers(policy, records, held, counts, ("alone", "with_names", "anonymous"))
    if len(every.pairs) > len(sharing.pairs):
        scales = dataclasses.replace(scales, sharing=every)
        solved = _solve(scales, held, decisions, [*looked_at, solved.weighed.pairs])
    is_apart = solved.weighed.pairs.are_in(decisions.cannot_link, records.count)
    return Matching(
        records=records,
        plan=plan,
        model=model,
        held=held,
        counts=counts,
        sharing=scales.sharing,
        blocks=found.blocks,
        candidates=len(found.pairs),
        weighed=solved.weighed,
        weights=solved.weights,
        is_link=solved.is_link,
        is_apart=is_apart,
        tier=solved.tier,
        clusters=solved.clusters,
    )


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


def _solve(scales: "_Scales", held: Holdings, decisions: Decided, looked_at: list[Pairs]) -> _Solved:
    """Weigh the pairs, then all pairs inside of what they join, and cluster."""
    policy, records = scales.policy, scales.records
    weighed = scales(Pairs.union([*looked_at, scales.sharing.pairs], records.count))
    is_link, tier = _links(policy, weighed, decisions, records.count)
    weighed = scales.with_rivals(weighed, is_link, tier)
    is_link, tier = _links(policy, weighed, decisions, records.count)
    weights = weighed.scores.counted()
    component = clustering.components(records.count, weighed.pairs.take(is_link))
    inside = clustering.inside_pairs(component, records.is_scored, policy.clustering.max_records)
    more = inside.take(~inside.are_in(weighed.pairs, records.count))
    matter = _matter(scales, decisions, weighed, is_link, component)
    weighed, is_link, tier = weighed.take(matter), is_link[matter], tier[matter]
    if len(more):
        weighed_more = scales.of_levels(more)
        weights += weighed_more.scores.counted()
        weighed = weighed.joined(weighed_more, records.count)
        is_link, tier = _links(policy, weighed, decisions, records.count)
    clusters = _clusters(policy, records, held, weighed, is_link, tier, decisions)
    return _Solved(weighed, weights, is_link, tier, clusters)


def _matter(scales: "_Scales", decisions: Decided, weighed: Weighed, is_link: Flags, component: Numbers) -> Flags:
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
        | pairs.are_in(decisions.cannot_link, count)
    )


@dataclass(frozen=True)
class _Scales:
    """Weighs pairs: levels, context, scores, and what their identifiers say."""

    policy: Policy
    plan: Plan
    model: Model
    records: Records
    levels: PairLevels
    shared: SharedValues
    sharing: SharedIdentifiers

    def of_levels(self, pairs: Pairs) -> Weighed:
        """Weigh pairs that share no identifier that could link."""
        levels = with_context(self.plan, self.records, pairs, self.levels(pairs), self.shared)
        scores = scoring.score(self.policy, self.plan, self.model, self.records, pairs, levels)
        return Weighed(pairs, levels, scores, np.zeros(len(pairs), dtype=bool))

    def __call__(self, pairs: Pairs) -> Weighed:
        weighed = self.of_levels(pairs)
        disagrees, agrees = weighed.scores.disagrees, weighed.scores.agrees
        place = np.searchsorted(pairs.keys(self.records.count), self.sharing.pairs.keys(self.records.count))
        weighed.is_exact[place[exact_links(self.policy, self.sharing, disagrees[place], agrees[place])]] = True
        return weighed

    def with_rivals(self, weighed: Weighed, is_link: Flags, tier: npt.NDArray[np.int8]) -> Weighed:
        """Weigh in what rivals say of the pairs that the model alone decides."""
        is_open = tier == clustering.PROBABILISTIC
        links = _as_links(self.policy, weighed, np.flatnonzero(is_link), tier, ~is_open)
        compared = Compared(weighed.pairs, weighed.levels, weighed.scores)
        weigh = partial(scoring.score, self.policy, self.plan, self.model, self.records)
        return dataclasses.replace(
            weighed, scores=with_rivals(self.policy, self.records, compared, links, is_open, weigh)
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
        _as_links(policy, weighed, links, tier, weighed.is_exact),
        Contradictions(pairs.take(near), evidence, forbidden),
        records.is_deleted,
        _limited(policy, held),
    )


def _as_links(
    policy: Policy,
    weighed: Weighed,
    which: npt.NDArray[np.intp],
    tier: npt.NDArray[np.int8],
    is_exact: Flags,
) -> Links:
    """Return some of the pairs as links, strength in bits: what is told exactly counts some at least."""
    weight = weighed.scores.take(which).weight
    strength = np.where(is_exact[which], np.fmax(weight, policy.clustering.exact_bits), weight)
    return Links(weighed.pairs.take(which), tier[which], np.nan_to_num(strength, nan=0.0))


def _limited(policy: Policy, held: Holdings) -> tuple[Limited, ...]:
    spaces = held.namespaces
    found = []
    for code, name in enumerate(spaces.values):
        most = policy.namespace(str(name)).max_per_customer
        if most is not None:
            rows = spaces.codes[held.value] == code
            found.append(Limited(str(name), most, held.record[rows], held.value[rows]))
    return tuple(found)
