"""What a customer was sent before, under any of its ids, and how far that speaks against one more.

A message hangs under the customer who has the person record that it went to; where that record is gone, under the
customer to whom the id of then leads. So after a merge a customer has the messages of all its records, and after a
split each side has its own. A message that was cancelled was never sent and counts for nothing.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.reasons import ALREADY_SENT, CAPPED, COMPANY_CAPPED
from scv_assets.activation.view import View


def owned(con: Connection, view: View) -> Relation:
    """Return every message with today's customer (null: gone) as `customer_id`; one row an idempotency_key.

    `customer_then`: the customer when it was decided.
    """
    outbox, crosswalk, redirects = view.outbox, view.crosswalk, view.redirects
    return con.sql(
        """
        WITH customers AS (SELECT DISTINCT customer_id FROM crosswalk)
        SELECT outbox.* REPLACE (coalesce(crosswalk.customer_id, redirects.customer_id, customers.customer_id)
                                 AS customer_id), outbox.customer_id AS customer_then
        FROM outbox
        LEFT JOIN crosswalk ON crosswalk.source = outbox.source AND crosswalk.source_key = outbox.source_key
        LEFT JOIN redirects ON redirects.old_customer_id = outbox.customer_id
        LEFT JOIN customers ON customers.customer_id = outbox.customer_id
        """
    )


def had_already(con: Connection, past: Relation, asked: Relation) -> Relation:
    """Return who has had the message: ask_id, reason, evidence (the earlier message), sent_at.

    `past`: see `owned`. `asked`: ask_id, campaign, customer_id, occurrence, once, once_days, asked_at, and
    `after_key`: of two messages of one instant the smaller key came first (empty: all of that instant came first).
    """
    return con.sql(
        f"""
        SELECT asked.ask_id, '{ALREADY_SENT}' AS reason,
               to_json({{'message': max_by(past.idempotency_key,
                         {{'at': past.created_at, 'key': past.idempotency_key}})}})::VARCHAR AS evidence,
               max(past.created_at) AS sent_at
        FROM asked JOIN past ON past.customer_id = asked.customer_id AND past.campaign = asked.campaign
          AND past.status <> 'cancelled' AND {_came_before()}
        WHERE CASE asked.once WHEN 'ever' THEN true WHEN 'occurrence' THEN past.occurrence = asked.occurrence
              ELSE past.created_at > asked.asked_at - to_days(asked.once_days::INTEGER)
                   OR past.occurrence = asked.occurrence END
        GROUP BY asked.ask_id
        """
    )


def counted(con: Connection, past: Relation, asked: Relation) -> Relation:
    """Return how many messages of the campaign, and of its purpose, fall within the caps' days; one row an ask_id.

    `asked`: as for `had_already`, with purpose, cap_days and company_days.
    """
    return con.sql(
        f"""
        SELECT asked.ask_id,
               count(past.idempotency_key) FILTER (past.campaign = asked.campaign
                 AND past.created_at > asked.asked_at - to_days(asked.cap_days::INTEGER)) AS of_campaign,
               count(past.idempotency_key) FILTER (
                 past.created_at > asked.asked_at - to_days(asked.company_days::INTEGER)) AS of_purpose
        FROM asked LEFT JOIN past ON past.customer_id = asked.customer_id AND past.purpose = asked.purpose
          AND past.status <> 'cancelled' AND {_came_before()}
        GROUP BY asked.ask_id
        """
    )


def over_cap(con: Connection, past: Relation, asked: Relation) -> Relation:
    """Return what there is no room for: ask_id, reason, evidence (how many in how many days).

    `asked`: as for `counted`, with cap_messages and company_messages (null: no cap).
    """
    counts = counted(con, past, asked)
    return con.sql(
        f"""
        SELECT ask_id, '{CAPPED}' AS reason,
               to_json({{'messages': of_campaign, 'days': cap_days}})::VARCHAR AS evidence
        FROM asked JOIN counts USING (ask_id) WHERE of_campaign >= cap_messages
        UNION ALL
        SELECT ask_id, '{COMPANY_CAPPED}', to_json({{'messages': of_purpose, 'days': company_days}})::VARCHAR
        FROM asked JOIN counts USING (ask_id) WHERE of_purpose >= company_messages
        """
    )


def _came_before() -> str:
    return """(past.created_at < asked.asked_at
        OR (past.created_at = asked.asked_at AND (asked.after_key = '' OR past.idempotency_key < asked.after_key)))"""
