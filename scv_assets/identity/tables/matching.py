"""A table matched: clusters of rows and the edges between them, by row number."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import JUDGEMENT, duckdb_schema
from scv_assets.identity.evaluation import Quality, quality
from scv_assets.identity.policy import Policy
from scv_assets.identity.resolve import Counted, PreviousState, resolve
from scv_assets.identity.tables.person_rows import PersonRows
from scv_assets.identity.tables.reading import ROW, quoted

_LONG_AGO = datetime(1970, 1, 1)  # noqa: DTZ001  (a table has no history: nothing of the result depends on the time)


@dataclass(frozen=True)
class MatchedTable:
    """`clusters`: row, cluster (numbered by their first rows), records in it, confidence; `edges`: the pairs kept.

    confidence: probability of the strongest link that holds the row in its cluster, 1 for an identifier's; null alone.
    """

    clusters: pa.Table
    edges: pa.Table
    counts: Counted


def match_table(con: Connection, rows: PersonRows, policy: Policy, *, engine: str) -> MatchedTable:
    """Return the clusters and edges of a table's rows; the same rows, policy and engine give the same."""
    judgements = con.sql(
        "SELECT "
        + ", ".join(f"CAST(NULL AS {t}) AS {name}" for name, t in duckdb_schema(JUDGEMENT).items())
        + " LIMIT 0"
    )
    found = resolve(
        con,
        rows.records,
        rows.identifiers,
        judgements,
        PreviousState.none(con),
        policy,
        model=None,
        now=_LONG_AGO,
        run_id="table",
        engine=engine,
    )
    crosswalk, match_edge = found.crosswalk, found.match_edge
    edges = con.sql("""
        SELECT CAST(left_key AS BIGINT) AS left_row, CAST(right_key AS BIGINT) AS right_row,
               match_weight AS weight, match_probability AS probability, decision, via, evidence
        FROM match_edge ORDER BY left_row, right_row
    """).to_arrow_table()
    clusters = con.sql("""
        WITH of_row AS (
            SELECT CAST(source_key AS BIGINT) AS row, min(CAST(source_key AS BIGINT)) OVER same AS first,
                   count(*) OVER same AS records
            FROM crosswalk WINDOW same AS (PARTITION BY customer_id)
        ), ends AS (
            SELECT unnest([left_row, right_row]) AS row,
                   CASE WHEN via = 'probabilistic' THEN probability ELSE 1 END AS probability
            FROM edges WHERE decision = 'match'
        ), held AS (
            SELECT row, max(probability) AS confidence FROM ends GROUP BY row
        )
        SELECT row, dense_rank() OVER (ORDER BY first) AS cluster, records, round(confidence, 6) AS confidence
        FROM of_row LEFT JOIN held USING (row) ORDER BY row
    """).to_arrow_table()
    return MatchedTable(clusters, edges, found.counts)


def measured(table: Relation, clusters: pa.Table, truth: str) -> tuple[Quality, int]:
    """Return how well the clusters agree with a column that says who is who, and how many rows it says nothing of.

    Such rows are left out.
    """
    told = table.project(f"{ROW}, {quoted(truth)}").order(ROW).fetchall()
    found = dict(zip(clusters["row"].to_pylist(), clusters["cluster"].to_pylist(), strict=True))
    labelled = [(found[row], entity) for row, entity in told if entity is not None]
    return quality([one for one, _ in labelled], [entity for _, entity in labelled]), len(told) - len(labelled)
