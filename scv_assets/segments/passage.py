"""Passage factors (*facteurs de passage*) in sum: which interaction, through which channel, made customers move."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import PASSAGE_FACTOR, duckdb_schema
from scv_assets.segments.codes import NEW

NONE = "(none)"


def passage_factors(con: Connection, transitions: Relation) -> Relation:
    """Return the moves as known now by segments, factor and channel; sorted by key, as published.

    In: segment_transition. The shares of one passage (from one segment to another) add up to 1.
    """
    columns = ", ".join(
        f'CAST("{name}" AS {type_}) AS "{name}"' for name, type_ in duckdb_schema(PASSAGE_FACTOR).items()
    )
    return con.sql(
        f"""
        WITH told AS (
          SELECT segmentation, coalesce(from_segment, '{NEW}') AS from_segment, to_segment,
                 coalesce(factor, '{NONE}') AS factor, coalesce(channel, '{NONE}') AS channel, customer_id, moved_on
          FROM transitions
        ), summed AS (
          SELECT segmentation, from_segment, to_segment, factor, channel, count(*) AS moves,
                 count(DISTINCT customer_id) AS customers, min(moved_on) AS first_on, max(moved_on) AS last_on
          FROM told GROUP BY ALL
        )
        SELECT {columns} FROM (
          SELECT *, moves / sum(moves) OVER (PARTITION BY segmentation, from_segment, to_segment) AS share FROM summed
        ) ORDER BY segmentation, from_segment, to_segment, factor, channel
        """
    )
