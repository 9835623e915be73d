"""Overlapping segmentations: a customer is in as many of their segments as it meets, or in none.

Each segment of one is worked as an exclusive segmentation of its own, in or out, so that days, splices and corrections
are those of every other history; only the rows `in` are published. What was out is told by the gaps between them,
from the day on which the customer's other history begins.
"""

from dataclasses import replace

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.segments.codes import Names
from scv_assets.segments.conditions import ALWAYS
from scv_assets.segments.policy import Segment, SegmentPolicy

_IN, _OUT = "in", "out"
#: stands between the names of a segmentation and its segment; no name can hold it
_BETWEEN = "/"


def as_exclusive(policy: SegmentPolicy) -> SegmentPolicy:
    """Return the policy with each segment of an overlapping segmentation as an exclusive one: in, or out."""
    made = (
        replace(
            segmentation,
            name=f"{segmentation.name}{_BETWEEN}{segment.name}",
            segments=(replace(segment, name=_IN), Segment(_OUT, _OUT, "", ALWAYS)),
            is_overlapping=False,
        )
        for segmentation in policy.overlapping
        for segment in segmentation.segments
    )
    return replace(policy, segmentations=(*policy.segmentations, *made), overlapping=())


def recorded_as_exclusive(
    con: Connection, recorded: Relation, overlapping: Relation, policy: SegmentPolicy
) -> Relation:
    """Return both histories as one, in the columns of segment_membership, `overlapping` with what was out between.

    In: `recorded` (segment_membership) and `overlapping` (overlapping_membership) as last published, `policy` as
    declared. What was out is of what is known now alone: it is no row of the published table.
    """
    declared = [f"{one.name}{_BETWEEN}{segment.name}" for one in policy.overlapping for segment in one.segments]
    listed = ", ".join(f"'{name}'" for name in declared)
    return con.sql(f"""
        WITH ins AS (
            SELECT customer_id, segmentation || '{_BETWEEN}' || segment AS segmentation, valid_from, recorded_at,
                '{_IN}' AS segment, valid_to, cause, superseded_at
            FROM overlapping
        ), names AS (
            SELECT DISTINCT segmentation FROM ins UNION SELECT unnest([{listed}]::VARCHAR[])
        ), starts AS (
            SELECT customer_id, min(valid_from) AS starts_on FROM recorded WHERE superseded_at IS NULL GROUP BY ALL
        ), live AS (
            SELECT * FROM ins WHERE superseded_at IS NULL
        ), before AS (
            SELECT customer_id, segmentation, valid_from AS valid_to,
                lag(valid_to) OVER (PARTITION BY customer_id, segmentation ORDER BY valid_from) AS valid_from
            FROM live
        ), last AS (
            SELECT customer_id, segmentation, max(coalesce(valid_to, DATE 'infinity')) AS ends_on FROM live GROUP BY ALL
        ), outs AS (
            SELECT customer_id, segmentation, coalesce(valid_from, starts_on) AS valid_from, valid_to
            FROM before JOIN starts USING (customer_id)
            UNION ALL
            SELECT customer_id, segmentation, coalesce(ends_on, starts_on), NULL
            FROM starts CROSS JOIN names LEFT JOIN last USING (customer_id, segmentation)
            WHERE ends_on IS DISTINCT FROM DATE 'infinity'
        )
        FROM recorded
        UNION ALL BY NAME FROM ins
        UNION ALL BY NAME
        SELECT customer_id, segmentation, valid_from, TIMESTAMP '1970-01-01' AS recorded_at, '{_OUT}' AS segment,
            valid_to, 'move' AS cause, NULL::TIMESTAMP AS superseded_at
        FROM outs WHERE valid_to IS NULL OR valid_from < valid_to
    """)


def recorded_names(recorded: Relation, overlapping: Relation, rules: SegmentPolicy) -> Names:
    """Return the names that both histories and the `rules` (`as_exclusive`) speak of."""
    segmentations, segments = rules.names
    pairs = [one.project("segmentation, segment").distinct().fetchall() for one in (recorded, overlapping)]
    return Names.of(
        [*segmentations, *(one for one, _ in pairs[0]), *(f"{one}{_BETWEEN}{segment}" for one, segment in pairs[1])],
        [*segments, *(segment for _, segment in pairs[0]), _IN, _OUT],
    )


def parted(con: Connection, known: Relation) -> tuple[Relation, Relation]:
    """Return the exclusive and the overlapping part of a history over `as_exclusive`, each as it is published."""
    exclusive = con.sql(f"FROM known WHERE NOT contains(segmentation::VARCHAR, '{_BETWEEN}')")
    overlapping = con.sql(f"""
        SELECT * REPLACE (split_part(segmentation::VARCHAR, '{_BETWEEN}', 1) AS segmentation,
                          split_part(segmentation::VARCHAR, '{_BETWEEN}', 2) AS segment)
        FROM known WHERE segment = '{_IN}' AND contains(segmentation::VARCHAR, '{_BETWEEN}')
    """)
    return exclusive, overlapping
