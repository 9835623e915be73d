"""What must hold of every message, asked by other means than those that decided it: each gives the rows that break it.

`messages`: campaign, customer_id, channel, purpose, items, since, asked_at (when it was decided), and a `name` of its
own. What the company knew then is what the view says of the time up to `asked_at`.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.policy import BOUGHT, EVER, OPEN_COMPLAINT, RETURNED, CampaignPolicy
from scv_assets.activation.view import View
from scv_assets.interactions.vocabulary import CANCELLED, COMPLAINT, is_one_of
from scv_assets.sql_quoting import literals


def incoherent(con: Connection, view: View, messages: Relation) -> Relation:
    """Return the messages that contradict what was known when they were decided: name, kind; one row each.

    `bought`, `returned`: an item of it, where the campaign looks at that; `open_complaint` likewise; `refused`: the
    customer's last word on the channel was no.
    """
    orders, lines, tickets = view.orders, view.lines, view.tickets
    words, crosswalk, state = view.consent_events, view.crosswalk, view.consent_state
    by = {
        word: literals(c.name for c in view.policy.campaigns if word in c.suppressions) if _any(view, word) else "('')"
        for word in (BOUGHT, RETURNED, OPEN_COMPLAINT)
    }
    return con.sql(
        f"""
        WITH goods AS (
          SELECT o.customer_id, trim(l.product_id) AS product_id, o.ordered_at,
                 coalesce(o.is_return, false) OR coalesce(l.quantity, 1) < 0 AS is_back
          FROM orders AS o JOIN lines AS l ON l.source = o.source AND l.order_id = o.order_id
          WHERE NOT {is_one_of("o.status", CANCELLED)}
        ), wanted AS (
          SELECT name, campaign, customer_id, unnest(items) AS product_id, since, asked_at FROM messages
        ), refusing AS (
          SELECT state.customer_id, state.channel, state.purpose, max(words.occurred_at) AS refused_at
          FROM state JOIN words ON words.event_id = state.decided_by_event WHERE NOT state.is_granted GROUP BY ALL
        )
        SELECT DISTINCT wanted.name, CASE WHEN goods.is_back THEN '{RETURNED}' ELSE '{BOUGHT}' END AS kind
        FROM wanted JOIN goods USING (customer_id, product_id)
        WHERE goods.ordered_at <= wanted.asked_at
          AND CASE WHEN goods.is_back THEN wanted.campaign IN {by[RETURNED]}
                   ELSE wanted.campaign IN {by[BOUGHT]} AND goods.ordered_at >= wanted.since END
        UNION
        SELECT m.name, '{OPEN_COMPLAINT}' FROM messages AS m JOIN tickets AS t USING (customer_id)
        WHERE m.campaign IN {by[OPEN_COMPLAINT]} AND {is_one_of("t.kind", COMPLAINT)} AND t.opened_at <= m.asked_at
          AND NOT coalesce(t.closed_at <= m.asked_at, t.status = 'closed', false)
        UNION
        SELECT m.name, 'refused' FROM messages AS m JOIN refusing AS r USING (customer_id, channel, purpose)
        WHERE r.refused_at <= m.asked_at
        """
    )


def without_consent(con: Connection, view: View, messages: Relation) -> Relation:
    """Return the messages for which neither a consent stands in the state nor the company's silence allows them."""
    state, silence = view.consent_state, view.silence
    return con.sql(
        """
        SELECT m.name FROM messages AS m
        LEFT JOIN state USING (customer_id, channel, purpose) LEFT JOIN silence USING (channel, purpose)
        WHERE NOT coalesce(state.is_granted, silence.is_granted, false) OR silence.channel IS NULL
        """
    )


def second_ones(con: Connection, policy: CampaignPolicy, messages: Relation, past: Relation) -> Relation:
    """Return the messages of a once-ever campaign whose customer has another already, or gets two at once.

    `past`: messages of before, each under today's customer (`past_messages.owned`).
    """
    once = literals([c.name for c in policy.campaigns if c.once == EVER] or [""])
    return con.sql(
        f"""
        SELECT m.name FROM messages AS m SEMI JOIN (
          SELECT campaign, customer_id FROM past WHERE status <> 'cancelled'
          UNION ALL SELECT campaign, customer_id FROM messages GROUP BY ALL HAVING count(*) > 1
        ) AS others ON others.campaign = m.campaign AND others.customer_id = m.customer_id
        WHERE m.campaign IN {once}
        """
    )


def as_messages(con: Connection, outbox: Relation) -> Relation:
    """Return rows of `outbox` in the columns that this module asks for."""
    return con.sql(
        """
        SELECT idempotency_key AS name, campaign, customer_id, channel, purpose, created_at AS asked_at,
               CAST(decided_by->'items' AS VARCHAR[]) AS items, CAST(decided_by->>'since' AS TIMESTAMP) AS since
        FROM outbox
        """
    )


def _any(view: View, word: str) -> bool:
    return any(word in campaign.suppressions for campaign in view.policy.campaigns)
