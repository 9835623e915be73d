"""Training: u from random pairs and value frequencies, all else by expectation-maximisation (`expectation`).

No label is needed. What is known is used all the same: pairs that stewards judged, which are the ones that are hard to
tell, and pairs that identifiers join, which are the easy ones.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scv_assets.identity.context import SharedValues, with_context
from scv_assets.identity.engines import Engine, Levels
from scv_assets.identity.expectation import FLOOR, Odds, Patterns, Witness, maximised_expectation
from scv_assets.identity.model import LevelOdds, Model, TermFrequencies
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import Comparison, Training
from scv_assets.identity.records import Pairs, Records, combined, numbered

#: A name borne by fewer records than this is not listed in the model.
COMMON_FROM = 5

_ONE, _APART = 1, 2
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Known:
    """Pairs whose answer is known: of one person, and of two."""

    one: Pairs
    apart: Pairs


def train(
    plan: Plan,
    engine: Engine,
    records: Records,
    pairs: Pairs,
    levels: Levels,
    shared: SharedValues,
    known: Known | None = None,
) -> Model:
    """Return the model that fits these records; `pairs` and `levels` are the candidates that were compared.

    Pairs with an anonymous record are left out; `known` pairs count where they are among the candidates. The same input
    gives the same model.
    """
    patterns = _patterns(plan, records, pairs, levels, shared, known)
    random = _random_levels(plan, engine, records, shared)
    witnesses = [
        Witness(comparison, patterns.levels[:, place].astype(np.intp), random[place])
        for place, comparison in enumerate(plan.comparisons)
    ]
    people = int(records.is_scored.sum())
    fit = maximised_expectation(plan, witnesses, patterns, max(people * (people - 1) / 2, 1.0))
    state = fit.state
    return Model(
        plan_hash=plan.hash,
        prior=state.prior,
        lookalike_priors={kind.settings.name: kind.share for kind in state.kinds},
        levels={
            witness.comparison.name: {
                name: LevelOdds(
                    float(state.m[place][code]),
                    float(state.u[place][code]),
                    {kind.settings.name: float(kind.tables[place][code]) for kind in state.kinds},
                )
                for code, name in enumerate(witness.comparison.level_names)
                if code
            }
            for place, witness in enumerate(witnesses)
        },
        frequencies={
            comparison.name: _frequencies(records, comparison.term_frequency)
            for comparison in plan.comparisons
            if comparison.term_frequency is not None
        },
        convergence=fit.likelihoods,
    )


def _answers(pairs: Pairs, known: Known | None, count: int) -> npt.NDArray[np.uint8]:
    """Return 1 for the pairs that are known to be of one person, 2 of two people, 0 for all others."""
    answers = np.zeros(len(pairs), dtype=np.uint8)
    if known is not None:
        answers[pairs.are_in(known.one, count)] = _ONE
        answers[pairs.are_in(known.apart, count)] = _APART
    return answers


def _patterns(
    plan: Plan, records: Records, pairs: Pairs, levels: Levels, shared: SharedValues, known: Known | None
) -> Patterns:
    """Return the distinct rows of levels and answers, in order, with how often each stands there."""
    sizes = [*(len(comparison.level_names) for comparison in plan.comparisons), 1 + _APART]
    parts = []
    for start in range(0, max(len(pairs), 1), _CHUNK):
        some = Pairs(pairs.left[start : start + _CHUNK], pairs.right[start : start + _CHUNK])
        told = with_context(plan, records, some, levels[start : start + _CHUNK], shared)
        rows = np.column_stack([told, _answers(some, known, records.count)])
        parts.append(_counted(rows[records.is_scored[some.left] & records.is_scored[some.right]], sizes))
    found, counts = (np.concatenate(part) for part in zip(*parts, strict=True))
    keys, places = numbered(combined((found[:, place], size) for place, size in enumerate(sizes)))
    example = np.empty(len(keys), dtype=np.intp)
    example[places] = np.arange(len(places))
    distinct = found[example]
    return Patterns(
        levels=distinct[:, :-1],
        counts=np.bincount(places, weights=counts).astype(np.float64),
        is_one=distinct[:, -1] == _ONE,
        is_apart=distinct[:, -1] == _APART,
    )


def _counted(rows: Levels, sizes: list[int]) -> tuple[Levels, npt.NDArray[np.intp]]:
    keys = combined((rows[:, place], size) for place, size in enumerate(sizes))
    known, places = numbered(keys)
    example = np.empty(len(known), dtype=np.intp)
    example[places] = np.arange(len(keys))
    return rows[example], np.bincount(places, minlength=len(known))


def _random_levels(plan: Plan, engine: Engine, records: Records, shared: SharedValues) -> list[Odds]:
    """Return the share of each level among random pairs; exact where one value's frequencies say it."""
    pairs = _random_pairs(records, plan.training)
    levels = with_context(plan, records, pairs, engine.compare(plan, records, pairs), shared)
    return [
        _random_shares(comparison, levels[:, place], records, shared)
        for place, comparison in enumerate(plan.comparisons)
    ]


def _random_pairs(records: Records, training: Training) -> Pairs:
    people = np.flatnonzero(records.is_scored)
    if len(people) * (len(people) - 1) // 2 <= training.random_pairs:
        one, other = np.triu_indices(len(people), k=1)
    else:
        draw = np.random.default_rng(training.seed)
        one, other = draw.integers(0, len(people), (2, training.random_pairs))
    return Pairs.of(people[one], people[other], records.count)


def _random_shares(
    comparison: Comparison, codes: npt.NDArray[np.uint8], records: Records, shared: SharedValues
) -> Odds:
    size = len(comparison.level_names)
    found = np.bincount(codes, minlength=size).astype(np.float64)
    found[0] = 0.0
    shares: Odds = (found + 1 / size) / (found.sum() + 1)
    tests = comparison.levels[0].alternatives
    if len(tests) == 1 and len(tests[0]) == 1 and tests[0][0].test == "equal" and len(comparison.of) == 1:
        shares = _with_exact(comparison, shares, records, shared)
    shares = np.maximum(shares, FLOOR)
    shares[0] = 1.0
    return shares


def _with_exact(comparison: Comparison, shares: Odds, records: Records, shared: SharedValues) -> Odds:
    """Return the shares with those of equal values counted over all pairs instead of the sampled ones."""
    column = records.columns[comparison.of[0]].where(records.is_scored)
    holders = column.counts().astype(np.float64)
    agreeing = holders * (holders - 1)
    everyone = max(holders.sum() * (holders.sum() - 1), 1.0)
    is_shared = shared.get(comparison.shared_by or "", np.zeros(len(holders), dtype=bool))
    exact = [float(agreeing[~is_shared].sum() / everyone)]
    if comparison.shared_by is not None:
        exact.append(float(agreeing[is_shared].sum() / everyone))
    last = 1 + len(exact)
    rest = shares[last:] / shares[last:].sum() * (1 - sum(exact))
    least = 0.5 / everyone
    return np.concatenate([[1.0], np.maximum(exact, least), rest])


def _frequencies(records: Records, feature: str) -> TermFrequencies:
    column = records.columns[feature].where(records.is_scored)
    holders = column.counts()
    total = max(int(holders.sum()), 1)
    rare = holders[(holders > 0) & (holders < COMMON_FROM)]
    common = {str(column.values[code]): int(holders[code]) / total for code in np.flatnonzero(holders >= COMMON_FROM)}
    return TermFrequencies(common, max(float(rare.mean()) if len(rare) else 1.0, 1.0) / total)
