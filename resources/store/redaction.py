"""Taking people out of the store's logs, and counting what names them: by their records and ids, in the clear.

These stand in two temporary tables of the transaction and nowhere else. What every run replaces is rid of the people by
that; here is what rows are only ever added to. Of a log of words nothing stays; where a row counts for the company (a
message that left, a verdict, what happened to an id) it stays without the person.
"""

import contextlib
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from resources.store.erasures import CANCELLED, ERASED, WAITING
from resources.store.tables import (
    AUDIT_LOG,
    CONSENT_EVENT,
    CROSSWALK,
    CUSTOMER_REDIRECT,
    DELIVERY_ATTEMPT,
    ERASURE_REQUEST,
    GOLDEN_OVERRIDE,
    IDENTITY_EVENT,
    JUDGEMENT,
    METADATA,
    OUTBOX,
    SUPPRESSION,
    SYNC_STATE,
    TOMBSTONE,
)

Record = tuple[str, str]

#: tables whose rows stay, without the person
KEPT_WITHOUT = frozenset({"customer_order", "identity_event", "judgement", "golden_override", "outbox"})
#: tables that hold hashes, nobody, or (sync_state) what a destination has still to take off
_NOT_LOOKED_AT = {ERASURE_REQUEST.name, TOMBSTONE.name, AUDIT_LOG.name, SYNC_STATE.name}
#: columns that name a source record, wherever a table has both; and those that hold the id of a customer
RECORD_COLUMNS = (
    ("source", "source_key"),
    ("source", "person_key"),
    ("left_source", "left_key"),
    ("right_source", "right_key"),
)
CUSTOMER_COLUMNS = ("customer_id", "other_customer_id", "old_customer_id")
_OF_MESSAGE = ("customer_id", "source", "source_key", "payload", "receipt", "decided_by", "occurrence")

_BESIDE = sa.MetaData()
_TEMPORARY = ["TEMPORARY"]
_RECORDS = sa.Table(
    "erased_record",
    _BESIDE,
    sa.Column("source", sa.Text(), primary_key=True),
    sa.Column("key", sa.Text(), primary_key=True),
    prefixes=_TEMPORARY,
)
_CUSTOMERS = sa.Table("erased_customer", _BESIDE, sa.Column("id", sa.Text(), primary_key=True), prefixes=_TEMPORARY)


@contextlib.contextmanager
def people(connection: sa.Connection, records: Collection[Record], customers: Collection[str]) -> Iterator[None]:
    """Lay out whom `counts` and `redact` are about, for as long as the block lasts."""
    _BESIDE.create_all(connection, checkfirst=False)
    rows: list[tuple[sa.Table, list[dict[str, Any]]]] = [
        (_RECORDS, [{"source": source, "key": key} for source, key in records]),
        (_CUSTOMERS, [{"id": one} for one in customers]),
    ]
    for table, values in rows:
        if values:
            connection.execute(sa.insert(table), values)
    yield
    for table in (_RECORDS, _CUSTOMERS):
        connection.exec_driver_sql(f"DROP TABLE {table.name}")


def former_ids(connection: sa.Connection) -> dict[str, str]:
    """Return the ids that were merged into these customers, each with the customer."""
    c = CUSTOMER_REDIRECT.c
    rows = connection.execute(sa.select(c.old_customer_id, c.customer_id).where(_is_customer(c.customer_id)))
    return {row.old_customer_id: row.customer_id for row in rows}


def still_there(connection: sa.Connection) -> tuple[set[Record], set[str]]:
    """Return those of the records and of the customers that the crosswalk has."""
    c = CROSSWALK.c
    records = connection.execute(sa.select(c.source, c.source_key).where(_is_record(c.source, c.source_key)))
    customers = connection.scalars(sa.select(c.customer_id).where(_is_customer(c.customer_id)).distinct())
    return {(source, key) for source, key in records}, set(customers)


def counts(connection: sa.Connection) -> dict[str, int]:
    """Return how many rows of each table name these people.

    An identity event may keep the id of a customer: it is how destinations, and whoever asks, learn that it is gone.
    """
    return {
        name: int(connection.scalar(sa.select(sa.func.count()).select_from(table).where(_names_them(table))) or 0)
        for name, table in sorted(METADATA.tables.items())
        if name not in _NOT_LOOKED_AT
    }


def redact(connection: sa.Connection, now: datetime) -> None:
    """Take these people out of logs and outbox; done twice it is the same."""
    _redact_outbox(connection)
    connection.execute(sa.delete(CONSENT_EVENT).where(_names_them(CONSENT_EVENT)))
    connection.execute(sa.delete(SUPPRESSION).where(_names_them(SUPPRESSION)))
    c = IDENTITY_EVENT.c
    connection.execute(sa.update(IDENTITY_EVENT).where(_is_record(c.source, c.source_key)).values(source_key=None))
    for source, key in (("left_source", "left_key"), ("right_source", "right_key")):
        j = JUDGEMENT.c
        revoked = sa.func.coalesce(j.revoked_at, now)
        is_theirs = _is_record(j[source], j[key])
        connection.execute(sa.update(JUDGEMENT).where(is_theirs).values(revoked_at=revoked, reason=None, **{key: None}))
    g = GOLDEN_OVERRIDE.c
    revoked = sa.func.coalesce(g.revoked_at, now)
    connection.execute(
        sa.update(GOLDEN_OVERRIDE)
        .where(_is_customer(g.customer_id))
        .values(customer_id=None, value=None, reason=None, revoked_at=revoked)
    )


def _redact_outbox(connection: sa.Connection) -> None:
    """Cancel what has not left; leave of every message that it was, when it was, and by which campaign."""
    c, attempts = OUTBOX.c, DELIVERY_ATTEMPT.c
    theirs = _names_them(OUTBOX)
    keys = sa.select(c.idempotency_key).where(theirs)
    connection.execute(sa.update(DELIVERY_ATTEMPT).where(attempts.idempotency_key.in_(keys)).values(detail=None))
    connection.execute(sa.update(OUTBOX).where(theirs, c.status.in_(WAITING)).values(**CANCELLED))
    reason = sa.case((c.status == "cancelled", ERASED), else_=None)
    connection.execute(sa.update(OUTBOX).where(theirs).values({**dict.fromkeys(_OF_MESSAGE), "reason": reason}))


def _names_them(table: sa.Table) -> sa.ColumnElement[bool]:
    c = table.c
    named = [_is_record(c[source], c[key]) for source, key in RECORD_COLUMNS if source in c and key in c]
    if table is not IDENTITY_EVENT:
        named += [_is_customer(c[name]) for name in CUSTOMER_COLUMNS if name in c]
    return sa.or_(sa.false(), *named)


def _is_record(source: sa.Column[Any], key: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return sa.exists().where(_RECORDS.c.source == source, _RECORDS.c.key == key)


def _is_customer(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return column.in_(sa.select(_CUSTOMERS.c.id))
