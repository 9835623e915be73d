"""How a customer stands at an instant: a complaint that is open, the segment that it has to be in still."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.reasons import OPEN_COMPLAINT, OUT_OF_AUDIENCE
from scv_assets.activation.view import View
from scv_assets.interactions.vocabulary import COMPLAINT, is_one_of
from scv_assets.segments.business_days import business_day


def open_complaints(con: Connection, view: View, asked: Relation) -> Relation:
    """Return whose complaint is open: ask_id, reason, evidence (the tickets); nobody else.

    `asked`: ask_id, customer_id, asked_at, knows (the source that is believed; null: all of them). A ticket without an
    end is open unless its status says `closed`.
    """
    tickets = view.tickets
    return con.sql(
        f"""
        SELECT asked.ask_id, '{OPEN_COMPLAINT}' AS reason,
               to_json({{'tickets': list(tickets.source || '/' || tickets.ticket_id
                                         ORDER BY tickets.source, tickets.ticket_id)}})::VARCHAR AS evidence
        FROM asked JOIN tickets ON tickets.customer_id = asked.customer_id AND tickets.opened_at <= asked.asked_at
          AND (asked.knows IS NULL OR tickets.source = asked.knows)
          AND {is_one_of("tickets.kind", COMPLAINT)}
          AND CASE WHEN tickets.closed_at IS NULL THEN tickets.status IS DISTINCT FROM 'closed'
                   ELSE tickets.closed_at > asked.asked_at END
        GROUP BY asked.ask_id
        """
    )


def left_the_segment(con: Connection, view: View, asked: Relation) -> Relation:
    """Return who is no longer where the campaign's transition leads: ask_id, reason, evidence (the segment).

    `asked`: ask_id, customer_id, segmentation, to_segments (null: the campaign asks for none), asked_at.
    """
    membership = view.membership
    on_day = business_day("asked.asked_at - INTERVAL 1 SECOND", view.time_zone)
    return con.sql(
        f"""
        WITH members AS (
          SELECT customer_id, segmentation, segment, valid_from, valid_to
          FROM membership SEMI JOIN asked USING (customer_id, segmentation) WHERE superseded_at IS NULL
        ), looked AS (
          SELECT asked.ask_id, asked.segmentation, asked.to_segments, max(members.segment) AS segment
          FROM asked LEFT JOIN members ON members.customer_id = asked.customer_id
            AND members.segmentation = asked.segmentation AND members.valid_from <= {on_day}
            AND (members.valid_to IS NULL OR members.valid_to > {on_day})
          WHERE asked.segmentation IS NOT NULL GROUP BY ALL
        )
        SELECT ask_id, '{OUT_OF_AUDIENCE}' AS reason,
               to_json({{'segmentation': segmentation, 'segment': segment}})::VARCHAR AS evidence
        FROM looked WHERE NOT coalesce(list_contains(to_segments, segment), false)
        """
    )
