"""What may not be sent as of now: messages whose customer is gone, or does not allow the channel for the purpose.

A message is of whoever has the record today whose contact point it uses (crosswalk), else of the customer that its
customer was merged into. What was said last counts; where nothing was said, the company's silence.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

#: store tables that are asked, beside `silence` (channel, purpose, is_granted)
TABLES: Final = ("consent_state", "crosswalk", "customer_redirect", "golden_profile")


def refusals(con: Connection, view: Mapping[str, Relation], messages: Relation, at: datetime) -> Relation:
    """Return the messages that may not be sent: idempotency_key, reason, evidence (JSON), sorted by key.

    In: `view`, the tables of `TABLES` and `silence`; `messages`, rows of the outbox. Everything is as of the view,
    which is the store as it is; `at` is when they would be sent.
    """
    crosswalk, redirects, profiles = view["crosswalk"], view["customer_redirect"], view["golden_profile"]
    said, silence = view["consent_state"], view["silence"]
    return con.sql(
        """
        WITH owned AS (
            SELECT message.idempotency_key, message.channel, coalesce(message.purpose, 'marketing') AS purpose,
                coalesce(crosswalk.customer_id, redirects.customer_id, message.customer_id) AS customer_id
            FROM messages AS message
            LEFT JOIN crosswalk ON crosswalk.source = message.source AND crosswalk.source_key = message.source_key
            LEFT JOIN redirects ON redirects.old_customer_id = message.customer_id
        ), judged AS (
            SELECT owned.*, profiles.customer_id IS NULL AS is_gone,
                coalesce(said.is_granted, silence.is_granted, false) AS is_allowed, said.decided_by_event
            FROM owned
            LEFT JOIN profiles ON profiles.customer_id = owned.customer_id
            LEFT JOIN said ON said.customer_id = owned.customer_id AND said.channel = owned.channel
                AND said.purpose = owned.purpose
            LEFT JOIN silence ON silence.channel = owned.channel AND silence.purpose = owned.purpose
        )
        SELECT idempotency_key, CASE WHEN is_gone THEN 'erased' ELSE 'no_consent' END AS reason,
            CAST(to_json(struct_pack(customer_id := customer_id, channel := channel, purpose := purpose,
                decided_by_event := decided_by_event, asked_at := ?::TIMESTAMP)) AS VARCHAR) AS evidence
        FROM judged WHERE is_gone OR NOT is_allowed ORDER BY idempotency_key
        """,
        params=[at],
    )
