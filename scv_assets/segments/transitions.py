"""Who moved from which segment to which, on which day, and what made it move (*facteurs de passage*)."""

from collections.abc import Iterator

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.segments.codes import NEW, Names
from scv_assets.segments.policy import Segmentation, SegmentPolicy
from scv_assets.sql_quoting import literal
from scv_assets.working_tables import keep

#: What can make someone enter a segmentation, likeliest first, where the segment's own rule does not say.
_FIRST_CONTACT = ("order", "message", "visit", "cart", "ticket", "consent", "record")
_UNTOLD = {"ticket_closed": "ticket"}
#: What parts rank, instant and channel where they stand in one whole number: instants are less than 18,000 years from
#: 1970, in microseconds.
_INSTANTS, _CHANNELS = 1 << 60, 1 << 32


def transitions(
    con: Connection, membership: Relation, activity: Relation, policy: SegmentPolicy, names: Names
) -> Relation:
    """Return every move as known now; one row a (customer_id, segmentation, moved_on), in no order.

    `membership` in coded form, its segments of `names` (`codes`). `factor`: what the customer did that day of what the
    rules of the two segments look at (an order where the segment is of buyers), the last where there are several, with
    its `channel`; `time` where it did nothing of the kind: a window ended, or others moved. Of a first row
    (`from_segment` null) it is what brought the customer in, null where its history only begins that day because the
    company's does.
    """
    moves = keep(
        con,
        con.sql(
            """
            SELECT customer_id, segmentation, valid_from AS moved_on, segment AS to_segment,
                   lag(segment) OVER (PARTITION BY customer_id, segmentation ORDER BY valid_from) AS from_segment
            FROM membership WHERE superseded_at IS NULL
            """
        ),
    )
    made = _made(con, moves, activity, _factors(con, policy, names), names)
    return con.sql(
        """
        SELECT moves.*, made.channel,
               coalesce(made.factor, CASE WHEN from_segment IS NOT NULL THEN 'time' END) AS factor
        FROM moves LEFT JOIN made USING (customer_id, segmentation, moved_on)
        """
    )


def _made(con: Connection, moves: Relation, activity: Relation, factors: Relation, names: Names) -> Relation:
    """Return what made each move that something made, with its channel.

    Of all that may have, the first by rank, then the latest, then by the channel's name: the three stand in one number,
    of which the least is sought.
    """
    channels = keep(
        con,
        con.sql("""
            SELECT channel, row_number() OVER (ORDER BY channel NULLS LAST) AS number
            FROM (SELECT DISTINCT channel FROM activity)
        """),
    )
    return con.sql(
        f"""
        WITH best AS (
          SELECT moves.customer_id, moves.segmentation, moved_on, factors.from_segment, factors.to_segment,
                 min((rank::HUGEINT * {_INSTANTS} + {_INSTANTS // 2} - epoch_us(happened_at)) * {_CHANNELS} + number)
                   AS least
          FROM moves JOIN activity ON activity.customer_id = moves.customer_id AND activity.happened_on = moved_on
          JOIN factors ON factors.segmentation = moves.segmentation AND factors.to_segment = moves.to_segment
            AND factors.from_segment = coalesce(moves.from_segment, {literal(NEW)}::{names.segment_type})
            AND factors.kind = activity.kind
          JOIN channels ON channels.channel IS NOT DISTINCT FROM activity.channel
          GROUP BY ALL
        )
        SELECT customer_id, best.segmentation, moved_on, factor, channel
        FROM best JOIN factors ON factors.segmentation = best.segmentation
          AND factors.from_segment = best.from_segment AND factors.to_segment = best.to_segment
          AND factors.rank = least // ({_INSTANTS}::HUGEINT * {_CHANNELS})
        JOIN channels ON number = least % {_CHANNELS}
        """
    )


def _factors(con: Connection, policy: SegmentPolicy, names: Names) -> Relation:
    """Return which kinds of activity can make a move, in order; one row a (segmentation, from, to, kind)."""
    rows = [row for segmentation in policy.segmentations for row in _ranked(segmentation)]
    values = ", ".join(
        f"('{a}', '{b}', '{c}', '{kind}', '{_UNTOLD.get(kind, kind)}', {n})" for a, b, c, kind, n in rows
    )
    columns = "segmentation, from_segment, to_segment, kind, factor, rank"
    return con.sql(
        f"""
        SELECT segmentation::{names.segmentation_type} AS segmentation,
               from_segment::{names.segment_type} AS from_segment, to_segment::{names.segment_type} AS to_segment,
               kind, factor, rank
        FROM (VALUES {values}) AS factors({columns})
        """
    )


def _ranked(segmentation: Segmentation) -> Iterator[tuple[str, str, str, str, int]]:
    makers = {
        segment.name: [kind for trait in segment.condition.traits for kind in trait.made_by]
        for segment in segmentation.segments
    }
    for to_segment, entering in makers.items():
        for from_segment, leaving in {NEW: [*_FIRST_CONTACT], **makers}.items():
            for rank, kind in enumerate(dict.fromkeys([*entering, *leaving])):
                yield segmentation.name, from_segment, to_segment, kind, rank
