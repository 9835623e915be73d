"""Person records in columns, dictionary-encoded: what engines compare.

A record is its number, 0 to count - 1 in the order of (source, source_key): the same for whatever order rows came in.
A column holds each distinct value once; a function of a value runs once a distinct value, never once a record.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Codes = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

NULL = -1


@dataclass(frozen=True)
class Column:
    """A feature of every record: `codes[record]` is the place of its value in `values`, -1 for none.

    `values` are distinct and sorted, so equal texts have equal codes and nothing else does.
    """

    codes: Codes
    values: Texts

    @property
    def is_there(self) -> Flags:
        """True where the record has a value."""
        return np.asarray(self.codes >= 0)

    def mapped(self, function: Callable[[str], str | None]) -> "Column":
        """Return the column of `function(value)`; None and an empty text are no value."""
        found = [function(value) or None for value in self.values]
        return Column.of_choices(found, self.codes)

    def otherwise(self, other: "Column") -> "Column":
        """Return this column with the gaps filled from another one."""
        choices = [*self.values, *other.values]
        shifted = np.where(other.codes >= 0, other.codes + len(self.values), NULL).astype(np.int32)
        return Column.of_choices(choices, np.where(self.codes >= 0, self.codes, shifted).astype(np.int32))

    def where(self, keep: Flags) -> "Column":
        """Return this column with no value where `keep` is false."""
        return Column(np.where(keep, self.codes, NULL).astype(np.int32), self.values)

    def counts(self) -> Numbers:
        """Return how many records hold each value."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values)).astype(np.int64)

    @staticmethod
    def of_choices(choices: Iterable[str | None], codes: Codes) -> "Column":
        """Return a column from texts that need be neither distinct nor sorted, and the place of each record's."""
        listed = list(choices)
        values = sorted({choice for choice in listed if choice is not None})
        place = {value: code for code, value in enumerate(values)}
        lookup = np.array([NULL if c is None else place[c] for c in listed] + [NULL], dtype=np.int32)
        return Column(lookup[codes], np.array(values, dtype=object))

    @staticmethod
    def of_arrow(array: pa.ChunkedArray) -> "Column":
        """Return a column from Arrow texts."""
        encoded = array.combine_chunks().dictionary_encode()
        codes = encoded.indices.fill_null(NULL).to_numpy(zero_copy_only=False).astype(np.int32)
        return Column.of_choices(encoded.dictionary.to_pylist(), codes)


@dataclass(frozen=True)
class Records:
    """Records by number, with their features.

    `keys` is an Arrow table, one row a record in order: record, source, source_key, content_hash, merged_into,
    first_seen_at, is_deleted. `is_scored` is false for anonymous records: nothing but identifiers may link them.
    """

    keys: pa.Table
    columns: Mapping[str, Column]
    is_scored: Flags
    is_deleted: Flags

    @property
    def count(self) -> int:
        """How many records there are."""
        return int(self.keys.num_rows)


@dataclass(frozen=True)
class Pairs:
    """Unordered pairs of record numbers, `left < right`, each once, sorted."""

    left: Numbers
    right: Numbers

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
        if len(keys):
            place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            found[place[keys[place] == wanted]] = True
        return found

    def take(self, which: npt.NDArray[np.intp] | Flags) -> "Pairs":
        """Return some of the pairs."""
        return Pairs(self.left[which], self.right[which])

    @staticmethod
    def of_keys(keys: Numbers, count: int) -> "Pairs":
        """Return the pairs behind sorted distinct keys."""
        return Pairs(keys // count, keys % count)

    @staticmethod
    def of(one: npt.NDArray[np.integer], other: npt.NDArray[np.integer], count: int) -> "Pairs":
        """Return the distinct pairs of two arrays in any order; a record with itself is no pair."""
        low, high = np.minimum(one, other).astype(np.int64), np.maximum(one, other).astype(np.int64)
        keys = np.unique((low * np.int64(count) + high)[low != high])
        return Pairs.of_keys(keys, count)

    @staticmethod
    def union(groups: Iterable["Pairs"], count: int) -> "Pairs":
        """Return every pair that stands in any of the groups."""
        keys = [group.keys(count) for group in groups]
        return Pairs.of_keys(np.unique(np.concatenate(keys)) if keys else np.empty(0, np.int64), count)
