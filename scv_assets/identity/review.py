"""Review tasks: what a steward is asked, and when a task is settled.

pair: a pair between the two thresholds whose records are two customers. conflict: a link that a rule, a judgement or
the other evidence speaks against. overmerge: a link that would make a customer too big. A task's id is the hash of its
kind and records, so it is the same from run to run; it closes when it no longer stands or a steward has judged it.
"""

from datetime import datetime

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

REASONS = {
    "pair": "the evidence is not enough to decide",
    "cannot_link": "they look like one person, and a rule or a judgement says that they are not",
    "cohesion": "they look like one person, and the records around them say that they are not",
    "limit": "joined, they would make a customer beyond its limits",
    "deleted": "only a deleted record holds them together",
}


def tasks(con: Connection, found: pa.Table, previous: Relation, judged: pa.Table, now: datetime) -> pa.Table:
    """Return review_task: those that stand are open, all others of the last run closed.

    `found`: left_source, left_key, right_source, right_key, match_probability, reason (a key of REASONS). `judged`: the
    verdicts in force: a must_link or cannot_link settles a task, an unsure leaves it to somebody else.
    """
    reasons = pa.table({"reason": list(REASONS), "text": list(REASONS.values())})
    return con.sql(
        """
        WITH settled AS (
            SELECT * FROM judged WHERE verdict <> 'unsure'
        ), open_now AS (
            SELECT CASE reason WHEN 'pair' THEN 'pair' WHEN 'limit' THEN 'overmerge' ELSE 'conflict' END AS kind,
                   to_json([{'source': left_source, 'source_key': left_key},
                            {'source': right_source, 'source_key': right_key}])::VARCHAR AS records,
                   CASE WHEN reason <> 'limit' THEN match_probability END AS match_probability, text AS reason
            FROM found ANTI JOIN settled USING (left_source, left_key, right_source, right_key)
            JOIN reasons USING (reason)
        ), named AS (
            SELECT 'T' || substr(sha256(kind || records), 1, 24) AS task_id, * FROM open_now
        )
        SELECT task_id, coalesce(n.kind, p.kind) AS kind, coalesce(n.records, p.records) AS records,
               CASE WHEN n.task_id IS NULL THEN p.match_probability ELSE n.match_probability END AS match_probability,
               CASE WHEN n.task_id IS NULL THEN 'closed' ELSE 'open' END AS status,
               coalesce(p.opened_at, $now::TIMESTAMP) AS opened_at,
               CASE WHEN n.task_id IS NULL THEN coalesce(p.closed_at, $now::TIMESTAMP) END AS closed_at,
               coalesce(n.reason, p.reason) AS reason
        FROM named n FULL JOIN previous p USING (task_id)
        ORDER BY task_id
        """,
        params={"now": now},
    ).to_arrow_table()
