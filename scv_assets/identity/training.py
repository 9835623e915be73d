"""Training: u from random pairs and value frequencies, m by expectation-maximisation over patterns of levels.

The pairs fall into some thousands of distinct patterns of levels, so EM runs over those, with their counts, and takes a
fraction of a second for any number of pairs. The toolkit's ECM classifier was not taken: it knows two levels and no
"nothing to compare". EM starts from sensible values that also stay as pseudo-counts, so a few hundred records do not
make it degenerate; levels are kept in order (a stronger one is never worth less).

Pairs that blocking did not bring together count as no match, so the prior is a share of all pairs. What the levels of
random pairs owe to the matches among them is taken out of u (`_strangers`): with a few hundred records that is
most of it.

Pairs whose answer is known keep it in every round: semi-supervised EM (Nigam et al. 2000), in which a known pair weighs
as much as any other. Stewards judge the pairs that are hard to tell, and identifiers know the easy ones; neither skews
m, because a pair's answer is taken beside its levels and says nothing of the pairs that nobody judged.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scv_assets.identity.context import SharedValues, with_context
from scv_assets.identity.engines import Engine, Levels
from scv_assets.identity.model import LevelOdds, Model, TermFrequencies
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import Comparison, Lookalikes, Training
from scv_assets.identity.records import Flags, Pairs, Records, combined

Odds = npt.NDArray[np.float64]

#: A name borne by fewer records than this is not listed in the model.
COMMON_FROM = 5

#: Share of pairs of relatives who agree on what relatives do not share: twins on the birth date (1 to 2 births in 100),
#: a father and a son on the given name.
RELATIVES_ALIKE = {"birth_on": 0.005, "first_name": 0.003}
#: Pairs of each lookalike kind for each pair of one person, at the least: every list of customers has families.
LEAST_LOOKALIKES = 0.1

_ONE, _APART = 1, 2
_FLOOR = 1e-9
_CHUNK = 1 << 20
_TOLERANCE = 1e-7
_START_EXACT, _START_DIFFERENT = 0.75, 0.05
_START_SHARED_EXACT = 0.5
_LEAST_SHARE_OF_U = 0.05


@dataclass(frozen=True)
class Known:
    """Pairs whose answer is known: of one person, and of two."""

    one: Pairs
    apart: Pairs


@dataclass(frozen=True)
class _Patterns:
    """Distinct rows of levels and answers: how many pairs there are of each, and which are known to be what."""

    levels: Levels
    counts: Odds
    is_one: Flags
    is_apart: Flags


@dataclass(frozen=True)
class _Witness:
    """A comparison in training: its level of every pattern, and the share of each level among random pairs."""

    comparison: Comparison
    codes: npt.NDArray[np.intp]
    random: Odds


@dataclass(frozen=True)
class _Kind:
    """A kind of lookalikes in training: its share of all pairs and its level probabilities, a table a witness."""

    settings: Lookalikes
    share: float
    tables: list[Odds]


@dataclass(frozen=True)
class _State:
    prior: float
    m: list[Odds]
    u: list[Odds]
    kinds: list[_Kind]


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
    scored = records.is_scored[pairs.left] & records.is_scored[pairs.right]
    pairs, levels = pairs.take(scored), levels[scored]
    answers = _answers(pairs, known, records.count)
    patterns = _patterns(plan, with_context(plan, records, pairs, levels, shared), answers)
    random = _random_levels(plan, engine, records, shared)
    witnesses = [
        _Witness(comparison, patterns.levels[:, place].astype(np.intp), random[place])
        for place, comparison in enumerate(plan.comparisons)
    ]
    people = int(records.is_scored.sum())
    state = _em(plan, witnesses, patterns, max(people * (people - 1) / 2, 1.0))
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
    )


def _answers(pairs: Pairs, known: Known | None, count: int) -> npt.NDArray[np.uint8]:
    """Return 1 for the pairs that are known to be of one person, 2 of two people, 0 for all others."""
    answers = np.zeros(len(pairs), dtype=np.uint8)
    if known is not None:
        answers[pairs.are_in(known.one, count)] = _ONE
        answers[pairs.are_in(known.apart, count)] = _APART
    return answers


def _patterns(plan: Plan, levels: Levels, answers: npt.NDArray[np.uint8]) -> _Patterns:
    """Return the distinct rows of levels and answers, in order, with how often each stands there."""
    rows = np.column_stack([levels, answers])
    sizes = [*(len(comparison.level_names) for comparison in plan.comparisons), 1 + _APART]
    parts = [_counted(rows[start : start + _CHUNK], sizes) for start in range(0, max(len(rows), 1), _CHUNK)]
    found, counts = (np.concatenate(part) for part in zip(*parts, strict=True))
    keys, places = np.unique(combined((found[:, place], size) for place, size in enumerate(sizes)), return_inverse=True)
    example = np.empty(len(keys), dtype=np.intp)
    example[places] = np.arange(len(places))
    distinct = found[example]
    return _Patterns(
        levels=distinct[:, :-1],
        counts=np.bincount(places, weights=counts).astype(np.float64),
        is_one=distinct[:, -1] == _ONE,
        is_apart=distinct[:, -1] == _APART,
    )


def _counted(rows: Levels, sizes: list[int]) -> tuple[Levels, npt.NDArray[np.intp]]:
    keys = combined((rows[:, place], size) for place, size in enumerate(sizes))
    _, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    example = np.empty(len(counts), dtype=np.intp)
    example[places] = np.arange(len(keys))
    return rows[example], counts


def _em(plan: Plan, witnesses: list[_Witness], patterns: _Patterns, all_pairs: float) -> _State:
    state, counts = _start(plan, witnesses, all_pairs), patterns.counts
    for _ in range(plan.training.rounds):
        before = state
        one, lookalikes = _as_known(patterns, *_posteriors(witnesses, state))
        state = _maximised(witnesses, state, counts * one, counts * lookalikes, all_pairs, plan.training.pseudo_pairs)
        moved = [np.abs(new - old).max() for new, old in zip(state.m, before.m, strict=True)]
        if max([*moved, abs(np.log2(state.prior / before.prior))]) < _TOLERANCE:
            break
    return state


def _as_known(patterns: _Patterns, one: Odds, lookalikes: Odds) -> tuple[Odds, Odds]:
    """Return the posteriors with what is known: all of it one person, or none of it and the rest in proportion."""
    not_one = np.where(patterns.is_apart, np.maximum(1 - one, _FLOOR), 1.0)
    lookalikes = np.where(patterns.is_one, 0.0, lookalikes / not_one)
    return np.where(patterns.is_one, 1.0, np.where(patterns.is_apart, 0.0, one)), lookalikes


def _start(plan: Plan, witnesses: list[_Witness], all_pairs: float) -> _State:
    share = max(1.0 / all_pairs, min(1e-3, all_pairs**-0.5))
    u = [w.random for w in witnesses]
    kinds = [
        _Kind(kind, share, [_start_of(kind, w, own) for w, own in zip(witnesses, u, strict=True)])
        for kind in plan.lookalikes
    ]
    return _State(share, [_first_guess(len(w.random), _START_EXACT) for w in witnesses], u, kinds)


def _first_guess(size: int, exact: float) -> Odds:
    """Return level shares to start from: most of it exact, little of it different, the rest even."""
    between = max(size - 3, 0)
    guess = np.full(size, (1 - exact - _START_DIFFERENT) / max(between, 1))
    guess[1] = exact if between else 1 - _START_DIFFERENT
    guess[-1] = _START_DIFFERENT
    guess[0] = 1.0
    return guess


def _start_of(kind: Lookalikes, witness: _Witness, u: Odds) -> Odds:
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


def _posteriors(witnesses: list[_Witness], state: _State) -> tuple[Odds, Odds]:
    """Return for each pattern the probability of one person, and of each lookalike kind (one row a kind)."""
    strangers = max(1 - state.prior - sum(kind.share for kind in state.kinds), _FLOOR)
    classes = [(state.prior, state.m), *((kind.share, kind.tables) for kind in state.kinds), (strangers, state.u)]
    logs = np.vstack(
        [
            np.log(share) + sum(np.log(table[w.codes]) for w, table in zip(witnesses, tables, strict=True))
            for share, tables in classes
        ]
    )
    odds = np.exp(logs - logs.max(axis=0))
    odds /= odds.sum(axis=0)
    return odds[0], odds[1:-1]


def _maximised(
    witnesses: list[_Witness], state: _State, one: Odds, lookalikes: Odds, all_pairs: float, pseudo: float
) -> _State:
    prior = float(np.clip(one.sum() / all_pairs, 0.5 / all_pairs, 0.5))
    shares = np.clip(lookalikes.sum(axis=1) / all_pairs, LEAST_LOOKALIKES * prior, 0.2)
    m, u = [], []
    tables: list[list[Odds]] = [[] for _ in state.kinds]
    for place, witness in enumerate(witnesses):
        size = len(witness.random)
        m.append(_shares(witness.codes, one, _first_guess(size, _START_EXACT), pseudo))
        u.append(_in_order(m[-1], _strangers(witness, state, place)))
        for kind, weights, table in zip(state.kinds, lookalikes, tables, strict=True):
            start = _start_of(kind.settings, witness, u[-1])
            is_shared = witness.comparison.name in kind.settings.share
            table.append(_shares(witness.codes, weights, start, pseudo) if is_shared else start)
    kinds = [_Kind(k.settings, float(s), t) for k, s, t in zip(state.kinds, shares, tables, strict=True)]
    return _State(prior, m, u, kinds)


def _shares(codes: npt.NDArray[np.intp], weights: Odds, guess: Odds, pseudo: float) -> Odds:
    """Return the share of each level among pairs that have one, with `pseudo` pairs like the first guess added."""
    found = np.bincount(codes, weights=weights, minlength=len(guess)) + pseudo * guess
    found[0] = 0.0
    shares: Odds = np.maximum(found / found.sum(), _FLOOR)
    shares[0] = 1.0
    return shares


def _strangers(witness: _Witness, state: _State, place: int) -> Odds:
    """Return the shares of levels among strangers: those of random pairs, without what is owed to all others."""
    owed = state.prior * state.m[place]
    for kind in state.kinds:
        if witness.comparison.name in kind.settings.share:
            owed = owed + kind.share * kind.tables[place]
    left = np.maximum(witness.random - owed, _LEAST_SHARE_OF_U * witness.random)
    left[0] = 0.0
    shares: Odds = np.maximum(left / left.sum(), _FLOOR)
    shares[0] = 1.0
    return shares


def _in_order(m: Odds, u: Odds) -> Odds:
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
    shares = np.maximum(shares, _FLOOR)
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
