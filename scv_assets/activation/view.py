"""What is known of customers when a message is decided, or about to be sent: relations from the lake or the store.

Every relation has the columns of the published table of its name. Rules look at them as of an instant, by the instants
that the rows carry, so that the same rules serve a run, a delivery and a replay of past days.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.engine import reading
from resources.store.tables import METADATA, duckdb_schema
from resources.store.unloading import unload_from
from scv_assets import stages
from scv_assets.activation.local_time import literal
from scv_assets.activation.policy import CampaignPolicy
from scv_assets.golden.run import SILENCE_PATH, SILENCE_SCHEMA
from scv_assets.interactions.consent_standing import owned_words

#: relation of a view -> published table
TABLES: Final[Mapping[str, str]] = {
    "crosswalk": "crosswalk",
    "redirects": "customer_redirect",
    "contact_points": "contact_point",
    "orders": "customer_order",
    "lines": "order_line",
    "tickets": "ticket",
    "message_events": "message_event",
    "consent_events": "consent_event",
    "consent_state": "consent_state",
    "membership": "segment_membership",
}
#: what decisions need of the messages of before: nothing of what was said in them
HISTORY: Final = (
    "idempotency_key",
    "campaign",
    "customer_id",
    "source",
    "source_key",
    "occurrence",
    "purpose",
    "channel",
    "status",
    "reason",
    "created_at",
    "decided_by",
)
#: the person records, for what became of those that words were said on
RECORDS: Final = "source_record"
_OF_RECORDS: Final = ("source", "source_key", "is_deleted", "merged_into")
_WAITING = "status IN ('pending', 'retrying')"


@dataclass(frozen=True)
class View:
    """Relations of one moment. `outbox`: the messages decided so far, with the columns of `HISTORY` at least.

    `words`: the consent events, each under today's customer. `silence` (channel, purpose, is_granted): what holds where
    a person said nothing.
    """

    policy: CampaignPolicy
    time_zone: str
    crosswalk: Relation
    redirects: Relation
    contact_points: Relation
    orders: Relation
    lines: Relation
    tickets: Relation
    message_events: Relation
    consent_events: Relation
    consent_state: Relation
    membership: Relation
    words: Relation
    silence: Relation
    outbox: Relation

    def with_outbox(self, outbox: Relation) -> "View":
        """Return the view with other messages decided so far."""
        return replace(self, outbox=outbox)

    def with_all_against_by(self, con: Connection, at: datetime) -> "View":
        """Return the view as it is decided by at an instant (UTC): all that is known against a message was so by then.

        Extracts may reach beyond the end of the day at which a run decides, and clocks be ahead. Whoever refused,
        bought, sent back or complained since is not written to; a consent, a cancelled order or the end of a complaint
        counts from its instant on. So nothing is decided that would be held back before it leaves, at every run again.
        """
        words, orders, tickets = self.words, self.orders, self.tickets
        by_then = literal(at)
        said_at = f"CASE WHEN granted THEN occurred_at ELSE least(occurred_at, {by_then}) END"
        is_open = "closed_at IS NULL AND status IS DISTINCT FROM 'closed'"
        return replace(
            self,
            words=con.sql(f"SELECT * REPLACE ({said_at} AS occurred_at) FROM words"),
            orders=con.sql(f"SELECT * REPLACE ({_not_after('ordered_at', by_then)} AS ordered_at) FROM orders"),
            tickets=con.sql(f"""
                SELECT * REPLACE (CASE WHEN {is_open} THEN {_not_after("opened_at", by_then)} ELSE opened_at END
                    AS opened_at) FROM tickets
            """),
        )


def _not_after(column: str, instant: str) -> str:
    """Return the expression of an instant, or of the other where it comes after that; null stays null."""
    return f"CASE WHEN {column} > {instant} THEN {instant} ELSE {column} END"


def lake_view(
    con: Connection, lake: Lake, policy: CampaignPolicy, *, time_zone: str, outbox: Relation | None = None
) -> View:
    """Return the view as this run computed it; `outbox`: the messages of before (none: nothing was ever decided)."""
    relations = {name: _scanned(con, lake, table) for name, table in TABLES.items()}
    return View(
        policy,
        time_zone,
        **relations,
        words=_words(con, relations, _scanned(con, lake, RECORDS)),
        silence=lake.scan(con, SILENCE_PATH, SILENCE_SCHEMA),
        outbox=_no_messages(con) if outbox is None else outbox,
    )


def store_view(con: Connection, store: sa.Engine, lake: Lake, policy: CampaignPolicy, *, time_zone: str) -> View:
    """Return the view as the store has it now, of the customers for whom a message waits, from one snapshot.

    Silence, which no table publishes, is the lake's. The cost goes with the messages that wait.
    """
    with reading(store) as connection:
        relations = {
            name: con.table(unload_from(con, connection, table, where=sa.text(_CONCERNED[table])))
            for name, table in TABLES.items()
        }
        outbox = con.table(unload_from(con, connection, "outbox", columns=HISTORY, where=sa.text(_CONCERNED["outbox"])))
        records = con.table(
            unload_from(con, connection, RECORDS, columns=_OF_RECORDS, where=sa.text(_CONCERNED[RECORDS]))
        )
    silence, words = lake.scan(con, SILENCE_PATH, SILENCE_SCHEMA), _words(con, relations, records)
    return View(policy, time_zone, **relations, words=words, silence=silence, outbox=outbox)


def history(con: Connection, store: sa.Engine) -> Relation:
    """Return every message that the store knows, without what is said in it: the columns of `HISTORY`."""
    with reading(store) as connection:
        return con.table(unload_from(con, connection, "outbox", columns=HISTORY))


def _words(con: Connection, relations: Mapping[str, Relation], records: Relation) -> Relation:
    return owned_words(
        con,
        events=relations["consent_events"],
        crosswalk=relations["crosswalk"],
        redirects=relations["redirects"],
        records=records,
    )


def _scanned(con: Connection, lake: Lake, table: str) -> Relation:
    return lake.scan(con, stages.published_path(table), duckdb_schema(METADATA.tables[table]))


def _no_messages(con: Connection) -> Relation:
    schema = duckdb_schema(METADATA.tables["outbox"])
    return con.sql("SELECT " + ", ".join(f"NULL::{schema[name]} AS {name}" for name in HISTORY) + " LIMIT 0")


#: today's customers of the messages that wait
_CUSTOMERS = f"""
    SELECT crosswalk.customer_id FROM outbox AS waiting
    JOIN crosswalk ON crosswalk.source = waiting.source AND crosswalk.source_key = waiting.source_key
    WHERE waiting.{_WAITING}
    UNION SELECT customer_redirect.customer_id FROM outbox AS waiting
    JOIN customer_redirect ON customer_redirect.old_customer_id = waiting.customer_id WHERE waiting.{_WAITING}
    UNION SELECT waiting.customer_id FROM outbox AS waiting WHERE waiting.{_WAITING}
