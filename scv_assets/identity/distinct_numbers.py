"""Lists of numbers: each number once, the place of each among them; and rows of codes as one number each."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from scv_assets.identity.arrays import Numbers

#: A number of a row of codes stays below this, so that it fits 64 bits.
_MOST = 1 << 62
#: Numbers that are this close together are told apart by a table of what is there instead of a sort.
_DENSE = 8


def distinct(numbers: Numbers) -> Numbers:
    """Return the numbers, each once, sorted: one sort (np.unique hashes, which takes ten times as long)."""
    return each_once(np.sort(numbers))


def each_once(ordered: Numbers) -> Numbers:
    """Return sorted numbers, each once."""
    is_first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return np.asarray(ordered[is_first])


def numbered(numbers: Numbers) -> tuple[Numbers, Numbers]:
    """Return the distinct numbers (none is negative), sorted, and the place of each among them."""
    span = int(numbers.max(initial=-1)) + 1
    if span > _DENSE * len(numbers):
        from scv_assets.identity.numbering import number

        place = np.empty(len(numbers), dtype=np.int64)
        known = number(numbers, place)
        order = np.argsort(known)
        rank = np.empty(len(known), dtype=np.int64)
        rank[order] = np.arange(len(known))
        return known[order], rank[place]
    is_there = np.zeros(span, dtype=bool)
    is_there[numbers] = True
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[numbers]


def combined(parts: Iterable[tuple[npt.NDArray[np.integer], int]]) -> Numbers:
    """Return one number for each row of codes, ordered as the rows are; `parts`: each column of codes and its size."""
    found, span = np.empty(0, np.int64), 0
    for codes, size in parts:
        if span * size > _MOST:
            known, found = numbered(found)
            span = len(known)
        found = found * np.int64(size) + codes if span else codes.astype(np.int64)
        span = max(span, 1) * size
    return found
