"""A small company to segment: builders that say only what a test is about, and a policy beside the shipped one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store import tables
from resources.store.tables import duckdb_schema
from scv_assets.segments.activity import SegmentInputs, gone
from scv_assets.segments.build import Recorded, SegmentTables, build
from scv_assets.segments.policy import SegmentPolicy, load_policy
from scv_assets.yaml_document import YamlDocument
from tests.interactions.tables import relation

Row = Mapping[str, Any]

SHIPPED = Path(__file__).parents[2] / "demo_company" / "company" / "segments.yaml"
UTC_ZONE = "UTC"
NOW = datetime.fromisoformat("2026-12-01 03:00:00")

_TABLES: dict[str, sa.Table] = {
    "orders": tables.CUSTOMER_ORDER,
    "visits": tables.VISIT,
    "carts": tables.CART,
    "tickets": tables.TICKET,
    "messages": tables.MESSAGE_EVENT,
    "consents": tables.CONSENT_EVENT,
    "identifiers": tables.RECORD_IDENTIFIER,
    "records": tables.SOURCE_RECORD,
    "crosswalk": tables.CROSSWALK,
}
_KEYS = {
    "orders": "order_id",
    "visits": "visit_id",
    "carts": "cart_id",
    "tickets": "ticket_id",
    "messages": "message_id",
}

_DEFAULTS: dict[str, Row] = {"orders": {"is_return": False}, "messages": {"kind": "opened"}}


def shipped_policy() -> SegmentPolicy:
    """Return the demo company's segments."""
    return load_policy(YamlDocument(SHIPPED.read_text(encoding="utf-8"), "segments.yaml"))


def policy(
    *segmentations: Mapping[str, str], orders: str = "", overlapping: Mapping[str, str] | None = None, version: int = 1
) -> SegmentPolicy:
    """Return a policy of segmentations s1, s2, … each given as {segment: condition}, the last segment the rest.

    `overlapping`: the segments of one more, `o`.
    """
    return load_policy(written(*segmentations, orders=orders, overlapping=overlapping, version=version))


def written(
    *segmentations: Mapping[str, str], orders: str = "", overlapping: Mapping[str, str] | None = None, version: int = 1
) -> YamlDocument:
    """Return the YAML of such a policy."""
    text = f"{orders}segmentations:\n"
    for number, segments in enumerate(segmentations, start=1):
        text += f"- {{name: s{number}, title: T, owner: o, version: '1', definition: d, segments: ["
        parts = [f"{{name: {name}, title: {name}, description: d, when: '{when}'}}" for name, when in segments.items()]
        text += ", ".join([*parts, "{name: rest, title: rest, description: d, otherwise: true}]}\n"])
    if overlapping is not None:
        parts = [f"{{name: {name}, title: T, description: d, when: '{when}'}}" for name, when in overlapping.items()]
        text += "- {name: o, title: T, owner: o, version: '1', definition: d, overlapping: true, segments: ["
        text += f"{', '.join(parts)}]}}\n"
    return YamlDocument(text.replace("version: '1'", f"version: '{version}'"), "segments.yaml")


def inputs(con: Connection, crosswalk: Mapping[str, str] | None = None, **rows: Sequence[Row]) -> SegmentInputs:
    """Return the stage's inputs: rows a table; `crosswalk` maps a source_key of source `crm` to its customer.

    Rows of interactions get a source and a key where they say none; a record's row is made for every source_key that
    has none, first seen on 2026-01-01.
    """
    owners = dict(crosswalk or {})
    rows = dict(rows)
    told = {row["source_key"] for row in rows.get("records", ())}
    rows["records"] = [
        *rows.get("records", ()),
        *({"source_key": key, "first_seen_at": "2026-01-01"} for key in owners if key not in told),
    ]
    rows["crosswalk"] = [{"source_key": key, "customer_id": customer} for key, customer in owners.items()]
    filled = {name: [_filled(name, n, row) for n, row in enumerate(rows.get(name, ()))] for name in _TABLES}
    tables = {name: relation(con, duckdb_schema(t), filled[name]) for name, t in _TABLES.items()}
    return SegmentInputs(**tables, gone=gone(con, tables["records"], tables["crosswalk"]))


def _filled(table: str, number: int, row: Row) -> Row:
    key = {_KEYS[table]: str(number)} if table in _KEYS else {}
    return {"source": "crm", **key, **_DEFAULTS.get(table, {}), **row}


def recorded(con: Connection, rows: Sequence[Row] = ()) -> Relation:
    """Return recorded memberships."""
    return relation(con, duckdb_schema(tables.SEGMENT_MEMBERSHIP), rows)


def before_tables(con: Connection, last: SegmentTables | None = None) -> Recorded:
    """Return what was published before: nothing, or what a run made."""
    if last is not None:
        return Recorded(last.membership, last.overlapping, last.definitions)
    empty = (tables.OVERLAPPING_MEMBERSHIP, tables.SEGMENT_DEFINITION)
    return Recorded(recorded(con), *(relation(con, duckdb_schema(table), []) for table in empty))


def run(
    con: Connection,
    data: SegmentInputs,
    rules: SegmentPolicy,
    *,
    days: tuple[str, str],
    before: Relation | Recorded | None = None,
    now: datetime = NOW,
    horizon: str | None = None,
    time_zone: str = UTC_ZONE,
) -> SegmentTables:
    """Build the stage's tables over the days given as ISO texts."""
    known = before_tables(con) if before is None else before
    return build(
        con,
        data,
        rules,
        recorded=known if isinstance(known, Recorded) else replace(before_tables(con), membership=known),
        time_zone=time_zone,
        first_on=date.fromisoformat(days[0]),
        as_of_on=date.fromisoformat(days[1]),
        now=now,
        horizon=date.fromisoformat(horizon) if horizon else None,
    )


def story(tables_: SegmentTables, customer: str, segmentation: str) -> list[tuple[str, str, str | None]]:
    """Return a customer's segments as known now: (segment, first day, first day no more)."""
    rows = tables_.membership.filter("superseded_at IS NULL").fetchall()
    names = tables_.membership.columns
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return [
        (row["segment"], row["valid_from"].isoformat(), row["valid_to"] and row["valid_to"].isoformat())
        for row in found
        if row["customer_id"] == customer and row["segmentation"] == segmentation
    ]
