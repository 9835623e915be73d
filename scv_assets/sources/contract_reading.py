"""Reads `sources/<source>.yaml` into a `Contract`, strictly: what is unknown, missing or contradictory is refused.

The settings are documented in docs/sources.md, one by one.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from scv_assets.sources.column_reading import ColumnDefaults, read_columns, read_nulls
from scv_assets.sources.contract import (
    DEFAULT_MAX_SHARE,
    DEFAULT_NULLS,
    DELIVERY_MODES,
    READERS,
    ROW_COLUMNS,
    SOURCE_KINDS,
    Column,
    Contract,
    DeliveryMode,
    Extract,
    Owner,
    ReaderName,
    SourceKind,
)
from scv_assets.sources.map_reading import read_maps
from scv_assets.sources.option_reading import read_options
from scv_assets.sources.readers.options import CsvOptions, ReaderOptions
from scv_assets.yaml_document import Node, YamlDocument

DATE = "{date}"

REQUIRED_SETTINGS = ("source", "title", "owner", "kind", "extract", "key", "columns", "maps")
OPTIONAL_SETTINGS = ("description", "trust", "ignore", "nulls", "quarantine", "freshness")


@dataclass(frozen=True)
class CompanyDefaults:
    """What contracts take over from scv.yaml."""

    time_zone: str
    currency: str


def read_contract(document: YamlDocument, company: CompanyDefaults) -> Contract:
    """Return the contract that a document holds.

    Raises `SourceContractError` at the first mistake, or notes every one where the document collects problems.
    """
    given = document.root.mapping({*REQUIRED_SETTINGS, *OPTIONAL_SETTINGS}, REQUIRED_SETTINGS)
    extract = _extract(given["extract"])
    nulls = read_nulls(given["nulls"]) if "nulls" in given else DEFAULT_NULLS
    columns = read_columns(given["columns"], _column_defaults(extract.options, nulls, company))
    kind: SourceKind = given["kind"].choice(SOURCE_KINDS)  # type: ignore[assignment]
    return Contract(
        source=_source(given["source"], document),
        title=given["title"].text(),
        description=given["description"].text().strip() if "description" in given else "",
        owner=read_owner(given["owner"]),
        kind=kind,
        trust=_share(given["trust"]) if "trust" in given else 0.5,
        extract=extract,
        key=_key(given["key"], columns),
        columns=columns,
        ignore=_ignore(given.get("ignore"), columns),
        max_share=_max_share(given.get("quarantine")),
        freshness_hours=_freshness(given.get("freshness")),
        maps=read_maps(given["maps"], columns),
        document=document,
    )


def _source(node: Node, document: YamlDocument) -> str:
    source = node.text()
    expected = PurePosixPath(document.name).stem
    if source != expected:
        node.refuse(f"source '{source}' stands in a file named {expected}.yaml; give both the same name")
    if not (source.isascii() and source.replace("_", "").isalnum() and source == source.lower()):
        node.refuse(f"'{source}' cannot name a source: small letters, figures and '_' only")
    return source


def _column_defaults(options: ReaderOptions, nulls: tuple[str, ...], company: CompanyDefaults) -> ColumnDefaults:
    figures = options if isinstance(options, CsvOptions) else CsvOptions()
    return ColumnDefaults(
        nulls=nulls,
        decimal=figures.decimal,
        thousands=figures.thousands,
        time_zone=company.time_zone,
        currency=company.currency,
    )


def read_owner(node: Node) -> Owner:
    """Return who answers for a source or a stage: `team`, and a `steward` where one is named."""
    given = node.mapping({"team", "steward"}, {"team"})
    return Owner(given["team"].text(), given["steward"].text() if "steward" in given else "")


def _share(node: Node) -> float:
    share = node.number()
    if not 0 <= share <= 1:
        node.refuse(f"'{node.label}' must be between 0 and 1")
    return share


def _extract(node: Node) -> Extract:
    given = node.mapping({"reader", "path", "options", "delivery", "day"}, {"reader"})
    reader: ReaderName = given["reader"].choice(READERS)  # type: ignore[assignment]
    mode: DeliveryMode = "increment"
    if "delivery" in given:
        mode = given["delivery"].choice(DELIVERY_MODES)  # type: ignore[assignment]
    day = given["day"].date() if "day" in given else None
    options = read_options(reader, given.get("options"), node)
    if reader in {"sql", "http"}:
        path = None
        if "path" in given:
            given["path"].refuse(f"a {reader} extract has no path; its 'options' say where it is")
        _check_days_of_server(reader, options, day, node)
    else:
        path = _path(given, node, day)
    return Extract(reader=reader, path=path, day=day, delivery=mode, options=options)


def _path(given: dict[str, Node], node: Node, day: date | None) -> str:
    if "path" not in given:
        node.refuse("'path' is missing: the extract's place inside the inbox")
        return ""
    path = given["path"].text()
    parts = PurePosixPath(path).parts
    if PurePosixPath(path).is_absolute() or ".." in parts or "\\" in path or not parts:
        given["path"].refuse("'path' must stay inside the inbox and be written with '/'")
    if path.count(DATE) > 1:
        given["path"].refuse(f"'path' may hold {DATE} once")
    elif DATE not in path and day is None:
        given["path"].refuse(f"'path' has no {DATE}: write it, or give the one-off extract its 'day'")
    elif DATE in path and day is not None:
        given["day"].refuse(f"'day' is for a path without {DATE}")
    return path


def _check_days_of_server(reader: str, options: ReaderOptions, day: date | None, node: Node) -> None:
    versions = getattr(options, "versions", None)
    if reader == "sql" and (versions is None) == (day is None):
        node.refuse("a sql extract needs either 'options.versions' (which days there are) or 'day' (a one-off)")


def _key(node: Node, columns: dict[str, Column]) -> tuple[str, ...]:
    for item in node.items() if node.is_list else [node]:
        name = item.text()
        if not item.is_faulty and name not in columns:
            item.refuse(f"key column '{name}' is not in the contract", near=name, among=columns)
    names = tuple(node.names())
    if not names:
        node.refuse("'key' names at least one column: what makes a row this row")
    return names


def _ignore(node: Node | None, columns: dict[str, Column]) -> tuple[str, ...]:
    if node is None:
        return ()
    names = []
    taken = {name.lower() for name in columns}
    for item in node.items():
        name = item.text()
        if name.lower() in taken and name not in columns:
            item.refuse(f"'{name}' and another column differ only in capitals; give the other a 'from'")
        elif name in ROW_COLUMNS:
            item.refuse(f"'{name}' is a name of this project's own; give the column another in 'columns' with 'from'")
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def _max_share(node: Node | None) -> float:
    if node is None:
        return DEFAULT_MAX_SHARE
    given = node.mapping({"max_share"}, {"max_share"})
    return _share(given["max_share"])


def _freshness(node: Node | None) -> float | None:
    if node is None:
        return None
    hours = node.mapping({"hours"}, {"hours"})["hours"]
    number = hours.number()
    if number <= 0:
        hours.refuse("'freshness.hours' must be above 0")
    return number
