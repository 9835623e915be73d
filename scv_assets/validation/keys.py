"""What one extract may hold once only: a key that comes again is a repetition, or an older version of its row.

Identical rows: the first stays, the others are duplicates of it. Different rows: the last to arrive stays (with it
the first of its own identical repetitions); what came before is an older version.
"""

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection

from scv_assets.sql_quoting import identifier, literal
from scv_assets.validation.faults import FAULTS

#: The end of a duplicate's problem: nothing is lost with it, so it does not count against the extract.
IDENTICAL = "(identical)"


def repeated(con: Connection, names: tuple[str, ...], place: int, texts: pa.Table, accepted: pa.Table) -> pa.Table:
    """Return the faults of rows among the `accepted` (`_id`) that give a key that a row which stays gives too.

    `texts` has `_id`, `_day`, `_file`, `_row_number`, `_arrived_at` and the columns. A null in the key: no key.
    """
    key = ", ".join(f"t.{identifier(name)}" for name in ("_day", *names))
    whole = " AND ".join(f"t.{identifier(name)} IS NOT NULL" for name in names)
    delivered = [name for name in texts.column_names if not name.startswith("_")]
    content = ", ".join(f"t.{identifier(name)}" for name in delivered)
    told = literal(", ".join(names) + ": ")
    return (
        con.sql(
            f"""
        WITH candidate AS (
            SELECT t._id, t._file, t._row_number, hash({key}) AS bucket, ROW({key}) AS key, t._arrived_at,
                ROW({content}) AS content
            FROM texts AS t SEMI JOIN accepted AS a ON a._id = t._id
            WHERE {whole}
            QUALIFY count(*) OVER (PARTITION BY {key}) > 1
        ), ranked AS (
            SELECT *, row_number() OVER arrival AS place, last_value(content) OVER arrived AS newest
            FROM candidate
            WINDOW arrival AS (PARTITION BY key ORDER BY _arrived_at, _file, _row_number),
                arrived AS (arrival ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        ), kept AS (
            SELECT key, COALESCE(max(place) FILTER (content IS DISTINCT FROM newest), 0) + 1 AS place
            FROM ranked GROUP BY key
        ), keeper AS (
            SELECT r.key, r.place, r._file, r._row_number FROM ranked AS r JOIN kept USING (key, place)
        )
        SELECT r._id, CAST({place} AS BIGINT) AS place, {literal(names[0])} AS "column",
            {told} || CASE WHEN r.place > k.place THEN 'duplicate of another row {IDENTICAL}'
                ELSE 'same key as a later row' END AS problem,
            {told} || CASE WHEN r.place > k.place THEN 'duplicate of ' ELSE 'same key as ' END
                || 'row ' || k._row_number || CASE WHEN r._file = k._file THEN '' ELSE ' of ' || k._file END
                || CASE WHEN r.place > k.place THEN ' {IDENTICAL}' ELSE ', which is later' END AS reason,
            CAST(NULL AS VARCHAR) AS value
        FROM ranked AS r JOIN keeper AS k USING (key)
        WHERE r.place <> k.place
        ORDER BY r._id
        """
        )
        .to_arrow_table()
        .cast(FAULTS)
    )
