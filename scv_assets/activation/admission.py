"""What speaks against a message that waits in the outbox, at the moment of sending.

Consent and suppressions are asked anew, of what is known by then and not of what was known when the message was
selected: a withdrawal, a purchase, a complaint or a merge in between holds it back. The same rules decide
(`decide`), so that nothing is decided that would be refused here at the same moment.
"""

from datetime import datetime

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.local_time import literal
from scv_assets.activation.past_messages import had_already, over_cap, owned
from scv_assets.activation.purchases import purchases
from scv_assets.activation.reach import reach
from scv_assets.activation.reasons import BOUGHT, CAMPAIGN_ENDED, ERASED, EXPIRED, OPEN_COMPLAINT, RETURNED, rank
from scv_assets.activation.rules import rules
from scv_assets.activation.standing import left_the_segment, open_complaints
from scv_assets.activation.view import View
from scv_assets.working_tables import keep


def refusals(con: Connection, view: View, messages: Relation, at: datetime) -> Relation:
    """Return the messages that must not be sent at this instant (UTC); one row an idempotency_key, sorted by it.

    `messages`: rows of `outbox` with all its columns. `reason` is a word of `reasons.REASONS`, `evidence` JSON with the
    ids of what shows it. A message that is not returned may go. Quiet hours (`not_before_at`) are the sender's to wait
    for; they refuse nothing.
    """
    view = view.with_all_against_by(con, at)
    past = keep(con, owned(con, view))
    asked = keep(con, _asked(con, view, messages, at))
    decided = con.sql("SELECT * REPLACE (created_at AS asked_at) FROM asked")
    complaining = asked.filter(f"list_contains(suppressions, '{OPEN_COMPLAINT}')")
    found = (
        _gone(con, asked)
        .union(left_the_segment(con, view, asked))
        .union(had_already(con, past, decided).project("ask_id, reason, evidence"))
        .union(open_complaints(con, view, complaining))
        .union(_bought(con, view, asked))
        .union(reach(con, view, asked).filter("reason IS NOT NULL"))
        .union(over_cap(con, past, decided))
    )
    return con.sql(
        f"""
        SELECT ask_id AS idempotency_key, reason, evidence FROM found
        QUALIFY row_number() OVER (PARTITION BY ask_id ORDER BY {rank("reason")}, evidence) = 1
        ORDER BY idempotency_key
        """
    )


def _asked(con: Connection, view: View, messages: Relation, at: datetime) -> Relation:
    """Lay the messages out as questions: today's customer, the campaign's limits, the items and their instants.

    A message's place among others of its customer is that of its decision, so that of two only the later is refused.
    """
    limits = rules(con, view.policy)
    mine = owned(con, view.with_outbox(messages))
    return con.sql(
        f"""
        SELECT mine.idempotency_key AS ask_id, mine.idempotency_key AS after_key, mine.customer_id, mine.campaign,
               mine.occurrence, mine.channel, mine.purpose, mine.expires_at, mine.created_at,
               mine.payload->>'to' AS address, limits.* EXCLUDE (campaign, purpose),
               limits.campaign IS NOT NULL AS is_running,
               CAST(mine.decided_by->>'since' AS TIMESTAMP) AS since,
               CAST(mine.decided_by->'items' AS VARCHAR[]) AS items,
               NULL::VARCHAR AS knows, {literal(at)} AS asked_at
        FROM mine LEFT JOIN limits ON limits.campaign = mine.campaign
        """
    )


def _gone(con: Connection, asked: Relation) -> Relation:
    return con.sql(
        f"""
        SELECT ask_id, CASE WHEN customer_id IS NULL THEN '{ERASED}' WHEN NOT is_running THEN '{CAMPAIGN_ENDED}'
                            ELSE '{EXPIRED}' END AS reason, '{{}}' AS evidence
        FROM asked WHERE customer_id IS NULL OR NOT is_running OR expires_at <= asked_at
        """
    )


def _bought(con: Connection, view: View, asked: Relation) -> Relation:
    """Return the messages of which any item was bought or sent back since: what they say is no longer so."""
    items = con.sql(
        f"""
        SELECT ask_id, customer_id, unnest(if(len(coalesce(items, [])) > 0, items, [NULL::VARCHAR])) AS product_id,
               since, asked_at, knows,
               list_filter(suppressions, lambda word: word IN ('{BOUGHT}', '{RETURNED}')) AS looks_at
        FROM asked WHERE list_has_any(suppressions, ['{BOUGHT}', '{RETURNED}'])
        """
    )
    found = purchases(con, view, items)
    return con.sql(
        """
        SELECT ask_id, reason,
               to_json(list({'product': product_id, 'orders': evidence->'orders'} ORDER BY product_id))::VARCHAR
                 AS evidence
        FROM found GROUP BY ask_id, reason
        """
    )
