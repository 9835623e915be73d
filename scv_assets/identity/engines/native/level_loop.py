"""The loop over pairs: from the strongest level of each comparison down, each measure found once a pair. Compiled."""

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compiled
from scv_assets.identity.engines.native.program import BACK, FORTH, KINDS, Program
from scv_assets.identity.engines.native.text_letters import (
    MOST_LETTERS,
    Units,
    has_several_words,
    is_first_of_year,
    length_of,
    may_be_near,
    may_be_similar,
    may_be_within,
)
from scv_assets.identity.engines.native.text_measures import edits, jaro_winkler
from scv_assets.identity.engines.native.text_tests import (
    is_contained,
    is_initial,
    is_one_digit,
    is_same_year,
    is_transposed,
    shares_word,
)
from scv_assets.identity.engines.native.values import Values
from scv_assets.identity.records import Numbers, RecordNumbers

_EQUAL, _EQUAL_DAY, _NEW_YEAR = KINDS["equal"], KINDS["equal_day"], KINDS["new_year"]
_TRANSPOSED, _ONE_DIGIT, _SAME_ROOT = KINDS["transposed"], KINDS["one_digit"], KINDS["same_root"]
_INITIAL, _SHARES_WORD, _CONTAINS = KINDS["initial"], KINDS["shares_word"], KINDS["contains"]
_SWAPPED, _CROSSED = KINDS["swapped_with_last_name"], KINDS["crossed_with_last_name"]
_JARO_WINKLER, _EDITS, _YEARS_APART = KINDS["jaro_winkler"], KINDS["edits"], KINDS["years_apart"]
_UNKNOWN = -1.0
_DIGITS_CHANGED = 2
#: Right records are fetched so many at a time: far memory then answers many questions at once.
_BATCH = 256


@compiled
def fill_levels(
    program: Program, values: Values, left: RecordNumbers, right: RecordNumbers, levels: npt.NDArray[np.uint8]
) -> None:
    """Fill in the levels of each pair: a row a pair, a column a comparison. Strange records' levels are not right."""
    # Numba counts references whenever a tuple's array is touched: all are taken out once.
    (of_start, of, otherwise, way_start, code, test_start, kinds, features, letter_places, parameters, slots, limits,
     names, name_letters) = program  # fmt: skip
    numbers, letters, start, units, years, root_pairs, _ = values
    size = len(start) - 1
    measured = np.empty(len(limits), dtype=np.float64)
    grid = np.empty((MOST_LETTERS + 2, MOST_LETTERS + 2), dtype=np.int32)
    last = np.empty(MOST_LETTERS, dtype=np.int32)
    near = np.empty((_BATCH, numbers.shape[1]), dtype=np.int32)
    near_letters = np.empty((_BATCH, letters.shape[1]), dtype=np.uint64)
    for pair in range(len(left)):
        other = pair % _BATCH
        if other == 0:
            for place in range(min(_BATCH, len(left) - pair)):
                near[place] = numbers[right[pair + place]]
                near_letters[place] = letters[right[pair + place]]
        one = left[pair]
        measured[:] = _UNKNOWN
        for comparison in range(len(otherwise)):
            found = 0
            for place in range(of_start[comparison], of_start[comparison + 1]):
                if numbers[one, of[place]] >= 0 and near[other, of[place]] >= 0:
                    found = otherwise[comparison]
            for way in range(way_start[comparison], way_start[comparison + 1] if found else 0):
                holds = True
                for test in range(test_start[way], test_start[way + 1]):
                    kind, feature, slot = kinds[test], features[test], slots[test]
                    low, high = numbers[one, feature], near[other, feature]
                    if kind == _SWAPPED or (kind == _CROSSED and low >= 0 and high >= 0):
                        if measured[FORTH] == _UNKNOWN:
                            measured[FORTH] = _similarity(
                                numbers[one, names[0]], near[other, names[1]],
                                letters[one, name_letters[0]], near_letters[other, name_letters[1]],
                                start, units, True, limits[FORTH],
                            )  # fmt: skip
                            measured[BACK] = _similarity(
                                near[other, names[0]], numbers[one, names[1]],
                                near_letters[other, name_letters[0]], letters[one, name_letters[1]],
                                start, units, True, limits[FORTH],
                            )  # fmt: skip
                        forth, back = measured[FORTH] >= limits[FORTH], measured[BACK] >= limits[FORTH]
                        holds = (forth and back) or (kind == _CROSSED and (forth or back))
                    elif low < 0 or high < 0:
                        holds = False
                    elif low == high:
                        if kind in (_EQUAL_DAY, _NEW_YEAR):
                            holds = is_first_of_year(letters[one, letter_places[test]]) == (kind == _NEW_YEAR)
                        else:
                            holds = kind != _YEARS_APART
                    elif kind in (_EQUAL, _EQUAL_DAY):
                        holds = False
                    elif kind == _YEARS_APART:
                        holds = abs(years[low] - years[high]) >= parameters[test]
                    elif kind == _SAME_ROOT:
                        holds = _is_among(root_pairs, np.int64(min(low, high)) * size + max(low, high))
                    else:
                        mine, others = letters[one, letter_places[test]], near_letters[other, letter_places[test]]
                        if low > high:
                            low, high = high, low
                        if kind == _JARO_WINKLER:
                            if measured[slot] == _UNKNOWN:
                                measured[slot] = _similarity(low, high, mine, others, start, units, False, limits[slot])
                            holds = measured[slot] >= parameters[test]
                        elif kind == _EDITS:
                            if measured[slot] == _UNKNOWN:
                                measured[slot] = _distance(
                                    low, high, mine, others, start, units, limits[slot], grid, last
                                )
                            holds = measured[slot] <= parameters[test]
                        else:
                            holds = _may_say(kind, mine, others) and _says(
                                kind, units, start[low], start[low + 1] - start[low],
                                start[high], start[high + 1] - start[high],
                            )  # fmt: skip
                    if not holds:
                        break
                if holds:
                    found = code[way]
                    break
            levels[pair, comparison] = found


