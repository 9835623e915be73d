"""Jaro-Winkler similarity and Damerau-Levenshtein distance of two texts, compiled.

A text is a stretch of an array of UTF-16 code units: where it begins, how long it is. Formulas, and the order of their
operations, are jellyfish's, so results are the same to the last bit.
"""

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compiled
from scv_assets.identity.engines.native.text_letters import Units

_PREFIX, _PREFIX_WEIGHT, _BOOSTED_FROM = 4, 0.1, 0.7
_ONE = np.uint64(1)


@compiled
def jaro_winkler(units: Units, one: int, one_length: int, other: int, other_length: int) -> float:
    """Return the Jaro-Winkler similarity, 0 to 1; a common beginning counts from a Jaro similarity of .7."""
    reach = max(max(one_length, other_length) // 2 - 1, 0)
    found, other_found = np.uint64(0), np.uint64(0)
    common = 0
    for place in range(one_length):
        unit = units[one + place]
        for far in range(max(0, place - reach), min(place + reach + 1, other_length)):
            bit = _ONE << np.uint64(far)
            if units[other + far] == unit and not other_found & bit:
                found |= _ONE << np.uint64(place)
                other_found |= bit
                common += 1
                break
    if common == 0:
        return 0.0
    moved, far = 0, 0
    for place in range(one_length):
        if found & (_ONE << np.uint64(place)):
            while not other_found & (_ONE << np.uint64(far)):
                far += 1
            moved += units[one + place] != units[other + far]
            far += 1
    similarity = (common / one_length + common / other_length + (common - moved // 2) / common) / 3
    if similarity > _BOOSTED_FROM:
        alike = 0
        while alike < min(one_length, other_length, _PREFIX) and units[one + alike] == units[other + alike]:
            alike += 1
        similarity += alike * _PREFIX_WEIGHT * (1.0 - similarity)
    return similarity


@compiled
def edits(
    units: Units,
    one: int,
    one_length: int,
    other: int,
    other_length: int,
    grid: npt.NDArray[np.int32],
    last: npt.NDArray[np.int32],
) -> int:
    """Return the Damerau-Levenshtein distance: insertions, deletions, changes, swaps of neighbours, even parted later.

    `grid` and `last` are room to work in: (MOST_LETTERS + 2) squared, MOST_LETTERS. After Lowrance and Wagner, "An
    extension of the string-to-string correction problem" (1975).
    """
    while one_length and other_length and units[one] == units[other]:
        one, other, one_length, other_length = one + 1, other + 1, one_length - 1, other_length - 1
    while one_length and other_length and units[one + one_length - 1] == units[other + other_length - 1]:
        one_length, other_length = one_length - 1, other_length - 1
    out_of_reach = one_length + other_length
    grid[0, 0] = out_of_reach
    for row in range(one_length + 1):
        grid[row + 1, 0] = out_of_reach
        grid[row + 1, 1] = row
    for column in range(other_length + 1):
        grid[0, column + 1] = out_of_reach
        grid[1, column + 1] = column
    last[:other_length] = 0
    for row in range(1, one_length + 1):
        same = 0
        for column in range(1, other_length + 1):
            above, before = last[column - 1], same
            is_changed = units[one + row - 1] != units[other + column - 1]
            if not is_changed:
                same = column
            swapped = grid[above, before] + (row - above - 1) + 1 + (column - before - 1)
            grid[row + 1, column + 1] = min(
                grid[row, column] + is_changed, grid[row + 1, column] + 1, grid[row, column + 1] + 1, swapped
            )
        for column in range(other_length):
            if units[other + column] == units[one + row - 1]:
                last[column] = row
    return int(grid[one_length + 1, other_length + 1])
