"""What people and sources have already decided: pairs that must, or must not, be one person.

Judgements are an append-only log: of a pair the latest verdict that was not revoked is in force. A source that merged
one of its own records into another has said that they are one person.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.identity.records import Pairs, Records


@dataclass(frozen=True)
class Decided:
    """Pairs of record numbers by who decided, and the verdicts in force as a table (left before right)."""

    must_link: Pairs
    cannot_link: Pairs
    merged_by_source: Pairs
    verdicts: pa.Table


def decided(con: Connection, judgements: Relation, records: Records) -> Decided:
    """Return what is decided of the records; a verdict on a record that is gone waits in the log."""
    verdicts = con.sql("""
        WITH ordered AS (
            SELECT CASE WHEN swapped THEN right_source ELSE left_source END AS left_source,
                   CASE WHEN swapped THEN right_key ELSE left_key END AS left_key,
                   CASE WHEN swapped THEN left_source ELSE right_source END AS right_source,
                   CASE WHEN swapped THEN left_key ELSE right_key END AS right_key,
                   verdict, judged_at, judgement_id
            FROM (SELECT *, (left_source, left_key) > (right_source, right_key) AS swapped FROM judgements)
            WHERE revoked_at IS NULL
        )
        SELECT left_source, left_key, right_source, right_key, verdict FROM ordered
        QUALIFY row_number() OVER (
            PARTITION BY left_source, left_key, right_source, right_key ORDER BY judged_at DESC, judgement_id DESC
        ) = 1
        ORDER BY ALL
    """).to_arrow_table()
    keys = records.keys
    merged = con.sql("""
        SELECT a.record AS left_record, b.record AS right_record
        FROM keys a JOIN keys b ON b.source = a.source AND b.source_key = a.merged_into
    """).to_arrow_table()
    return Decided(
        must_link=_pairs(con, verdicts, "must_link", records),
        cannot_link=_pairs(con, verdicts, "cannot_link", records),
        merged_by_source=_numbered(merged, records),
        verdicts=verdicts,
    )


def _pairs(con: Connection, verdicts: pa.Table, verdict: str, records: Records) -> Pairs:
    keys = records.keys
    found = con.sql(
        """
        SELECT l.record AS left_record, r.record AS right_record
        FROM verdicts v
        JOIN keys l ON l.source = v.left_source AND l.source_key = v.left_key
        JOIN keys r ON r.source = v.right_source AND r.source_key = v.right_key
        WHERE v.verdict = $verdict
        """,
        params={"verdict": verdict},
    ).to_arrow_table()
    return _numbered(found, records)


def _numbered(found: pa.Table, records: Records) -> Pairs:
    left, right = (found[name].to_numpy().astype(np.int64) for name in ("left_record", "right_record"))
    return Pairs.of(left, right, records.count)
