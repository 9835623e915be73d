"""Builders of the stage's relations and contracts: each row says only what its test is about."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.sources.contract import Contract
from scv_assets.sql_quoting import identifier
from scv_assets.standardisation.fold import SOURCES_SCHEMA
from scv_assets.standardisation.mapping import kind_schema, person_schema
from scv_assets.validation.schema import typed_schema
from tests.sources.company import Company

Row = Mapping[str, Any]

HEAD = """
source: {source}
title: Test
owner: {{team: test}}
kind: crm
extract: {{reader: csv, path: "{source}/{{date}}.csv", delivery: {delivery}}}
"""


def relation(con: Connection, schema: Mapping[str, str], rows: Sequence[Row]) -> Relation:
    """Return rows as a relation of exactly this schema; what a row does not say is null."""
    texts = {n: pd.Series([None if r.get(n) is None else str(r[n]) for r in rows], dtype="string") for n in schema}
    frame = pd.DataFrame(texts)
    columns = ", ".join(f"CAST({identifier(n)} AS {type_}) AS {identifier(n)}" for n, type_ in schema.items())
    return con.sql(f"SELECT {columns} FROM frame")


def persons(con: Connection, rows: Sequence[Row]) -> Relation:
    """Return standardised person records: source `crm`, key `1`, no identifiers unless a row says so."""
    defaults = {"source": "crm", "source_key": "1", "_row_number": 1, "identifiers": "{}"}
    return relation(con, {"source": "VARCHAR", **person_schema()}, [{**defaults, **row} for row in rows])


def sources(con: Connection, *rows: Row) -> Relation:
    """Return what `fold` knows of the sources; without rows: `crm`, an increment."""
    defaults = {"source": "crm", "delivery": "increment", "accumulate": False}
    return relation(con, SOURCES_SCHEMA, [{**defaults, **row} for row in rows or [{}]])


def records(con: Connection, kind: str, rows: Sequence[Row]) -> Relation:
    """Return canonical records of one kind, of source `web` unless a row says so."""
    return relation(con, {"source": "VARCHAR", **kind_schema(kind)}, [{"source": "web", **row} for row in rows])


def contract(folder: Path, body: str, source: str = "crm", delivery: str = "increment") -> Contract:
    """Return the contract of a source whose columns and maps are given as YAML."""
    company = Company(folder / "company")
    company.write(f"sources/{source}.yaml", HEAD.format(source=source, delivery=delivery) + body)
    return company.home.contracts[source]


def typed(con: Connection, of: Contract, rows: Sequence[Row]) -> Relation:
    """Return typed rows of a contract, of one day and file unless a row says so, numbered as they stand."""
    defaults = {"_day": "2026-01-01", "_file": "f.csv", "_arrived_at": "2026-01-02"}
    numbered = [{**defaults, "_row_number": i, **row} for i, row in enumerate(rows, 1)]
    return relation(con, typed_schema(of), numbered)


def at(instant: str) -> datetime:
    """Return an instant as the tables hold it, naive UTC."""
    return datetime.fromisoformat(instant)


def dicts(rows: Relation) -> list[dict[str, Any]]:
    """Return a relation's rows as dictionaries."""
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]
