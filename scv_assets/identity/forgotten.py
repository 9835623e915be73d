"""What the last run published, without those who asked to be forgotten: nobody inherits anything of them."""

from dataclasses import replace

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tombstones import Laid, Tombstones
from scv_assets.identity.resolve import PreviousState
from scv_assets.working_tables import keep

_GONE = """
    SELECT owner AS customer_id FROM owned GROUP BY owner
    HAVING bool_or(is_erased) AND (bool_and(is_erased) OR (bool_or(is_forgotten) AND NOT bool_or(is_awaited)))
"""
_NOBODY = pa.table({"customer_id": pa.array([], pa.string())})


def without_forgotten(
    con: Connection, previous: PreviousState, records: Relation, erased: Tombstones
) -> tuple[PreviousState, pa.Table]:
    """Return the state without erased records and what hangs on them, and the ids of whom they were (customer_id).

    `records`: source_record of this run. One that is there still was asked for while the run was under way, and waits
    for the next. A record that joined the customer meanwhile leaves the id behind, which is nobody's from now on; a
    record that went to somebody else meanwhile goes alone. The ids are those of today and those that were merged into
    them: each destination may know the customer by any.
    """
    if erased.is_empty:
        return previous, _NOBODY
    laid = erased.laid(con)
    redirects, tasks = previous.redirects, previous.review_tasks
    owned = _owned(con, previous, records, laid)
    gone = keep(con, con.sql(_GONE))
    left = con.sql(f"""
        SELECT {", ".join(previous.crosswalk.columns)} FROM owned
        WHERE NOT is_erased AND owner NOT IN (SELECT customer_id FROM gone)
    """)
    named = laid.record("record->>'source'", "record->>'source_key'")
    settled = con.sql(f"""
        SELECT * FROM tasks WHERE task_id NOT IN (
            SELECT task_id FROM (SELECT task_id, unnest(CAST(records AS JSON[])) AS record FROM tasks) WHERE {named}
        )
    """)
    forgotten = con.sql("""
        SELECT customer_id FROM gone
        UNION SELECT old_customer_id FROM redirects SEMI JOIN gone USING (customer_id)
        ORDER BY customer_id
    """).to_arrow_table()
    return replace(previous, crosswalk=left, review_tasks=settled), forgotten


def _owned(con: Connection, previous: PreviousState, records: Relation, laid: Laid) -> Relation:
    """Return the crosswalk with `owner` (redirects followed), `is_forgotten` (the owner asked), and of each record
    `is_erased` (it was asked for and is gone) and `is_awaited` (it was asked for and is there still).
    """
    known, redirects = previous.crosswalk, previous.redirects
    there = records.project("source, source_key, true AS is_there")
    return keep(
        con,
        con.sql(f"""
            SELECT *, is_asked AND is_there IS NULL AS is_erased, is_asked AND is_there IS NOT NULL AS is_awaited,
                {laid.customer("owner")} AS is_forgotten
            FROM (
                SELECT known.*, coalesce(r.customer_id, known.customer_id) AS owner,
                    {laid.record("known.source", "known.source_key")} AS is_asked
                FROM known LEFT JOIN redirects AS r ON r.old_customer_id = known.customer_id
            ) AS known LEFT JOIN there USING (source, source_key)
        """),
    )


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
