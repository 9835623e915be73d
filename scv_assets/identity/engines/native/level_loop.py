"""The loop over pairs, batch by batch: from the strongest level of each comparison down. Compiled."""

from scv_assets.compiled import compiled
from scv_assets.identity.arrays import RecordNumbers
from scv_assets.identity.engines.native.batches import (
    BATCH,
    Batch,
    Levels,
    append,
    close,
    copy,
    fetch,
    fill,
    forget,
    give,
    keep_open,
)
from scv_assets.identity.engines.native.pair_measures import keep_crossed, keep_near, keep_similar
from scv_assets.identity.engines.native.pair_tests import keep_days, keep_said, keep_same_root, keep_years_apart, split
from scv_assets.identity.engines.native.program import KINDS, OPEN, SETTLE, TRY, Program
from scv_assets.identity.engines.native.values import Values

_EQUAL, _EQUAL_DAY, _NEW_YEAR = KINDS["equal"], KINDS["equal_day"], KINDS["new_year"]
_SAME_ROOT, _YEARS_APART = KINDS["same_root"], KINDS["years_apart"]
_SWAPPED, _CROSSED = KINDS["swapped_with_last_name"], KINDS["crossed_with_last_name"]
_JARO_WINKLER, _EDITS = KINDS["jaro_winkler"], KINDS["edits"]


@compiled
def fill_levels(
    program: Program, values: Values, batch: Batch, left: RecordNumbers, right: RecordNumbers, levels: Levels
) -> None:
    """Fill in the levels of each pair: a row a pair, a column a comparison; they are all 0 before.

    `batch`: room for one thread to work in. Strange records' levels are not right.
    """
    # Numba counts references whenever a tuple's array is touched: all are taken out once.
    (kinds, comparisons, given, features, columns, parameters, slots, limits, fewest, of_start, of, names) = program
    numbers, letters, start, units, years, root_pairs, marks, _ = values
    ones, others, opened, held, asked, possible, is_settled, measure, where, grid, last, read = batch
    for first in range(0, len(left), BATCH):
        size = min(BATCH, len(left) - first)
        fill(ones, left, first, size)
        fill(others, right, first, size)
        forget(measure, size)
        fetch(others, size, numbers, letters, read)
        count = holding = 0
        for step in range(len(kinds)):
            kind, comparison, feature, column = kinds[step], comparisons[step], features[step], columns[step]
            if kind == OPEN:
                bounds = of_start[comparison], of_start[comparison + 1]
                count = keep_open(numbers, ones, others, of, *bounds, opened, size)
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
                    measure, limits[slots[step]], kind == _CROSSED, fewest, numbers, letters, ones, others, feature,
                    names, held, holding, possible, start, units, where, read,
                )  # fmt: skip
            else:
                holding, asking = split(numbers, ones, others, feature, held, holding, asked)
                if kind in (_EQUAL_DAY, _NEW_YEAR):
                    holding = keep_days(letters, ones, column, held, holding, kind == _NEW_YEAR)
                elif kind == _YEARS_APART:
                    holding = 0
                if asking == 0 or kind in (_EQUAL, _EQUAL_DAY):
                    asking = 0
                elif kind == _YEARS_APART:
                    asking = keep_years_apart(numbers, ones, others, feature, asked, asking, years, parameters[step])
                elif kind == _SAME_ROOT:
                    asking = keep_same_root(
                        numbers, ones, others, feature, asked, asking, len(start) - 1, root_pairs, marks
                    )
                elif kind == _JARO_WINKLER:
                    asking = keep_similar(
                        measure, slots[step], parameters[step], fewest, numbers, letters, ones, others, feature, column,
                        asked, asking, possible, start, units, where, read,
                    )  # fmt: skip
                elif kind == _EDITS:
                    asking = keep_near(
                        measure, slots[step], parameters[step], limits[slots[step]], fewest, numbers, letters, ones,
                        others, feature, column, asked, asking, possible, start, units, grid, last, read,
                    )  # fmt: skip
                else:
                    asking = keep_said(
                        numbers, letters, ones, others, feature, column, asked, asking, kind, start, units, read
                    )
                holding = append(asked, asking, held, holding)
