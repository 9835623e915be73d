"""Whether a customer allows a message on a channel for a purpose, as of an instant, by what is published of consent.

The state decides, with the event behind it. Two things can lie beside it: a refusal that came into the ledger after the
state was worked out (it holds at once), and, in a replay of past days, an instant before the state's event (then the
latest word by then decides, of two at one instant the refusal). Where nothing was said by then the company's silence
holds, and on a channel that governance.yaml does not declare for the purpose nothing is allowed.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.view import View
from scv_assets.working_tables import keep


def consent(con: Connection, view: View, asked: Relation) -> Relation:
    """Return the answer to every question; one row an ask_id with `is_allowed` and `event_id` (null: silence).

    `asked`: ask_id, customer_id, channel, purpose, asked_at.
    """
    words = keep(con, _words(con, view, asked))
    state, silence = view.consent_state, view.silence
    return con.sql(
        """
        WITH ruled AS (
          SELECT asked.*, state.is_granted, state.decided_by_event, deciding.occurred_at AS ruled_at,
                 state.customer_id IS NOT NULL AND coalesce(deciding.occurred_at <= asked.asked_at, true) AS is_ruled
          FROM asked LEFT JOIN state USING (customer_id, channel, purpose)
          LEFT JOIN words AS deciding ON deciding.event_id = state.decided_by_event
        ), heard AS (
          SELECT ruled.ask_id,
                 first({'granted': words.granted, 'event_id': words.event_id}
                       ORDER BY words.occurred_at DESC, words.granted, words.event_id) AS latest,
                 first(words.event_id ORDER BY words.occurred_at, words.event_id)
                   FILTER (NOT words.granted AND words.occurred_at > ruled.ruled_at) AS refused_since
          FROM ruled JOIN words ON words.customer_id = ruled.customer_id AND words.channel = ruled.channel
            AND words.purpose = ruled.purpose AND words.occurred_at <= ruled.asked_at
          GROUP BY ruled.ask_id
        )
        SELECT ruled.ask_id,
               CASE WHEN silence.channel IS NULL THEN false
                    WHEN is_ruled THEN ruled.is_granted AND refused_since IS NULL
                    ELSE coalesce(latest.granted, silence.is_granted) END AS is_allowed,
               CASE WHEN is_ruled THEN coalesce(refused_since, decided_by_event) ELSE latest.event_id END AS event_id
        FROM ruled LEFT JOIN heard USING (ask_id)
        LEFT JOIN silence ON silence.channel = ruled.channel AND silence.purpose = ruled.purpose
        """
    )


def _words(con: Connection, view: View, asked: Relation) -> Relation:
    """Return the ledger's events of the customers that are asked about, each under today's customer."""
    events, crosswalk, redirects = view.consent_events, view.crosswalk, view.redirects
    return con.sql(
        """
        WITH owned AS (
          SELECT coalesce(crosswalk.customer_id, redirects.customer_id, events.customer_id) AS customer_id,
                 events.channel, events.purpose, events.granted, events.occurred_at, events.event_id
          FROM events
          LEFT JOIN crosswalk ON crosswalk.source = events.source AND crosswalk.source_key = events.source_key
          LEFT JOIN redirects ON redirects.old_customer_id = events.customer_id
        )
        FROM owned SEMI JOIN asked USING (customer_id)
        """
    )
