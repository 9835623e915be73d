"""Rows of codes numbered as they come, part after part: each distinct row once, in a hash table that grows."""

import numpy as np
import numpy.typing as npt

from scv_assets.identity.arrays import Codes

_FEWEST_BITS = 12


class RowNumbers:
    """The numbers of the rows that came so far."""

    def __init__(self, width: int) -> None:
        """`width`: how many codes a row has."""
        self._bits, self._count = _FEWEST_BITS, 0
        self._slots = np.full(1 << self._bits, -1, dtype=np.int64)
        self._known = np.empty((1 << (self._bits - 1), width), dtype=np.int32)

    @property
    def rows(self) -> npt.NDArray[np.int32]:
        """The distinct rows, in the order of their numbers."""
        return self._known[: self._count]

    def __call__(self, rows: npt.NDArray[np.int32]) -> Codes:
        """Return the number of each row; new ones get the next."""
        from scv_assets.identity.numbering import enter_rows

        numbers, done = np.empty(len(rows), dtype=np.int32), 0
        while done < len(rows):
            self._count, done = enter_rows(self._slots, self._known, self._count, self._bits, rows, done, numbers)
            if done < len(rows):
                self._grow()
        return numbers

    def _grow(self) -> None:
        from scv_assets.identity.numbering import lay_rows

        self._bits += 1
        self._slots = np.full(1 << self._bits, -1, dtype=np.int64)
        self._known = np.concatenate([self._known, np.empty_like(self._known)])
        lay_rows(self._slots, self._known, self._count, self._bits)
