"""How alike the values of the pairs of a batch are: each measure found once a pair, and only where it may matter.

A bound on the letters that two texts can share settles most pairs, one on how they begin most of the others. Compiled.
"""

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compilable
from scv_assets.identity.arrays import Numbers
from scv_assets.identity.engines.native.batches import UNKNOWN, Places, Side, ValueNumbers, fetch_texts
from scv_assets.identity.engines.native.program import BACK, FORTH
from scv_assets.identity.engines.native.text_letters import (
    MOST_LETTERS,
    PREFIX,
    Letters,
    Units,
    common_beginning,
    may_be_alike,
    most_shared,
)
from scv_assets.identity.engines.native.text_measures import edits, jaro_winkler

#: By slot, see `Fewest`.
_Fewest = npt.NDArray[np.uint8]
#: By slot and place in the batch.
_Measure = npt.NDArray[np.float64]


@compilable
def keep_similar(
    measure: _Measure,
    slot: int,
    least: float,
    fewest: _Fewest,
    numbers: ValueNumbers,
    letters: Letters,
    left: Side,
    right: Side,
    feature: int,
    column: int,
    places: Places,
    count: int,
    possible: Places,
    start: Numbers,
    units: Units,
    where: Letters,
    read: Letters,
) -> int:
    """Keep the pairs whose values have a Jaro-Winkler similarity of `least` or more; count them."""
    _measure_similarities(
        measure, slot, fewest, numbers, letters, left, feature, column, right, feature, column, places, count, possible,
        start, units, where, read,
    )  # fmt: skip
    kept = 0
    for which in range(count):
        place = places[which]
        places[kept] = place
        kept += measure[slot, place] >= least
    return kept


@compilable
def keep_near(
    measure: _Measure,
    slot: int,
    most: float,
    limit: float,
    fewest: _Fewest,
    numbers: ValueNumbers,
    letters: Letters,
    left: Side,
    right: Side,
    feature: int,
    column: int,
    places: Places,
    count: int,
    possible: Places,
    start: Numbers,
    units: Units,
    grid: npt.NDArray[np.int32],
    last: npt.NDArray[np.int32],
    read: Letters,
) -> int:
    """Keep the pairs whose values have a Damerau-Levenshtein distance of `most` or less; count them.

    Nobody asks how far values are apart that are further apart than `limit`.
    """
    asked = _possible(measure, slot, np.inf, fewest, letters, left, column, right, column, places, count, possible)
    fetch_texts(numbers, left, feature, possible, asked, start, units, read)
    fetch_texts(numbers, right, feature, possible, asked, start, units, read)
    furthest = int(min(limit, MOST_LETTERS))
    for which in range(asked):
        place = possible[which]
        low, high = numbers[left[place], feature], numbers[right[place], feature]
        one, other = start[low], start[high]
        measure[slot, place] = edits(
            units, one, start[low + 1] - one, other, start[high + 1] - other, furthest, grid, last
        )
    kept = 0
    for which in range(count):
        place = places[which]
        places[kept] = place
        kept += measure[slot, place] <= most
    return kept


@compilable
def keep_crossed(
    measure: _Measure,
    least: float,
    is_either: bool,
    fewest: _Fewest,
    numbers: ValueNumbers,
    letters: Letters,
    left: Side,
    right: Side,
    feature: int,
    names: Numbers,
    places: Places,
    count: int,
    possible: Places,
    start: Numbers,
    units: Units,
    where: Letters,
    read: Letters,
) -> int:
    """Keep the pairs of which both names cross or, where that is asked and both have the feature, either; count them.

    A first name crosses that has a similarity of `least` or more to the other record's last name. `names`: see
    `Program`.
    """
    first, last, first_letters, last_letters = names
    for slot in (FORTH, BACK):
        one, other = (left, right) if slot == FORTH else (right, left)
        _measure_similarities(
            measure, slot, fewest, numbers, letters, one, first, first_letters, other, last, last_letters, places,
            count, possible, start, units, where, read,
        )  # fmt: skip
    kept = 0
    for which in range(count):
        place = places[which]
        forth, back = measure[FORTH, place] >= least, measure[BACK, place] >= least
        is_there = (numbers[left[place], feature] | numbers[right[place], feature]) >= 0
        places[kept] = place
        kept += (forth & back) | (is_either & is_there & (forth | back))
    return kept


@compilable
def _possible(
    measure: _Measure,
    slot: int,
    past: float,
    fewest: _Fewest,
    letters: Letters,
    left: Side,
    column: int,
    right: Side,
    other_column: int,
    places: Places,
    count: int,
    possible: Places,
) -> int:
    """List the pairs that are not measured yet, have both values and may be within the limit; count them.

    What the others come to is `past`.
    """
    found = 0
    for which in range(count):
        place = places[which]
        if measure[slot, place] == UNKNOWN:
            measure[slot, place] = past
            possible[found] = place
            one, other = letters[left[place], column], letters[right[place], other_column]
            found += (one != 0) & (other != 0) & may_be_alike(one, other, fewest, slot, PREFIX)
    return found


@compilable
def _measure_similarities(
    measure: _Measure,
    slot: int,
    fewest: _Fewest,
    numbers: ValueNumbers,
    letters: Letters,
    left: Side,
    feature: int,
    column: int,
    right: Side,
    other_feature: int,
    other_column: int,
    places: Places,
    count: int,
    possible: Places,
    start: Numbers,
    units: Units,
    where: Letters,
    read: Letters,
) -> None:
    """Fill in the Jaro-Winkler similarities that are not known yet, 0 for those that are past the limit.

    Names that cross are not alike if they begin with different letters. Values of one feature are measured in one
    order, that of their numbers: which comes first can make a difference.
    """
    asked = _possible(measure, slot, 0.0, fewest, letters, left, column, right, other_column, places, count, possible)
    fetch_texts(numbers, left, feature, possible, asked, start, units, read)
    fetch_texts(numbers, right, other_feature, possible, asked, start, units, read)
    is_crossing = slot <= BACK
    for which in range(asked):
        place = possible[which]
        low, high = numbers[left[place], feature], numbers[right[place], other_feature]
        if low > high and not is_crossing:
            low, high = high, low
        one, other = start[low], start[high]
        length, other_length = start[low + 1] - one, start[high + 1] - other
        alike = common_beginning(units, one, length, other, other_length)
        shared = most_shared(letters[left[place], column], letters[right[place], other_column])
        needed = fewest[slot, alike, length - 1, other_length - 1]
        if alike >= is_crossing and shared >= needed:
            measure[slot, place] = jaro_winkler(units, one, length, other, other_length, alike, needed, where)
