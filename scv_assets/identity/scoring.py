"""Scores: bits of evidence for and against each pair, from its levels and a model.

weight = log2 of the odds that two records are one person: prior odds times the Bayes factor against "two people", who
are strangers or lookalikes (model.py). What each comparison says is its m/u in bits; agreement on a rare name says more
(its share of records instead of the mean one); a kind of lookalikes, such as `household`, stands in the list with what
is taken back because such people would look alike too. All bits and the prior add up to the weight.
"""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scv_assets.identity.agreements import Agreements
from scv_assets.identity.arrays import Codes, Flags, Numbers, RecordNumbers
from scv_assets.identity.engines import Levels
from scv_assets.identity.expectation import FLOOR
from scv_assets.identity.model import Model
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import LevelPattern, Policy
from scv_assets.identity.records import Merging

Bits = npt.NDArray[np.float64]

RIVALS, RULE, PRIOR = "rivals", "rule", "prior"

#: Agreements that one thread scores at once.
_CHUNK = 1 << 17
_RIVALS_PLACE = -2
#: Code of the strongest level.
_EXACT = 1


@dataclass(frozen=True)
class Rows:
    """One entry an agreement, or what a rival made of one; each field as `Scores` has it."""

    levels: Levels
    weight: Bits
    evidence: Bits
    bits: npt.NDArray[np.float32]
    forbidden_by: npt.NDArray[np.int16]
    disagrees: Flags
    agrees: Flags
    rival: Numbers

    def counted(self, pairs: Numbers) -> Counter[float]:
        """Return how many pairs have which weight, in steps of two bits from below; none with an anonymous record.

        `pairs`: how many there are of each row.
        """
        is_there = ~np.isnan(self.weight)
        steps, place = np.unique(2 * np.floor(self.weight[is_there] / 2), return_inverse=True)
        counts = np.bincount(place, weights=pairs[is_there], minlength=len(steps))
        return Counter({float(step): int(count) for step, count in zip(steps, counts, strict=True) if count})

    def take(self, which: Flags) -> "Rows":
        """Return some of the rows."""
        return Rows(*(getattr(self, name)[which] for name in Rows.__dataclass_fields__))

    @staticmethod
    def together(parts: "list[Rows]") -> "Rows":
        """Return the rows of all parts, one after the other."""
        return Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in Rows.__dataclass_fields__))


