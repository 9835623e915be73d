"""Pairs out of the blocks of all rules: each record's partners in order, each pair once, without sorting pairs."""

from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compilable, compiled
from scv_assets.identity.arrays import Codes, Numbers
from scv_assets.identity.distinct_numbers import each_once
from scv_assets.identity.records import Pairs

#: What stands behind the last record of a block.
END = (1 << 31) - 1


class Blocks:
    """Records laid out by block. `members`: the records of each block in order, then END; block after block, rule after
    rule, the first of a rule's at `base[rule]` + 1.

    `following[rule, record]`: where the record's next one in its block stands, counted from `base[rule]`; 0 for none.
    `before[record]` counts the pairs, with repetitions, of all records before it.
    """

    def __init__(self, keys: list[Codes], pool: Executor) -> None:
        """`keys`: of each rule the block of every record, -1 for none; rules are laid out side by side."""
        count = len(keys[0]) if keys else 0
        sizes = list(pool.map(_sizes, keys))
        self.base = np.cumsum([0, *(int(size.sum()) + len(size) + 1 for size in sizes)])
        self.members = np.full(self.base[-1], END, dtype=np.int32)
        self.following = np.zeros((len(keys), count), dtype=np.int32)
        parts = np.split(self.members, self.base[1:-1])
        later = np.zeros(count, dtype=np.int64)
        for some in pool.map(_lay_out, keys, sizes, parts, self.following):
            later += some
        self.before = np.concatenate([[0], np.cumsum(later)])

    def parts(self, most: int) -> list[tuple[int, int]]:
        """Return stretches of records (from, to) that have about `most` pairs each."""
        marks = np.arange(0, self.before[-1] + most, most)
        bounds = each_once(np.minimum(np.searchsorted(self.before, marks), len(self.before) - 1))
        return list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))

    @property
    def most(self) -> int:
        """How many pairs there are, with repetitions."""
        return int(self.before[-1])

    def pairs(self, first: int, last: int) -> Pairs:
        """Return the pairs whose lower record is in first <= record < last."""
        room = np.empty(self.before[last] - self.before[first], dtype=np.int32)
        counts = np.empty(last - first, dtype=np.int32)
        found = _merge(first, last, self.members, self.base, self.following, room, counts)
        return Pairs(np.repeat(np.arange(first, last, dtype=np.int32), counts), room[:found].copy())


@compiled
def _sizes(keys: Codes) -> npt.NDArray[np.int32]:
    """Return how many records each block has."""
    highest = 0
    for record in range(len(keys)):
        highest = max(highest, keys[record])
    sizes = np.zeros(highest + 1, dtype=np.int32)
    for record in range(len(keys)):
        if keys[record] >= 0:
            sizes[keys[record]] += 1
    return sizes


@compiled
def _lay_out(
    keys: Codes,
    sizes: Codes,
    members: npt.NDArray[np.int32],
    following: npt.NDArray[np.int32],
) -> npt.NDArray[np.int32]:
    """Lay out one rule's blocks, from the last record back. Returns how many follow each record in its block."""
    later = np.zeros(len(keys), dtype=np.int32)
    ends = np.empty((len(sizes), 2), dtype=np.int32)
    stop = 1
    for key in range(len(sizes)):
        stop += sizes[key]
        ends[key, 0] = ends[key, 1] = stop
        stop += 1
    for record in range(len(keys) - 1, -1, -1):
        key = keys[record]
        if key >= 0:
            place, end = ends[key, 0] - 1, ends[key, 1]
            ends[key, 0] = place
            members[place] = record
            if place + 1 < end:
                following[record] = place + 1
                later[record] = end - place - 1
    return later


@compiled
def _merge(
    first: int,
    last: int,
    members: npt.NDArray[np.int32],
    base: Numbers,
    following: npt.NDArray[np.int32],
    found: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int32],
) -> int:
    """Merge what follows each record in its blocks: the lowest of all blocks' next ones, until there is none."""
    places = np.empty(len(following), dtype=np.int64)
    total = 0
    for record in range(first, last):
        before, count, lowest = total, 0, END
        for rule in range(len(following)):
            place = base[rule] + following[rule, record]
            places[count] = place
            count += following[rule, record] != 0
            lowest = min(lowest, members[place])
        while count > 1:
            found[total] = lowest
            total += 1
            count, lowest = _advance(members, places, count, lowest)
        if count:
            total = _copy_rest(members, places[0], found, total)
        counts[record - first] = total - before
    return total


@compilable
def _advance(members: npt.NDArray[np.int32], places: Numbers, count: int, lowest: int) -> tuple[int, int]:
    """Go on in the blocks whose next record is the lowest, and leave those at their end.

    Returns how many blocks are left, and the lowest record that is next in any of them.
    """
    left, lowest_left = 0, END
    for which in range(count):
        place = places[which]
        place += members[place] == lowest
        following = members[place]
        places[left] = place
        left += following != END
        lowest_left = min(lowest_left, following)
    return left, lowest_left


@compilable
def _copy_rest(members: npt.NDArray[np.int32], place: int, found: npt.NDArray[np.int32], total: int) -> int:
    """Copy what is left of one block behind what was found; count all."""
    while members[place] != END:
        found[total] = members[place]
        place, total = place + 1, total + 1
    return total
