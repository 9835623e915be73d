"""Customer ids that last: today's clusters meet yesterday's customers.

A customer belongs to the record that founded it: the id is 'C' and 96 bits of the hash of that record's source and
key, so a rebuild from nothing gives the same ids and no id tells who someone is. From run to run:

- a customer goes with its founding record, or, once that is gone, with most of its records: a split keeps the id there;
- where several customers come to one cluster, the oldest keeps its id and the others are redirected to it (flattened:
  a redirect never leads to another one);
- a cluster to which no customer comes gets the id of its oldest record: the one that it had before it was merged away,
  if it had one (split undoes merge), or, where that id lives on elsewhere, the next one of the same record;
- a deleted record stays with its customer; it neither founds nor holds one.

What changed is told as events by `identity_events`.
"""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

#: Hexadecimal digits of a customer id after its C: 96 bits.
ID_DIGITS = 24
#: How many ids one record can found, one after the other, while the earlier ones live on elsewhere.
MOST_IDS_OF_A_RECORD = 16


@dataclass(frozen=True)
class PreviousIdentity:
    """The published crosswalk and customer_redirect of the last run, as Arrow tables; empty at the first."""

    crosswalk: pa.Table
    redirects: pa.Table


@dataclass(frozen=True)
class Assignment:
    """Who is which customer now.

    `crosswalk` and `redirects` as the published tables have them. `rows`: a row a matched record, with its cluster, the
    customer it had (`before`, redirects followed) and has, whether it founded it, and whether anything of the customer
    is new (`is_touched`). `merges`: absorbed and kept ids.
    """

    crosswalk: pa.Table
    redirects: pa.Table
    rows: pa.Table
    merges: pa.Table


def customer_id_sql(record: str, counter: str = "0") -> str:
    """Return the SQL of the id that a record founds; `counter` > 0 where its first ones are taken."""
    text = f"concat_ws(chr(31), {record}.source, {record}.source_key, CASE WHEN {counter} > 0 THEN {counter} END)"
    return f"'C' || substr(sha256({text}), 1, {ID_DIGITS})"


def previous_identity(con: Connection, crosswalk: Relation, redirects: Relation) -> PreviousIdentity:
    """Return the last run's tables; a crosswalk row that leads to a redirected id is led on."""
    followed = con.sql("""
        SELECT c.source, c.source_key, coalesce(r.customer_id, c.customer_id) AS customer_id, c.since_at, c.via
        FROM crosswalk c LEFT JOIN redirects r ON r.old_customer_id = c.customer_id
    """)
    return PreviousIdentity(followed.to_arrow_table(), redirects.to_arrow_table())


def assign(
    con: Connection, clusters: pa.Table, settled: pa.Table, previous: PreviousIdentity, now: datetime
) -> Assignment:
    """Return who is which customer now.

    `clusters`: a row a matched record: source, source_key, cluster, via, first_seen_at, is_deleted. `settled`: source
    and source_key of the deleted records that only keep the customer they had.
    """
    seen = _seen(con, clusters, previous)
    touched = seen.filter(seen["is_touched"])
    claims = _claims(con, touched, previous)
    kept = con.sql("""
        SELECT cluster, customer_id, first_value(customer_id) OVER (PARTITION BY cluster ORDER BY age) AS kept
        FROM claims
    """).to_arrow_table()
    merges = con.sql("""
        SELECT customer_id AS absorbed, kept FROM kept WHERE customer_id <> kept ORDER BY absorbed
    """).to_arrow_table()
    founded = _founded(con, seen, settled, previous, kept, merges)
    rows = con.sql("""
        WITH customers AS (
            SELECT DISTINCT cluster, kept AS customer_id, NULL AS source, NULL AS source_key FROM kept
            UNION ALL SELECT cluster, customer_id, source, source_key FROM founded
        )
        SELECT r.source, r.source_key, r.cluster, r.via, r.held, r.since_at, r.is_touched,
               coalesce(m.kept, r.held) AS before, coalesce(c.customer_id, r.held) AS customer_id,
               c.source IS NOT NULL AS is_new_customer,
               c.source IS NOT NULL AND r.source = c.source AND r.source_key = c.source_key AS is_founder
        FROM seen r
        LEFT JOIN customers c USING (cluster)
        LEFT JOIN merges m ON m.absorbed = r.held
        ORDER BY r.source, r.source_key
    """).to_arrow_table()
    crosswalk = _crosswalk(con, rows, settled, previous, merges, now)
    return Assignment(crosswalk, _redirects(con, crosswalk, previous, merges, now), rows, merges)


def _seen(con: Connection, clusters: pa.Table, previous: PreviousIdentity) -> pa.Table:
    """Return `clusters` with what each record had: held (its customer) and since_at.

    `is_touched`: false where the cluster is a customer of the last run with all its records, and no other.
    """
    crosswalk = previous.crosswalk
    return con.sql("""
        WITH sizes AS (
            SELECT customer_id, count(*) AS records FROM crosswalk GROUP BY customer_id
        ), held AS (
            SELECT r.*, b.customer_id AS held, b.since_at
            FROM clusters r LEFT JOIN crosswalk b ON b.source = r.source AND b.source_key = r.source_key
        ), whole AS (
            SELECT cluster FROM held LEFT JOIN sizes ON sizes.customer_id = held.held GROUP BY cluster
            HAVING count(held) = count(*) AND min(held) = max(held) AND min(records) = count(*)
        )
        SELECT held.*, whole.cluster IS NULL AS is_touched FROM held LEFT JOIN whole USING (cluster)
    """).to_arrow_table()


