"""One feature's distinct texts, with what the tests of pairs ask of each: computed once, on first use."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scv_assets.identity.letters import Letters
from scv_assets.identity.nicknames import roots
from scv_assets.identity.records import Codes, Column, Flags, Numbers, Texts, distinct

NEW_YEAR = "-01-01"
_LONGEST_IN_MATRIX = 32
_BITS = 64


class FeatureTexts:
    """See the module. Codes of records, and facts by code."""

    def __init__(self, column: Column) -> None:
        self.codes: Codes = column.codes
        self.count = len(column.texts)
        self.letters = Letters(column.texts)
        self.column = column

    @property
    def values(self) -> Texts:
        """The texts."""
        return self.column.values

    @cached_property
    def is_new_year(self) -> Flags:
        """Which texts are a 1 January; false last for records without a text (code -1)."""
        return self._flags(lambda value: value.endswith(NEW_YEAR))

    @cached_property
    def is_single_letter(self) -> Flags:
        """Which texts are one letter."""
        return np.asarray(self.letters.lengths == 1)

    @cached_property
    def first_letters(self) -> npt.NDArray[np.int64]:
        """The first letter of each text as a number; one for "no text" last."""
        return np.array([*(ord(value[0]) for value in self.values), 0], dtype=np.int64)

    @cached_property
    def years(self) -> npt.NDArray[np.int64]:
        """The texts as numbers."""
        return np.asarray(self.values.astype(np.int64))

    @cached_property
    def matrix(self) -> npt.NDArray[np.uint8] | None:
        """The texts as rows of bytes, filled up with zeros; None where they are long or not ASCII."""
        longest = int(self.letters.lengths.max(initial=0))
        if longest > _LONGEST_IN_MATRIX or not all(map(str.isascii, self.values)):
            return None
        width = max(longest, 1)
        return np.asarray(self.values.astype(f"S{width}")).view(np.uint8).reshape(-1, width)

    @cached_property
    def same_roots(self) -> Numbers:
        """The pairs of texts of which one is a form of the other, as sorted `low * count + high`."""
        place = {value: code for code, value in enumerate(self.values)}
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
        listed = [value.split() for value in self.values]
        bits = [sum({1 << numbers.setdefault(word, len(numbers)) % _BITS for word in words}) for words in listed]
        several = [words != [value] for words, value in zip(listed, self.values, strict=True)]
        return np.array(several, dtype=bool), np.array(bits, dtype=np.uint64)

    def _flags(self, test: Callable[[str], bool]) -> Flags:
        return np.array([*map(test, self.values), False], dtype=bool)
