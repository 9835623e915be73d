"""Small builders: columns, contracts and raw rows as the stage receives them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.sources.contract import Column, ColumnType, Contract, Extract, Owner
from scv_assets.sources.maps import KindMap
from scv_assets.sources.readers.options import CsvOptions
from scv_assets.validation.rows import Validated, validate
from scv_assets.yaml_document import YamlDocument

DAY = date(2026, 9, 1)
ARRIVED = datetime(2026, 9, 2, 3)  # noqa: DTZ001


def column(name: str, type_: ColumnType = "text", **settings: Any) -> Column:
    settings = {"header": name, "currency": "EUR", "time_zone": "Europe/Brussels", **settings}
    return Column(name=name, type=type_, **settings)


def contract(
    *columns: Column,
    key: Sequence[str] = (),
    max_share: float = 1.0,
    maps: Mapping[str, tuple[KindMap, ...]] | None = None,
    source: str = "shop",
) -> Contract:
    return Contract(
        source=source,
        title="Shop orders",
        description="",
        owner=Owner("digital"),
        kind="ecommerce",
        trust=0.5,
        extract=Extract("csv", "shop/{date}.csv", None, "increment", CsvOptions()),
        key=tuple(key),
        columns={one.name: one for one in columns},
        ignore=(),
        max_share=max_share,
        freshness_hours=None,
        maps=maps or {},
        document=YamlDocument("quarantine: {max_share: 0.05}\n", f"sources/{source}.yaml"),
    )


def raw_table(
    columns: Sequence[str], rows: Sequence[Mapping[str, Any]], day: date | None = DAY, file: str = "shop/1.csv"
) -> pa.Table:
    """Rows in order, which may give their own `_day`, `_file`, `_row_number`, …; `day` None: no `_day`."""
    texts = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in (*columns, "_malformed")}
    origin = {
        "_file": pa.array([row.get("_file", file) for row in rows], pa.string()),
        "_row_number": pa.array([row.get("_row_number", place) for place, row in enumerate(rows, 1)], pa.int64()),
        "_arrived_at": pa.array([row.get("_arrived_at", ARRIVED) for row in rows], pa.timestamp("us")),
    }
    days = {} if day is None else {"_day": pa.array([row.get("_day", day) for row in rows], pa.date32())}
    return pa.table({**texts, **origin, **days})


def raw_rows(con: Connection, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], **origin: Any) -> Relation:
    return con.from_arrow(raw_table(columns, rows, **origin))


def validated(con: Connection, of: Contract, *rows: Mapping[str, Any]) -> Validated:
    return validate(con, of, raw_rows(con, list(of.columns), rows))


def values(con: Connection, one: Column, *texts: str | None) -> list[Any]:
    """What a column makes of texts; the reason where it refuses them."""
    done = validated(con, contract(one), *({one.name: text} for text in texts))
    found = {row["_row_number"]: row[one.name] for row in done.rows.to_pylist()}
    found |= {row["row_number"]: row["reason"] for row in done.refused.to_pylist()}
    return [found[place] for place in range(1, len(texts) + 1)]


def reasons(done: Validated) -> dict[int, str]:
    return {row["row_number"]: row["reason"] for row in done.refused.to_pylist()}


def row_numbers(done: Validated) -> list[int]:
    return [int(number) for number in done.rows.column("_row_number").to_pylist()]
