"""Identity events: what a run changed in who is which customer, each with its cause.

created (a customer with its founding record), attached and detached (a record comes to or leaves a customer), merged
(a customer takes in another), split (a customer leaves another), erased (a customer's last record is gone, or the
customer asked to be forgotten: then no event names the records). Nothing changed, no event. An event's id is the hash
of its content, so the same run told twice gives the same events.
"""

from dataclasses import replace
from datetime import datetime

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection

from scv_assets.identity.customer_ids import Assignment, PreviousIdentity

_ATTACHED = """
    CASE via WHEN 'exact' THEN 'shared identifier' WHEN 'probabilistic' THEN 'match' WHEN 'steward' THEN 'steward'
         ELSE 'new record' END
"""


def events(
    con: Connection,
    assignment: Assignment,
    previous: PreviousIdentity,
    links: pa.Table,
    separations: pa.Table,
    now: datetime,
    run_id: str,
    forgotten: pa.Table | None = None,
) -> pa.Table:
    """Return the new rows of identity_event, by event_id.

    `links`: pairs that hold clusters together, with rank (the lower the stronger) and cause; `separations`: pairs that
    a steward said are not one person. Both with left_source, left_key, right_source, right_key. `forgotten`
    (customer_id): who asked to be forgotten; of these `previous` has nothing any more.
    """
    touched = replace(assignment, rows=assignment.rows.filter(assignment.rows["is_touched"]))
    parts = [_created(con, touched), _attached(con, touched)]
    if previous.crosswalk.num_rows:
        parts += [
            _merged(con, touched, links),
            _split(con, assignment, separations),
            _detached(con, touched),
            _gone(con, assignment, previous),
        ]
    if forgotten is not None and forgotten.num_rows:
        parts.append(_forgotten(con, assignment, forgotten))
    told = pa.concat_tables(parts)
    return con.sql(
        """
        SELECT 'E' || substr(sha256(concat_ws(chr(31), kind, customer_id, coalesce(other_customer_id, ''),
                   coalesce(source, ''), coalesce(source_key, ''), $now)), 1, 32) AS event_id,
               kind, customer_id, other_customer_id, source, source_key, cause,
               $now::TIMESTAMP AS occurred_at, $run_id AS run_id
        FROM told ORDER BY event_id
        """,
        params={"now": now, "run_id": run_id},
    ).to_arrow_table()


def _told(con: Connection, sql: str, **tables: pa.Table) -> pa.Table:
    """Run the SQL over tables given by name; every column is text."""
    for name, table in tables.items():
        con.register(f"told_{name}", table)
    try:
        return con.sql(f"""
            SELECT kind::VARCHAR AS kind, customer_id::VARCHAR AS customer_id, other::VARCHAR AS other_customer_id,
                   source::VARCHAR AS source, source_key::VARCHAR AS source_key, cause::VARCHAR AS cause
            FROM ({sql})
        """).to_arrow_table()
    finally:
        for name in tables:
            con.unregister(f"told_{name}")


def _created(con: Connection, assignment: Assignment) -> pa.Table:
    return _told(
        con,
        """
        SELECT 'created' AS kind, any_value(customer_id) AS customer_id, NULL AS other,
               any_value(source) FILTER (is_founder) AS source, any_value(source_key) FILTER (is_founder) AS source_key,
               'new record' AS cause
        FROM told_rows GROUP BY cluster HAVING bool_and(is_new_customer AND before IS NULL)
        """,
        rows=assignment.rows,
    )


