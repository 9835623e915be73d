"""Training: u from random pairs and value frequencies, all else by expectation-maximisation (`expectation`).

No label is needed. What is known is used all the same: pairs that stewards judged, which are the ones that are hard to
tell, and pairs that identifiers join, which are the easy ones.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scv_assets.identity.agreements import Compared
from scv_assets.identity.arrays import Numbers
from scv_assets.identity.context import Context
from scv_assets.identity.distinct_numbers import combined, numbered
from scv_assets.identity.engines import Engine
from scv_assets.identity.expectation import FLOOR, Odds, Patterns, Witness, maximised_expectation
from scv_assets.identity.model import LevelOdds, Model
from scv_assets.identity.policy import Comparison, FeatureTest, Training
from scv_assets.identity.records import Pairs, Records

_UNKNOWN, _ONE, _APART = 0, 1, 2


@dataclass(frozen=True)
class Known:
    """Pairs whose answer is known: of one person, and of two."""

    one: Pairs
    apart: Pairs


def train(engine: Engine, context: Context, compared: Compared, known: Known | None = None) -> Model:
    """Return the model that fits these records, of which some pairs were compared.

    Pairs with an anonymous record are left out; `known` pairs count where they were compared. The same input gives the
    same model.
    """
    plan, records = context.plan, context.records
    patterns = _patterns(compared, known)
    random = _random_levels(engine, context)
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
        frequencies=dict(context.frequencies),
        convergence=fit.likelihoods,
    )


def _patterns(compared: Compared, known: Known | None) -> Patterns:
    """Return the distinct rows of levels and answers, in order, with how often each stands there."""
    agreements = compared.agreements
    size, counts = len(agreements), compared.counts
    groups = []
    if known is not None:
        count = len(compared.start) - 1
        for answer, pairs in ((_ONE, known.one.take(~known.one.are_in(known.apart, count))), (_APART, known.apart)):
            place = compared.place(pairs)
            answered = np.bincount(compared.agreement[place[place >= 0]], minlength=size)
            counts = counts - answered
            groups.append((answer, answered))
    rows, weights = [], []
    for answer, of_agreement in [(_UNKNOWN, counts), *groups]:
        which = np.flatnonzero((of_agreement > 0) & agreements.is_scored)
        rows.append(np.column_stack([agreements.levels[which], np.full(len(which), answer, dtype=np.uint8)]))
        weights.append(of_agreement[which])
    found = np.concatenate(rows)
    keys, places = numbered(combined((column, int(column.max(initial=0)) + 1) for column in found.T))
    example = np.empty(len(keys), dtype=np.intp)
    example[places] = np.arange(len(places))
    distinct = found[example]
    return Patterns(
        levels=distinct[:, :-1],
        counts=np.bincount(places, weights=np.concatenate(weights)).astype(np.float64),
        is_one=distinct[:, -1] == _ONE,
        is_apart=distinct[:, -1] == _APART,
    )


def _random_levels(engine: Engine, context: Context) -> list[Odds]:
    """Return the share of each level among random pairs; exact where one value's frequencies say it."""
    plan, records = context.plan, context.records
    pairs = _random_pairs(records, plan.training)
    found = context.compared(pairs, engine.compare(plan, records, pairs))
    return [
        _random_shares(comparison, found.agreements.levels[:, place], found.counts, context)
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


def _random_shares(comparison: Comparison, codes: npt.NDArray[np.uint8], counts: Numbers, context: Context) -> Odds:
    size = len(comparison.level_names)
    found = np.bincount(codes, weights=counts, minlength=size)
    found[0] = 0.0
    shares: Odds = (found + 1 / size) / (found.sum() + 1)
    if _is_one_value(comparison):
        shares = _with_exact(comparison, shares, context)
    shares = np.maximum(shares, FLOOR)
    shares[0] = 1.0
    return shares


def _is_one_value(comparison: Comparison) -> bool:
    """Return whether the strongest level is equality of the one feature compared, the one that several may hold."""
    feature = comparison.of[0]
    equal = ((FeatureTest(feature, "equal"),),)
    is_alone = len(comparison.of) == 1 and comparison.shared_by in (None, feature)
    return is_alone and comparison.levels[0].alternatives == equal


def _with_exact(comparison: Comparison, shares: Odds, context: Context) -> Odds:
    """Return the shares with those of equal values counted over all pairs instead of the sampled ones."""
    records = context.records
    column = records.columns[comparison.of[0]].where(records.is_scored)
    holders = column.counts().astype(np.float64)
    agreeing = holders * (holders - 1)
    everyone = max(holders.sum() * (holders.sum() - 1), 1.0)
    is_shared = context.shared.get(comparison.shared_by or "", np.zeros(len(holders), dtype=bool))
    exact = [float(agreeing[~is_shared].sum() / everyone)]
    if comparison.shared_by is not None:
        exact.append(float(agreeing[is_shared].sum() / everyone))
    last = 1 + len(exact)
    rest = shares[last:] / shares[last:].sum() * (1 - sum(exact))
    least = 0.5 / everyone
    return np.concatenate([[1.0], np.maximum(exact, least), rest])
