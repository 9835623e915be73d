"""Reads the `columns` of a contract: names, types and rules, each checked against the others on its own line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from scv_assets.iso_codes import CURRENCIES
from scv_assets.sources.contract import (
    COLUMN_TYPES,
    DEFAULT_FALSE,
    DEFAULT_TRUE,
    NAMED_FORMATS,
    ROW_COLUMNS,
    Bound,
    Column,
    ColumnType,
    Reference,
)
from scv_assets.yaml_document import Node

_COMMON = {"type", "from", "description", "required", "unique", "pii", "nulls", "references"}
_TEXT_RULES = {"min_length", "max_length", "pattern"}
_BOUNDS = {"min", "max"}
_FIGURES = {"decimal", "thousands"}

#: The settings that mean something for a type, beside those that every column has.
_SETTINGS: Mapping[ColumnType, set[str]] = {
    "text": _TEXT_RULES,
    "integer": _BOUNDS | {"thousands"},
    "number": _BOUNDS | _FIGURES,
    "money": _BOUNDS | _FIGURES | {"currency"},
    "boolean": {"true", "false"},
    "date": _BOUNDS | {"format", "formats"},
    "instant": _BOUNDS | {"format", "formats", "time_zone"},
    "email": _TEXT_RULES | {"strict"},
    "phone": _TEXT_RULES | {"strict"},
    "country": _TEXT_RULES,
    "language": _TEXT_RULES,
    "category": {"categories"},
    "json": set(),
    "list": {"columns"},
}
COLUMN_SETTINGS = _COMMON.union(*_SETTINGS.values())
#: Types that hold a person's address by their nature; a contract may say `pii: false`.
_PERSONAL: frozenset[ColumnType] = frozenset({"email", "phone"})


@dataclass(frozen=True)
class ColumnDefaults:
    """What a column takes over where it says nothing: from the contract, its reader's options and the company."""

    nulls: tuple[str, ...]
    decimal: str
    thousands: str
    time_zone: str
    currency: str


def read_columns(node: Node, defaults: ColumnDefaults, *, inner: bool = False) -> dict[str, Column]:
    """Return the columns by name, in the order written. `inner`: the fields of a list's elements."""
    columns: dict[str, Column] = {}
    lowered: dict[str, str] = {}
    for name, entry in node.mapping().items():
        if name in ROW_COLUMNS or name.startswith("_") or "." in name or not name.strip():
            entry.refuse(f"'{name}' cannot name a column: names hold no dot and do not begin with '_'")
        elif name.lower() in lowered:
            entry.refuse(
                f"columns '{lowered[name.lower()]}' and '{name}' differ only in capitals; rename one with 'from'"
            )
        lowered.setdefault(name.lower(), name)
        columns[name] = _read_column(name, entry, defaults, inner=inner)
    if not columns and not node.is_faulty:
        node.refuse("there is no column; describe at least one")
    return columns


def _read_column(name: str, node: Node, defaults: ColumnDefaults, *, inner: bool) -> Column:
    settings = node.mapping(COLUMN_SETTINGS, {"type"})
    kind: ColumnType = settings["type"].choice(COLUMN_TYPES)  # type: ignore[assignment]
    _refuse_settings_of_other_types(settings, kind)
    if inner and kind == "list":
        settings["type"].refuse("a list inside a list cannot be read; make it 'json'")
    return Column(
        name=name,
        type=kind,
        header=settings["from"].text() if "from" in settings else name,
        description=settings["description"].text() if "description" in settings else "",
        required=_flag(settings, "required"),
        unique=_flag(settings, "unique"),
        pii=_flag(settings, "pii", default=kind in _PERSONAL),
        strict=_flag(settings, "strict"),
        min=_bound(settings.get("min"), kind),
        max=_bound(settings.get("max"), kind),
        min_length=_length(settings.get("min_length")),
        max_length=_length(settings.get("max_length")),
        pattern=_pattern(settings.get("pattern")),
        categories=_categories(settings, kind, node),
        formats=_formats(settings),
        time_zone=read_time_zone(settings["time_zone"]) if "time_zone" in settings else defaults.time_zone,
        decimal=_mark(settings.get("decimal"), defaults.decimal),
        thousands=_mark(settings.get("thousands"), defaults.thousands),
        currency=read_currency(settings["currency"]) if "currency" in settings else defaults.currency,
        nulls=read_nulls(settings["nulls"]) if "nulls" in settings else defaults.nulls,
        true_words=_words(settings.get("true"), DEFAULT_TRUE),
        false_words=_words(settings.get("false"), DEFAULT_FALSE),
        references=_reference(settings.get("references")),
        columns=_inner(settings, kind, node, defaults),
    )


