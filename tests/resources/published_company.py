"""A small company's results in a lake, and what a store holds: the builders of the publishing tests."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from resources.lake import Lake
from resources.store.engine import reading
from resources.store.publish import PublishedCounts, publish
from resources.store.tables import METADATA, duckdb_schema, key_columns

NOW = datetime.fromisoformat("2026-11-20T03:00:00")
DATASETS = {
    "golden_profile": "golden/golden_profile",
    "crosswalk": "identity/crosswalk",
    "customer_redirect": "identity/customer_redirect",
    "identity_event": "identity/identity_event",
    "customer_order": "interactions/customer_order",
    "quarantine": "validation/quarantine",
}
APPEND_ONLY = frozenset({"identity_event"})

Row = dict[str, Any]


def lay(lake: Lake, tables: Mapping[str, Sequence[Row]]) -> None:
    """Write rows as the datasets of these tables, as the stages would: all columns, in the order of the key."""
    with lake.connect() as con:
        for name, rows in tables.items():
            table = METADATA.tables[name]
            columns = {column: [row.get(column) for row in rows] for column in duckdb_schema(table)}
            frame = pa.table({column: pa.array(values) for column, values in columns.items()})
            casts = ", ".join(
                f'CAST("{column}" AS {type_}) AS "{column}"' for column, type_ in duckdb_schema(table).items()
            )
            keys = ", ".join(f'"{key}"' for key in key_columns(table))
            lake.write(DATASETS[name], con.sql(f"SELECT {casts} FROM frame ORDER BY {keys}"), made_from="test")


def customers(*names: str, **fields: Any) -> dict[str, list[Row]]:
    """Return the golden profiles and crosswalk of customers that have one record each."""
    return {
        "golden_profile": [{"customer_id": name, "first_name": name.title(), **fields} for name in names],
        "crosswalk": [
            {"source": "crm", "source_key": f"key-{name}", "customer_id": name, "via": "alone"} for name in names
        ],
    }


def nothing() -> dict[str, list[Row]]:
    """Return every table without a row."""
    return {name: [] for name in DATASETS}


def publish_all(
    store: sa.Engine, lake: Lake, *, run_id: str = "run-1", now: datetime = NOW, **options: Any
) -> dict[str, PublishedCounts]:
    """Publish every dataset that was laid."""
    laid = {table: dataset for table, dataset in DATASETS.items() if lake.parts(dataset)}
    with lake.connect() as con:
        return publish(store, lake, con, laid, now=now, run_id=run_id, append_only=APPEND_ONLY, **options)


def held(store: sa.Engine, table: str) -> list[Row]:
    """Return what the store holds of a table, in the order of its key, as SQLAlchemy reads it."""
    found = METADATA.tables[table]
    with reading(store) as connection:
        rows = connection.execute(sa.select(found)).mappings().all()
    return sorted((dict(row) for row in rows), key=lambda row: [str(row[key]) for key in key_columns(found)])


def everything(store: sa.Engine) -> dict[str, list[Row]]:
    """Return all that is published, but for when and by whom."""
    return {name: held(store, name) for name in DATASETS}
