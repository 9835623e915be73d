"""The transition matrix (*matrice de passage*): where those who began a period in a segment ended it.

Worked from the moves alone: who did not move in a period is the stock of its first day less those who moved.
"""

from datetime import date

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import TRANSITION_MATRIX, duckdb_schema
from scv_assets.segments.business_days import day
from scv_assets.working_tables import keep

NEW = "(new)"


def transition_matrix(con: Connection, transitions: Relation, first_on: date, as_of_on: date) -> Relation:
    """Return the matrix of every day, ISO week and month of [first_on, as_of_on], and of the whole; as published.

    Weeks and months that the range cuts are shortened to it. One row a (segmentation, period_start, period_end,
    from_segment, to_segment) in which there is anyone, sorted; `from_segment` `(new)`: not known before the period. The
    customers of a period add up to the population at its end, the shares of a `from_segment` to 1.
    """
    periods = con.sql(
        f"""
        WITH days AS (
          SELECT unnest(generate_series({day(first_on)}, {day(as_of_on)}, INTERVAL 1 DAY))::DATE AS on_day
        )
        SELECT DISTINCT min(on_day) AS period_start, max(on_day) AS period_end FROM days
        GROUP BY GROUPING SETS ((on_day), (date_trunc('week', on_day)), (date_trunc('month', on_day)), ())
        """
    )
    return matrix_of(con, transitions, periods)


def matrix_of(con: Connection, transitions: Relation, periods: Relation) -> Relation:
    """Return the matrix of any periods (period_start, period_end); see `transition_matrix`."""
    moves = keep(con, con.sql(f"SELECT * REPLACE (coalesce(from_segment, '{NEW}') AS from_segment) FROM transitions"))
    moved = keep(con, _moved(con, moves, periods))
    stock = _stock(con, moves, periods)
    columns = ", ".join(
        f'CAST("{name}" AS {type_}) AS "{name}"' for name, type_ in duckdb_schema(TRANSITION_MATRIX).items()
    )
    return con.sql(
        f"""
        WITH left_behind AS (
          SELECT segmentation, period_start, period_end, from_segment AS segment, sum(customers) AS customers
          FROM moved WHERE from_segment <> '{NEW}' GROUP BY ALL
        ), cells AS (
          SELECT segmentation, period_start, period_end, from_segment, to_segment, customers FROM moved
          UNION ALL
          SELECT segmentation, period_start, period_end, segment, segment,
                 stock.customers - coalesce(left_behind.customers, 0)
          FROM stock LEFT JOIN left_behind USING (segmentation, period_start, period_end, segment)
        ), summed AS (
          SELECT segmentation, period_start, period_end, from_segment, to_segment, sum(customers) AS customers
          FROM cells GROUP BY ALL HAVING sum(customers) > 0
        )
        SELECT {columns} FROM (
          SELECT *, customers / sum(customers)
                      OVER (PARTITION BY segmentation, period_start, period_end, from_segment) AS share
          FROM summed
        ) ORDER BY segmentation, period_start, period_end, from_segment, to_segment
        """
    )


def _moved(con: Connection, moves: Relation, periods: Relation) -> Relation:
    """Count those who moved in a period, by where they were before their first move and after their last."""
    return con.sql(
        """
        WITH ends AS (
          SELECT customer_id, segmentation, period_start, period_end,
                 arg_min(from_segment, moved_on) AS from_segment, arg_max(to_segment, moved_on) AS to_segment
          FROM moves JOIN periods ON moved_on BETWEEN period_start AND period_end GROUP BY ALL
        )
        SELECT segmentation, period_start, period_end, from_segment, to_segment, count(*) AS customers
        FROM ends GROUP BY ALL
        """
    )


def _stock(con: Connection, moves: Relation, periods: Relation) -> Relation:
    """Count who was in each segment at the end of the day before each period."""
    return con.sql(
        f"""
        WITH changes AS (
          SELECT segmentation, to_segment AS segment, moved_on, count(*) AS customers FROM moves GROUP BY ALL
          UNION ALL
          SELECT segmentation, from_segment, moved_on, -count(*) FROM moves WHERE from_segment <> '{NEW}' GROUP BY ALL
        )
        SELECT segmentation, period_start, period_end, segment, sum(customers) AS customers
        FROM changes JOIN periods ON moved_on < period_start GROUP BY ALL
        """
    )
