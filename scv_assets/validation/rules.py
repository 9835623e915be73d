"""The rules of one column as pandera checks: bounds, lengths, categories, patterns.

A check's error is the end of a sentence whose subject is the value ("'zz' is not one of new, paid"): it becomes a
reason of quarantine as it stands. Nulls are no check's affair.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pandera.pandas as pa

from scv_assets.sources.contract import Bound, Column
from scv_assets.validation.conversions import TEXT_TYPES
from scv_assets.validation.figures import MINOR_DIGITS
from scv_assets.validation.moments import to_utc

#: Characters in a text, and in a JSON text, past which a row is refused unless its column says otherwise.
MAX_LENGTH = 10_000
MAX_JSON_LENGTH = 1_000_000
_TOLD_CATEGORIES = 8


def rules(column: Column) -> list[pa.Check]:
    """Return the checks of a column's values."""
    checks: list[pa.Check] = []
    if column.min is not None:
        checks.append(pa.Check.ge(_comparable(column, column.min), error=f"is below {column.min}"))
    if column.max is not None:
        checks.append(_at_most(column, column.max))
    return checks + _text_rules(column) if column.type in TEXT_TYPES else checks


def _at_most(column: Column, bound: Bound) -> pa.Check:
    error = f"is above {bound}"
    if column.type == "instant" and isinstance(bound, date):
        return pa.Check.lt(_comparable(column, bound + timedelta(days=1)), error=error)
    return pa.Check.le(_comparable(column, bound), error=error)


def _comparable(column: Column, bound: Bound) -> Bound | datetime | Decimal | None:
    """Return a bound in the unit of the column's values: minor units, or the first instant of the day in UTC."""
    if isinstance(bound, date):
        start = datetime.combine(bound, time.min)
        return to_utc(start, ZoneInfo(column.time_zone)) if column.type == "instant" else bound
    if column.type == "money":
        return int(Decimal(str(bound)).scaleb(MINOR_DIGITS.get(column.currency, 2)))
    return bound


def _text_rules(column: Column) -> list[pa.Check]:
    longest = column.max_length or (MAX_JSON_LENGTH if column.type in ("json", "list") else MAX_LENGTH)
    checks = [
        pa.Check(lambda texts: texts.str.len() <= longest, error=f"is longer than {longest} characters"),
        pa.Check(lambda texts: ~texts.str.contains("\0", regex=False), error="holds a NUL character"),
    ]
    shortest = column.min_length
    if shortest:
        checks.append(
            pa.Check(lambda texts: texts.str.len() >= shortest, error=f"is shorter than {shortest} characters")
        )
    if column.categories:
        checks.append(pa.Check.isin(column.categories, error=f"is not one of {_told(column.categories)}"))
    if column.pattern is not None:
        checks.append(_matches(column.pattern))
    return checks


def _matches(pattern: str) -> pa.Check:
    whole = re.compile(pattern)

    def fits(texts: "pd.Series[str]") -> "pd.Series[bool]":
        return texts.isin([text for text in texts.unique() if whole.fullmatch(text)])

    return pa.Check(fits, error=f"does not match {pattern}")


def _told(categories: Sequence[str]) -> str:
    more = len(categories) - _TOLD_CATEGORIES
    return ", ".join(categories[:_TOLD_CATEGORIES]) + (f" and {more} more" if more > 0 else "")
