"""A feature of every record, dictionary-encoded: each distinct value once, and which of them each record has.

A function of a value runs once a distinct value, never once a record.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.array_parts import in_parts
from scv_assets.identity.arrays import NULL, Codes, Flags, Numbers, Texts


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
