"""Which conversion each type of column has."""

import re
from collections.abc import Callable, Mapping

from scv_assets.sources.contract import Column, ColumnType
from scv_assets.sql_quoting import literal
from scv_assets.validation import figures, moments, words
from scv_assets.validation.conversion import Conversion

_EMAIL = re.compile(r"[^@\s]{1,64}@(?:[^@\s.](?:[^@\s.]*[^@\s.-])?\.)+[^@\s.\d][^@\s.]*")
_PHONE = re.compile(r"(?:\+|00)?[0-9][0-9 ()./\-\u00a0\u202f]*")
_PHONE_DIGITS = range(8, 16)
_JSON_STRING = r'"(?:[^"\\]|\\.)*"'
#: What DuckDB's JSON has outside of strings beyond the standard: not-a-number, infinity, a comma before a bracket.
_LAX_JSON = r"(?i)nan|inf|,[ \t\r\n]*[\]}]"

#: Types whose value is the trimmed text itself.
TEXT_TYPES: frozenset[ColumnType] = frozenset(
    {"text", "email", "phone", "country", "language", "category", "json", "list"}
)


def conversion(column: Column) -> Conversion:
    """Return how a column's texts are read. A list is read as JSON here; its elements are `lists`' affair."""
    return _CONVERSIONS[column.type](column)


def _text(column: Column) -> Conversion:
    return Conversion("VARCHAR", "text", lambda text: text)


def _email(column: Column) -> Conversion:
    return _only(_is_email, "an e-mail address") if column.strict else _text(column)


def _phone(column: Column) -> Conversion:
    return _only(_is_phone, "a phone number") if column.strict else _text(column)


def _only(accepts: Callable[[str], bool], expected: str) -> Conversion:
    return Conversion("VARCHAR", expected, careful=lambda text: text if accepts(text) else None)


def _is_email(text: str) -> bool:
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def _is_phone(text: str) -> bool:
    return _PHONE.fullmatch(text) is not None and sum(c.isdigit() for c in text) in _PHONE_DIGITS


def _json(column: Column) -> Conversion:
    return Conversion("VARCHAR", "valid JSON", lambda text: _where_json(text, "true"))


def _list(column: Column) -> Conversion:
    return Conversion("VARCHAR", "a JSON list", lambda text: _where_json(text, f"json_type({text}) = 'ARRAY'"))


def _where_json(text: str, holds: str) -> str:
    """Return SQL of a text that is JSON by the standard; DuckDB takes some more."""
    bare = f"regexp_replace({text}, {literal(_JSON_STRING)}, '0', 'g')"
    lax = literal(_LAX_JSON)
    strict = f"NOT (regexp_matches({text}, {lax}) AND regexp_matches({bare}, {lax}))"
    return f"CASE WHEN CASE WHEN json_valid({text}) AND {strict} THEN {holds} END THEN {text} END"


def _notation(column: Column) -> figures.Notation:
    return figures.Notation(column.decimal, column.thousands)


_CONVERSIONS: Mapping[ColumnType, Callable[[Column], Conversion]] = {
    "text": _text,
    "email": _email,
    "phone": _phone,
    "country": _text,
    "language": _text,
    "category": lambda column: words.category(column.categories),
    "boolean": lambda column: words.boolean(column.true_words, column.false_words),
    "integer": lambda column: figures.integer(_notation(column)),
    "number": lambda column: figures.number(_notation(column)),
    "money": lambda column: figures.money(column.currency, _notation(column)),
    "date": lambda column: moments.day(column.formats),
    "instant": lambda column: moments.instant(column.formats, column.time_zone),
    "json": _json,
    "list": _list,
}
