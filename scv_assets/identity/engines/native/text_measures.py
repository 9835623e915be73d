"""Jaro-Winkler similarity and Damerau-Levenshtein distance of two texts, compiled.

A text is a stretch of an array of UTF-16 code units: where it begins, how long it is. Formulas, and the order of their
operations, are jellyfish's, so results are the same to the last bit.
"""

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compilable
from scv_assets.identity.engines.native.text_letters import Letters, Units, count, lowest

#: What each unit of a common beginning adds of what is missing, from which Jaro similarity.
PREFIX_WEIGHT, BOOSTED_FROM = 0.1, 0.7

#: How many code units there are.
CODE_UNITS = 1 << 16

_ONE = np.uint64(1)


@compilable
def jaro_winkler(
    units: Units, one: int, one_length: int, other: int, other_length: int, alike: int, fewest: int, where: Letters
) -> float:
    """Return the Jaro-Winkler similarity, 0 to 1, of two texts that begin with `alike` letters in common, which count
    from a Jaro similarity of .7. Where fewer letters than `fewest` are found in both it is 0.

    `where` is room to work in: CODE_UNITS zeros, and zeros again in the end. It has the places of each unit in the
    other text as bits, so that the first free one within reach is found at once.
    """
    for far in range(other_length):
        where[units[other + far]] |= _ONE << np.uint64(far)
    reach = max(max(one_length, other_length) // 2 - 1, 0)
    window = (_ONE << np.uint64(reach + 1)) - _ONE
    found, other_found = np.uint64(0), np.uint64(0)
    for place in range(one_length):
        free = where[units[one + place]] & window & ~other_found
        other_found |= lowest(free)
        found |= np.uint64(free != 0) << np.uint64(place)
        window = window << _ONE | np.uint64(place < reach)
    for far in range(other_length):
        where[units[other + far]] = 0
    common = count(found)
    if common < max(fewest, 1):
        return 0.0
    moved = _moved(units, one, other, found, other_found)
    similarity = (common / one_length + common / other_length + (common - moved // 2) / common) / 3
    if similarity > BOOSTED_FROM:
        similarity += alike * PREFIX_WEIGHT * (1.0 - similarity)
    return similarity


@compilable
def _moved(units: Units, one: int, other: int, found: np.uint64, other_found: np.uint64) -> int:
    """Return how many letters that were found in both, taken in order, stand against another one."""
    moved = 0
    while found:
        bit, other_bit = lowest(found), lowest(other_found)
        moved += units[one + count(bit - _ONE)] != units[other + count(other_bit - _ONE)]
        found, other_found = found ^ bit, other_found ^ other_bit
    return moved


@compilable
def edits(
    units: Units,
    one: int,
    one_length: int,
    other: int,
    other_length: int,
    most: int,
    grid: npt.NDArray[np.int32],
    last: npt.NDArray[np.int32],
) -> int:
    """Return the Damerau-Levenshtein distance: insertions, deletions, changes, swaps of neighbours, even parted later;
    where it is more than `most`, some number that is.

    `grid` and `last` are room to work in: (MOST_LETTERS + 2) squared, MOST_LETTERS. After Lowrance and Wagner, "An
    extension of the string-to-string correction problem" (1975), for places that are `most` apart at most: to part
    further costs more. A way to the end costs nowhere less than the least of each row.
    """
    while one_length and other_length and units[one] == units[other]:
        one, other, one_length, other_length = one + 1, other + 1, one_length - 1, other_length - 1
    while one_length and other_length and units[one + one_length - 1] == units[other + other_length - 1]:
        one_length, other_length = one_length - 1, other_length - 1
    if abs(one_length - other_length) > most:
        return most + 1
    beyond = one_length + other_length + most + 1
    for column in range(min(other_length, most + 1) + 1):
        grid[0, column + 1] = beyond
        grid[1, column + 1] = column
    last[:other_length] = 0
    for row in range(1, one_length + 1):
        first, final = max(1, row - most), min(other_length, row + most)
        grid[row + 1, first] = row if first == 1 else beyond
        if final < other_length:
            grid[row + 1, final + 2] = beyond
        least, same = grid[row + 1, first], 0
        for column in range(first, final + 1):
            above, before = last[column - 1], same
            is_changed = units[one + row - 1] != units[other + column - 1]
            if not is_changed:
                same = column
                last[column - 1] = row
            cost = min(grid[row, column] + is_changed, grid[row + 1, column] + 1, grid[row, column + 1] + 1)
            if above and before and abs(above - before) <= most:
                cost = min(cost, grid[above, before] + row - above + column - before - 1)
            grid[row + 1, column + 1] = cost
            least = min(least, cost)
        if least > most:
            return most + 1
    return int(grid[one_length + 1, other_length + 1])
