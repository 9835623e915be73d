"""Birth dates of a column, in whichever order it writes them: one order a column, found from all its values."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Literal

Order = Literal["ymd", "dmy", "mdy"]

#: Share of the values that have to be days.
ENOUGH = 0.7

_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/. ]?)(\d{1,2})(?:[-/. ]?)(\d{1,2})(?:[T ].*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?:[T ].*)?")
_ORDERS: tuple[Order, ...] = ("ymd", "dmy", "mdy")
_OLDEST, _YOUNGEST = 1200, 2100
#: Days before this are of people who are long dead, or stand for an unknown one.
LIVING_SINCE = "1900-01-02"
#: Share of such days from which a column is of people of the past.
PAST_FROM = 0.1


def day_order(values: Sequence[str]) -> Order | None:
    """Return the order in which most values are days (day before month where both are); None where few are."""
    if not values:
        return None
    counts = {order: sum(iso_day(value, order) is not None for value in values) for order in _ORDERS}
    best = max(_ORDERS, key=lambda order: counts[order])
    return best if counts[best] >= ENOUGH * len(values) else None


def is_of_the_past(values: Sequence[str]) -> bool:
    """Tell whether a column's days before `LIVING_SINCE` are birth dates, and not what forms put in for none."""
    order = day_order(values)
    days = [day for value in values if order is not None and (day := iso_day(value, order)) is not None]
    return bool(days) and sum(day < LIVING_SINCE for day in days) >= PAST_FROM * len(days)


def iso_day(value: str, order: Order) -> str | None:
    """Return a day as YYYY-MM-DD; None where it is none in this order."""
    found = (_YEAR_FIRST if order == "ymd" else _YEAR_LAST).fullmatch(value.strip())
    if found is None:
        return None
    numbers = [int(part) for part in found.groups()]
    year, month, day = {
        "ymd": (0, 1, 2),
        "dmy": (2, 1, 0),
        "mdy": (2, 0, 1),
    }[order]
    if not _OLDEST <= numbers[year] <= _YOUNGEST:
        return None
    try:
        return date(numbers[year], numbers[month], numbers[day]).isoformat()
    except ValueError:
        return None
