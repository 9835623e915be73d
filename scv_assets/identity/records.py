"""Person records in columns, dictionary-encoded: what engines compare.

A record is its number, 0 to count - 1 in the order of (source, source_key): the same for whatever order rows came in.
A column holds each distinct value once; a function of a value runs once a distinct value, never once a record.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.array_parts import in_parts

Codes = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

#: Numbers of records, as small as they can be: there are tens of millions of pairs.
RecordNumbers = npt.NDArray[np.signedinteger]

_Any = TypeVar("_Any", bound=np.generic)

NULL = -1
_MOST_IN_32_BITS = 1 << 31
_MOST = 1 << 62
#: Numbers that are this close together are told apart by a table of what is there instead of a sort.
_DENSE = 8
#: Of long lists of which neither is so many times as long as the other, all are walked instead of looking up a few.
_FEW, _MANY = 16, 1_000_000


@dataclass(frozen=True, eq=False)
class Column:
    """A feature of every record: `codes[record]` is the place of its value in `texts`, -1 for none.

    `texts` are distinct, so equal texts have equal codes and nothing else does.
    """

    codes: Codes
    texts: pa.StringArray

    @cached_property
    def values(self) -> Texts:
        """The texts as Python strings."""
        found = np.empty(len(self.texts), dtype=object)
        found[:] = self.texts.to_pylist()
        return found

    @property
    def is_there(self) -> Flags:
        """True where the record has a value."""
        return np.asarray(self.codes >= 0)

    @property
    def ranks(self) -> Codes:
        """The place of each text among the sorted ones."""
        found = np.empty(len(self.texts), dtype=np.int32)
        found[pc.sort_indices(self.texts).to_numpy()] = np.arange(len(self.texts), dtype=np.int32)
        return found

    def mapped(self, function: Callable[[pa.StringArray], pa.StringArray]) -> "Column":
        """Return the column of `function(texts)`, which treats each by itself and has null for no value."""
        return Column.of_choices(in_parts(function, self.texts), self.codes)

    def parted(self, function: Callable[[pa.StringArray], pa.StructArray]) -> dict[str, "Column"]:
        """Return the column of each field of `function(texts)`, as `mapped` does."""
        parts = in_parts(function, self.texts)
        return {part.name: Column.of_choices(parts.field(part.name), self.codes) for part in parts.type}

    def otherwise(self, other: "Column") -> "Column":
        """Return this column with the gaps filled from another one."""
        choices = pa.concat_arrays([self.texts, other.texts])
        shifted = np.where(other.codes >= 0, other.codes + len(self.texts), NULL).astype(np.int32)
        return Column.of_choices(choices, np.where(self.codes >= 0, self.codes, shifted).astype(np.int32))

    def where(self, keep: Flags) -> "Column":
        """Return this column with no value where `keep` is false."""
        return Column(np.where(keep, self.codes, NULL).astype(np.int32), self.texts)

    def take(self, which: npt.NDArray[np.intp]) -> "Column":
        """Return this column of some records alone."""
        return Column(self.codes[which], self.texts)

    def of_holders(self) -> "Column":
        """Return this column without the texts that no record has."""
        is_held = np.zeros(len(self.texts) + 1, dtype=bool)
        is_held[self.codes] = True
        is_held[NULL] = False
        place = np.where(is_held, np.cumsum(is_held, dtype=np.int32) - np.int32(1), np.int32(NULL))
        return Column(place[self.codes], self.texts.filter(pa.array(is_held[:-1])))

    def counts(self) -> Numbers:
        """Return how many records hold each value."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.texts)).astype(np.int64)

    @staticmethod
    def of_choices(choices: Iterable[str | None] | pa.StringArray, codes: Codes) -> "Column":
        """Return a column from texts that need not be distinct, and the place of each record's."""
        listed = choices if isinstance(choices, pa.Array) else pa.array(list(choices), pa.string())
        encoded = listed.dictionary_encode()
        place = np.append(_codes(encoded), np.int32(NULL))
        return Column(place[codes], encoded.dictionary)

    @staticmethod
    def of_arrow(array: pa.ChunkedArray) -> "Column":
        """Return a column from Arrow texts."""
        encoded = array.combine_chunks().dictionary_encode()
        return Column(_codes(encoded), encoded.dictionary)


def _codes(encoded: pa.DictionaryArray) -> Codes:
    return np.asarray(encoded.indices.fill_null(NULL).to_numpy(zero_copy_only=False), np.int32)


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


def distinct(numbers: Numbers) -> Numbers:
    """Return the numbers, each once, sorted: one sort (np.unique hashes, which takes ten times as long)."""
    return each_once(np.sort(numbers))


def each_once(ordered: Numbers) -> Numbers:
    """Return sorted numbers, each once."""
    is_first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return np.asarray(ordered[is_first])


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
