"""Customers' days as sorted whole numbers: what happened to whom when, in one array, for arithmetic over all of them.

A moment is a customer's number and a day in one number, so that sorting it sorts by customer and then by day. Days
count from 0001-01-01.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from duckdb import DuckDBPyRelation as Relation
from numpy.typing import NDArray

from scv_assets.segments.business_days import day
from scv_assets.segments.catalogue import MEASURES

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: bits of a moment that hold the day: enough for the year 9999
DAY_BITS = 22
_MOMENT = f"customer_id::BIGINT * {1 << DAY_BITS} + greatest(happened_on - DATE '0001-01-01', 0)"
#: Arrow's days count from 1970-01-01
_EPOCH = date(1970, 1, 1).toordinal() - 1


def number_of(on: date) -> int:
    """Return the number of a day."""
    return on.toordinal() - 1


def days_of(moments: Numbers) -> Numbers:
    """Return the days of moments."""
    return moments & ((1 << DAY_BITS) - 1)


def arrow_days(numbers: Numbers) -> NDArray[np.int32]:
    """Return days as Arrow's `date32` counts them."""
    return (numbers - _EPOCH).astype(np.int32)


@dataclass(frozen=True)
class Facts:
    """The facts of some customers up to a day, by measure: `activity` whose customer_id is a number.

    What was read of a measure is kept, for several traits look at it.
    """

    activity: Relation
    as_of_on: date
    _read: dict[str, tuple[Numbers, Numbers]] = field(default_factory=dict)

    def first_seen(self) -> Numbers:
        """Return the moment at which each customer was first seen, sorted."""
        seen = self._known("true").aggregate(f"min({_MOMENT}) AS moment", "customer_id").to_arrow_table()
        return np.sort(seen["moment"].to_numpy())

    def measured(self, measure: str) -> tuple[Numbers, Numbers]:
        """Return the moments of a measure's facts, sorted, and what each adds."""
        if measure not in self._read:
            self._read[measure] = self._measured(measure)
        return self._read[measure]

    def _measured(self, name: str) -> tuple[Numbers, Numbers]:
        measure = MEASURES[name]
        if measure.amount == "1":
            moments = self._known(measure.holds).project(f"{_MOMENT} AS moment").to_arrow_table()["moment"].to_numpy()
            return np.sort(moments), np.ones(len(moments), dtype=np.int64)
        columns = f"{_MOMENT} AS moment, ({measure.amount})::BIGINT AS amount"
        rows = self._known(measure.holds).project(columns).to_arrow_table()
        moments, amounts = rows["moment"].to_numpy(), rows["amount"].to_numpy()
        order = np.argsort(moments, kind="stable")
        return moments[order], amounts[order]

    def _known(self, holds: str) -> Relation:
        return self.activity.filter(f"happened_on <= {day(self.as_of_on)} AND ({holds})")


def first_of_each(moments: Numbers) -> Flags:
    """Tell of sorted moments which are the first of their customer."""
    who = moments >> DAY_BITS
    first = np.ones(len(who), dtype=bool)
    np.not_equal(who[1:], who[:-1], out=first[1:])
    return first


def last_at_each(moments: Numbers) -> Flags:
    """Tell of sorted moments which are the last of those that are equal."""
    last = np.ones(len(moments), dtype=bool)
    np.not_equal(moments[1:], moments[:-1], out=last[:-1])
    return last


def running(moments: Numbers, amounts: Numbers) -> Numbers:
    """Return at each of the sorted moments what its customer has come to by then."""
    total = np.cumsum(amounts)
    first = first_of_each(moments)
    before = (total - amounts)[first]
    since: Numbers = total - before[np.cumsum(first) - 1]
    return since


def merged(parts: Sequence[tuple[Numbers, Mapping[str, Numbers]]]) -> tuple[Numbers, dict[str, Numbers]]:
    """Return the moments of several timelines in one, sorted, with their columns; 0 where a part has not the column."""
    moments = np.concatenate([found for found, _ in parts])
    order = np.argsort(moments, kind="stable")
    names = sorted({name for _, columns in parts for name in columns})
    columns = {
        name: np.concatenate([has.get(name, np.zeros(len(found), dtype=np.int64)) for found, has in parts])[order]
        for name in names
    }
    return moments[order], columns
