"""Distinct numbers and rows, and the place of each among them; what sorted lists hold. Compiled.

`distinct_numbers.numbered` and `Pairs.are_in` are what to call for numbers and pairs.
"""

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compilable, compiled
from scv_assets.identity.arrays import Numbers

_MIXED = np.uint64(0x9E3779B97F4A7C15)
_FEWEST_BITS, _WORD = 12, 64


@compiled
def number(numbers: Numbers, places: Numbers) -> Numbers:
    """Return the distinct numbers as they come; fill in the place of each number among them. None is negative."""
    bits = _FEWEST_BITS
    slots = np.full(1 << bits, -1, dtype=np.int64)
    known = np.empty(1 << (bits - 1), dtype=np.int64)
    count = 0
    for row in range(len(numbers)):
        slot = _slot_of_number(slots, known, numbers[row], bits)
        if slots[slot] < 0:
            if count == len(known):
                bits += 1
                slots = np.full(1 << bits, -1, dtype=np.int64)
                known = np.concatenate((known, np.empty(count, dtype=np.int64)))
                for place in range(count):
                    slots[_slot_of_number(slots, known, known[place], bits)] = place
                slot = _slot_of_number(slots, known, numbers[row], bits)
            slots[slot] = count
            known[count] = numbers[row]
            count += 1
        places[row] = slots[slot]
    return known[:count]


@compiled
def enter_rows(
    slots: Numbers,
    known: npt.NDArray[np.int32],
    count: int,
    bits: int,
    rows: npt.NDArray[np.int32],
    first: int,
    places: npt.NDArray[np.int32],
) -> tuple[int, int]:
    """Fill in the place of each row from `first` on among the known ones; those that are not are entered at the end.

    Returns how many are known then, and the first row for which there was no room: len(rows) where there was for all.
    """
    for row in range(first, len(rows)):
        slot = _slot_of_row(slots, known, rows, row, bits)
        if slots[slot] < 0:
            if count == len(known):
                return count, row
            slots[slot] = count
            for column in range(rows.shape[1]):
                known[count, column] = rows[row, column]
            count += 1
        places[row] = slots[slot]
    return count, len(rows)


@compiled
def lay_rows(slots: Numbers, known: npt.NDArray[np.int32], count: int, bits: int) -> None:
    """Fill empty slots with the places of known rows."""
    for place in range(count):
        slots[_slot_of_row(slots, known, known, place, bits)] = place


@compiled
def tally(numbers: npt.NDArray[np.int32], counts: Numbers) -> None:
    """Add to `counts` how often each number is there: np.bincount without a copy of the numbers in 64 bits."""
    for row in range(len(numbers)):
        counts[numbers[row]] += 1


@compiled
def find_sorted(
    start: Numbers,
    members: npt.NDArray[np.signedinteger],
    group: npt.NDArray[np.signedinteger],
    wanted: npt.NDArray[np.signedinteger],
    places: npt.NDArray[np.intp],
) -> None:
    """Fill in before which member of its group each wanted number stands, or would stand.

    The members of group g are from start[g] to start[g + 1], sorted.
    """
    for row in range(len(wanted)):
        places[row] = first_not_below(members, start[group[row]], start[group[row] + 1], wanted[row])


@compiled
def find_within(
    start: Numbers, members: npt.NDArray[np.signedinteger], group: Numbers, is_asked: npt.NDArray[np.bool_]
) -> npt.NDArray[np.intp]:
    """Return the places of the members that are of one group with whom they are listed for, of those who are asked.

    The members of r are from start[r] to start[r + 1]; `group`, `is_asked`: by number.
    """
    count = 0
    for one in range(len(is_asked)):
        if is_asked[one]:
            for place in range(start[one], start[one + 1]):
                count += group[members[place]] == group[one]
    found = np.empty(count, dtype=np.intp)
    count = 0
    for one in range(len(is_asked)):
        if is_asked[one]:
            for place in range(start[one], start[one + 1]):
                if group[members[place]] == group[one]:
                    found[count] = place
                    count += 1
    return found


@compilable
def first_not_below(members: npt.NDArray[np.signedinteger], low: int, high: int, wanted: int) -> int:
    """Return the place of the first of members[low:high], which are sorted, that is not below a number; or `high`."""
    while low < high:
        middle = (low + high) // 2
        if members[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def mark_common(one: Numbers, other: Numbers, is_common: npt.NDArray[np.bool_]) -> None:
    """Mark which of one list of numbers stand in the other; both are sorted, each number once."""
    place = 0
    for row in range(len(one)):
        while place < len(other) and other[place] < one[row]:
            place += 1
        is_common[row] = place < len(other) and other[place] == one[row]


@compilable
def _slot_of_number(slots: Numbers, known: Numbers, wanted: int, bits: int) -> np.int64:
    """Return the slot that has the number, or the empty one where it belongs."""
    slot = np.int64((np.uint64(wanted) * _MIXED) >> np.uint64(_WORD - bits))
    while slots[slot] >= 0 and known[slots[slot]] != wanted:
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@compilable
def _slot_of_row(
    slots: Numbers, known: npt.NDArray[np.int32], rows: npt.NDArray[np.int32], row: int, bits: int
) -> np.int64:
    """Return the slot that has the row, or the empty one where it belongs."""
    mixed = np.uint64(0)
    for column in range(rows.shape[1]):
        mixed = (mixed ^ np.uint64(rows[row, column])) * _MIXED
        mixed ^= mixed >> np.uint64(_WORD // 2)
    slot = np.int64((mixed * _MIXED) >> np.uint64(_WORD - bits))
    while slots[slot] >= 0 and not _are_same(known, slots[slot], rows, row):
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@compilable
def _are_same(known: npt.NDArray[np.int32], place: int, rows: npt.NDArray[np.int32], row: int) -> bool:
    for column in range(rows.shape[1]):  # noqa: SIM110 - all() of a generator is not compiled
        if known[place, column] != rows[row, column]:
            return False
    return True
