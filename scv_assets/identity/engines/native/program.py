"""A plan's comparisons as plain arrays: what the compiled loop runs for each pair."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scv_assets.identity.engines.limits import limits
from scv_assets.identity.engines.native.values import looked_at, questions_of
from scv_assets.identity.plan import Plan
from scv_assets.identity.value_tests import MEASURES, SWAPPED_FROM, TESTS

#: The number of each test, as the loop knows it.
KINDS: dict[str, int] = {name: place for place, name in enumerate((*TESTS, *MEASURES))}
#: Slots of the two ways in which names cross: left first name and right last name, and the other way round.
FORTH, BACK = 0, 1

_EQUALITIES = ("equal", "equal_day")

Ints = npt.NDArray[np.int32]


class Program(NamedTuple):
    """Nested lists by bounds: those of item i stand from start[i] to start[i + 1].

    A comparison has features (`of`), ways to reach a level, from the strongest level down, and `otherwise`, the code
    where none holds; a way has tests and the `code` of its level. A test has a kind, a feature (its place), the place
    of that feature's letters, a parameter, and the slot in which what it measures is kept for its pair. `limit`: by
    slot, how far anybody asks. `names`: the places of first and last name, `name_letters` those of their letters; -1
    where nobody asks.
    """

    of_start: Ints
    of: Ints
    otherwise: npt.NDArray[np.uint8]
    way_start: Ints
    code: npt.NDArray[np.uint8]
    test_start: Ints
    kind: Ints
    feature: Ints
    letters: Ints
    parameter: npt.NDArray[np.float64]
    slot: Ints
    limit: npt.NDArray[np.float64]
    names: tuple[int, int]
    name_letters: tuple[int, int]


def program_of(plan: Plan) -> Program:
    """Return the plan's comparisons, laid out."""
    place = {name: number for number, name in enumerate(questions_of(plan))}
    letters = {name: number for number, name in enumerate(looked_at(plan))}
    furthest = limits(plan)
    slot = {key: BACK + 1 + number for number, key in enumerate(furthest)}
    ways = [
        (0 if level.name in c.neutral else c.level_names.index(level.name), tests)
        for c in plan.comparisons
        for level in c.levels
        for tests in level.alternatives
    ]
    tests = [test for _, some in ways for test in sorted(some, key=lambda test: test.test not in _EQUALITIES)]
    return Program(
        of_start=_starts(len(c.of) for c in plan.comparisons),
        of=_ints(place[name] for c in plan.comparisons for name in c.of),
        otherwise=np.array([len(c.level_names) - 1 for c in plan.comparisons], dtype=np.uint8),
        way_start=_starts(sum(len(level.alternatives) for level in c.levels) for c in plan.comparisons),
        code=np.array([code for code, _ in ways], dtype=np.uint8),
        test_start=_starts(len(some) for _, some in ways),
        kind=_ints(KINDS[test.test] for test in tests),
        feature=_ints(place[test.feature] for test in tests),
        letters=_ints(letters.get(test.feature, -1) for test in tests),
        parameter=np.array([test.parameter or 0.0 for test in tests], dtype=np.float64),
        slot=_ints(slot.get((test.feature, test.test), FORTH) for test in tests),
        limit=np.array([SWAPPED_FROM, SWAPPED_FROM, *furthest.values()], dtype=np.float64),
        names=(place.get("first_name", -1), place.get("last_name", -1)),
        name_letters=(letters.get("first_name", -1), letters.get("last_name", -1)),
    )


def _ints(numbers: Iterable[int]) -> Ints:
    return np.array(list(numbers), dtype=np.int32)


def _starts(sizes: Iterable[int]) -> Ints:
    return np.cumsum([0, *sizes], dtype=np.int32)
