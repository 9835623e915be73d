"""Which pairs of a batch say yes to a test. Compiled.

Each function keeps those of a list of which the test holds, in its front, and counts them. Pairs whose values are
missing or equal are settled by `split`, without a look at texts.
"""

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compilable
from scv_assets.identity.arrays import Numbers
from scv_assets.identity.engines.native.batches import Places, Side, ValueNumbers, fetch_texts
from scv_assets.identity.engines.native.program import KINDS
from scv_assets.identity.engines.native.root_pairs import Marks, is_among, is_marked
from scv_assets.identity.engines.native.text_letters import (
    Letters,
    Units,
    has_several_words,
    is_first_of_year,
    length_of,
    most_shared,
)
from scv_assets.identity.engines.native.text_tests import (
    is_contained,
    is_initial,
    is_one_digit,
    is_same_year,
    is_transposed,
    shares_word,
)
from scv_assets.identity.value_tests import MIN_WORD

_TRANSPOSED, _ONE_DIGIT, _NEW_YEAR = KINDS["transposed"], KINDS["one_digit"], KINDS["new_year"]
_INITIAL, _SHARES_WORD = KINDS["initial"], KINDS["shares_word"]
#: Letters that two days need not share of which one digit differs, or two change places.
_DIGITS_CHANGED = 1
#: A day as text: its length, and what of it is neither year nor month nor day.
_DAY, _HYPHENS = 10, 2


@compilable
def split(
    numbers: ValueNumbers, left: Side, right: Side, feature: int, held: Places, count: int, asked: Places
) -> tuple[int, int]:
    """Part the pairs that are held: those of equal values still are, those of different ones are to be asked; count
    both.
    """
    same, different = 0, 0
    for which in range(count):
        place = held[which]
        one, other = numbers[left[place], feature], numbers[right[place], feature]
        held[same] = asked[different] = place
        same += (one == other) & (one >= 0)
        different += (one != other) & ((one | other) >= 0)
    return same, different


@compilable
def keep_days(letters: Letters, left: Side, column: int, places: Places, count: int, is_new_year: bool) -> int:
    """Keep, of pairs of the same day, those of which it is a 1 January, or those of which it is not."""
    kept = 0
    for which in range(count):
        place = places[which]
        places[kept] = place
        kept += is_first_of_year(letters[left[place], column]) == is_new_year
    return kept


@compilable
def keep_years_apart(
    numbers: ValueNumbers,
    left: Side,
    right: Side,
    feature: int,
    places: Places,
    count: int,
    years: npt.NDArray[np.int32],
    apart: float,
) -> int:
    """Keep the pairs whose years are so far apart."""
    kept = 0
    for which in range(count):
        place = places[which]
        one, other = numbers[left[place], feature], numbers[right[place], feature]
        places[kept] = place
        kept += abs(years[one] - years[other]) >= apart
    return kept


@compilable
def keep_same_root(
    numbers: ValueNumbers,
    left: Side,
    right: Side,
    feature: int,
    places: Places,
    count: int,
    size: int,
    root_pairs: Numbers,
    marks: Marks,
) -> int:
    """Keep the pairs of which one value is a form of the other; `size`, `root_pairs` see `Values`."""
    marked, kept = 0, 0
    for which in range(count):
        place = places[which]
        one, other = np.int64(numbers[left[place], feature]), np.int64(numbers[right[place], feature])
        places[marked] = place
        marked += is_marked(marks, min(one, other) * size + max(one, other))
    for which in range(marked):
        place = places[which]
        one, other = np.int64(numbers[left[place], feature]), np.int64(numbers[right[place], feature])
        places[kept] = place
        kept += is_among(root_pairs, min(one, other) * size + max(one, other))
    return kept


@compilable
def keep_said(
    numbers: ValueNumbers,
    letters: Letters,
    left: Side,
    right: Side,
    feature: int,
    column: int,
    places: Places,
    count: int,
    kind: int,
    start: Numbers,
    units: Units,
    read: Letters,
) -> int:
    """Keep the pairs whose texts say yes to a test, a kind that looks at two different texts: not without need."""
    possible, kept = 0, 0
    for which in range(count):
        place = places[which]
        places[possible] = place
        possible += _may_say(kind, letters[left[place], column], letters[right[place], column])
    fetch_texts(numbers, left, feature, places, possible, start, units, read)
    fetch_texts(numbers, right, feature, places, possible, start, units, read)
    for which in range(possible):
        place = places[which]
        text, far = numbers[left[place], feature], numbers[right[place], feature]
        places[kept] = place
        kept += _says(kind, units, start[text], start[text + 1] - start[text], start[far], start[far + 1] - start[far])
    return kept


@compilable
def _may_say(kind: int, one: np.uint64, other: np.uint64) -> bool:
    """Return whether a test may hold of two texts by their letters."""
    shared = most_shared(one, other)
    longer, shorter = max(length_of(one), length_of(other)), min(length_of(one), length_of(other))
    if kind == _NEW_YEAR:
        return is_first_of_year(one) | is_first_of_year(other)
    if kind == _INITIAL:
        return bool(shorter == 1)
    if kind == _SHARES_WORD:
        return bool((has_several_words(one) | has_several_words(other)) & (shared >= MIN_WORD))
    if kind == _TRANSPOSED:
        return bool(longer - shared <= _HYPHENS or _DAY - shared <= _HYPHENS)
    if kind == _ONE_DIGIT:
        return bool(longer - shared <= _DIGITS_CHANGED)
    return bool(shared >= shorter)


@compilable
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
