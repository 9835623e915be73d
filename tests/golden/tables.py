"""Builders of the golden stage's inputs: each row says only what its test is about."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import CONSENT_STATE, CROSSWALK, GOLDEN_FIELDS, SOURCE_RECORD, duckdb_schema
from scv_assets.golden.overrides import SCHEMA as OVERRIDES
from scv_assets.golden.policy import SurvivorshipPolicy, Unit

Row = Mapping[str, Any]

ADDRESS = ("street", "house_number", "postcode", "city", "country")
DAY_ONE = datetime.fromisoformat("2026-09-01")
TRUST = {"crm": 0.9, "erp": 0.7, "pos": 0.4, "web": 0.4}
MESSAGES = {
    "source": "VARCHAR",
    "person_key": "VARCHAR",
    "channel": "VARCHAR",
    "kind": "VARCHAR",
    "occurred_at": "TIMESTAMP",
}
SILENCE = {"channel": "VARCHAR", "purpose": "VARCHAR", "is_granted": "BOOLEAN"}


def day(number: int) -> datetime:
    """Return an instant, in order of the number."""
    return DAY_ONE + timedelta(days=number)


def relation(con: Connection, schema: Mapping[str, str], rows: Sequence[Row]) -> Relation:
    """Return rows as a relation of exactly this schema; what a row does not say is null."""
    columns = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in schema.items())
    texts = {
        name: pd.Series([None if row.get(name) is None else str(row[name]) for row in rows], dtype="string")
        for name in schema
    }
    frame = pd.DataFrame(texts)
    return con.sql(f"SELECT {columns} FROM frame")


def records(con: Connection, rows: Sequence[Row]) -> Relation:
    """Return source records: by default the first, second, … of source `crm`, changed on days 1, 2, …"""
    named = [
        {
            "source": "crm",
            "source_key": str(number),
            "updated_at": day(number),
            "first_seen_at": day(number),
            "is_deleted": False,
            **row,
        }
        for number, row in enumerate(rows, start=1)
    ]
    return relation(con, duckdb_schema(SOURCE_RECORD), named)


def crosswalk(con: Connection, rows: Relation, customers: Mapping[tuple[str, str], str] | None = None) -> Relation:
    """Return whose the records are: all of customer `C1` unless told by (source, source_key)."""
    keys = rows.project("source, source_key").fetchall()
    owned = [
        {
            "source": source,
            "source_key": key,
            "customer_id": "C1" if customers is None else customers.get((source, key)),
        }
        for source, key in keys
    ]
    return relation(con, duckdb_schema(CROSSWALK), [row for row in owned if row["customer_id"]])


def trust(con: Connection, values: Mapping[str, float] = TRUST) -> Relation:
    """Return how far each source is trusted."""
    rows = [{"source": source, "trust": value} for source, value in values.items()]
    return relation(con, {"source": "VARCHAR", "trust": "DOUBLE"}, rows)


def overrides(con: Connection, *rows: Row) -> Relation:
    """Return a log of overrides: by default Ann's of customer `C1`, on days 1, 2, …"""
    said = [
        {"customer_id": "C1", "decided_by": "ann", "decided_at": day(number), **row}
        for number, row in enumerate(rows, start=1)
    ]
    return relation(con, OVERRIDES, said)


def messages(con: Connection, *rows: Row) -> Relation:
    """Return message events: by default e-mails to record `1` of source `crm`, on days 1, 2, …"""
    sent = [
        {"source": "crm", "person_key": "1", "channel": "email", "occurred_at": day(number), **row}
        for number, row in enumerate(rows, start=1)
    ]
    return relation(con, MESSAGES, sent)


def consent_state(con: Connection, *rows: Row) -> Relation:
    """Return what customers allow: by default customer `C1`, for marketing."""
    said = [{"customer_id": "C1", "purpose": "marketing", **row} for row in rows]
    return relation(con, duckdb_schema(CONSENT_STATE), said)


def policy(
    *rules: str, groups: Mapping[str, tuple[str, ...]] | None = None, max_people: int = 12, **settings: Any
) -> SurvivorshipPolicy:
    """Return a policy with the same rules for every field; `settings` go into each unit."""
    grouped = groups or {}
    taken = {name for fields in grouped.values() for name in fields}
    parts = {**{name: (name,) for name in GOLDEN_FIELDS if name not in taken}, **grouped}
    usable = {name: tuple(r for r in rules if r != "valid" or name in ("email", "phone")) for name in parts}
    units = [Unit(name, fields, usable[name] or ("most_recent",), **settings) for name, fields in parts.items()]
    return SurvivorshipPolicy(tuple(units), max_people)


def rows_of(rows: Relation) -> list[dict[str, Any]]:
    """Return a relation's rows as plain values, in order; JSON columns as what they hold."""
    found = [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]
    for row in found:
        for name in {"candidates", "sources", "customer_ids"} & set(row):
            row[name] = json.loads(row[name])
    return found


def as_text(value: Any) -> str | None:
    """Return a value as provenance writes it."""
    return value.isoformat() if isinstance(value, date) else value
