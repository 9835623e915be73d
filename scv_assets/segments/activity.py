"""What customers did, and what became known of them, in one list: the ground on which traits and moves stand.

One row a fact: `customer_id`, `kind`, `detail` (kind of ticket, message event or contact), `channel` (the source's name
where an interaction has none), `happened_at` (UTC), `happened_on` (business day), `amount_cents`. Kinds:

    order, return, cancellation   an order that counts; goods that came back; an order that never took place
    invoice                       an invoice was issued for an order (cancelled since or not)
    visit, cart                   a session; a cart last touched
    ticket, ticket_closed         a case opened; and closed
    message                       the customer opened, clicked or unsubscribed
    consent                       a consent given or withdrawn (not one that a bounce took away)
    record                        a source first held a record of the customer
    contact                       an e-mail, a phone (no placeholder) or a postal address (`detail`) was first held
"""

from dataclasses import dataclass

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.interactions.vocabulary import CANCELLED, REACTION, is_one_of
from scv_assets.segments.business_days import business_day
from scv_assets.segments.policy import RepeatedOrders, SegmentPolicy
from scv_assets.sql_quoting import literal, literals
from scv_assets.working_tables import keep


@dataclass(frozen=True)
class SegmentInputs:
    """The published tables that segments are made from, and who is in none: `gone` (customer_id)."""

    orders: Relation
    visits: Relation
    carts: Relation
    tickets: Relation
    messages: Relation
    consents: Relation
    identifiers: Relation
    records: Relation
    crosswalk: Relation
    gone: Relation


def gone(con: Connection, records: Relation, crosswalk: Relation) -> Relation:
    """Return the customers of whom every record is deleted at its source, as `golden_profile.is_deleted` has it.

    Worked out here because segments need not wait for the profiles.
    """
    found = con.sql(
        """
        WITH deleted AS (FROM records WHERE is_deleted),
        concerned AS (SELECT DISTINCT customer_id FROM crosswalk SEMI JOIN deleted USING (source, source_key))
        SELECT customer_id FROM concerned
        ANTI JOIN (FROM crosswalk ANTI JOIN deleted USING (source, source_key)) AS living USING (customer_id)
        """
    )
    return keep(con, found)


def activity(con: Connection, inputs: SegmentInputs, policy: SegmentPolicy, time_zone: str) -> Relation:
    """Return every fact of every customer but those who are `gone`, in no order (columns and kinds: see the module)."""
    facts = _interactions(con, inputs).union(_orders(con, inputs.orders, policy)).union(_records(con, inputs))
    away = inputs.gone
    return con.sql(
        f"""
        SELECT customer_id, kind, detail, channel, happened_at, {business_day("happened_at", time_zone)} AS happened_on,
               amount_cents
        FROM facts ANTI JOIN away USING (customer_id) WHERE customer_id IS NOT NULL AND happened_at IS NOT NULL
        """
    )


def _orders(con: Connection, orders: Relation, policy: SegmentPolicy) -> Relation:
    return con.sql(
        f"""
        SELECT customer_id,
               CASE WHEN {is_one_of("status", CANCELLED)} THEN 'cancellation'
                    WHEN is_return THEN 'return' ELSE 'order' END AS kind,
               NULL::VARCHAR AS detail, coalesce(channel, source) AS channel, ordered_at AS happened_at,
               CASE WHEN is_return THEN -abs(gross_cents) ELSE gross_cents END AS amount_cents
        FROM orders WHERE NOT coalesce({repeated_orders(policy)}, false)
        UNION ALL
        SELECT customer_id, 'invoice', NULL, coalesce(channel, source), invoiced_at, gross_cents
        FROM orders WHERE invoiced_at IS NOT NULL AND NOT coalesce(is_return, false)
        """
    )


def _interactions(con: Connection, inputs: SegmentInputs) -> Relation:
    visits, carts, tickets, messages = inputs.visits, inputs.carts, inputs.tickets, inputs.messages
    return con.sql(
        f"""
        SELECT customer_id, 'visit' AS kind, NULL::VARCHAR AS detail, coalesce(channel, source) AS channel,
               started_at AS happened_at, NULL::BIGINT AS amount_cents
        FROM visits
        UNION ALL SELECT customer_id, 'cart', status, source, last_touched_at, NULL FROM carts
        UNION ALL SELECT customer_id, 'ticket', kind, source, opened_at, NULL FROM tickets
        UNION ALL SELECT customer_id, 'ticket_closed', kind, source, greatest(closed_at, opened_at), NULL
        FROM tickets WHERE closed_at IS NOT NULL
        UNION ALL SELECT customer_id, 'message', kind, coalesce(channel, source), occurred_at, NULL
        FROM messages WHERE {is_one_of("kind", REACTION)}
        """
    )


def _records(con: Connection, inputs: SegmentInputs) -> Relation:
    crosswalk, records, identifiers, consents = inputs.crosswalk, inputs.records, inputs.identifiers, inputs.consents
    return con.sql(
        """
        SELECT crosswalk.customer_id, 'record' AS kind, NULL::VARCHAR AS detail, source AS channel,
               first_seen_at AS happened_at, NULL::BIGINT AS amount_cents
        FROM records JOIN crosswalk USING (source, source_key)
        UNION ALL
        SELECT crosswalk.customer_id, 'contact', 'post', source, coalesce(address_first_seen_at, first_seen_at), NULL
        FROM records JOIN crosswalk USING (source, source_key)
        WHERE street IS NOT NULL AND postcode IS NOT NULL AND city IS NOT NULL
        UNION ALL
        SELECT crosswalk.customer_id, 'contact', namespace, source, first_seen_at, NULL
        FROM identifiers JOIN crosswalk USING (source, source_key)
        WHERE namespace IN ('email', 'phone') AND block_reason IS DISTINCT FROM 'placeholder'
        UNION ALL
        SELECT coalesce(crosswalk.customer_id, own.customer_id), 'consent', consents.purpose, consents.channel,
               consents.occurred_at, NULL
        FROM consents
        LEFT JOIN crosswalk ON crosswalk.source = consents.source AND crosswalk.source_key = consents.source_key
        LEFT JOIN (SELECT DISTINCT customer_id FROM crosswalk) own ON own.customer_id = consents.customer_id
        WHERE consents.legal_basis IS DISTINCT FROM 'bounce'
        """
    )


def repeated_orders(policy: SegmentPolicy) -> str:
    """Return the SQL test that an order is one that another source delivers too; it may be null."""
    return " OR ".join(_repeats(rule) for rule in policy.repeated_orders) or "false"


def _repeats(rule: RepeatedOrders) -> str:
    of_channels = f" AND channel IN {literals(rule.channels)}" if rule.channels else ""
    return f"(source = {literal(rule.source)}{of_channels})"
