"""Scores: bits of evidence for and against each pair, from its levels and a model.

weight = log2 of the odds that two records are one person: prior odds times the Bayes factor against "two people", who
are strangers or lookalikes (model.py). What each comparison says is its m/u in bits; agreement on a rare name says more
(its share of records instead of the mean one); a kind of lookalikes, such as `household`, stands in the list with what
is taken back because such people would look alike too. All bits and the prior add up to the weight.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scv_assets.identity.engines import Levels
from scv_assets.identity.model import Model
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import Comparison, LevelPattern, Policy
from scv_assets.identity.records import Flags, Pairs, Records

Bits = npt.NDArray[np.float64]

RULE, PRIOR = "rule", "prior"

_CHUNK = 1_000_000


@dataclass(frozen=True)
class Scores:
    """One entry a pair. `weight` in bits with the prior; NaN where a record is anonymous.

    `evidence` is the weight without the prior: 0 where there is nothing to compare, or a record is anonymous.
    `bits` has a column a comparison, then one a lookalike kind, then the rules' penalties. `forbidden_by` is the
    place of the negative rule that forbids the pair, -1 where none does. `disagrees`, `agrees`: what the names say.
    """

    weight: Bits
    evidence: Bits
    bits: npt.NDArray[np.float32]
    forbidden_by: npt.NDArray[np.int16]
    disagrees: Flags
    agrees: Flags

    @property
    def probability(self) -> Bits:
        """Posterior probability of one person; NaN where the weight is."""
        return np.asarray(1 / (1 + np.exp2(-self.weight)))


def score(policy: Policy, plan: Plan, model: Model, records: Records, pairs: Pairs, levels: Levels) -> Scores:
    """Return the scores of pairs; `levels` with their context.

    Raises `ModelRefused` where the model was trained for another plan.
    """
    model.check(plan)
    chunks = [np.arange(start, min(start + _CHUNK, len(pairs))) for start in range(0, max(len(pairs), 1), _CHUNK)]
    parts = [_score(policy, plan, model, records, pairs.take(chunk), levels[chunk]) for chunk in chunks]
    return Scores(*(np.concatenate([getattr(part, name) for part in parts]) for name in Scores.__dataclass_fields__))


def _score(policy: Policy, plan: Plan, model: Model, records: Records, pairs: Pairs, levels: Levels) -> Scores:
    width = len(plan.comparisons)
    bits = np.zeros((len(pairs), width + len(plan.lookalikes) + 1))
    against = np.zeros((len(plan.lookalikes), len(pairs)))
    for place, comparison in enumerate(plan.comparisons):
        odds = [model.levels[comparison.name][name] for name in comparison.level_names[1:]]
        codes = levels[:, place]
        m, u = (np.array([1.0, *(getattr(odd, which) for odd in odds)]) for which in ("m", "u"))
        rarity = _rarity(model, comparison, records, pairs, codes, u)
        bits[:, place] = np.log2(m / u)[codes] + rarity
        for row, kind in zip(against, plan.lookalikes, strict=True):
            table = np.array([1.0, *(odd.lookalikes[kind.name] for odd in odds)])
            by_chance = table if kind.is_by_chance else np.minimum(table, u)
            if comparison.name in kind.share and not kind.is_by_chance:
                by_chance = np.zeros(len(table))
            of_one_origin = table - by_chance
            row += np.log2(by_chance[codes] + of_one_origin[codes] * np.exp2(rarity)) - np.log2(u)[codes]
    _take_back(plan, model, bits, against)
    forbidden_by = np.full(len(pairs), -1, dtype=np.int16)
    for place, rule in enumerate(policy.negative_rules):
        holds = holds_pattern(plan, levels, rule.when)
        if rule.then == "weigh":
            bits[holds, -1] -= rule.bits
        else:
            forbidden_by[holds & (forbidden_by < 0)] = place
    is_scored = records.is_scored[pairs.left] & records.is_scored[pairs.right]
    bits[~is_scored] = 0.0
    evidence = bits.sum(axis=1).round(6)
    return Scores(
        weight=np.where(is_scored, evidence + prior_bits(model), np.nan).round(6),
        evidence=evidence,
        bits=bits.astype(np.float32),
        forbidden_by=forbidden_by,
        disagrees=holds_any(plan, levels, policy.names.disagree),
        agrees=holds_any(plan, levels, policy.names.agree),
    )


def _take_back(plan: Plan, model: Model, bits: Bits, against: Bits) -> None:
    """Fill in what each lookalike kind takes back: together -log2(1 + sum of its odds against strangers)."""
    strangers = 1 - model.prior - sum(model.lookalike_priors.values())
    before = np.zeros(len(bits))
    for place, kind in enumerate(plan.lookalikes):
        after = np.logaddexp2(before, np.log2(model.lookalike_priors[kind.name] / strangers) + against[place])
        bits[:, len(plan.comparisons) + place] = before - after
        before = after


def evidence_names(plan: Plan) -> tuple[str, ...]:
    """Return what each column of `Scores.bits` is about."""
    return (*(comparison.name for comparison in plan.comparisons), *(kind.name for kind in plan.lookalikes), RULE)


def prior_bits(model: Model) -> float:
    """Return the log2 of the prior odds."""
    return float(np.log2(model.prior / (1 - model.prior)))


def holds_any(plan: Plan, levels: Levels, patterns: tuple[LevelPattern, ...]) -> Flags:
    """Return true for the pairs in any of the patterns."""
    return np.asarray(
        np.logical_or.reduce([np.zeros(len(levels), bool)] + [holds_pattern(plan, levels, p) for p in patterns])
    )


def holds_pattern(plan: Plan, levels: Levels, pattern: LevelPattern) -> Flags:
    """Return true for the pairs whose levels are all among those that the pattern names."""
    holds = np.ones(len(levels), dtype=bool)
    for place, comparison in enumerate(plan.comparisons):
        if comparison.name in pattern:
            wanted = np.isin(np.array(comparison.level_names), pattern[comparison.name])
            holds &= wanted[levels[:, place]]
    return holds


def _rarity(
    model: Model, comparison: Comparison, records: Records, pairs: Pairs, codes: npt.NDArray[np.uint8], u: Bits
) -> Bits:
    """Return the bits that an exact agreement gains (a rare value) or loses (a common one)."""
    if comparison.term_frequency is None:
        return np.zeros(len(pairs))
    shares = model.frequencies[comparison.name]
    column = records.columns[comparison.term_frequency]
    of_value = np.array([max(shares.common.get(v, shares.rare), shares.rare) for v in column.values] + [1.0])
    exact = 1
    gained = np.log2(u[exact]) - np.log2(of_value[column.codes[pairs.left]])
    return np.where(codes == exact, gained, 0.0)
