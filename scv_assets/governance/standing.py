"""Which of a customer's consent events decides: the one place where that is settled.

Each record's latest word stands for that record, and a refusal by any of the customer's records outweighs what the
others grant (*denial wins*). A word that the person said on the customer itself, in a preference centre, is their own:
it overrides what the records said before it. A bounce is nobody's word: it suspends the channel until the person
consents anew, and lifts no refusal. All of it is a function of the set of events and of who owns which record now, so
that no order of merges, splits, late events or reruns can change the result.
"""

from typing import Final

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

BOUNCE: Final = "bounce"

#: What becomes of an event, in the order of their weight.
STANDINGS: Final = {
    "decides": "decides",
    "agrees": "agrees with it",
    "outweighed": "outweighed by it",
    "older": "older than a word of the same record",
    "overridden": "older than the customer's own word",
    "lifted": "lifted by a later consent",
    "undeclared": "of no declared purpose or channel",
}


def standings(
    con: Connection, *, events: Relation, crosswalk: Relation, declared: Relation, redirects: Relation | None = None
) -> Relation:
    """Return what becomes of each event that has a customer: one row an event_id, in no order.

    In: the ledger (as consent_event), `crosswalk` (source, source_key, customer_id), `declared` (channel, purpose),
    `redirects` (customer_redirect; for events that were recorded on a customer whose id was merged away since). Out:
    the event's columns, with `customer_id` the customer who has it now and `standing` one of `STANDINGS`. Of two words
    at one instant the refusal is the later.
    """
    moved = con.sql("SELECT '' AS old_customer_id, '' AS customer_id LIMIT 0") if redirects is None else redirects
    return con.sql(f"""
        WITH owned AS (
            SELECT event.* REPLACE (
                    coalesce(crosswalk.customer_id, redirect.customer_id, event.customer_id) AS customer_id),
                event.source_key IS NULL AS is_own, event.legal_basis IS NOT DISTINCT FROM '{BOUNCE}' AS is_bounce
            FROM events AS event
            LEFT JOIN crosswalk ON crosswalk.source = event.source AND crosswalk.source_key = event.source_key
            LEFT JOIN moved AS redirect ON redirect.old_customer_id = event.customer_id
        ), ordered AS (
            SELECT owned.*, declared.channel IS NOT NULL AS is_declared,
                row_number() OVER (
                    PARTITION BY owned.customer_id, owned.channel, owned.purpose, is_bounce, is_own,
                        CASE WHEN is_own THEN '' ELSE source END, CASE WHEN is_own THEN '' ELSE source_key END
                    ORDER BY occurred_at DESC, granted, event_id) = 1 AS is_latest,
                max(occurred_at) FILTER (is_own) OVER subject AS own_at,
                max(occurred_at) FILTER (granted) OVER subject AS consented_at
            FROM owned
            LEFT JOIN declared ON declared.channel = owned.channel AND declared.purpose = owned.purpose
            WHERE owned.customer_id IS NOT NULL
            WINDOW subject AS (PARTITION BY owned.customer_id, owned.channel, owned.purpose)
        ), settled AS (
            SELECT *, CASE
                WHEN NOT is_declared THEN 'undeclared'
                WHEN is_bounce AND coalesce(consented_at > occurred_at, false) THEN 'lifted'
                WHEN NOT is_latest THEN 'older'
                WHEN NOT is_bounce AND NOT is_own AND coalesce(own_at > occurred_at, false) THEN 'overridden'
                END AS fallen
            FROM ordered
        ), weighed AS (
            SELECT *, first_value(event_id) OVER weight AS decider, first_value(granted) OVER weight AS is_granted
            FROM settled
            WINDOW weight AS (
                PARTITION BY customer_id, channel, purpose
                ORDER BY fallen IS NOT NULL, granted, is_bounce, occurred_at DESC, is_own DESC, event_id)
        )
        SELECT event_id, customer_id, source, source_key, channel, purpose, granted, legal_basis, occurred_at,
            coalesce(fallen, CASE WHEN event_id = decider THEN 'decides'
                                  WHEN granted = is_granted THEN 'agrees' ELSE 'outweighed' END) AS standing
        FROM weighed
    """)
