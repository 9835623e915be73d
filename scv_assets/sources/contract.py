"""A source's contract as the rest of the project sees it: who owns it, where its extracts are, what its columns mean,
what a bad row is, and how a row becomes canonical records.

The YAML is read in `contract_reading`; here are only the facts, frozen, with every default filled in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal, TypeAlias, get_args

from resources.lake import fingerprint
from scv_assets.sources.maps import KindMap, columns_of
from scv_assets.sources.readers.options import ReaderOptions
from scv_assets.yaml_document import YamlDocument

ColumnType = Literal[
    "text",
    "integer",
    "number",
    "money",
    "boolean",
    "date",
    "instant",
    "email",
    "phone",
    "country",
    "language",
    "category",
    "json",
    "list",
]
SourceKind = Literal[
    "erp",
    "crm",
    "pos",
    "web",
    "app",
    "ecommerce",
    "service",
    "call_centre",
    "email",
    "sms",
    "social",
    "advertising",
    "spreadsheet",
    "warehouse",
    "legacy",
    "rcu",
]
ReaderName = Literal["csv", "jsonl", "json", "parquet", "excel", "sql", "http"]
DeliveryMode = Literal["increment", "snapshot"]
Bound: TypeAlias = int | float | date

COLUMN_TYPES: tuple[ColumnType, ...] = get_args(ColumnType)
SOURCE_KINDS: tuple[SourceKind, ...] = get_args(SourceKind)
READERS: tuple[ReaderName, ...] = get_args(ReaderName)
DELIVERY_MODES: tuple[DeliveryMode, ...] = get_args(DeliveryMode)

#: Delivered texts that mean null, unless the contract says otherwise. `Null` is a family name, so case counts.
DEFAULT_NULLS: tuple[str, ...] = ("", "null", "NULL", "N/A", "n/a", "\\N")
DEFAULT_TRUE: tuple[str, ...] = ("true", "1", "yes", "y", "t")
DEFAULT_FALSE: tuple[str, ...] = ("false", "0", "no", "n", "f")
DEFAULT_MAX_SHARE = 0.05
#: Formats of dates and instants that have a name instead of a pattern.
NAMED_FORMATS: tuple[str, ...] = ("iso", "excel", "epoch", "epoch_ms")

#: What extraction adds to every raw row: where it comes from, and, where the row could not be taken apart, its text.
ROW_COLUMNS: tuple[str, ...] = ("_file", "_row_number", "_arrived_at", "_malformed")


@dataclass(frozen=True)
class Owner:
    """Who answers for a source: a team, and a steward by name or e-mail (empty where there is none)."""

    team: str
    steward: str = ""


@dataclass(frozen=True)
class Reference:
    """A column of another source that this one points to."""

    source: str
    column: str


@dataclass(frozen=True)
class Column:
    """One column of a source.

    `header` is what the extract calls it (a dotted path in JSON). `min` and `max` are in the column's unit (money in
    major units, days for date and instant). `formats` are strptime formats or `NAMED_FORMATS`, tried in order; none:
    ISO 8601. `true_words` and `false_words` are compared without case, `nulls` as they are. `columns` are the fields of
    a list's elements.
    """

    name: str
    type: ColumnType
    header: str
    description: str = ""
    required: bool = False
    unique: bool = False
    pii: bool = False
    strict: bool = False
    min: Bound | None = None
    max: Bound | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    categories: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    time_zone: str = "UTC"
    decimal: str = "."
    thousands: str = ""
    currency: str = ""
    nulls: tuple[str, ...] = DEFAULT_NULLS
    true_words: tuple[str, ...] = DEFAULT_TRUE
    false_words: tuple[str, ...] = DEFAULT_FALSE
    references: Reference | None = None
    columns: Mapping[str, "Column"] = field(default_factory=dict)


@dataclass(frozen=True)
class Extract:
    """Where a source's extracts are and how to read them.

    `path` is inside the inbox, with `{date}` for the partition day (None for sql and http). `day` is the partition of
    a one-off extract. `options` belong to the reader.
    """

    reader: ReaderName
    path: str | None
    day: date | None
    delivery: DeliveryMode
    options: ReaderOptions


@dataclass(frozen=True)
class Contract:
    """One source.

    `ignore` names columns of the extract that are deliberately left out. `maps` gives, for each kind of canonical
    record that the source has, the maps whose records are put together.
    """

    source: str
    title: str
    description: str
    owner: Owner
    kind: SourceKind
    trust: float
    extract: Extract
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    ignore: tuple[str, ...]
    max_share: float
    freshness_hours: float | None
    maps: Mapping[str, tuple[KindMap, ...]]
    document: YamlDocument = field(compare=False, repr=False)

    @property
    def delivery(self) -> DeliveryMode:
        """`increment`: an extract has the rows that are new or changed; `snapshot`: all rows, each time."""
        return self.extract.delivery

    @property
    def all_maps(self) -> tuple[KindMap, ...]:
        """Every map, in the order written."""
        return tuple(one for several in self.maps.values() for one in several)

    @property
    def pii_columns(self) -> tuple[str, ...]:
        """Columns that hold personal data."""
        return tuple(column.name for column in self.columns.values() if column.pii)

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        """Columns of the extract that are kept as delivered though nothing reads them; a list keeps its own fields."""
        lists = tuple(f"{column.header}." for column in self.columns.values() if column.type == "list")
        return tuple(name for name in self.ignore if name not in self.columns and not name.startswith(lists or "\0"))

    def where(self, *path: str | int) -> str:
        """Return `sources/<source>.yaml:line` of a setting."""
        return self.document.where(*path)

    def lineage(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Return (kind, canonical field) -> the source columns it is made of; `identifiers.<namespace>` are fields."""
        made_of: dict[tuple[str, str], dict[str, None]] = {}
        for one in self.all_maps:
            named = {**one.fields, **{f"identifiers.{name}": e for name, e in one.identifiers.items()}}
            for target, expression in named.items():
                made_of.setdefault((one.kind, target), {}).update(dict.fromkeys(columns_of(expression)))
        return {target: tuple(columns) for target, columns in made_of.items()}

    def owner_columns(self) -> frozenset[str]:
        """Return the columns that say whose a record is: `source_key` of persons, `person_key` of anything else."""
        owned = {"source_key", "person_key"}
        return frozenset(column for (_, field), of in self.lineage().items() if field in owned for column in of)

    def unused_columns(self) -> tuple[str, ...]:
        """Return the columns that no map reads, that are no key, and that nobody said to ignore."""
        used = {name for one in self.all_maps for name in one.columns()} | set(self.key) | set(self.ignore)
        return tuple(name for name in self.columns if name not in used)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that decides what becomes of a row; a comment, a title or a description does not change it."""
        columns = [_undescribed(column) for column in self.columns.values()]
        return fingerprint("contract", repr([columns, *(getattr(self, name) for name in _MEANING)]))

    @cached_property
    def extract_fingerprint(self) -> str:
        """Hash of what decides how an extract becomes raw rows: the extract's settings, headers and types."""
        read = [(c.name, c.header, c.type, c.required, list(c.columns)) for c in self.columns.values()]
        return fingerprint("extract", repr(self.extract), read, self.ignore)


_MEANING = ("source", "kind", "trust", "extract", "key", "ignore", "max_share", "maps")


def _undescribed(column: Column) -> Column:
    inner = {name: _undescribed(field_) for name, field_ in column.columns.items()}
    return replace(column, description="", columns=inner)
