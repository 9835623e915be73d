"""One feature's distinct texts, with what the tests of pairs ask of each: computed once, on first use."""

from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.identity.letters import Letters
from scv_assets.identity.nicknames import roots
from scv_assets.identity.records import Codes, Column, Flags, Numbers, distinct

NEW_YEAR = "-01-01"
_LONGEST_IN_MATRIX = 32
_BITS = 64


class FeatureTexts:
    """See the module. Codes of records, and facts by code."""

    def __init__(self, column: Column) -> None:
        self.codes: Codes = column.codes
        self.texts: pa.StringArray = column.texts
        self.count = len(column.texts)
        self.letters = Letters(column.texts)

    def at(self, places: Numbers) -> list[str]:
        """Return the texts at some places."""
        return texts_at(self.texts, places)

    @cached_property
    def is_new_year(self) -> Flags:
        """Which texts are a 1 January; false last for records without a text (code -1)."""
        return np.append(pc.ends_with(self.texts, NEW_YEAR).to_numpy(zero_copy_only=False), False)

    @cached_property
    def is_single_letter(self) -> Flags:
        """Which texts are one letter."""
        return np.asarray(self.letters.lengths == 1)

    @cached_property
    def years(self) -> npt.NDArray[np.int64]:
        """The texts as numbers."""
        return np.asarray(self.texts.cast(pa.int64()).to_numpy(zero_copy_only=False))

    @cached_property
    def matrix(self) -> npt.NDArray[np.uint8] | None:
        """The texts as rows of bytes, filled up with zeros; None where they are long or not ASCII."""
        width = max(int(self.letters.lengths.max(initial=0)), 1)
        if width > _LONGEST_IN_MATRIX or not pc.all(pc.string_is_ascii(self.texts), min_count=0).as_py():
            return None
        return np.asarray(self.texts.to_pylist(), f"S{width}").view(np.uint8).reshape(-1, width)

    @cached_property
    def same_roots(self) -> Numbers:
        """The pairs of texts of which one is a form of the other, as sorted `low * count + high`."""
        place = {value: code for code, value in enumerate(self.texts.to_pylist())}
        found = [
            (min(code, place[root]), max(code, place[root]))
            for value, code in place.items()
            for root in roots(value)
            if root in place
        ]
        low, high = np.array(found, dtype=np.int64).reshape(-1, 2).T
        return distinct(low * np.int64(self.count) + high)

    @cached_property
    def words(self) -> tuple[Flags, npt.NDArray[np.uint64]]:
        """Which texts are not just one word, and a bit for each word of each text (others may have the same)."""
        numbers: dict[str, int] = {}
        values = self.texts.to_pylist()
        listed = [value.split() for value in values]
        bits = [sum({1 << numbers.setdefault(word, len(numbers)) % _BITS for word in words}) for words in listed]
        several = [words != [value] for words, value in zip(listed, values, strict=True)]
        return np.array(several, dtype=bool), np.array(bits, dtype=np.uint64)


def texts_at(texts: pa.StringArray, places: Numbers) -> list[str]:
    """Return the texts at some places as Python strings."""
    found: list[str] = texts.take(pa.array(places)).to_pylist()
    return found
