"""A cheap bound: which two texts cannot be alike, from how often each letter stands in them.

Most pairs of values have nothing in common, and a text measure costs a microsecond a pair. Two texts share at most so
many letters as the smaller of their counts; from that follows the most that Jaro-Winkler can be and the least that an
edit distance can be. What the bound lets pass is measured, so results are exact.
"""

import numpy as np
import numpy.typing as npt

from scv_assets.identity.records import Column, Flags, Numbers

_BUCKETS = 32
_CHUNK = 1 << 18
_PREFIX, _PREFIX_WEIGHT = 4, 0.1
_ROUNDING = 1e-9


def may_be_alike(measure: str, column: Column, low: Numbers, high: Numbers, limit: float) -> Flags:
    """Return which pairs of values may be at least (jaro_winkler) or at most (edits) `limit`."""
    counts = _letter_counts(column)
    lengths = counts.sum(axis=1)
    starts = _starts(column)
    possible = np.empty(len(low), dtype=bool)
    for start in range(0, len(low), _CHUNK):
        one, other = low[start : start + _CHUNK], high[start : start + _CHUNK]
        shared = np.minimum(counts[one], counts[other]).sum(axis=1)
        if measure == "edits":
            bound = np.maximum(lengths[one], lengths[other]) - shared
            possible[start : start + _CHUNK] = bound <= limit
            continue
        jaro = (shared / np.maximum(lengths[one], 1) + shared / np.maximum(lengths[other], 1) + 1) / 3
        same = np.cumprod((starts[one] == starts[other]) & (starts[one] != 0), axis=1).sum(axis=1)
        bound = jaro + same * _PREFIX_WEIGHT * (1 - jaro)
        possible[start : start + _CHUNK] = (bound + _ROUNDING >= limit) & (shared > 0)
    return possible


def _letter_counts(column: Column) -> npt.NDArray[np.int32]:
    """Return how often each letter stands in each value; letters that share a bucket only loosen the bound."""
    sizes = np.fromiter(map(len, column.values), np.int64, len(column.values))
    letters = np.frombuffer("".join(column.values).encode("utf-32-le"), dtype=np.uint32) % _BUCKETS
    place = np.repeat(np.arange(len(sizes)), sizes) * _BUCKETS + letters
    counted = np.bincount(place, minlength=len(sizes) * _BUCKETS)
    return counted.reshape(len(sizes), _BUCKETS).astype(np.int32)


def _starts(column: Column) -> npt.NDArray[np.uint32]:
    cut = np.array([value[:_PREFIX] for value in column.values], dtype=f"<U{_PREFIX}")
    return cut.view(np.uint32).reshape(len(cut), _PREFIX)
