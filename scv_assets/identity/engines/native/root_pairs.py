"""Is one value a form of the other? A look at two bits, and only where these are set at the list of all. Compiled."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compilable
from scv_assets.identity.arrays import Numbers
from scv_assets.identity.numbering import first_not_below

#: By chance of a pair, words with two bits for each that is one, and few others.
Marks = npt.NDArray[np.uint64]
_Pair = TypeVar("_Pair", np.uint64, Marks)

_MIXED, _ONE, _WORD = np.uint64(0x9E3779B97F4A7C15), np.uint64(1), np.uint64(63)
_FIRST, _SECOND, _THIRD = np.uint64(58), np.uint64(52), np.uint64(20)
_PAIRS_A_WORD = 2


def marks_of(pairs: Numbers) -> Marks:
    """Return the marks of some pairs, each one number."""
    words = 1
    while words * _PAIRS_A_WORD < len(pairs):
        words *= 2
    marks = np.zeros(words, dtype=np.uint64)
    word, bits = _mark(pairs.astype(np.uint64), words)
    np.bitwise_or.at(marks, word.astype(np.intp), bits)
    return marks


@compilable
def is_marked(marks: Marks, wanted: np.int64) -> bool:
    """Return whether a pair may be among those of the marks."""
    word, bits = _mark(np.uint64(wanted), len(marks))
    return bool(marks[word] & bits == bits)


@compilable
def is_among(pairs: Numbers, wanted: np.int64) -> bool:
    """Return whether a pair is among some, which are sorted."""
    place = first_not_below(pairs, 0, len(pairs), int(wanted))
    return bool(place < len(pairs) and pairs[place] == wanted)


@compilable
def _mark(pair: _Pair, words: int) -> tuple[_Pair, _Pair]:
    """Return the word of a pair, or of many, and its bits there."""
    mixed = pair * _MIXED
    bits = _ONE << (mixed >> _FIRST) | _ONE << (mixed >> _SECOND & _WORD)
    return mixed >> _THIRD & np.uint64(words - 1), bits
