"""Which of a customer's consent events decides: the one place where that is settled, for now and for any instant.

Each record's latest word stands for that record, and a refusal by any of the customer's records outweighs what the
others grant (*denial wins*). A word that the person said on the customer itself, in a preference centre, is their own:
it overrides what the records said before it. A bounce is nobody's word: it suspends the channel until the person
consents anew, and lifts no refusal. A yes of a record that its source has deleted is no ground to write on: it counts
no more, while its no stands; a record that was merged into another one is not deleted in this sense. All of it is a
function of the set of events and of which records there are and who owns them now, so that no order of merges, splits,
late events or reruns can change the result. As of an instant it is the same function of the events up to then.
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
    "deleted": "of a record that its source has deleted",
    "undeclared": "of no declared purpose or channel",
}


def owned_words(
    con: Connection,
    *,
    events: Relation,
    crosswalk: Relation,
    redirects: Relation | None = None,
    records: Relation | None = None,
) -> Relation:
    """Return the events that have a customer, as consent_event, `customer_id` the one who has them now; in no order.

    In: the ledger (as consent_event), `crosswalk` (source, source_key, customer_id), `redirects` (customer_redirect;
    for events that were recorded on a customer whose id was merged away since), `records` (source, source_key,
    is_deleted, merged_into; null: none is deleted). Out: also `is_gone`, a word of a deleted record.
    """
    moved = con.sql("SELECT '' AS old_customer_id, '' AS customer_id LIMIT 0") if redirects is None else redirects
    deleted = con.sql("SELECT '' AS source, '' AS source_key LIMIT 0")
    if records is not None:
        deleted = records.filter("is_deleted AND merged_into IS NULL").project("source, source_key")
    return con.sql("""
        SELECT * FROM (
            SELECT event.* REPLACE (
                coalesce(crosswalk.customer_id, redirect.customer_id, event.customer_id) AS customer_id),
                deleted.source IS NOT NULL AS is_gone
            FROM events AS event
            LEFT JOIN deleted ON deleted.source = event.source AND deleted.source_key = event.source_key
            LEFT JOIN crosswalk ON crosswalk.source = event.source AND crosswalk.source_key = event.source_key
            LEFT JOIN moved AS redirect ON redirect.old_customer_id = event.customer_id
        ) WHERE customer_id IS NOT NULL
    """)


def standings(con: Connection, *, words: Relation, declared: Relation) -> Relation:
    """Return what becomes of each word by all that was ever said: one row an event_id, in no order.

    In: `words` (`owned_words`), `declared` (channel, purpose). Out: the words' columns and `standing`, one of
    `STANDINGS`. Of two words at one instant the refusal is the later.
    """
    return _settled(con, words, declared, ("customer_id", "channel", "purpose"))


def deciding(con: Connection, *, words: Relation, declared: Relation, asked: Relation) -> Relation:
    """Return the word that decides each question by what was said up to its instant: ask_id, event_id, granted.

    In: `words` and `declared` as for `standings`; `asked`: ask_id, customer_id, channel, purpose, asked_at (UTC). Where
    nothing was said by then there is no row.
    """
    heard = con.sql("""
        SELECT words.*, moments.asked_at
        FROM words JOIN (SELECT DISTINCT customer_id, channel, purpose, asked_at FROM asked) AS moments
          ON moments.customer_id = words.customer_id AND moments.channel = words.channel
          AND moments.purpose = words.purpose AND words.occurred_at <= moments.asked_at
    """)
    settled = _settled(con, heard, declared, ("customer_id", "channel", "purpose", "asked_at"))
    return con.sql("""
        SELECT asked.ask_id, settled.event_id, settled.granted
        FROM asked JOIN settled USING (customer_id, channel, purpose, asked_at) WHERE settled.standing = 'decides'
    """)


def _settled(con: Connection, words: Relation, declared: Relation, question: tuple[str, ...]) -> Relation:
    """Return the words with their `standing` among those of the same `question` (columns of `words`)."""
    subject = ", ".join(f"said.{name}" for name in question)
    return con.sql(f"""
        WITH ordered AS (
            SELECT said.*, declared.channel IS NOT NULL AS is_declared,
                row_number() OVER (
                    PARTITION BY {subject}, is_bounce, is_own,
                        CASE WHEN is_own THEN '' ELSE source END, CASE WHEN is_own THEN '' ELSE source_key END
                    ORDER BY occurred_at DESC, granted, event_id) = 1 AS is_latest,
                max(occurred_at) FILTER (is_own) OVER subject AS own_at,
                max(occurred_at) FILTER (granted AND NOT is_gone) OVER subject AS consented_at
            FROM (
                SELECT *, source_key IS NULL AS is_own, legal_basis IS NOT DISTINCT FROM '{BOUNCE}' AS is_bounce
                FROM words
            ) AS said
            LEFT JOIN declared ON declared.channel = said.channel AND declared.purpose = said.purpose
            WINDOW subject AS (PARTITION BY {subject})
        ), fallen AS (
            SELECT *, CASE
                WHEN NOT is_declared THEN 'undeclared'
                WHEN is_bounce AND coalesce(consented_at > occurred_at, false) THEN 'lifted'
                WHEN NOT is_latest THEN 'older'
                WHEN granted AND is_gone THEN 'deleted'
                WHEN NOT is_bounce AND NOT is_own AND coalesce(own_at > occurred_at, false) THEN 'overridden'
                END AS fallen
            FROM ordered
        ), weighed AS (
            SELECT said.*, first_value(event_id) OVER weight AS decider, first_value(granted) OVER weight AS is_granted
            FROM fallen AS said
            WINDOW weight AS (
                PARTITION BY {subject}
                ORDER BY fallen IS NOT NULL, granted, is_bounce, occurred_at DESC, is_own DESC, event_id)
        )
        SELECT event_id, source, source_key, granted, legal_basis, occurred_at, {", ".join(question)},
            coalesce(fallen, CASE WHEN event_id = decider THEN 'decides'
                                  WHEN granted = is_granted THEN 'agrees' ELSE 'outweighed' END) AS standing
        FROM weighed
    """)
