"""Reads `extract.options` of a contract: each reader knows its own words and refuses another's."""

import codecs
from collections.abc import Callable, Mapping

from scv_assets.sources.contract import ReaderName
from scv_assets.sources.readers.options import (
    PAGING_KINDS,
    CsvOptions,
    ExcelOptions,
    HttpOptions,
    JsonOptions,
    Paging,
    PagingKind,
    ParquetOptions,
    ReaderOptions,
    SqlOptions,
)
from scv_assets.yaml_document import Node

Settings = Mapping[str, Node]


def read_options(reader: ReaderName, node: Node | None, parent: Node) -> ReaderOptions:
    """Return the reader's options with its defaults; `node` is None where the contract gives none."""
    allowed, required, build = READER_OPTIONS[reader]
    if node is None:
        if required:
            parent.refuse(f"a {reader} extract needs 'options' with {', '.join(required)}")
            return ParquetOptions()
        return build({})
    return build(node.mapping(allowed, required))


def _csv(given: Settings) -> CsvOptions:
    options = CsvOptions(
        encoding=_encoding(given),
        delimiter=_character(given, "delimiter", ","),
        quote=_character(given, "quote", '"', may_be_empty=True),
        decimal=_character(given, "decimal", "."),
        thousands=given["thousands"].text() if "thousands" in given else "",
        final_newline=given["final_newline"].boolean() if "final_newline" in given else True,
    )
    if "quote" in given and options.delimiter == options.quote:
        given["quote"].refuse("'quote' and 'delimiter' cannot be the same character")
    return options


def _json_lines(given: Settings) -> JsonOptions:
    return JsonOptions(encoding=_encoding(given))


def _json(given: Settings) -> JsonOptions:
    return JsonOptions(encoding=_encoding(given), records=_path(given, "records"))


def _parquet(given: Settings) -> ParquetOptions:
    return ParquetOptions()


def _excel(given: Settings) -> ExcelOptions:
    row = given["header_row"].integer() if "header_row" in given else None
    if row is not None and row < 1:
        given["header_row"].refuse("'header_row' is counted from 1")
    return ExcelOptions(sheet=given["sheet"].text() if "sheet" in given else None, header_row=row)


def _sql(given: Settings) -> SqlOptions:
    options = SqlOptions(
        url=given["url"].text(),
        query=given["query"].text(),
        versions=given["versions"].text() if "versions" in given else None,
    )
    if options.versions is not None and ":day" not in options.query:
        given["query"].refuse("the query does not use ':day'; without it every day would give the same rows")
    return options


def _http(given: Settings) -> HttpOptions:
    return HttpOptions(
        url=given["url"].text(),
        records=_path(given, "records"),
        headers=_texts(given, "headers"),
        parameters=_texts(given, "parameters"),
        paging=_paging(given["paging"]) if "paging" in given else Paging(),
        timeout_seconds=_positive(given, "timeout", 30.0),
        retries=_whole(given, "retries", 4),
        revisit_days=_whole(given, "revisit_days", 0),
    )


_PAGING_NEEDS: Mapping[PagingKind, tuple[str, ...]] = {
    "none": (),
    "page": ("parameter",),
    "offset": ("parameter", "size", "size_parameter"),
    "cursor": ("parameter", "next"),
    "link": (),
}


def _paging(node: Node) -> Paging:
    given = node.mapping({"kind", "parameter", "size_parameter", "size", "first", "next", "total"}, {"kind"})
    kind: PagingKind = given["kind"].choice(PAGING_KINDS)  # type: ignore[assignment]
    for key in _PAGING_NEEDS[kind]:
        if key not in given:
            node.refuse(f"paging by {kind} needs '{key}'")
    size = _whole(given, "size", 100)
    if size < 1:
        given["size"].refuse("'size' must be 1 or more")
    return Paging(
        kind=kind,
        parameter=given["parameter"].text() if "parameter" in given else "",
        size_parameter=given["size_parameter"].text() if "size_parameter" in given else "",
        size=size,
        first=_whole(given, "first", 1),
        next=_path(given, "next"),
        total=_path(given, "total"),
    )


def _encoding(given: Settings) -> str:
    if "encoding" not in given:
        return "utf-8"
    name = given["encoding"].text()
    try:
        "text".encode(name)
        return codecs.lookup(name).name
    except (LookupError, UnicodeError):
        given["encoding"].refuse(f"'{name}' is no encoding", near=name, among=("utf-8", "cp1252", "latin-1", "utf-16"))
        return "utf-8"


def _character(given: Settings, key: str, default: str, *, may_be_empty: bool = False) -> str:
    if key not in given:
        return default
    character = given[key].text()
    if may_be_empty and not character:
        return ""
    if len(character) != 1 and not given[key].is_faulty:
        given[key].refuse(f"'{key}' must be one character")
    return character if len(character) == 1 else default


def _path(given: Settings, key: str) -> tuple[str, ...]:
    return tuple(part for part in given[key].text().split(".") if part) if key in given else ()


def _texts(given: Settings, key: str) -> dict[str, str]:
    return {name: entry.written() for name, entry in given[key].mapping().items()} if key in given else {}


def _positive(given: Settings, key: str, default: float) -> float:
    if key not in given:
        return default
    number = given[key].number()
    if number <= 0:
        given[key].refuse(f"'{key}' must be above 0")
    return number


def _whole(given: Settings, key: str, default: int) -> int:
    if key not in given:
        return default
    number = given[key].integer()
    if number < 0:
        given[key].refuse(f"'{key}' must be 0 or more")
    return number


READER_OPTIONS: Mapping[ReaderName, tuple[set[str], tuple[str, ...], Callable[[Settings], ReaderOptions]]] = {
    "csv": ({"encoding", "delimiter", "quote", "decimal", "thousands", "final_newline"}, (), _csv),
    "jsonl": ({"encoding"}, (), _json_lines),
    "json": ({"encoding", "records"}, (), _json),
    "parquet": (set(), (), _parquet),
    "excel": ({"sheet", "header_row"}, (), _excel),
    "sql": ({"url", "query", "versions"}, ("url", "query"), _sql),
    "http": (
        {"url", "records", "headers", "parameters", "paging", "timeout", "retries", "revisit_days"},
        ("url",),
        _http,
    ),
}
