"""Context: what the population says of a value that a pair agrees on.

An e-mail address or a phone that several different people hold says less about who someone is than a personal one; a
name that few bear says more than a common one. How many hold a contact is counted exactly at each run; how frequent a
name is belongs to the model. Neither is part of the levels that are kept from run to run: engines compare two records,
this looks around them.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.identity.agreements import Agreements, Compared
from scv_assets.identity.arrays import Codes, Flags
from scv_assets.identity.columns import Column
from scv_assets.identity.engines import Levels
from scv_assets.identity.model import TermFrequencies
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import SHARED
from scv_assets.identity.records import Pairs, Records
from scv_assets.identity.row_numbers import RowNumbers

#: Namespace -> for each value of the feature of that name, true where several different people hold it.
SharedValues = Mapping[str, Flags]

#: A name borne by fewer records than this is not listed in the model.
COMMON_FROM = 5

_NOWHERE = -1
#: So many rows of agreements stay near the processor.
_BATCH = 1 << 13


class Tables(NamedTuple):
    """The context as the compiled loop reads it.

    By comparison: `shared_row` and `share_row`, its rows in the tables, -1 for none; `shared_code`, the level where
    several hold the value. Tables, a column a record: `is_shared`, whether several hold its value; `share`, how
    frequent its value is, as a code.
    """

    shared_row: npt.NDArray[np.int32]
    shared_code: npt.NDArray[np.uint8]
    is_shared: npt.NDArray[np.bool_]
    share_row: npt.NDArray[np.int32]
    share: npt.NDArray[np.int32]
    is_scored: Flags


class Context:
    """What the population says of the values of each record."""

    def __init__(
        self, plan: Plan, records: Records, shared: SharedValues, frequencies: Mapping[str, TermFrequencies]
    ) -> None:
        """`frequencies`: of each comparison that has a term frequency."""
        self.plan, self.records, self.shared, self.frequencies = plan, records, shared, frequencies
        self._shares: list[npt.NDArray[np.float64]] = []
        width = len(plan.comparisons)
        shared_row, share_row = np.full((2, width), _NOWHERE, dtype=np.int32)
        shared_code = np.zeros(width, dtype=np.uint8)
        is_shared: list[Flags] = []
        share: list[Codes] = []
        for place, comparison in enumerate(plan.comparisons):
            if comparison.shared_by is not None and comparison.shared_by in shared:
                shared_row[place], shared_code[place] = len(is_shared), comparison.level_names.index(SHARED)
                codes = records.columns[comparison.shared_by].codes
                is_shared.append(np.append(shared[comparison.shared_by], False)[codes])
            if comparison.term_frequency is not None:
                share_row[place] = len(share)
                distinct, codes = _shares(frequencies[comparison.name], records.columns[comparison.term_frequency])
                self._shares.append(distinct)
                share.append(codes)
        self._tables = Tables(
            shared_row,
            shared_code,
            np.array(is_shared, dtype=np.bool_).reshape(len(is_shared), records.count),
            share_row,
            np.array(share, dtype=np.int32).reshape(len(share), records.count),
            records.is_scored,
        )

    @property
    def width(self) -> int:
        """How many codes an agreement has."""
        return len(self.plan.comparisons) + len(self._shares) + 1

    def numbered(self, pairs: Pairs, levels: Levels) -> tuple[Codes, npt.NDArray[np.int32]]:
        """Return what each pair agrees on, numbered as they come, and these agreements as rows of codes."""
        from scv_assets.identity.agreement_loop import fill_agreements

        number, numbers = np.empty(len(pairs), dtype=np.int32), RowNumbers(self.width)
        rows = np.empty((min(len(pairs), _BATCH), self.width), dtype=np.int32)
        for start in range(0, len(pairs), _BATCH):
            part = slice(start, start + _BATCH)
            some = rows[: len(number[part])]
            fill_agreements(self._tables, pairs.left[part], pairs.right[part], levels[part], some)
            number[part] = numbers(some)
        return number, numbers.rows

    def agreements(self, rows: npt.NDArray[np.int32]) -> Agreements:
        """Return the agreements behind rows of codes."""
        width = len(self.plan.comparisons)
        shares = np.empty((len(rows), len(self._shares)))
        for place, distinct in enumerate(self._shares):
            shares[:, place] = distinct[rows[:, width + place]]
        return Agreements(rows[:, :width].astype(np.uint8), shares, rows[:, -1] > 0)

    def compared(self, pairs: Pairs, levels: Levels) -> Compared:
        """Return pairs with what they agree on; `levels`: without context."""
        number, rows = self.numbered(pairs, levels)
        start = np.searchsorted(pairs.left, np.arange(self.records.count + 1))
        return Compared(start, pairs.right, number, self.agreements(rows))


def term_frequencies(plan: Plan, records: Records) -> dict[str, TermFrequencies]:
    """Return how frequent the values of each comparison with a term frequency are."""
    return {
        comparison.name: _frequencies(records, comparison.term_frequency)
        for comparison in plan.comparisons
        if comparison.term_frequency is not None
    }


def _frequencies(records: Records, feature: str) -> TermFrequencies:
    column = records.columns[feature].where(records.is_scored)
    holders = column.counts()
    total = max(int(holders.sum()), 1)
    rare = holders[(holders > 0) & (holders < COMMON_FROM)]
    common = {str(column.values[code]): int(holders[code]) / total for code in np.flatnonzero(holders >= COMMON_FROM)}
    return TermFrequencies(common, max(float(rare.mean()) if len(rare) else 1.0, 1.0) / total)


def _shares(shares: TermFrequencies, column: Column) -> tuple[npt.NDArray[np.float64], Codes]:
    """Return the different shares that values have, and which of them each record's value has."""
    known = np.full(len(column.texts) + 1, shares.rare)
    known[-1] = 1.0
    names = pa.array(list(shares.common), pa.string())
    place = pc.index_in(names, column.texts).to_numpy(zero_copy_only=False)
    is_here = ~np.isnan(place)
    common = np.array(list(shares.common.values()))[is_here]
    known[place[is_here].astype(np.intp)] = np.maximum(common, shares.rare)
    distinct, code = np.unique(known, return_inverse=True)
    return distinct, code.astype(np.int32)[column.codes]
