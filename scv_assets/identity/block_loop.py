"""The loops that tell which records have equal keys, and number their blocks. Compiled.

Both ways to number fill in the block of each key, -1 for no key (-1) and for one that no other record has, and return
how many records each block has. Blocks of one way are not in the order of the other. Loops stand where NumPy has a
slice or np.diff: compiling those takes two seconds more.
"""

import numpy as np

from scv_assets.compiled import compilable, compiled
from scv_assets.identity.arrays import Codes, Numbers

_MIXED = np.uint64(0x9E3779B97F4A7C15)
_WORD = 64
#: Keys of a part, about: a table of them stays in the processor's own memory.
_PART = 1 << 14


@compiled
def add_feature(keys: Numbers, codes: Codes, size: int) -> None:
    """Make the keys tell one more feature's values apart, of which there are `size`; without a value no key."""
    for record in range(len(keys)):
        has_all = keys[record] >= 0 and codes[record] >= 0
        keys[record] = keys[record] * size + codes[record] if has_all else -1


@compiled
def number_by_table(keys: Numbers, span: int, blocks: Codes) -> Codes:
    """Number the blocks of keys below `span`, through a table of all that there could be."""
    sizes = np.zeros(span, dtype=np.int32)
    for key in keys:
        if key >= 0:
            sizes[key] += 1
    found, records = np.empty(len(keys) // 2, dtype=np.int32), np.empty(len(keys), dtype=np.int32)
    for record in range(len(keys)):
        records[record] = record
    count = _give_blocks(keys, records, sizes, blocks, found, np.int64(0))
    return found[:count].copy()


@compiled
def number_by_hash(keys: Numbers, blocks: Codes) -> Codes:
    """Number the blocks of any keys: dealt out into parts by their hash, each part through a small hash table."""
    for record in range(len(keys)):
        blocks[record] = -1
    bits = _bits(len(keys) // _PART)
    start = _starts(keys, bits)
    dealt, records = _dealt(keys, start, bits)
    most = np.int64(0)
    for part in range(len(start) - 1):
        most = max(most, start[part + 1] - start[part])
    known, sizes = np.empty(2 << _bits(most), dtype=np.int64), np.empty(2 << _bits(most), dtype=np.int32)
    slots = np.empty(most, dtype=np.int64)
    found = np.empty(len(keys) // 2, dtype=np.int32)
    count = np.int64(0)
    for part in range(len(start) - 1):
        first, last = start[part], start[part + 1]
        of_part = slots[: last - first]
        _count_keys(dealt[first:last], bits, known, sizes, of_part)
        count = _give_blocks(of_part, records[first:last], sizes, blocks, found, count)
    return found[:count].copy()


@compilable
def _give_blocks(
    slots: Numbers, records: Codes, sizes: Codes, blocks: Codes, found: Codes, count: np.int64
) -> np.int64:
    """Tell records their blocks, as they come; `found` gets the sizes. Returns how many blocks there are now.

    `sizes` has how many records each slot has, and, once they have a block, -1 - its number.
    """
    for place in range(len(slots)):
        slot, block = slots[place], -1
        if slot >= 0:
            if sizes[slot] > 1:
                found[count] = sizes[slot]
                sizes[slot] = -1 - count
                count += 1
            if sizes[slot] < 0:
                block = -1 - sizes[slot]
        blocks[records[place]] = block
    return count


@compilable
def _bits(number: int | np.int64) -> np.int64:
    """Return how many bits a number has."""
    bits = np.int64(0)
    while number >> bits:
        bits += 1
    return bits


@compilable
def _hash(key: np.int64, bits: np.int64, past: np.int64) -> np.int64:
    """Return some bits of a key's hash, after those `past`."""
    return np.int64(((np.uint64(key) * _MIXED) << np.uint64(past)) >> np.uint64(1) >> np.uint64(_WORD - 1 - bits))


@compilable
def _starts(keys: Numbers, bits: np.int64) -> Numbers:
    """Return where each part starts, and where the last one ends."""
    start = np.zeros((1 << bits) + 1, dtype=np.int64)
    nothing = np.int64(0)
    for key in keys:
        if key >= 0:
            start[_hash(key, bits, nothing) + 1] += 1
    for part in range(1 << bits):
        start[part + 1] += start[part]
    return start


@compilable
def _dealt(keys: Numbers, start: Numbers, bits: np.int64) -> tuple[Numbers, Codes]:
    """Return the keys part after part, and whose they are."""
    ends = start[:-1].copy()
    dealt, records = np.empty(start[-1], dtype=np.int64), np.empty(start[-1], dtype=np.int32)
    nothing = np.int64(0)
    for record in range(len(keys)):
        if keys[record] >= 0:
            part = _hash(keys[record], bits, nothing)
            dealt[ends[part]], records[ends[part]] = keys[record], record
            ends[part] += 1
    return dealt, records


@compilable
def _count_keys(keys: Numbers, past: np.int64, known: Numbers, sizes: Codes, slots: Numbers) -> None:
    """Fill in the slot of each key of a part, and how many keys each slot has: 0 for an empty one."""
    bits = _bits(len(keys)) + 1
    for place in range(1 << bits):
        sizes[place] = 0
    for place in range(len(keys)):
        slot = _hash(keys[place], bits, past)
        while sizes[slot] and known[slot] != keys[place]:
            slot = (slot + 1) & ((1 << bits) - 1)
        known[slot] = keys[place]
        sizes[slot] += 1
        slots[place] = slot