def _refuse_settings_of_other_types(settings: dict[str, Node], kind: ColumnType) -> None:
    if settings["type"].is_faulty:
        return
    for key in [key for key in settings if key not in _COMMON and key not in _SETTINGS[kind]]:
        having = ", ".join(t for t in COLUMN_TYPES if key in _SETTINGS[t])
        settings.pop(key).refuse(f"'{key}' means nothing for a column of type {kind}; it is for {having}")


def read_time_zone(node: Node) -> str:
    """Return an IANA time zone."""
    zone = node.text()
    known = _time_zones()
    if not node.is_faulty and zone not in known:
        node.refuse(f"'{zone}' is no IANA time zone", near=zone, among=known)
    return zone if not node.is_faulty else "UTC"


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads some hundred files each time


def read_currency(node: Node) -> str:
    """Return an ISO 4217 code."""
    code = node.text()
    if not node.is_faulty and code not in CURRENCIES:
        node.refuse(f"'{code}' is no ISO 4217 currency", near=code, among=CURRENCIES)
    return code


def read_nulls(node: Node) -> tuple[str, ...]:
    """Return the delivered texts that mean null."""
    return tuple(item.written() for item in node.items())


def _flag(settings: dict[str, Node], key: str, *, default: bool = False) -> bool:
    return settings[key].boolean() if key in settings else default


def _bound(node: Node | None, kind: ColumnType) -> Bound | None:
    if node is None:
        return None
    if kind in {"date", "instant"}:
        return node.date()
    number = node.number()
    return int(number) if number == int(number) else number


def _length(node: Node | None) -> int | None:
    if node is None:
        return None
    length = node.integer()
    if length < 0:
        node.refuse(f"'{node.label}' must be 0 or more")
    return length


def _pattern(node: Node | None) -> str | None:
    if node is None:
        return None
    pattern = node.text()
    try:
        re.compile(pattern)
    except re.error as error:
        node.refuse(f"'{node.label}' is no regular expression: {error}")
    return pattern


def _categories(settings: dict[str, Node], kind: ColumnType, node: Node) -> tuple[str, ...]:
    if "categories" in settings:
        return tuple(item.written() for item in settings["categories"].items())
    if kind == "category":
        node.refuse("a category needs its 'categories': [...]; an unlisted word goes to quarantine")
    return ()


def _formats(settings: dict[str, Node]) -> tuple[str, ...]:
    if "format" in settings and "formats" in settings:
        settings["formats"].refuse("give 'format' or 'formats', not both")
    found = settings.get("format") or settings.get("formats")
    if found is None:
        return ()
    for item in found.items() if found.is_list else [found]:
        _check_format(item)
    return tuple(found.names())


def _check_format(node: Node) -> None:
    pattern = node.text()
    if pattern in NAMED_FORMATS:
        return
    sample = datetime(2026, 11, 20, 13, 45, 30)  # noqa: DTZ001
    try:
        datetime.strptime(sample.strftime(pattern), pattern)  # noqa: DTZ007
    except ValueError as error:
        node.refuse(f"'{pattern}' is no date format ({error}); write it like '%d/%m/%Y %H:%M'")
    if "%" not in pattern and not node.is_faulty:
        node.refuse(
            f"'{pattern}' is no date format; write it like '%d/%m/%Y', or name one of {', '.join(NAMED_FORMATS)}",
            near=pattern,
            among=NAMED_FORMATS,
        )


def _mark(node: Node | None, default: str) -> str:
    return node.text() if node is not None else default


def _words(node: Node | None, default: tuple[str, ...]) -> tuple[str, ...]:
    if node is None:
        return default
    return tuple(item.written() for item in (node.items() if node.is_list else [node]))


def _reference(node: Node | None) -> Reference | None:
    if node is None:
        return None
    source, dot, column = node.text().partition(".")
    if not (source and dot and column):
        node.refuse(f"'{node.label}' must be written source.column")
        return None
    return Reference(source, column)


def _inner(settings: dict[str, Node], kind: ColumnType, node: Node, defaults: ColumnDefaults) -> dict[str, Column]:
    if "columns" in settings:
        return read_columns(settings["columns"], defaults, inner=True)
    if kind == "list":
        node.refuse("a list needs the 'columns' of its elements; where they do not matter make it 'json'")
    return {}
