"""Who moved from which segment to which, on which day, and what made it move (*facteurs de passage*)."""

from collections.abc import Iterator

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import SEGMENT_TRANSITION, duckdb_schema
from scv_assets.segments.policy import Segmentation, SegmentPolicy

#: What can make someone enter a segmentation, likeliest first, where the segment's own rule does not say.
_FIRST_CONTACT = ("order", "message", "visit", "cart", "ticket", "consent", "record")
_UNTOLD = {"ticket_closed": "ticket"}


def transitions(con: Connection, membership: Relation, activity: Relation, policy: SegmentPolicy) -> Relation:
    """Return every move as known now; one row a (customer_id, segmentation, moved_on), sorted, as published.

    `factor`: what the customer did that day of what the rules of the two segments look at (an order where the segment
    is of buyers), the last where there are several, with its `channel`; `time` where it did nothing of the kind: a
    window ended, or others moved. Of a first row (`from_segment` null) it is what brought the customer in, null where
    its history only begins that day because the company's does.
    """
    moves = con.sql(
        """
        SELECT customer_id, segmentation, valid_from AS moved_on, segment AS to_segment,
               lag(segment) OVER (PARTITION BY customer_id, segmentation ORDER BY valid_from) AS from_segment
        FROM membership WHERE superseded_at IS NULL
        """
    )
    factors = _factors(con, policy)
    columns = ", ".join(
        f'CAST("{name}" AS {type_}) AS "{name}"' for name, type_ in duckdb_schema(SEGMENT_TRANSITION).items()
    )
    return con.sql(
        f"""
        WITH made AS (
          SELECT moves.customer_id, moves.segmentation, moves.moved_on,
                 first({{'factor': factors.factor, 'channel': activity.channel}}
                       ORDER BY rank, activity.happened_at DESC, activity.channel) AS by
          FROM moves
          JOIN factors ON factors.segmentation = moves.segmentation AND factors.to_segment = moves.to_segment
            AND factors.from_segment = coalesce(moves.from_segment, '')
          JOIN activity ON activity.customer_id = moves.customer_id AND activity.happened_on = moves.moved_on
            AND activity.kind = factors.kind
          GROUP BY ALL
        )
        SELECT {columns} FROM (
          SELECT moves.*, made.by.channel AS channel,
                 coalesce(made.by.factor, CASE WHEN from_segment IS NOT NULL THEN 'time' END) AS factor
          FROM moves LEFT JOIN made USING (customer_id, segmentation, moved_on)
        ) ORDER BY customer_id, segmentation, moved_on
        """
    )


def _factors(con: Connection, policy: SegmentPolicy) -> Relation:
    """Return which kinds of activity can make a move, in order; one row a (segmentation, from, to, kind)."""
    rows = [row for segmentation in policy.segmentations for row in _ranked(segmentation)]
    values = ", ".join(
        f"('{a}', '{b}', '{c}', '{kind}', '{_UNTOLD.get(kind, kind)}', {n})" for a, b, c, kind, n in rows
    )
    names = "segmentation, from_segment, to_segment, kind, factor, rank"
    return con.sql(f"SELECT * FROM (VALUES {values}) AS factors({names})")


def _ranked(segmentation: Segmentation) -> Iterator[tuple[str, str, str, str, int]]:
    makers = {
        segment.name: [kind for trait in segment.condition.traits for kind in trait.made_by]
        for segment in segmentation.segments
    }
    for to_segment, entering in makers.items():
        for from_segment, leaving in {"": [*_FIRST_CONTACT], **makers}.items():
            for rank, kind in enumerate(dict.fromkeys([*entering, *leaving])):
                yield segmentation.name, from_segment, to_segment, kind, rank
