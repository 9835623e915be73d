"""Builders of the stage's relations: each row says only what its test is about."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import CROSSWALK, duckdb_schema
from scv_assets.canonical import DUCKDB_TYPES, KINDS
from scv_assets.interactions.attach import PUBLISHED_AS

Row = Mapping[str, Any]


def relation(con: Connection, schema: Mapping[str, str], rows: Sequence[Row]) -> Relation:
    """Return rows as a relation of exactly this schema; what a row does not say is null."""
    columns = ", ".join(f'CAST("{name}" AS {type_}) AS "{name}"' for name, type_ in schema.items())
    if not rows:
        empty = ", ".join(f'CAST(NULL AS {type_}) AS "{name}"' for name, type_ in schema.items())
        return con.sql(f"SELECT {empty} LIMIT 0")
    texts = {
        name: pd.Series([None if row.get(name) is None else str(row[name]) for row in rows], dtype="string")
        for name in schema
    }
    frame = pd.DataFrame(texts)
    return con.sql(f"SELECT {columns} FROM frame")


def records(con: Connection, kind: str, rows: Sequence[Row]) -> Relation:
    """Return canonical records of one kind, with their `source` (default `erp`)."""
    fields = {name: DUCKDB_TYPES[field.type] for name, field in KINDS[kind].fields.items()}
    return relation(con, {"source": "VARCHAR", **fields}, [{"source": "erp", **row} for row in rows])


def published(con: Connection, kind: str, rows: Sequence[Row]) -> Relation:
    """Return published interactions of one kind, with their `source` (default `erp`)."""
    return relation(con, duckdb_schema(PUBLISHED_AS[kind]), [{"source": "erp", **row} for row in rows])


def crosswalk(con: Connection, owners: Mapping[tuple[str, str], str]) -> Relation:
    """Return the crosswalk that gives each (source, source_key) its customer."""
    rows = [{"source": s, "source_key": k, "customer_id": c, "via": "alone"} for (s, k), c in owners.items()]
    return relation(con, duckdb_schema(CROSSWALK), rows)