@compiled
def _similarity(
    low: int,
    high: int,
    letters: np.uint64,
    other_letters: np.uint64,
    start: Numbers,
    units: Units,
    begin_alike: bool,
    least: float,
) -> float:
    """Return the Jaro-Winkler similarity of two values, 0 where it is below `least`, a value is missing, or (where
    asked) they begin with different letters.
    """
    if low < 0 or high < 0 or not may_be_similar(letters, other_letters, least):
        return 0.0
    one, other = start[low], start[high]
    if begin_alike and units[one] != units[other]:
        return 0.0
    return jaro_winkler(units, one, start[low + 1] - one, other, start[high + 1] - other)


@compiled
def _distance(
    low: int,
    high: int,
    letters: np.uint64,
    other_letters: np.uint64,
    start: Numbers,
    units: Units,
    most: float,
    grid: npt.NDArray[np.int32],
    last: npt.NDArray[np.int32],
) -> float:
    """Return the Damerau-Levenshtein distance of two values, infinite where it is beyond `most`."""
    if not may_be_near(letters, other_letters, most):
        return np.inf
    one, other = start[low], start[high]
    return float(edits(units, one, start[low + 1] - one, other, start[high + 1] - other, grid, last))


@compiled
def _is_among(numbers: Numbers, wanted: int) -> bool:
    place = np.searchsorted(numbers, wanted)
    return bool(place < len(numbers) and numbers[place] == wanted)


@compiled
def _may_say(kind: int, one: np.uint64, other: np.uint64) -> bool:
    """Return whether a test may hold of two texts by their letters."""
    if kind == _NEW_YEAR:
        return is_first_of_year(one) or is_first_of_year(other)
    if kind == _SHARES_WORD:
        return has_several_words(one) or has_several_words(other)
    if kind == _CONTAINS:
        return may_be_within(one, other)
    if kind == _INITIAL:
        return bool(min(length_of(one), length_of(other)) == 1)
    if kind == _ONE_DIGIT:
        return may_be_near(one, other, _DIGITS_CHANGED)
    return True


@compiled
def _says(kind: int, units: Units, one: int, length: int, other: int, other_length: int) -> bool:
    """Return the answer of a test that looks at two different texts."""
    if kind == _TRANSPOSED:
        return is_transposed(units, one, length, other, other_length)
    if kind == _ONE_DIGIT:
        return is_one_digit(units, one, length, other, other_length)
    if kind == _NEW_YEAR:
        return is_same_year(units, one, length, other, other_length)
    if kind == _INITIAL:
        return is_initial(units, one, length, other, other_length)
    if kind == _SHARES_WORD:
        return shares_word(units, one, length, other, other_length)
    return is_contained(units, one, length, other, other_length)