def _merged(con: Connection, assignment: Assignment, links: pa.Table) -> pa.Table:
    return _told(
        con,
        """
        WITH bridges AS (
            SELECT l.held AS one, r.held AS other, rank, cause
            FROM told_links k
            JOIN told_rows l ON l.source = k.left_source AND l.source_key = k.left_key
            JOIN told_rows r ON r.source = k.right_source AND r.source_key = k.right_key
            WHERE l.cluster = r.cluster AND l.held IS DISTINCT FROM r.held
        ), reasons AS (
            SELECT customer, arg_min(cause, rank) AS cause
            FROM (SELECT one AS customer, rank, cause FROM bridges UNION ALL SELECT other, rank, cause FROM bridges)
            GROUP BY customer
        )
        SELECT 'merged' AS kind, kept AS customer_id, absorbed AS other, NULL AS source, NULL AS source_key,
               coalesce(cause, 'match') AS cause
        FROM told_merges LEFT JOIN reasons ON customer = absorbed
        """,
        rows=assignment.rows,
        merges=assignment.merges,
        links=links,
    )


def _split(con: Connection, assignment: Assignment, separations: pa.Table) -> pa.Table:
    return _told(
        con,
        """
        WITH apart AS (
            SELECT l.cluster AS one, r.cluster AS other
            FROM told_separations k
            JOIN told_rows l ON l.source = k.left_source AND l.source_key = k.left_key
            JOIN told_rows r ON r.source = k.right_source AND r.source_key = k.right_key
        ), parted AS (SELECT one AS cluster FROM apart UNION SELECT other FROM apart)
        SELECT DISTINCT 'split' AS kind, r.customer_id, r.before AS other, f.source, f.source_key,
               CASE WHEN r.cluster IN (SELECT cluster FROM parted) THEN 'steward' ELSE 'evidence changed' END AS cause
        FROM told_rows r JOIN (SELECT * FROM told_rows WHERE is_founder) f ON f.cluster = r.cluster
        WHERE r.is_new_customer AND r.before IS NOT NULL AND r.before <> r.customer_id
        """,
        rows=assignment.rows,
        separations=separations,
    )


def _attached(con: Connection, assignment: Assignment) -> pa.Table:
    return _told(
        con,
        f"""
        WITH told AS (
            SELECT *, bool_and(is_new_customer AND before IS NULL) OVER (PARTITION BY cluster) AS is_created
            FROM told_rows
        )
        SELECT 'attached' AS kind, customer_id, before AS other, source, source_key, {_ATTACHED} AS cause
        FROM told
        WHERE (before IS NULL AND NOT (is_created AND is_founder))
           OR (before <> customer_id AND NOT is_new_customer)
        """,
        rows=assignment.rows,
    )


def _detached(con: Connection, assignment: Assignment) -> pa.Table:
    return _told(
        con,
        """
        SELECT 'detached' AS kind, before AS customer_id, customer_id AS other, source, source_key,
               'evidence changed' AS cause
        FROM told_rows WHERE before <> customer_id AND NOT is_new_customer
        """,
        rows=assignment.rows,
    )


def _gone(con: Connection, assignment: Assignment, previous: PreviousIdentity) -> pa.Table:
    """Records that no table has any more: detached; a customer without any record left: erased."""
    return _told(
        con,
        """
        WITH gone AS (
            SELECT b.*, coalesce(m.kept, b.customer_id) AS now_id
            FROM told_before b ANTI JOIN told_after a USING (source, source_key)
            LEFT JOIN told_merges m ON m.absorbed = b.customer_id
        )
        SELECT 'detached' AS kind, now_id AS customer_id, NULL AS other, source, source_key, 'record gone' AS cause
        FROM gone
        UNION ALL
        SELECT DISTINCT 'erased', now_id, NULL, NULL, NULL, 'last record gone'
        FROM gone WHERE now_id NOT IN (SELECT customer_id FROM told_after)
        """,
        before=previous.crosswalk,
        after=assignment.crosswalk,
        merges=assignment.merges,
    )


def _forgotten(con: Connection, assignment: Assignment, forgotten: pa.Table) -> pa.Table:
    """Customers who asked for it, and of whom no record has come since: erased."""
    return _told(
        con,
        """
        SELECT 'erased' AS kind, customer_id, NULL AS other, NULL AS source, NULL AS source_key, 'on request' AS cause
        FROM told_forgotten ANTI JOIN told_after USING (customer_id)
        """,
        forgotten=forgotten,
        after=assignment.crosswalk,
    )
