"""Pairs out of the blocks of all rules: each record's partners in order, each pair once, without sorting pairs."""

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compiled
from scv_assets.identity.records import Codes, Numbers, Pairs, each_once


class Blocks:
    """Records laid out by block. `members`: a row a rule, records by block, in order; -1 beyond.

    `place[rule, record]` is where a record stands in its row and `end[rule, record]` where its block ends; a record in
    no block of the rule has 0 and 0. `before[record]` counts the pairs, with repetitions, of all records before it.
    """

    def __init__(self, keys: list[Codes]) -> None:
        """`keys`: of each rule the block of every record, -1 for none."""
        count = len(keys[0]) if keys else 0
        shape = (len(keys), count)
        self.members, self.place, self.end = (np.zeros(shape, dtype=np.int32) for _ in range(3))
        for rule, blocks in enumerate(keys):
            ends = np.cumsum(np.bincount(blocks[blocks >= 0], minlength=1))
            _lay_out(blocks, ends, self.members[rule], self.place[rule], self.end[rule])
        later = np.maximum(self.end - self.place - 1, 0).sum(axis=0, dtype=np.int64)
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
        found = _merge(first, last, self.members, self.place, self.end, room, counts)
        return Pairs(np.repeat(np.arange(first, last, dtype=np.int32), counts), room[:found].copy())


@compiled
def _lay_out(
    keys: Codes,
    ends: Numbers,
    members: npt.NDArray[np.int32],
    place: npt.NDArray[np.int32],
    end: npt.NDArray[np.int32],
) -> None:
    taken = np.zeros(len(ends), dtype=np.int64)
    for record in range(len(keys)):
        key = keys[record]
        if key >= 0:
            here = taken[key] + (ends[key - 1] if key else 0)
            members[here] = record
            place[record] = here
            end[record] = ends[key]
            taken[key] += 1


@compiled
def _merge(
    first: int,
    last: int,
    members: npt.NDArray[np.int32],
    place: npt.NDArray[np.int32],
    end: npt.NDArray[np.int32],
    found: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int32],
) -> int:
    """Merge the later members of each record's blocks: the lowest of all rules' next ones, until there is none."""
    rules = len(members)
    following = np.empty(rules, dtype=np.int64)
    total = 0
    for record in range(first, last):
        before = total
        for rule in range(rules):
            following[rule] = place[rule, record] + 1
        while True:
            lowest = np.int64(-1)
            for rule in range(rules):
                if following[rule] < end[rule, record]:
                    member = members[rule, following[rule]]
                    if lowest < 0 or member < lowest:
                        lowest = member
            if lowest < 0:
                break
            for rule in range(rules):
                if following[rule] < end[rule, record] and members[rule, following[rule]] == lowest:
                    following[rule] += 1
            found[total] = lowest
            total += 1
        counts[record - first] = total - before
    return total
