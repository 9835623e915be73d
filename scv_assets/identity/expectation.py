"""Expectation-maximisation over patterns of levels: m, the prior, and the lookalikes, from pairs without answers.

The pairs fall into some thousands of distinct patterns of levels, so EM runs over those, with their counts, and takes a
fraction of a second for any number of pairs. The toolkit's ECM classifier was not taken: it knows two levels and no
"nothing to compare". EM starts from sensible values that also stay as pseudo-counts, so a few hundred records do not
make it degenerate; levels are kept in order (a stronger one is never worth less).

Pairs that blocking did not bring together count as no match, so the prior is a share of all pairs. What the levels of
random pairs owe to the matches among them is taken out of u (`_strangers`): with a few hundred records that is
most of it.

Pairs whose answer is known keep it in every round: semi-supervised EM (Nigam et al. 2000), in which a known pair weighs
as much as any other.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scv_assets.identity.arrays import Flags
from scv_assets.identity.engines import Levels
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import Comparison, Lookalikes

Odds = npt.NDArray[np.float64]

#: Share of pairs of relatives who agree on what relatives do not share: twins on the birth date (1 to 2 births in 100),
#: a father and a son on the given name.
RELATIVES_ALIKE = {"birth_on": 0.005, "first_name": 0.003}
#: Pairs of each lookalike kind for each pair of one person, at the least: every list of customers has families.
LEAST_LOOKALIKES = 0.1
#: No probability is less.
FLOOR = 1e-9

_TOLERANCE = 1e-7
_START_EXACT, _START_DIFFERENT = 0.75, 0.05
_START_SHARED_EXACT = 0.5
_LEAST_SHARE_OF_U = 0.05


@dataclass(frozen=True)
class Patterns:
    """Distinct rows of levels and answers: how many pairs there are of each, and which are known to be what."""

    levels: Levels
    counts: Odds
    is_one: Flags
    is_apart: Flags


@dataclass(frozen=True)
class Witness:
    """A comparison in training: its level of every pattern, and the share of each level among random pairs."""

    comparison: Comparison
    codes: npt.NDArray[np.intp]
    random: Odds


@dataclass(frozen=True)
class Kind:
    """A kind of lookalikes in training: its share of all pairs and its level probabilities, a table a witness."""

    settings: Lookalikes
    share: float
    tables: list[Odds]


@dataclass(frozen=True)
class State:
    """The share of pairs that are one person, and for each witness the shares of its levels by kind of pair."""

    prior: float
    m: list[Odds]
    u: list[Odds]
    kinds: list[Kind]


@dataclass(frozen=True)
class Fit:
    """What fits best, and how it came there: the mean log-likelihood of a pair (nats) before each round."""

    state: State
    likelihoods: tuple[float, ...]


@dataclass(frozen=True)
class _Weights:
    """What each pattern is by a state: posteriors of one person, of each lookalike kind, and its log-likelihood."""

    one: Odds
    lookalikes: Odds
    logs: Odds


def maximised_expectation(plan: Plan, witnesses: list[Witness], patterns: Patterns, all_pairs: float) -> Fit:
    """Return what fits the patterns best; `all_pairs`: how many there are, looked at or not."""
    state, counts = _start(plan, witnesses, all_pairs), patterns.counts
    likelihoods: list[float] = []
    for _ in range(plan.training.rounds):
        before = state
        found = _as_known(patterns, _posteriors(witnesses, state))
        likelihoods.append(float((counts * found.logs).sum() / max(counts.sum(), 1.0)))
        state = _maximised(
            witnesses, state, counts * found.one, counts * found.lookalikes, all_pairs, plan.training.pseudo_pairs
        )
        moved = [np.abs(new - old).max() for new, old in zip(state.m, before.m, strict=True)]
        if max([*moved, abs(np.log2(state.prior / before.prior))]) < _TOLERANCE:
            break
    return Fit(state, tuple(likelihoods))


def _as_known(patterns: Patterns, found: _Weights) -> _Weights:
    """Return the weights with what is known: all of it one person, or none of it and the rest in proportion."""
    one = np.maximum(found.one, FLOOR)
    not_one = np.where(patterns.is_apart, np.maximum(1 - found.one, FLOOR), 1.0)
    return _Weights(
        one=np.where(patterns.is_one, 1.0, np.where(patterns.is_apart, 0.0, found.one)),
        lookalikes=np.where(patterns.is_one, 0.0, found.lookalikes / not_one),
        logs=found.logs + np.log(np.where(patterns.is_one, one, not_one)),
    )


def _start(plan: Plan, witnesses: list[Witness], all_pairs: float) -> State:
    share = max(1.0 / all_pairs, min(1e-3, all_pairs**-0.5))
    u = [w.random for w in witnesses]
    kinds = [
        Kind(kind, share, [_start_of(kind, w, own) for w, own in zip(witnesses, u, strict=True)])
        for kind in plan.lookalikes
    ]
    return State(share, [_first_guess(len(w.random), _START_EXACT) for w in witnesses], u, kinds)


def _first_guess(size: int, exact: float) -> Odds:
    """Return level shares to start from: most of it exact, little of it different, the rest even."""
    between = max(size - 3, 0)
    guess = np.full(size, (1 - exact - _START_DIFFERENT) / max(between, 1))
    guess[1] = exact if between else 1 - _START_DIFFERENT
    guess[-1] = _START_DIFFERENT
    guess[0] = 1.0
    return guess


def _start_of(kind: Lookalikes, witness: Witness, u: Odds) -> Odds:
    """Return a lookalike kind's level shares to start from: between one person's and strangers' in what they share."""
    if witness.comparison.name in kind.share:
        return np.asarray((_first_guess(len(u), _START_SHARED_EXACT) + u) / 2)
    return u if kind.is_by_chance else _of_relatives(witness.comparison, u)