"""
_OF_CUSTOMERS = f"customer_id IN ({_CUSTOMERS})"


def _by_record(table: str) -> str:
    """Return the condition that a row's person record, or the customer that it names, is of one of the customers."""
    return f"""EXISTS (SELECT 1 FROM crosswalk WHERE crosswalk.source = {table}.source
            AND crosswalk.source_key = {table}.source_key AND crosswalk.{_OF_CUSTOMERS})
        OR {table}.{_OF_CUSTOMERS}
        OR EXISTS (SELECT 1 FROM customer_redirect WHERE customer_redirect.old_customer_id = {table}.customer_id
            AND customer_redirect.{_OF_CUSTOMERS})"""


def _records_named(table: str) -> str:
    """Return the condition that a record of the crosswalk stands in a row of the table that names a customer of these.

    Whoever owns that record now: it takes its words and messages along to another customer.
    """
    return f"""(crosswalk.source, crosswalk.source_key) IN (SELECT named.source, named.source_key FROM {table} AS named
        WHERE named.{_OF_CUSTOMERS} OR named.customer_id IN (
            SELECT customer_redirect.old_customer_id FROM customer_redirect WHERE customer_redirect.{_OF_CUSTOMERS}))"""


_CONCERNED: Final[Mapping[str, str]] = {
    **dict.fromkeys(TABLES.values(), _OF_CUSTOMERS),
    "crosswalk": f"{_OF_CUSTOMERS} OR {_records_named('consent_event')} OR {_records_named('outbox')}",
    "order_line": f"""EXISTS (SELECT 1 FROM customer_order WHERE customer_order.source = order_line.source
            AND customer_order.order_id = order_line.order_id AND customer_order.{_OF_CUSTOMERS})""",
    "consent_event": _by_record("consent_event"),
    RECORDS: f"""is_deleted AND EXISTS (SELECT 1 FROM consent_event AS said WHERE said.source = source_record.source
            AND said.source_key = source_record.source_key AND ({_by_record("said")}))""",
    "outbox": _by_record("outbox"),
}
