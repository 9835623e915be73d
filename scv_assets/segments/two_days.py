"""The transition matrix of any two days: where those who were in a segment on one day are on another.

As known now, or as it was known at an instant: the history keeps what was held for true, and when.
"""

from datetime import date, datetime

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import TRANSITION_MATRIX, duckdb_schema
from scv_assets.segments.business_days import day
from scv_assets.segments.codes import NEW


def matrix_between(
    con: Connection, membership: Relation, from_on: date, to_on: date, *, known_at: datetime | None = None
) -> Relation:
    """Return the matrix between the ends of two days, in the columns of transition_matrix, sorted by key.

    In: segment_membership. `known_at`: what was known at that instant (null: what is known now). Whoever has no segment
    on the first day is `(new)`. The customers add up to the population at the end of `to_on`, the shares of a
    `from_segment` to 1.
    """
    if to_on < from_on:
        raise ValueError(f"the days end ({to_on}) before they begin ({from_on})")
    known = _known(known_at)
    columns = ", ".join(
        f'CAST("{name}" AS {type_}) AS "{name}"' for name, type_ in duckdb_schema(TRANSITION_MATRIX).items()
    )
    return con.sql(
        f"""
        WITH known AS (SELECT * FROM membership WHERE {known}),
        began AS (SELECT customer_id, segmentation, segment FROM known WHERE {_holds(from_on)}),
        ended AS (SELECT customer_id, segmentation, segment FROM known WHERE {_holds(to_on)}),
        cells AS (
          SELECT segmentation, coalesce(began.segment, '{NEW}') AS from_segment, ended.segment AS to_segment,
                 count(*) AS customers
          FROM ended LEFT JOIN began USING (customer_id, segmentation) GROUP BY ALL
        )
        SELECT {columns} FROM (
          SELECT *, {day(from_on)} AS period_start, {day(to_on)} AS period_end,
                 customers / sum(customers) OVER (PARTITION BY segmentation, from_segment) AS share
          FROM cells
        ) ORDER BY segmentation, from_segment, to_segment
        """
    )


def _known(at: datetime | None) -> str:
    if at is None:
        return "superseded_at IS NULL"
    instant = f"TIMESTAMP '{at.isoformat(sep=' ')}'"
    return f"recorded_at <= {instant} AND (superseded_at IS NULL OR superseded_at > {instant})"


def _holds(on: date) -> str:
    return f"valid_from <= {day(on)} AND (valid_to IS NULL OR valid_to > {day(on)})"
