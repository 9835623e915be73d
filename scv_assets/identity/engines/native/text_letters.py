"""What a look at two numbers tells of two texts, so that most texts need not be read. Compiled.

The letters of a text bound what a measure of it and another can come to: two texts share at most so many letters as the
smaller of their counts. `letters` has the same bounds for whole arrays; these are for the loop over pairs.
"""

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compilable, compiled
from scv_assets.identity.arrays import Numbers

#: Code units of a text at most.
MOST_LETTERS = 64

Units = npt.NDArray[np.uint16]
#: A number a text: see `letters_of`.
Letters = npt.NDArray[np.uint64]

#: Units of a common beginning that count for Jaro-Winkler, at most.
PREFIX = 4

_BUCKETS, _BLANK = 28, ord(" ")
_SEVERAL_WORDS, _NEW_YEAR, _LENGTH = np.uint64(56), np.uint64(57), np.uint64(58)
_HERE = (np.uint64(1) << _SEVERAL_WORDS) - np.uint64(1)
_ONE, _TWO, _FOUR, _TOP_BYTE = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)
_ODD_BITS, _PAIRS = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
_NIBBLES, _BYTES = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)


@compiled
def letters_of(units: Units, start: Numbers, is_new_year: npt.NDArray[np.bool_]) -> Letters:
    """Return the letters of each text, text i being units[start[i]:start[i + 1]], 1 to MOST_LETTERS of them.

    From the lowest bit: 28 buckets, one bit for the first and one for the second letter of each; one bit for several
    words, one for a 1 January; the length less one.
    """
    found = np.zeros(len(start) - 1, dtype=np.uint64)
    for text in range(len(found)):
        for place in range(start[text], start[text + 1]):
            bit = _ONE << np.uint64(units[place] % _BUCKETS * 2)
            found[text] |= bit << _ONE if found[text] & bit else bit
            if units[place] == _BLANK:
                found[text] |= _ONE << _SEVERAL_WORDS
        if is_new_year[text]:
            found[text] |= _ONE << _NEW_YEAR
        found[text] |= np.uint64(start[text + 1] - start[text] - 1) << _LENGTH
    return found


@compilable
def length_of(letters: np.uint64) -> np.int64:
    """Return how many code units there are."""
    return np.int64(letters >> _LENGTH) + 1


@compilable
def has_several_words(letters: np.uint64) -> bool:
    """Return whether there is a blank."""
    return bool(letters & (_ONE << _SEVERAL_WORDS))


@compilable
def is_first_of_year(letters: np.uint64) -> bool:
    """Return whether it is a 1 January."""
    return bool(letters & (_ONE << _NEW_YEAR))


@compilable
def count(bits: np.uint64) -> np.int64:
    """Return how many bits are set."""
    bits = bits - ((bits >> _ONE) & _ODD_BITS)
    bits = (bits & _PAIRS) + ((bits >> _TWO) & _PAIRS)
    return np.int64((((bits + (bits >> _FOUR)) & _NIBBLES) * _BYTES) >> _TOP_BYTE)


@compilable
def most_shared(one: np.uint64, other: np.uint64) -> np.int64:
    """Return how many letters two texts can share at most."""
    beyond, other_beyond = length_of(one) - count(one & _HERE), length_of(other) - count(other & _HERE)
    return count(one & other & _HERE) + min(beyond, other_beyond)


@compilable
def may_be_alike(one: np.uint64, other: np.uint64, fewest: npt.NDArray[np.uint8], slot: int, alike: int) -> bool:
    """Return whether two texts can share as many letters as a slot's `Fewest` says for how they begin."""
    return bool(most_shared(one, other) >= fewest[slot, alike, one >> _LENGTH, other >> _LENGTH])


@compilable
def lowest(bits: np.uint64) -> np.uint64:
    """Return the lowest bit alone, 0 of none."""
    return bits & (~bits + _ONE)


@compilable
def common_beginning(units: Units, one: int, one_length: int, other: int, other_length: int) -> int:
    """Return how many units two texts begin with in common, PREFIX at most."""
    alike = 0
    while alike < min(one_length, other_length, PREFIX) and units[one + alike] == units[other + alike]:
        alike += 1
    return alike
