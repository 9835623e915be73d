"""What must hold of the membership as known now.

Everyone is in exactly one segment of each exclusive segmentation, every day; of an overlapping one, nobody is in the
same segment twice.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation


def overlaps_or_gaps(con: Connection, membership: Relation) -> Relation:
    """Return where someone is in two segments or in none; no row where all is well.

    `membership`: as published. One row a fault (customer_id, segmentation, starts_on, problem), sorted: `overlap`,
    `gap`, `empty` (a row of no day), `ends` (no segment today), `missing` (in another segmentation but not in this).
    """
    return con.sql(
        """
        WITH live AS (
          SELECT customer_id, segmentation, valid_from, valid_to FROM membership WHERE superseded_at IS NULL
        ), stories AS (
          SELECT *, lead(valid_from) OVER (PARTITION BY customer_id, segmentation ORDER BY valid_from) AS next_from
          FROM live
        ), judged AS (
          SELECT customer_id, segmentation, valid_from AS starts_on,
                 CASE WHEN valid_to <= valid_from THEN 'empty'
                      WHEN next_from IS NULL AND valid_to IS NOT NULL THEN 'ends'
                      WHEN next_from < coalesce(valid_to, DATE 'infinity') THEN 'overlap'
                      WHEN next_from > valid_to THEN 'gap' END AS problem
          FROM stories
          UNION ALL
          SELECT customer_id, segmentation, NULL, 'missing' FROM (
            FROM (SELECT DISTINCT customer_id FROM live) CROSS JOIN (SELECT DISTINCT segmentation FROM live)
          ) ANTI JOIN live USING (customer_id, segmentation)
        )
        SELECT * FROM judged WHERE problem IS NOT NULL ORDER BY customer_id, segmentation, starts_on, problem
        """
    )


def repeated_stays(con: Connection, overlapping: Relation, definitions: Relation) -> Relation:
    """Return where someone is in a segment twice on a day, or in one that nobody defines; no row where all is well.

    `overlapping` (overlapping_membership) and `definitions` (segment_definition) as published. One row a fault
    (customer_id, segmentation, segment, starts_on, problem), sorted: `overlap`, `touching` (two stays that are one),
    `empty` (a row of no day), `undefined`.
    """
    return con.sql(
        """
        WITH live AS (
          SELECT *, lead(valid_from) OVER stays AS next_from FROM overlapping WHERE superseded_at IS NULL
          WINDOW stays AS (PARTITION BY customer_id, segmentation, segment ORDER BY valid_from)
        ), judged AS (
          SELECT customer_id, segmentation, segment, valid_from AS starts_on,
                 CASE WHEN valid_to <= valid_from THEN 'empty'
                      WHEN next_from < coalesce(valid_to, DATE 'infinity') THEN 'overlap'
                      WHEN next_from = valid_to THEN 'touching' END AS problem
          FROM live
          UNION ALL
          SELECT customer_id, segmentation, segment, valid_from, 'undefined' FROM live
          ANTI JOIN (FROM definitions WHERE kind = 'overlapping' AND valid_to IS NULL) USING (segmentation, segment)
        )
        SELECT * FROM judged WHERE problem IS NOT NULL ORDER BY customer_id, segmentation, segment, starts_on, problem
        """
    )
