"""One value as text, exactly: what a typed format (JSON, Excel, SQL, Parquet) holds, without a digit gained or lost.

Whole numbers have no `.0`, decimals no exponent, instants are ISO 8601 (with their offset where they have one),
booleans `true` and `false`, lists and objects JSON. Null is None.
"""

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any


class ExactFloat(float):
    """A number of a JSON text that remembers how it was written (`12.50`)."""

    def __new__(cls, text: str) -> "ExactFloat":
        """Make the number of its text."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str


def exact_text(value: Any) -> str | None:
    """Return a value as text; None for null. Bytes must be UTF-8 (`UnicodeDecodeError`)."""
    if value is None or isinstance(value, str):
        return value
    return _FORMS.get(type(value), _of_other)(value)


def exact_texts(values: Iterable[Any]) -> list[str | None]:
    """Return a column of values as text."""
    column = list(values)
    kinds = set(map(type, column)) - {type(None)}
    if kinds <= {str}:
        return column
    if len(kinds) == 1:
        form = _FORMS.get(kinds.pop(), _of_other)
        return [None if value is None else form(value) for value in column]
    return [exact_text(value) for value in column]


def _of_float(value: float) -> str | None:
    if value != value:
        return None
    if value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text


def _of_decimal(value: Decimal) -> str | None:
    return format(value, "f") if value.is_finite() else None


def _of_datetime(value: datetime) -> str:
    return value.isoformat()


def _of_duration(value: timedelta) -> str:
    return str(_of_float(value.total_seconds()))


def _of_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=exact_text)


def _of_other(value: Any) -> str | None:
    for kind, form in _FORMS.items():
        if isinstance(value, kind):
            return form(value)
    return str(value)


_FORMS: dict[type, Callable[[Any], str | None]] = {
    bool: lambda value: "true" if value else "false",
    int: str,
    ExactFloat: lambda value: value.text,
    float: _of_float,
    Decimal: _of_decimal,
    datetime: _of_datetime,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: _of_duration,
    bytes: lambda value: value.decode("utf-8"),
    dict: _of_json,
    list: _of_json,
}
