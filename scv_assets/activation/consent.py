"""Whether a customer allows a message on a channel for a purpose, as of an instant: the word that decides, or silence.

Which word decides is settled in `interactions.consent_standing`, the same for a run, a delivery, a replay of past days
and the state that is published. Where nothing was said by then the company's silence holds, and on a channel that
governance.yaml does not declare for the purpose nothing is allowed.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.view import View
from scv_assets.interactions.consent_standing import deciding


def consent(con: Connection, view: View, asked: Relation) -> Relation:
    """Return the answer to every question; one row an ask_id with `is_allowed` and `event_id` (null: silence).

    `asked`: ask_id, customer_id, channel, purpose, asked_at.
    """
    silence = view.silence
    said = deciding(con, words=view.words, declared=silence, asked=asked)
    return con.sql(
        """
        SELECT asked.ask_id, silence.channel IS NOT NULL AND coalesce(said.granted, silence.is_granted) AS is_allowed,
               said.event_id
        FROM asked LEFT JOIN said USING (ask_id)
        LEFT JOIN silence ON silence.channel = asked.channel AND silence.purpose = asked.purpose
        """
    )
