"""A plan's comparisons as steps in plain arrays: what the compiled loop does with every batch of pairs."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scv_assets.identity.arrays import Numbers
from scv_assets.identity.engines.limits import limits
from scv_assets.identity.engines.native.text_bounds import Fewest, fewest_for_edits, fewest_for_similarity
from scv_assets.identity.engines.native.values import looked_at, questions_of
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import Comparison, FeatureTest
from scv_assets.identity.value_tests import MEASURES, SWAPPED_FROM, TESTS

#: The number of each test, as the loop knows it.
KINDS: dict[str, int] = {name: place for place, name in enumerate((*TESTS, *MEASURES))}
#: Steps that are no test: a comparison begins, with the level of pairs that nothing else gives one; a way to reach a
#: level begins; those of whom all its tests held have that level.
OPEN, TRY, SETTLE = (len(KINDS) + number for number in range(3))
#: Slots of the two ways in which names cross: left first name and right last name, and the other way round.
FORTH, BACK = 0, 1

_EQUALITIES = ("equal", "equal_day")


class Program(NamedTuple):
    """The steps, one after the other: a test's number or OPEN, TRY, SETTLE in `kind`.

    By step: the `comparison`, the `level` that it gives; of a test the `feature` (its place), the place of that
    feature's `letters`, its `parameter`, and the `slot` in which what it measures is kept for its pair. By slot: how
    far anybody asks (`limit`), and how many letters that takes (`fewest`, see `text_bounds`). A comparison's features
    are of[of_start[comparison]:of_start[comparison + 1]]. `names`: the places of first and last name, and of their
    letters; -1 where nobody asks.
    """

    kind: Numbers
    comparison: Numbers
    level: Numbers
    feature: Numbers
    letters: Numbers
    parameter: npt.NDArray[np.float64]
    slot: Numbers
    limit: npt.NDArray[np.float64]
    fewest: Fewest
    of_start: Numbers
    of: Numbers
    names: Numbers


class _Step(NamedTuple):
    kind: int
    comparison: int
    level: int
    test: FeatureTest | None = None


def program_of(plan: Plan) -> Program:
    """Return the plan's comparisons, laid out."""
    place = {name: number for number, name in enumerate(questions_of(plan))}
    letters = {name: number for number, name in enumerate(looked_at(plan))}
    furthest = limits(plan)
    slot = {key: BACK + 1 + number for number, key in enumerate(furthest)}
    steps = [step for number, comparison in enumerate(plan.comparisons) for step in _steps(number, comparison)]
    tests = [step.test or FeatureTest("", "") for step in steps]
    bounds = [fewest_for_edits(m) if name == "edits" else fewest_for_similarity(m) for (_, name), m in furthest.items()]
    return Program(
        kind=_ints(step.kind for step in steps),
        comparison=_ints(step.comparison for step in steps),
        level=_ints(step.level for step in steps),
        feature=_ints(place.get(test.feature, -1) for test in tests),
        letters=_ints(letters.get(test.feature, -1) for test in tests),
        parameter=np.array([test.parameter or 0.0 for test in tests], dtype=np.float64),
        slot=_ints(slot.get((test.feature, test.test), FORTH) for test in tests),
        limit=np.array([SWAPPED_FROM, SWAPPED_FROM, *furthest.values()], dtype=np.float64),
        fewest=np.stack([fewest_for_similarity(SWAPPED_FROM)] * 2 + bounds),
        of_start=np.cumsum([0, *(len(c.of) for c in plan.comparisons)], dtype=np.int64),
        of=_ints(place[name] for c in plan.comparisons for name in c.of),
        names=_ints(places.get(name, -1) for places in (place, letters) for name in ("first_name", "last_name")),
    )


def _steps(number: int, comparison: Comparison) -> Iterator[_Step]:
    names = comparison.level_names
    yield _Step(OPEN, number, len(names) - 1)
    for level in comparison.levels:
        code = 0 if level.name in comparison.neutral else names.index(level.name)
        for tests in level.alternatives:
            yield _Step(TRY, number, code)
            for test in sorted(tests, key=lambda test: test.test not in _EQUALITIES):
                yield _Step(KINDS[test.test], number, code, test)
            yield _Step(SETTLE, number, code)


def _ints(numbers: Iterable[int]) -> Numbers:
    return np.array(list(numbers), dtype=np.int64)