def _of_relatives(comparison: Comparison, u: Odds) -> Odds:
    """Return level shares for relatives in what they do not share: as for strangers, save for twins and juniors."""
    alike = max((RELATIVES_ALIKE.get(feature, 0.0) for feature in comparison.of), default=0.0)
    shares: Odds = u * (1 - alike)
    shares[1] += alike
    shares[0] = 1.0
    return shares


def _posteriors(witnesses: list[Witness], state: State) -> _Weights:
    """Return for each pattern the probability of one person, of each kind of lookalikes, and its likelihood."""
    strangers = max(1 - state.prior - sum(kind.share for kind in state.kinds), FLOOR)
    classes = [(state.prior, state.m), *((kind.share, kind.tables) for kind in state.kinds), (strangers, state.u)]
    logs = np.vstack(
        [
            np.log(share) + sum(np.log(table[w.codes]) for w, table in zip(witnesses, tables, strict=True))
            for share, tables in classes
        ]
    )
    most = logs.max(axis=0)
    odds = np.exp(logs - most)
    total = odds.sum(axis=0)
    odds /= total
    return _Weights(odds[0], odds[1:-1], most + np.log(total))


def _maximised(
    witnesses: list[Witness], state: State, one: Odds, lookalikes: Odds, all_pairs: float, pseudo: float
) -> State:
    prior = float(np.clip(one.sum() / all_pairs, 0.5 / all_pairs, 0.5))
    shares = np.clip(lookalikes.sum(axis=1) / all_pairs, _least_shares(state.kinds, prior), 0.2)
    m, u = [], []
    tables: list[list[Odds]] = [[] for _ in state.kinds]
    for place, witness in enumerate(witnesses):
        size = len(witness.random)
        m.append(_shares(witness.codes, one, _first_guess(size, _START_EXACT), pseudo))
        u.append(in_order(m[-1], _strangers(witness, state, place)))
        for kind, weights, table in zip(state.kinds, lookalikes, tables, strict=True):
            start = _start_of(kind.settings, witness, u[-1])
            is_shared = witness.comparison.name in kind.settings.share
            table.append(_shares(witness.codes, weights, start, pseudo) if is_shared else start)
    kinds = [Kind(k.settings, float(s), t) for k, s, t in zip(state.kinds, shares, tables, strict=True)]
    return State(prior, m, u, kinds)


def _least_shares(kinds: list[Kind], prior: float) -> Odds:
    """Return each kind's least share; the kinds that are alike by chance have one between them."""
    by_chance = sum(kind.settings.is_by_chance for kind in kinds)
    return np.array([LEAST_LOOKALIKES * prior / (by_chance if kind.settings.is_by_chance else 1) for kind in kinds])


def _shares(codes: npt.NDArray[np.intp], weights: Odds, guess: Odds, pseudo: float) -> Odds:
    """Return the share of each level among pairs that have one, with `pseudo` pairs like the first guess added."""
    found = np.bincount(codes, weights=weights, minlength=len(guess)) + pseudo * guess
    found[0] = 0.0
    shares: Odds = np.maximum(found / found.sum(), FLOOR)
    shares[0] = 1.0
    return shares


def _strangers(witness: Witness, state: State, place: int) -> Odds:
    """Return the shares of levels among strangers: those of random pairs, without what is owed to all others."""
    owed = state.prior * state.m[place]
    for kind in state.kinds:
        if witness.comparison.name in kind.settings.share:
            owed = owed + kind.share * kind.tables[place]
    left = np.maximum(witness.random - owed, _LEAST_SHARE_OF_U * witness.random)
    left[0] = 0.0
    shares: Odds = np.maximum(left / left.sum(), FLOOR)
    shares[0] = 1.0
    return shares


def in_order(m: Odds, u: Odds) -> Odds:
    """Return u such that m/u never rises from a stronger to a weaker level (levels out of order share one ratio).

    u gives way, not m: a level that hardly any pair shows has m from the first guess, and no u to speak of.
    """
    groups: list[tuple[float, float, int]] = []
    for code in range(1, len(m)):
        group = (float(m[code]), float(u[code]), 1)
        while groups and group[0] * groups[-1][1] > groups[-1][0] * group[1]:
            above = groups.pop()
            group = (above[0] + group[0], above[1] + group[1], above[2] + group[2])
        groups.append(group)
    ratios = np.concatenate([np.full(size, mass / base) for mass, base, size in groups])
    return np.concatenate([[1.0], m[1:] / ratios])
