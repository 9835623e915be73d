"""Who said no after the instant that a run decides for has said no: a run decides for the end of its last day."""

from dataclasses import replace
from datetime import datetime

from duckdb import DuckDBPyConnection as Connection

from scv_assets.activation.local_time import literal
from scv_assets.activation.view import View
from scv_assets.working_tables import keep


def with_late_refusals(con: Connection, view: View, at: datetime) -> View:
    """Return the view with every refusal that stands in the consent state said at an instant (UTC) at the latest.

    Words reach the ledger after the last day is over, too (a preference centre); a message that they speak against
    would only be held back at its sending, and decided again by every run until then.
    """
    words, state = view.consent_events, view.consent_state
    heard = con.sql(
        f"""
        SELECT words.* REPLACE (CASE WHEN standing.event_id IS NULL THEN words.occurred_at
                                     ELSE least(words.occurred_at, {literal(at)}) END AS occurred_at)
        FROM words LEFT JOIN (SELECT DISTINCT decided_by_event AS event_id FROM state WHERE NOT is_granted) AS standing
          ON standing.event_id = words.event_id
        """
    )
    return replace(view, consent_events=keep(con, heard))
