"""The loop over pairs, batch by batch: from the strongest level of each comparison down. Compiled."""

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compilable, compiled
from scv_assets.identity.arrays import Numbers, RecordNumbers
from scv_assets.identity.engines.native.batches import (
    BATCH,
    Batch,
    Levels,
    Places,
    Side,
    ValueNumbers,
    append,
    close,
    copy,
    empty_batch,
    fetch,
    fill,
    forget,
    give,
    keep_open,
)
from scv_assets.identity.engines.native.pair_measures import keep_crossed, keep_near, keep_similar
from scv_assets.identity.engines.native.pair_tests import keep_days, keep_said, keep_same_root, keep_years_apart, split
from scv_assets.identity.engines.native.program import KINDS, OPEN, SETTLE, TRY, Program
from scv_assets.identity.engines.native.root_pairs import Marks, marks_of
from scv_assets.identity.engines.native.text_letters import Letters, Units
from scv_assets.identity.engines.native.values import Values

_EQUAL, _EQUAL_DAY, _NEW_YEAR = KINDS["equal"], KINDS["equal_day"], KINDS["new_year"]
_SAME_ROOT, _YEARS_APART = KINDS["same_root"], KINDS["years_apart"]
_SWAPPED, _CROSSED = KINDS["swapped_with_last_name"], KINDS["crossed_with_last_name"]
_JARO_WINKLER, _EDITS = KINDS["jaro_winkler"], KINDS["edits"]


@compiled
def fill_levels(program: Program, values: Values, left: RecordNumbers, right: RecordNumbers, levels: Levels) -> None:
    """Fill in the levels of each pair: a row a pair, a column a comparison; they are all 0 before.

    Strange records' levels are not right.
    """
    batch, marks = empty_batch(len(program.limit)), marks_of(values.root_pairs)
    for first in range(0, len(left), BATCH):
        size = min(BATCH, len(left) - first)
        fill(batch.left, left, first, size)
        fill(batch.right, right, first, size)
        forget(batch.measure, size)
        fetch(batch.right, size, values.numbers, values.letters, batch.read)
        _fill_batch(program, values, marks, batch, levels, first, size)


@compilable
def _fill_batch(
    program: Program, values: Values, marks: Marks, batch: Batch, levels: Levels, first: int, size: int
) -> None:
    """Take the steps of the program with a batch; its first pair is in row `first` of the levels."""
    # Numba counts references whenever a tuple's array is touched: all are taken out once.
    (kinds, comparisons, given, features, columns, parameters, slots, limits, fewest, of_start, of, names) = program
    numbers, letters, start, units, years, root_pairs, _ = values
    left, right, opened, held, asked, possible, is_settled, measure, where, grid, last, read = batch
    count = holding = 0
    for step in range(len(kinds)):
        kind, comparison, feature = kinds[step], comparisons[step], features[step]
        if kind == OPEN:
            bounds = of_start[comparison], of_start[comparison + 1]
            count = keep_open(numbers, left, right, of, *bounds, opened, size)
            give(opened, count, levels, first, comparison, given[step])
        elif kind == TRY:
            holding = copy(opened, count, held)
        elif holding == 0:
            pass
        elif kind == SETTLE:
            give(held, holding, levels, first, comparison, given[step])
            count = close(opened, count, held, holding, is_settled)
        elif kind in (_SWAPPED, _CROSSED):
            holding = keep_crossed(
                measure, limits[slots[step]], kind == _CROSSED, fewest, numbers, letters, left, right, feature, names,
                held, holding, possible, start, units, where, read,
            )  # fmt: skip
        else:
            holding, asking = split(numbers, left, right, feature, held, holding, asked)
            holding = _keep_equal(kind, letters, left, columns[step], held, holding)
            if asking and kind not in (_EQUAL, _EQUAL_DAY):
                asking = _keep_different(
                    kind, parameters[step], slots[step], limits, fewest, numbers, letters, left, right, feature,
                    columns[step], asked, asking, possible, measure, years, root_pairs, marks, start, units, where,
                    grid, last, read,
                )  # fmt: skip
                holding = append(asked, asking, held, holding)


@compilable
def _keep_equal(kind: int, letters: Letters, left: Side, column: int, places: Places, count: int) -> int:
    """Keep, of pairs with equal values, those that say yes to a test; count them."""
    if kind in (_EQUAL_DAY, _NEW_YEAR):
        return keep_days(letters, left, column, places, count, kind == _NEW_YEAR)
    return 0 if kind == _YEARS_APART else count


@compilable
def _keep_different(
    kind: int,
    parameter: float,
    slot: int,
    limits: npt.NDArray[np.float64],
    fewest: npt.NDArray[np.uint8],
    numbers: ValueNumbers,
    letters: Letters,
    left: Side,
    right: Side,
    feature: int,
    column: int,
    places: Places,
    count: int,
    possible: Places,
    measure: npt.NDArray[np.float64],
    years: npt.NDArray[np.int32],
    root_pairs: Numbers,
    marks: Marks,
    start: Numbers,
    units: Units,
    where: Letters,
    grid: npt.NDArray[np.int32],
    last: npt.NDArray[np.int32],
    read: Letters,
) -> int:
    """Keep, of pairs with different values, those that say yes to a test; count them."""
    if kind == _YEARS_APART:
        return keep_years_apart(numbers, left, right, feature, places, count, years, parameter)
    if kind == _SAME_ROOT:
        return keep_same_root(numbers, left, right, feature, places, count, len(start) - 1, root_pairs, marks)
    if kind == _JARO_WINKLER:
        return keep_similar(
            measure, slot, parameter, fewest, numbers, letters, left, right, feature, column, places, count, possible,
            start, units, where, read,
        )  # fmt: skip
    if kind == _EDITS:
        return keep_near(
            measure, slot, parameter, limits[slot], fewest, numbers, letters, left, right, feature, column, places,
            count, possible, start, units, grid, last, read,
        )  # fmt: skip
    return keep_said(numbers, letters, left, right, feature, column, places, count, kind, start, units, read)