def _claims(con: Connection, seen: pa.Table, previous: PreviousIdentity) -> pa.Table:
    """Return the cluster to which each customer goes, and its age: cluster, customer_id, age."""
    crosswalk = previous.crosswalk
    held = con.sql("""
        SELECT held AS customer_id, cluster, source, source_key, first_seen_at
        FROM seen WHERE held IS NOT NULL AND NOT is_deleted
    """).to_arrow_table()
    founders = _founders(con, held)
    return con.sql("""
        WITH counted AS (
            SELECT customer_id, cluster, count(*) AS records,
                   min(row(first_seen_at, source, source_key)) AS oldest
            FROM held GROUP BY ALL
        ), ranked AS (
            SELECT customer_id, cluster, row_number() OVER (
                PARTITION BY customer_id ORDER BY f.cluster IS NULL, records DESC, oldest
            ) AS place
            FROM counted LEFT JOIN founders f USING (customer_id, cluster)
        ), born AS (
            SELECT customer_id, min(since_at) AS since_at FROM crosswalk GROUP BY customer_id
        ), eldest AS (
            SELECT customer_id, min(oldest) AS oldest FROM counted GROUP BY customer_id
        )
        SELECT cluster, customer_id, row(since_at, oldest, customer_id) AS age
        FROM ranked JOIN born USING (customer_id) JOIN eldest USING (customer_id)
        WHERE place = 1
    """).to_arrow_table()


def _founders(con: Connection, held: pa.Table) -> pa.Table:
    """Return where each customer's founding record is, for the customers that still have it: customer_id, cluster."""
    first = con.sql(
        f"SELECT customer_id, cluster FROM held r WHERE customer_id = {customer_id_sql('r')}"
    ).to_arrow_table()
    others = con.sql("FROM held ANTI JOIN first USING (customer_id)").to_arrow_table()
    later = con.sql(f"""
        SELECT r.customer_id, r.cluster
        FROM others r, range(1, {MOST_IDS_OF_A_RECORD}) n(counter)
        WHERE r.customer_id = {customer_id_sql("r", "counter")}
    """).to_arrow_table()
    return pa.concat_tables([first, later])


def _founded(
    con: Connection, seen: pa.Table, settled: pa.Table, previous: PreviousIdentity, kept: pa.Table, merges: pa.Table
) -> pa.Table:
    """Return the ids of clusters to which no customer comes: cluster, customer_id, and the record that founds it."""
    crosswalk = previous.crosswalk
    oldest = con.sql("""
        SELECT cluster, source, source_key FROM seen
        WHERE is_touched AND cluster NOT IN (SELECT cluster FROM kept)
        QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY is_deleted, first_seen_at, source, source_key) = 1
    """).to_arrow_table()
    taken = con.sql("""
        SELECT kept AS customer_id FROM kept
        UNION SELECT held FROM seen WHERE NOT is_touched
        UNION SELECT customer_id FROM crosswalk JOIN settled USING (source, source_key)
        EXCEPT SELECT absorbed FROM merges
    """).to_arrow_table()
    return con.sql(f"""
        SELECT cluster, source, source_key, {customer_id_sql("r", "counter")} AS customer_id
        FROM oldest r, range(0, {MOST_IDS_OF_A_RECORD}) n(counter)
        WHERE customer_id NOT IN (SELECT customer_id FROM taken)
        QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY counter) = 1
    """).to_arrow_table()


def _crosswalk(
    con: Connection, rows: pa.Table, settled: pa.Table, previous: PreviousIdentity, merges: pa.Table, now: datetime
) -> pa.Table:
    crosswalk = previous.crosswalk
    return con.sql(
        """
        SELECT source, source_key, customer_id,
               CASE WHEN held = customer_id THEN since_at ELSE $now END AS since_at, via
        FROM rows
        UNION ALL
        SELECT source, source_key, coalesce(m.kept, c.customer_id),
               CASE WHEN m.kept IS NULL THEN c.since_at ELSE $now END, c.via
        FROM crosswalk c JOIN settled USING (source, source_key) LEFT JOIN merges m ON m.absorbed = c.customer_id
        ORDER BY source, source_key
        """,
        params={"now": now},
    ).to_arrow_table()


def _redirects(
    con: Connection, crosswalk: pa.Table, previous: PreviousIdentity, merges: pa.Table, now: datetime
) -> pa.Table:
    redirects = previous.redirects
    return con.sql(
        """
        WITH living AS (SELECT DISTINCT customer_id FROM crosswalk), every AS (
            SELECT r.old_customer_id, coalesce(m.kept, r.customer_id) AS customer_id, r.merged_at
            FROM redirects r LEFT JOIN merges m ON m.absorbed = r.customer_id
            UNION ALL SELECT absorbed, kept, $now FROM merges
        )
        SELECT old_customer_id, customer_id, merged_at::TIMESTAMP AS merged_at FROM every
        WHERE customer_id IN (FROM living) AND old_customer_id NOT IN (FROM living)
        QUALIFY row_number() OVER (PARTITION BY old_customer_id ORDER BY merged_at DESC) = 1
        ORDER BY old_customer_id
        """,
        params={"now": now},
    ).to_arrow_table()
