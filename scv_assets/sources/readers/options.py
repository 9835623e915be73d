"""The options of each reader: what `extract.options` may say, with every default filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

PagingKind = Literal["none", "page", "offset", "cursor", "link"]
PAGING_KINDS: tuple[PagingKind, ...] = get_args(PagingKind)


@dataclass(frozen=True)
class CsvOptions:
    """Separated text. `decimal` and `thousands` are the defaults of the number and money columns."""

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    decimal: str = "."
    thousands: str = ""
    final_newline: bool = True


@dataclass(frozen=True)
class JsonOptions:
    """JSON and JSON lines. `records` is the dotted path of the list of records (JSON only; empty: the root)."""

    encoding: str = "utf-8"
    records: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParquetOptions:
    """Parquet says everything itself."""


@dataclass(frozen=True)
class ExcelOptions:
    """A sheet of a workbook; None: the first sheet, and the row that holds the contract's titles."""

    sheet: str | None = None
    header_row: int | None = None


@dataclass(frozen=True)
class SqlOptions:
    """A query for one day (`:day`), and one that lists the days: (day, a version of that day's rows)."""

    url: str
    query: str
    versions: str | None = None


@dataclass(frozen=True)
class Paging:
    """How an API gives a long answer in parts.

    `page`: a number counted from `first`; `offset`: rows skipped; `cursor`: a token read at `next` and sent as
    `parameter`; `link`: the whole address of the next page at `next`, or in the Link header where `next` is empty.
    `total` is the dotted path of the number of all records: what comes must add up to it.
    """

    kind: PagingKind = "none"
    parameter: str = ""
    size_parameter: str = ""
    size: int = 100
    first: int = 1
    next: tuple[str, ...] = ()
    total: tuple[str, ...] = ()


@dataclass(frozen=True)
class HttpOptions:
    """An API that gives a day's records as JSON. Headers and parameters may hold `${VARIABLE}` and `{date}`."""

    url: str
    records: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    paging: Paging = field(default_factory=Paging)
    timeout_seconds: float = 30.0
    retries: int = 4
    revisit_days: int = 0


ReaderOptions: TypeAlias = CsvOptions | JsonOptions | ParquetOptions | ExcelOptions | SqlOptions | HttpOptions
