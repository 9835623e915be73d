"""Which channels reach a customer: an address that works, and the customer's word for it."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.consent import consent
from scv_assets.activation.reasons import NO_CONSENT, NO_CONTACT_POINT, UNUSABLE_ADDRESS
from scv_assets.activation.view import View
from scv_assets.golden.validity import kind_of
from scv_assets.working_tables import keep


def reach(con: Connection, view: View, asked: Relation) -> Relation:
    """Return what each channel comes to; one row an ask_id with `reason` (null: it reaches) and `evidence` (JSON).

    `asked`: ask_id, customer_id, channel, purpose, address (null: there is none), asked_at. The evidence names the
    consent event that allows or refuses (`silence` where there is none), or the bounce.
    """
    answered = keep(con, consent(con, view, asked))
    bounces = _bounces(con, view, asked)
    points = view.contact_points
    return con.sql(
        f"""
        WITH looked AS (
          SELECT asked.ask_id, asked.channel,
                 CASE WHEN points.customer_id IS NULL THEN '{NO_CONTACT_POINT}'
                      WHEN NOT coalesce(points.is_valid, false) THEN '{UNUSABLE_ADDRESS}'
                      WHEN NOT coalesce(answered.is_allowed, false) THEN '{NO_CONSENT}' END AS reason,
                 coalesce(answered.event_id, 'silence') AS consent, bounces.bounce
          FROM asked LEFT JOIN answered USING (ask_id) LEFT JOIN bounces USING (ask_id)
          LEFT JOIN points ON points.customer_id = asked.customer_id AND points.value = asked.address
            AND points.kind = {kind_of("asked.channel")}
        )
        SELECT ask_id, reason,
               CASE WHEN reason = '{NO_CONTACT_POINT}' THEN to_json({{'channel': channel}})
                    WHEN reason = '{UNUSABLE_ADDRESS}' AND bounce IS NULL THEN to_json({{'channel': channel}})
                    WHEN reason = '{UNUSABLE_ADDRESS}' THEN to_json({{'channel': channel, 'bounce': bounce}})
                    ELSE to_json({{'channel': channel, 'consent': consent}}) END::VARCHAR AS evidence
        FROM looked
        """
    )


def _bounces(con: Connection, view: View, asked: Relation) -> Relation:
    """Return the last bounce of each channel that is asked about, as source/message."""
    events = view.message_events
    return con.sql(
        """
        SELECT asked.ask_id,
               max_by(events.source || '/' || events.message_id,
                      {'at': events.occurred_at, 'id': events.source || '/' || events.message_id}) AS bounce
        FROM asked JOIN events ON events.customer_id = asked.customer_id AND events.channel = asked.channel
          AND events.kind = 'bounced' AND events.occurred_at <= asked.asked_at
        GROUP BY asked.ask_id
        """
    )
