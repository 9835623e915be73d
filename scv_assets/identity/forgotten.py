"""What the last run published, without those who asked to be forgotten: nobody inherits anything of them."""

from dataclasses import replace

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tombstones import Tombstones
from scv_assets.identity.resolve import PreviousState
from scv_assets.working_tables import keep

_NOBODY = pa.table({"customer_id": pa.array([], pa.string())})


def without_forgotten(
    con: Connection, previous: PreviousState, records: Relation, erased: Tombstones
) -> tuple[PreviousState, pa.Table]:
    """Return the state without erased records and what hangs on them, and the ids of whom they were (customer_id).

    `records`: source_record of this run. One that is there still was asked for while the run was under way, and waits
    for the next. The ids are those of today and those that were merged into them: each destination may know the
    customer by any.
    """
    if erased.is_empty:
        return previous, _NOBODY
    laid = erased.laid(con)
    redirects, tasks = previous.redirects, previous.review_tasks
    known, there = previous.crosswalk, records.project("source, source_key, true AS is_there")
    crosswalk = keep(
        con,
        con.sql(f"""
            SELECT known.*, is_there IS NULL AND {laid.record("known.source", "known.source_key")} AS is_erased
            FROM known LEFT JOIN there USING (source, source_key)
        """),
    )
    named = laid.record("record->>'source'", "record->>'source_key'")
    left = con.sql("SELECT * EXCLUDE (is_erased) FROM crosswalk WHERE NOT is_erased")
    settled = con.sql(f"""
        SELECT * FROM tasks WHERE task_id NOT IN (
            SELECT task_id FROM (SELECT task_id, unnest(CAST(records AS JSON[])) AS record FROM tasks) WHERE {named}
        )
    """)
    forgotten = con.sql("""
        WITH gone AS (
            SELECT coalesce(r.customer_id, c.customer_id) AS customer_id
            FROM crosswalk c LEFT JOIN redirects r ON r.old_customer_id = c.customer_id
            WHERE c.is_erased
        )
        SELECT customer_id FROM gone
        UNION SELECT old_customer_id FROM redirects SEMI JOIN gone USING (customer_id)
        ORDER BY customer_id
    """).to_arrow_table()
    return replace(previous, crosswalk=left, review_tasks=settled), forgotten


def without_erased(con: Connection, rows: Relation, crosswalk: Relation, erased: Tombstones) -> Relation:
    """Return rows of what was published (customer_id) without those of erased customers; as given where there is none.

    `crosswalk`: of this run. A customer that is there still was asked for while the run was under way.
    """
    if erased.is_empty:
        return rows
    condition = erased.laid(con).customer("customer_id")
    return con.sql(f"""
        SELECT * FROM rows WHERE NOT ({condition} AND customer_id NOT IN (SELECT customer_id FROM crosswalk))
    """)
