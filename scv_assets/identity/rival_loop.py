"""The loops that lay out who is linked to each record, and look for the rival to speak of each pair. Compiled."""

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compilable, compiled
from scv_assets.identity.arrays import Codes, Flags, Numbers, RecordNumbers
from scv_assets.identity.engines import Levels
from scv_assets.identity.numbering import first_not_below

_MISSING = 0
_NOBODY = -1


@compiled
def lay_near(
    left: RecordNumbers,
    right: RecordNumbers,
    bits: npt.NDArray[np.float64],
    may_speak: Flags,
    start: Numbers,
    near_record: RecordNumbers,
    near_bits: npt.NDArray[np.float64],
) -> None:
    """Fill in the records linked to each, surest first, then lowest: those of record r from start[r] to start[r + 1].

    Only who may speak is anybody's; `start` has room for these.
    """
    end = start[:-1].copy()
    for link in range(len(left)):
        for side in range(2):
            one, other = (left[link], right[link]) if side == 0 else (right[link], left[link])
            if not may_speak[other]:
                continue
            place = end[one]
            end[one] += 1
            while place > start[one] and _comes_before(
                bits[link], other, one, near_bits[place - 1], near_record[place - 1], one
            ):
                near_record[place], near_bits[place] = near_record[place - 1], near_bits[place - 1]
                place -= 1
            near_record[place], near_bits[place] = other, bits[link]


@compiled
def find_rivals(
    left: RecordNumbers,
    right: RecordNumbers,
    row: Codes,
    own_levels: Levels,
    near_start: Numbers,
    near_record: RecordNumbers,
    near_bits: npt.NDArray[np.float64],
    start: Numbers,
    members: RecordNumbers,
    agreements: Codes,
    levels: Levels,
    most: int,
    rival: RecordNumbers,
    speaks_for: RecordNumbers,
    sure: npt.NDArray[np.float64],
    third: Codes,
) -> None:
    """Fill in, for each pair, the surest rival that has something new to say; -1 where none does.

    Of each record of a pair `most` of the surest links are asked, to anybody but the other one; those of record r stand
    from near_start[r] to near_start[r + 1]. `start`, `members`, `agreements`: the compared pairs (`Compared`); `third`:
    what the rival and the other record agree on. Of rivals as sure the lower record speaks, then for the lower record.
    """
    for pair in range(len(left)):
        rival[pair] = _NOBODY
        own = row[pair]
        for side in range(2):
            of, far = (left[pair], right[pair]) if side == 0 else (right[pair], left[pair])
            asked = 0
            for place in range(near_start[of], near_start[of + 1]):
                other = near_record[place]
                if other == far:
                    continue
                if asked == most:
                    break
                asked += 1
                low, high = min(other, far), max(other, far)
                found = first_not_below(members, start[low], start[low + 1], high)
                if found == start[low + 1] or members[found] != high:
                    continue
                if not _fills(own_levels, own, levels, agreements[found]):
                    continue
                if rival[pair] < 0 or _comes_before(
                    near_bits[place], other, of, sure[pair], rival[pair], speaks_for[pair]
                ):
                    rival[pair], speaks_for[pair] = other, of
                    sure[pair], third[pair] = near_bits[place], agreements[found]


@compilable
def _fills(own_levels: Levels, own: int, levels: Levels, other: int) -> bool:
    """Return whether one row of levels knows of a comparison where its own has nothing to compare."""
    for comparison in range(levels.shape[1]):
        if own_levels[own, comparison] == _MISSING and levels[other, comparison] != _MISSING:
            return True
    return False


@compilable
def _comes_before(
    sure: float, rival: int, speaks_for: int, other_sure: float, other_rival: int, other_speaks_for: int
) -> bool:
    if sure != other_sure:
        return sure > other_sure
    return rival < other_rival if rival != other_rival else speaks_for < other_speaks_for
