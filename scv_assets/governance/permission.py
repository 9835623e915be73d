"""May this customer be contacted on this channel for this purpose? To be asked at the moment of sending.

The answer comes from the store as it is now and from nowhere else: the ledger with every word that was said since the
last run, the records' customers, and what governance.yaml declared when it was last published.
"""

from collections.abc import Collection
from dataclasses import dataclass

import duckdb
import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import CONSENT_EVENT, CONSENT_PURPOSE, CROSSWALK, CUSTOMER_REDIRECT, SOURCE_RECORD
from resources.store.unloading import relation
from scv_assets.errors import NotFound
from scv_assets.interactions.consent_standing import owned_words, standings

#: Customers by whose ids the store is asked; for more of them its tables are read whole.
_FEW = 300


@dataclass(frozen=True)
class Permission:
    """An answer. `because`: said (`decided_by_event` decides), silence (nobody spoke), undeclared (not used for it)."""

    customer_id: str
    channel: str
    purpose: str
    is_allowed: bool
    because: str
    legal_basis: str | None
    decided_by_event: str | None


def allowed(store: sa.Engine, customer_id: str, channel: str, purpose: str) -> Permission:
    """Return whether one customer may be contacted now. An id that was merged away answers for the one that lives on.

    Raises `NotFound` where no record is this customer's.
    """
    with duckdb.connect() as con:
        asked = con.sql("SELECT ? AS customer_id, ? AS channel, ? AS purpose", params=[customer_id, channel, purpose])
        found = permissions(con, store, asked, customers=[customer_id]).fetchall()
    if not found:
        raise NotFound(f"there is no customer {customer_id!r}")
    return Permission(*found[0][1:])


def permissions(
    con: Connection, store: sa.Engine, asked: Relation, *, customers: Collection[str] | None = None
) -> Relation:
    """Return the answer to each question (customer_id, channel, purpose) in `asked`, sorted by question.

    Out: `asked_id` (the id that was asked about), then the fields of `Permission`; `customer_id` is today's. A customer
    of whom there is no record has no row: nobody may be contacted who is not there. `customers`: the ids asked about,
    where they are few, so that the store need not be read whole.
    """
    facts = ConsentFacts(con, store, customers)
    crosswalk, redirects, purposes, settled = facts.crosswalk, facts.redirects, facts.purposes, facts.standings(con)
    return con.sql("""
        WITH today AS (
            SELECT asked.customer_id AS asked_id, coalesce(redirect.customer_id, asked.customer_id) AS customer_id,
                asked.channel, asked.purpose
            FROM asked LEFT JOIN redirects AS redirect ON redirect.old_customer_id = asked.customer_id
        )
        SELECT today.asked_id, today.customer_id, today.channel, today.purpose,
            purposes.channel IS NOT NULL AND coalesce(word.granted, purposes.is_granted_by_silence) AS is_allowed,
            CASE WHEN purposes.channel IS NULL THEN 'undeclared'
                 WHEN word.event_id IS NULL THEN 'silence' ELSE 'said' END AS because,
            purposes.legal_basis, word.event_id AS decided_by_event
        FROM today
        SEMI JOIN crosswalk ON crosswalk.customer_id = today.customer_id
        LEFT JOIN purposes ON purposes.channel = today.channel AND purposes.purpose = today.purpose
        LEFT JOIN settled AS word ON word.customer_id = today.customer_id AND word.channel = today.channel
            AND word.purpose = today.purpose AND word.standing = 'decides'
        ORDER BY ALL
    """)


class ConsentFacts:
    """What the store has on consent, as relations: of these customers, or (None, or very many) of all."""

    def __init__(self, con: Connection, store: sa.Engine, customers: Collection[str] | None) -> None:
        self.purposes = relation(con, store, CONSENT_PURPOSE.name)
        if customers is None or len(customers) > _FEW:
            self.redirects = relation(con, store, CUSTOMER_REDIRECT.name)
            self.crosswalk = relation(con, store, CROSSWALK.name)
            self.events = relation(con, store, CONSENT_EVENT.name)
            self.records = relation(con, store, SOURCE_RECORD.name, SOURCE_RECORD.c.is_deleted)
            return
        moved, owned, event, record = CUSTOMER_REDIRECT.c, CROSSWALK.c, CONSENT_EVENT.c, SOURCE_RECORD.c
        today = sa.union(
            sa.select(moved.customer_id).where(moved.old_customer_id.in_(customers)),
            sa.select(owned.customer_id).where(owned.customer_id.in_(customers)),
        )
        former = sa.select(moved.old_customer_id).where(moved.customer_id.in_(today))
        is_of_record = (
            sa.select(owned.customer_id)
            .where(owned.source == event.source, owned.source_key == event.source_key, owned.customer_id.in_(today))
            .exists()
        )
        is_mine = sa.or_(is_of_record, event.customer_id.in_(today), event.customer_id.in_(former))
        self.redirects = relation(con, store, CUSTOMER_REDIRECT.name, moved.customer_id.in_(today))
        # of an event's record, whoever owns it: a record that went to another customer takes its words along
        is_asked = (
            sa.select(event.event_id)
            .where(is_mine, event.source == owned.source, event.source_key == owned.source_key)
            .exists()
        )
        self.crosswalk = relation(con, store, CROSSWALK.name, sa.or_(owned.customer_id.in_(today), is_asked))
        self.events = relation(con, store, CONSENT_EVENT.name, is_mine)
        is_speaking = (
            sa.select(event.event_id)
            .where(is_mine, event.source == record.source, event.source_key == record.source_key)
            .exists()
        )
        self.records = relation(con, store, SOURCE_RECORD.name, sa.and_(record.is_deleted, is_speaking))

    def standings(self, con: Connection) -> Relation:
        """Return what becomes of each event; see `consent_standing.standings`."""
        words = owned_words(
            con, events=self.events, crosswalk=self.crosswalk, redirects=self.redirects, records=self.records
        )
        return standings(con, words=words, declared=self.purposes)
