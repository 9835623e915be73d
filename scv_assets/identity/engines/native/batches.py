"""Some pairs that are answered together: each question is put to all of them before the next one is. Compiled.

One question to some hundred pairs, and then the next, takes a fraction of the time of all questions to one pair after
the other: a processor has the answers of many pairs under way at once, and asks far memory for many records at once.

A list of pairs is an array of their places in the batch, of which so many count as is said beside. Functions take plain
arrays: a tuple of arrays costs more to hand over than most questions to answer.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compilable
from scv_assets.identity.arrays import Numbers, RecordNumbers
from scv_assets.identity.engines.native.text_letters import MOST_LETTERS, Letters, Units
from scv_assets.identity.engines.native.text_measures import CODE_UNITS

#: Pairs of a batch, at most: what is read of their records stays in a core's own memory.
BATCH = 512
#: What a measure that was not found yet came to.
UNKNOWN = -1.0
_LINE = 64

#: Places of pairs in a batch, 0 to BATCH - 1. Without sign, so that nobody looks whether they count from the end.
Places = npt.NDArray[np.uint32]
#: The record on one side of each pair of a batch.
Side = npt.NDArray[np.uint32]
#: By record and feature, the value's number (see `Values`).
ValueNumbers = npt.NDArray[np.int32]
Levels = npt.NDArray[np.uint8]


class Batch(NamedTuple):
    """The pairs, and room to answer in.

    `left`, `right`: the records of the pair at each place. Lists: `open` have no level yet; `held` said yes to all
    tests of a way so far; `asked` are those of them whose values differ in what a test looks at; `possible` those of
    them that a measure's bound lets pass. `is_settled`: by place, for the moment in which pairs leave the open ones.
    `measure[slot, place]`: what each measure came to, or UNKNOWN. `where`, `grid` and `last`: see `text_measures`;
    `read`: see `fetch`.
    """

    left: Side
    right: Side
    open: Places
    held: Places
    asked: Places
    possible: Places
    is_settled: npt.NDArray[np.bool_]
    measure: npt.NDArray[np.float64]
    where: Letters
    grid: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]
    read: Letters


def empty_batch(slots: int) -> Batch:
    """Return a batch without pairs."""
    return Batch(
        np.empty(BATCH, np.uint32), np.empty(BATCH, np.uint32),
        np.empty(BATCH, np.uint32), np.empty(BATCH, np.uint32), np.empty(BATCH, np.uint32), np.empty(BATCH, np.uint32),
        np.zeros(BATCH, np.bool_), np.empty((slots, BATCH), np.float64),
        np.zeros(CODE_UNITS, np.uint64),
        np.empty((MOST_LETTERS + 2, MOST_LETTERS + 2), np.int32), np.empty(MOST_LETTERS, np.int32),
        np.zeros(1, np.uint64),
    )  # fmt: skip


@compilable
def fill(side: Side, records: RecordNumbers, first: int, size: int) -> None:
    """Put the records of pairs, from the first one on, into one side of a batch."""
    for place in range(size):
        side[place] = records[first + place]


@compilable
def forget(measure: npt.NDArray[np.float64], size: int) -> None:
    """Let nothing be measured of the pairs of a batch."""
    for slot in range(len(measure)):
        for place in range(size):
            measure[slot, place] = UNKNOWN


@compilable
def fetch(side: Side, size: int, numbers: ValueNumbers, letters: Letters, read: Letters) -> None:
    """Bring what is known of the records near: many at once are there sooner than one after the other.

    What was read is added to `read`, lest a compiler leave out reading for nothing.
    """
    for place in range(size):
        record = side[place]
        for column in range(0, numbers.shape[1], _LINE // 4):
            read[0] += np.uint64(numbers[record, column])
        for column in range(0, letters.shape[1], _LINE // 8):
            read[0] += letters[record, column]
        read[0] += np.uint64(numbers[record, numbers.shape[1] - 1])
        if letters.shape[1]:
            read[0] += letters[record, letters.shape[1] - 1]


@compilable
def fetch_texts(
    numbers: ValueNumbers,
    side: Side,
    feature: int,
    places: Places,
    count: int,
    start: Numbers,
    units: Units,
    read: Letters,
) -> None:
    """Bring the texts of some pairs' values on one side near; as `fetch`."""
    for which in range(count):
        read[0] += np.uint64(units[start[numbers[side[places[which]], feature]]])


@compilable
def keep_open(
    numbers: ValueNumbers,
    left: Side,
    right: Side,
    features: Numbers,
    first: int,
    last: int,
    opened: Places,
    size: int,
) -> int:
    """Open the pairs of a batch of which both records have a value of any of features[first:last]; count them."""
    count = 0
    if last - first == 1:
        feature = features[first]
        for place in range(size):
            opened[count] = place
            count += (numbers[left[place], feature] | numbers[right[place], feature]) >= 0
        return count
    for place in range(size):
        is_there = False
        for which in range(first, last):
            feature = features[which]
            is_there |= (numbers[left[place], feature] | numbers[right[place], feature]) >= 0
        opened[count] = place
        count += is_there
    return count


@compilable
def give(places: Places, count: int, levels: Levels, first: int, comparison: int, level: int) -> None:
    """Give some pairs a level in a comparison; the batch's first pair is in row `first` of the levels."""
    for which in range(count):
        levels[first + places[which], comparison] = level


@compilable
def close(opened: Places, count: int, held: Places, held_count: int, is_settled: npt.NDArray[np.bool_]) -> int:
    """Take the pairs that are held out of those that are open; count these."""
    for which in range(held_count):
        is_settled[held[which]] = True
    still = 0
    for which in range(count):
        place = opened[which]
        opened[still] = place
        still += not is_settled[place]
    for which in range(held_count):
        is_settled[held[which]] = False
    return still


@compilable
def copy(places: Places, count: int, to: Places) -> int:
    """Make a list of another one; count it."""
    for which in range(count):
        to[which] = places[which]
    return count


@compilable
def append(places: Places, count: int, to: Places, first: int) -> int:
    """Put a list behind the first places of another one; count all."""
    for which in range(count):
        to[first + which] = places[which]
    return first + count
