"""The contacts before each order: the journeys that attribution shares the credit of an order among.

A contact is a visit, or a message that reached somebody: one that was opened or clicked, or, on a channel where nobody
sees that (SMS, post, phone), one that was sent. An order's journey is what its customer did since the order before it,
at most so many days back. Contacts that no order followed in time are journeys that led nowhere: the data-driven model
learns from them too.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.interactions.vocabulary import CANCELLED, is_one_of
from scv_assets.segments.activity import repeated_orders
from scv_assets.segments.policy import SegmentPolicy

#: stands where a contact has no channel or campaign
NONE = "(none)"

_SEEN = "('opened', 'clicked')"
_SENT = "('sent', 'delivered')"
#: where it is seen whether a message was opened
_TELLING = "('email', 'push', 'app')"


def credited_orders(con: Connection, orders: Relation, policy: SegmentPolicy) -> Relation:
    """Return the orders that count and whose customer is known: no return, not cancelled, not a repetition.

    One row a (source, order_id): customer_id, ordered_at, amount_cents.
    """
    return con.sql(
        f"""
        SELECT source, order_id, customer_id, ordered_at, gross_cents AS amount_cents FROM orders
        WHERE customer_id IS NOT NULL AND ordered_at IS NOT NULL AND NOT coalesce(is_return, false)
            AND NOT {is_one_of("status", CANCELLED)} AND NOT coalesce({repeated_orders(policy)}, false)
        """
    )


def touches(con: Connection, visits: Relation, messages: Relation) -> Relation:
    """Return every contact with a known customer; one row a (touch_kind, touch_source, touch_key), in no order.

    Columns beside: customer_id, touched_at, channel, campaign (of a visit without one the host that it came from).
    """
    return con.sql(
        f"""
        SELECT customer_id, 'visit' AS touch_kind, source AS touch_source, visit_id AS touch_key,
            started_at AS touched_at, coalesce(channel, source) AS channel,
            coalesce(campaign, nullif(regexp_extract(referrer, '^(?:[a-z]+://)?(?:www\\.)?([^/?#]+)', 1), ''), '{NONE}')
                AS campaign
        FROM visits WHERE customer_id IS NOT NULL AND started_at IS NOT NULL
        UNION ALL
        SELECT customer_id, 'message', source, message_id,
            coalesce(min(occurred_at) FILTER (kind IN {_SEEN}), min(occurred_at)) AS touched_at,
            coalesce(min(channel), source), coalesce(min(campaign), '{NONE}')
        FROM messages
        WHERE customer_id IS NOT NULL AND (kind IN {_SEEN} OR (kind IN {_SENT} AND channel NOT IN {_TELLING}))
        GROUP BY customer_id, source, message_id
        """
    )


def journeys(con: Connection, orders: Relation, contacts: Relation, lookback_days: int) -> Relation:
    """Return each contact with the order that it led to; one row a contact, in no order.

    In: `credited_orders` and `touches`. Out: the contact's columns; `source`, `order_id` and `ordered_at` of its order,
    null where none followed in `lookback_days`; `journey`, the same for all contacts of one; `position` in the journey
    from 1 and `contacts`, how many it has. Of orders placed at one instant the first by key has the contacts.
    """
    return con.sql(
        f"""
        WITH aims AS (
            SELECT customer_id, ordered_at, min({{'source': source, 'order_id': order_id}}) AS aim
            FROM orders GROUP BY customer_id, ordered_at
        ), aimed AS (
            SELECT contacts.*, aims.ordered_at, aims.aim,
                coalesce(aims.ordered_at - contacts.touched_at <= INTERVAL {lookback_days} DAY, false) AS is_in_time
            FROM contacts ASOF LEFT JOIN aims
                ON aims.customer_id = contacts.customer_id AND contacts.touched_at <= aims.ordered_at
        ), named AS (
            SELECT * REPLACE (CASE WHEN is_in_time THEN ordered_at END AS ordered_at),
                CASE WHEN is_in_time THEN aim.source END AS source,
                CASE WHEN is_in_time THEN aim.order_id END AS order_id,
                {{'customer': customer_id, 'aim': aim, 'led': is_in_time}} AS journey
            FROM aimed
        )
        SELECT * EXCLUDE (aim, is_in_time), row_number() OVER story AS position,
            count(*) OVER (PARTITION BY journey) AS contacts
        FROM named
        WINDOW story AS (PARTITION BY journey ORDER BY touched_at, touch_kind, touch_source, touch_key)
        """
    )
