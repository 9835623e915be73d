"""Person records in columns, and pairs of them: what engines compare.

A record is its number, 0 to count - 1 in the order of (source, source_key): the same for whatever order rows came in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scv_assets.identity.arrays import Flags, Numbers, RecordNumbers
from scv_assets.identity.columns import Column
from scv_assets.identity.distinct_numbers import distinct

_Any = TypeVar("_Any", bound=np.generic)

_MOST_IN_32_BITS = 1 << 31
#: Of long lists of which neither is so many times as long as the other, all are walked instead of looking up a few.
_FEW, _MANY = 16, 1_000_000


class Contact(NamedTuple):
    """An identifier that is a field of the record: as the record tells it, and what all spellings of one share."""

    told: Column
    shared: Column


@dataclass(frozen=True)
class Records:
    """Records by number, with their features.

    `keys` is an Arrow table, one row a record in order: record, source, source_key, content_hash, merged_into,
    first_seen_at, is_deleted. `is_scored` is false for anonymous records: nothing but identifiers may link them.
    `contacts`: by namespace.
    """

    keys: pa.Table
    columns: Mapping[str, Column]
    is_scored: Flags
    is_deleted: Flags
    contacts: Mapping[str, Contact] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many records there are."""
        return int(self.keys.num_rows)

    def named(self, pairs: "Pairs") -> pa.Table:
        """Return the keys of both records of each pair: left_source, left_key, right_source, right_key."""
        sides = {"left": pa.array(pairs.left), "right": pa.array(pairs.right)}
        names = {"source": "source", "key": "source_key"}
        return pa.table({f"{s}_{n}": self.keys[k].take(sides[s]) for s in sides for n, k in names.items()})


@dataclass(frozen=True)
class Pairs:
    """Unordered pairs of record numbers, `left < right`, each once, sorted."""

    left: RecordNumbers
    right: RecordNumbers

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self.left)

    def keys(self, count: int) -> Numbers:
        """Return one number a pair: left * count + right."""
        return self.left * np.int64(count) + self.right

    def are_in(self, others: "Pairs", count: int) -> Flags:
        """Return which of the pairs stand among the others."""
        keys, wanted = self.keys(count), others.keys(count)
        found = np.zeros(len(self), dtype=bool)
        if not len(keys) or not len(wanted):
            return found
        if min(len(keys), len(wanted)) * _FEW > max(len(keys), len(wanted)) > _MANY:
            from scv_assets.identity.numbering import mark_common

            mark_common(keys, wanted, found)
            return found
        if len(keys) < len(wanted):
            place = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
            return np.asarray(wanted[place] == keys)
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found[place[keys[place] == wanted]] = True
        return found

    def take(self, which: npt.NDArray[np.intp] | Flags | slice) -> "Pairs":
        """Return some of the pairs."""
        return Pairs(self.left[which], self.right[which])

    @staticmethod
    def of_keys(keys: Numbers, count: int) -> "Pairs":
        """Return the pairs behind sorted distinct keys; in 32 bits a record where its number fits."""
        left = keys // max(count, 1)
        right = keys - left * count
        if count > _MOST_IN_32_BITS:
            return Pairs(left, right)
        return Pairs(left.astype(np.int32), right.astype(np.int32))

    @staticmethod
    def of(one: npt.NDArray[np.integer], other: npt.NDArray[np.integer], count: int) -> "Pairs":
        """Return the distinct pairs of two arrays in any order; a record with itself is no pair."""
        low, high = np.minimum(one, other).astype(np.int64), np.maximum(one, other).astype(np.int64)
        return Pairs.of_keys(distinct((low * np.int64(count) + high)[low != high]), count)

    @staticmethod
    def union(groups: Iterable["Pairs"], count: int) -> "Pairs":
        """Return every pair that stands in any of the groups: the largest of them, and of the others what it lacks."""
        largest, *others = sorted([Pairs.none(count), *groups], key=len, reverse=True)
        if not any(map(len, others)):
            return largest
        more = Pairs.of_keys(distinct(np.concatenate([other.keys(count) for other in others])), count)
        more = more.take(~more.are_in(largest, count))
        return Merging.of_pairs(largest, more, count).pairs(largest, more) if len(more) else largest

    @staticmethod
    def none(count: int) -> "Pairs":
        """Return no pair."""
        return Pairs.of_keys(np.empty(0, np.int64), count)


@dataclass(frozen=True)
class Merging:
    """How two sorted lists of numbers, none in both, make one: `is_other` says which of it come from the other."""

    is_other: Flags

    @staticmethod
    def of(one: Numbers, other: Numbers) -> "Merging":
        """Return how the lists come together: by looking up the shorter in the longer."""
        short, long = (other, one) if len(other) <= len(one) else (one, other)
        is_short = np.zeros(len(one) + len(other), dtype=bool)
        is_short[np.searchsorted(long, short) + np.arange(len(short))] = True
        return Merging(is_short if short is other else ~is_short)

    @staticmethod
    def of_pairs(one: Pairs, other: Pairs, count: int) -> "Merging":
        """Return how two lists of pairs come together; none is in both."""
        return Merging.of(one.keys(count), other.keys(count))

    def pairs(self, one: Pairs, other: Pairs) -> Pairs:
        """Return the pairs of both lists, in order."""
        return Pairs(self(one.left, other.left), self(one.right, other.right))

    def __call__(self, one: npt.NDArray[_Any], other: npt.NDArray[_Any]) -> npt.NDArray[_Any]:
        """Return what stands beside the numbers of both, in their common order."""
        found = np.empty((len(self.is_other), *one.shape[1:]), dtype=one.dtype)
        found[~self.is_other] = one
        found[self.is_other] = other
        return found


def pairs_within(group: Numbers) -> tuple[Numbers, Numbers]:
    """Return every pair of rows (earlier, later) of the same group; rows are sorted by group."""
    if not len(group):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    starts = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    sizes = np.diff(np.append(starts, len(group)))
    end = np.repeat(starts + sizes, sizes)
    later = end - np.arange(len(group)) - 1
    one = np.repeat(np.arange(len(group), dtype=np.int64), later)
    offset = np.arange(len(one), dtype=np.int64) - np.repeat(np.cumsum(later) - later, later)
    return one, one + 1 + offset