@dataclass(frozen=True)
class Scores:
    """What the evidence of each pair comes to.

    Pairs of one agreement have the same score, so each pair has the number of a row.
    """

    row: npt.NDArray[np.int32]
    rows: Rows

    @staticmethod
    def of(agreement: Codes, rows: Rows) -> "Scores":
        """Return the scores of pairs of some agreements, of which `rows` has one each; the rows of no pair go."""
        is_used = np.zeros(len(rows.weight), dtype=bool)
        is_used[agreement] = True
        place = np.cumsum(is_used, dtype=np.int32) - np.int32(1)
        return Scores(place[agreement], rows.take(is_used))

    @property
    def levels(self) -> Levels:
        """Levels, context included."""
        return np.asarray(self.rows.levels[self.row])

    @property
    def weight(self) -> Bits:
        """Bits with the prior; NaN where a record is anonymous."""
        return np.asarray(self.rows.weight[self.row])

    @property
    def evidence(self) -> Bits:
        """The weight without the prior: 0 where there is nothing to compare, or a record is anonymous."""
        return np.asarray(self.rows.evidence[self.row])

    @property
    def probability(self) -> Bits:
        """Posterior probability of one person; NaN where the weight is."""
        return np.asarray((1 / (1 + np.exp2(-self.rows.weight)))[self.row])

    @property
    def forbidden_by(self) -> npt.NDArray[np.int16]:
        """The place of the negative rule that forbids the pair, -1 where none does."""
        return np.asarray(self.rows.forbidden_by[self.row])

    @property
    def is_forbidden(self) -> Flags:
        """True where a negative rule forbids the pair."""
        return np.asarray((self.rows.forbidden_by >= 0)[self.row])

    def reaches(self, probability: float) -> Flags:
        """Return which pairs are one person with this probability or more; none with an anonymous record."""
        return np.asarray((1 / (1 + np.exp2(-self.rows.weight)) >= probability)[self.row])

    @property
    def disagrees(self) -> Flags:
        """True where the names tell of different people."""
        return np.asarray(self.rows.disagrees[self.row])

    @property
    def agrees(self) -> Flags:
        """True where the names tell of one person."""
        return np.asarray(self.rows.agrees[self.row])

    def take(self, which: npt.NDArray[np.intp] | Flags) -> "Scores":
        """Return the scores of some of the pairs."""
        return Scores(self.row[which], self.rows)

    def joined(self, other: "Scores", merging: Merging) -> "Scores":
        """Return these scores and others, as their pairs come together."""
        row = merging(self.row, other.row + np.int32(len(self.rows.weight)))
        return Scores(row, Rows.together([self.rows, other.rows]))

    def heard(self, which: npt.NDArray[np.intp], bits: Bits, rival: RecordNumbers) -> "Scores":
        """Return these scores with `bits` more for the pairs of `which`, by what a rival of each says (rivals.py)."""
        own = self.row[which]
        parts = self.rows.bits[own]
        parts[:, _RIVALS_PLACE] = bits
        rows = Rows(
            levels=self.rows.levels[own],
            weight=(self.rows.weight[own] + bits).round(6),
            evidence=(self.rows.evidence[own] + bits).round(6),
            bits=parts,
            forbidden_by=self.rows.forbidden_by[own],
            disagrees=self.rows.disagrees[own],
            agrees=self.rows.agrees[own],
            rival=rival.astype(np.int64),
        )
        row = self.row.copy()
        row[which] = np.arange(len(which), dtype=np.int32) + np.int32(len(self.rows.weight))
        return Scores(row, Rows.together([self.rows, rows]))

    def counted(self) -> Counter[float]:
        """Return how many pairs have which weight (`Rows.counted`)."""
        return self.rows.counted(np.bincount(self.row, minlength=len(self.rows.weight)))

    def rival(self, which: npt.NDArray[np.intp]) -> Numbers:
        """Return the record whose word stands in the bits of each pair of `which`; -1 where none does."""
        return np.asarray(self.rows.rival[self.row[which]])

    def bits(self, which: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        """Return a row a pair of `which`: a column a comparison, one a lookalike kind, rivals, the rules' penalties."""
        return np.asarray(self.rows.bits[self.row[which]])


def score(policy: Policy, plan: Plan, model: Model, agreements: Agreements) -> Rows:
    """Return what each agreement comes to.

    Raises `ModelRefused` where the model was trained for another plan.
    """
    model.check(plan)

    def of_part(start: int) -> Rows:
        return _score(policy, plan, model, agreements.take(slice(start, start + _CHUNK)))

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return Rows.together(list(pool.map(of_part, range(0, max(len(agreements), 1), _CHUNK))))


def _score(policy: Policy, plan: Plan, model: Model, agreements: Agreements) -> Rows:
    levels, is_scored, shares = agreements.levels, agreements.is_scored, iter(agreements.shares.T)
    width = len(plan.comparisons)
    bits = np.zeros((len(levels), width + len(plan.lookalikes) + 2))
    against = np.zeros((len(plan.lookalikes), len(levels)))
    for place, comparison in enumerate(plan.comparisons):
        odds = [model.levels[comparison.name][name] for name in comparison.level_names[1:]]
        codes = levels[:, place]
        m, u = (np.array([1.0, *(getattr(odd, which) for odd in odds)]) for which in ("m", "u"))
        rarity = _rarity(codes, next(shares), u) if comparison.term_frequency is not None else np.zeros(len(codes))
        bits[:, place] = np.log2(m / u)[codes] + rarity
        for row, kind in zip(against, plan.lookalikes, strict=True):
            table = np.array([1.0, *(odd.lookalikes[kind.name] for odd in odds)])
            by_chance = table if kind.is_by_chance else np.minimum(table, u)
            if comparison.name in kind.share and not kind.is_by_chance:
                by_chance = np.zeros(len(table))
            of_one_origin = table - by_chance
            row += np.log2(by_chance[codes] + of_one_origin[codes] * np.exp2(rarity)) - np.log2(u)[codes]
    _take_back(plan, model, bits, against)
    forbidden_by = np.full(len(levels), -1, dtype=np.int16)
    for place, rule in enumerate(policy.negative_rules):
        holds = holds_pattern(plan, levels, rule.when)
        if rule.then == "weigh":
            bits[holds, -1] -= rule.bits
        else:
            forbidden_by[holds & (forbidden_by < 0)] = place
    bits[~is_scored] = 0.0
    evidence = bits.sum(axis=1).round(6)
    return Rows(
        levels=levels,
        weight=np.where(is_scored, evidence + prior_bits(model), np.nan).round(6),
        evidence=evidence,
        bits=bits.astype(np.float32),
        forbidden_by=forbidden_by,
        disagrees=holds_any(plan, levels, policy.names.disagree),
        agrees=holds_any(plan, levels, policy.names.agree),
        rival=np.full(len(levels), -1, dtype=np.int64),
    )


def _take_back(plan: Plan, model: Model, bits: Bits, against: Bits) -> None:
    """Fill in what each lookalike kind takes back: together -log2(1 + sum of its odds against strangers)."""
    strangers = max(1 - model.prior - sum(model.lookalike_priors.values()), FLOOR)
    before = np.zeros(len(bits))
    for place, kind in enumerate(plan.lookalikes):
        after = np.logaddexp2(before, np.log2(model.lookalike_priors[kind.name] / strangers) + against[place])
        bits[:, len(plan.comparisons) + place] = before - after
        before = after


def evidence_names(plan: Plan) -> tuple[str, ...]:
    """Return what each column of `Scores.bits` is about."""
    return (
        *(comparison.name for comparison in plan.comparisons),
        *(kind.name for kind in plan.lookalikes),
        RIVALS,
        RULE,
    )


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


def _rarity(codes: npt.NDArray[np.uint8], share: Bits, u: Bits) -> Bits:
    """Return the bits that an exact agreement gains (a rare value) or loses (a common one)."""
    return np.where(codes == _EXACT, np.log2(u[_EXACT]) - np.log2(share), 0.0)
