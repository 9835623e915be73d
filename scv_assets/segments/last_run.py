"""What the last run left: the published history, and the prints from which one more run sees whom it has to look at."""

from collections.abc import Mapping

import duckdb
import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.engine import reading
from resources.store.publication import candidate, published, registered
from resources.store.tables import (
    METADATA,
    OVERLAPPING_MEMBERSHIP,
    SEGMENT_DEFINITION,
    SEGMENT_MEMBERSHIP,
    SEGMENT_TRANSITION,
    duckdb_schema,
)
from resources.store.unloading import relation
from scv_assets import stages
from scv_assets.segments.build import LastRun, Recorded

#: a row a customer: its print (`news`), the day and the settings (rules, first day, time zone, code) it was made with
PRINTS = stages.lake_path("segments", "customer_print")
#: whose hashes the prints are of
ENGINE = duckdb.__version__
_COLUMNS = {"customer_id": "VARCHAR", "print": "BIGINT", "as_of_on": "DATE", "made_with": "VARCHAR"}


def last_published(con: Connection, lake: Lake, store: sa.Engine) -> Recorded:
    """Return the history as it was last published: out of the lake where it still holds it, else out of the store."""
    with reading(store) as connection:
        standing = published(connection)

    def rows(table: sa.Table) -> Relation:
        entry = standing.get(table.name)
        held = registered(lake, con, table, entry.content) if entry else None
        return relation(con, store, table.name) if held is None else held

    return Recorded(rows(SEGMENT_MEMBERSHIP), rows(OVERLAPPING_MEMBERSHIP), rows(SEGMENT_DEFINITION))


def last_run(
    con: Connection, lake: Lake, store: sa.Engine, outputs: Mapping[str, str], made_with: str
) -> LastRun | None:
    """Return what the last run left in the lake, or None where that is not what is published, or made otherwise.

    `outputs`: published table -> dataset, of all that the run makes together with its prints.
    """
    parts = [lake.part(dataset) for dataset in (*outputs.values(), PRINTS)]
    if None in parts or len({part.made_from for part in parts if part}) != 1:
        return None
    with reading(store) as connection:
        standing = published(connection)
    for table, dataset in outputs.items():
        entry = standing.get(table)
        if entry is None or entry.content != candidate(lake, METADATA.tables[table], dataset).content:
            return None
    prints = lake.scan(con, PRINTS, _COLUMNS)
    made = prints.project("as_of_on, made_with").distinct().fetchall()
    if len(made) != 1 or made[0][1] != made_with:
        return None
    moves = lake.scan(con, outputs[SEGMENT_TRANSITION.name], duckdb_schema(SEGMENT_TRANSITION))
    return LastRun(prints.project("customer_id, print"), moves, made[0][0])
