"""Requests to be forgotten: entered with their tombstones and their line in the audit log, in one transaction.

A request names nobody: it holds hashes (`tombstones`). The next run takes the customer out of everything; until then
the customer stays published, and only what waits in the outbox is cancelled at once.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from resources.lake import fingerprint
from resources.store.decisions import audited
from resources.store.engine import reading, writing
from resources.store.tables import (
    CROSSWALK,
    CUSTOMER_ORDER,
    CUSTOMER_REDIRECT,
    ERASURE_REQUEST,
    OUTBOX,
    RECORD_IDENTIFIER,
    SOURCE_RECORD,
    SYNC_STATE,
    TOMBSTONE,
)
from resources.store.tombstones import CUSTOMER, RECORD, hashed, record_value
from scv_assets.errors import NotFound

REQUESTED, RUNNING, COMPLETED = "requested", "running", "completed"
#: statuses of messages that have not left for good
WAITING = ("pending", "retrying", "dead_letter")
#: why a message of an erased customer is cancelled
ERASED = "erased"
#: what becomes of one that has not left
CANCELLED: Mapping[str, str | None] = {
    "status": "cancelled",
    "reason": ERASED,
    "next_attempt_at": None,
    "accepted_at": None,
}
#: what a proof tells of: each with what was looked through, removed and found afterwards
PLACES = ("store", "lake")
_SALT_BYTES = 32

_r, _x, _o = ERASURE_REQUEST.c, CROSSWALK.c, OUTBOX.c


@dataclass(frozen=True)
class Concerned:
    """What an erasure would reach, in numbers; `destinations` by name."""

    records: int
    orders: int
    messages: int
    waiting: int
    destinations: tuple[str, ...]


@dataclass(frozen=True)
class Request:
    """A request as entered. `customers`: hashes of the ids that the customer had."""

    request_id: str
    status: str
    requested_at: datetime
    completed_at: datetime | None
    requested_by: str
    reason: str
    subject: dict[str, list[str]]
    proof: dict[str, Any]
    salt: str


def concerned(engine: sa.Engine, customer_id: str) -> Concerned:
    """Return what an erasure of a customer would reach. Raises `NotFound` where no record is this customer's."""
    with reading(engine) as connection:
        ids = _ids(connection, customer_id)

        def count(table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
            return int(connection.scalar(sa.select(sa.func.count()).select_from(table).where(*where)) or 0)

        records = count(CROSSWALK, _x.customer_id == customer_id)
        if not records:
            raise NotFound(f"there is no customer {customer_id!r}")
        held = sa.select(SYNC_STATE.c.destination).where(SYNC_STATE.c.object == "profile", SYNC_STATE.c.key.in_(ids))
        return Concerned(
            records,
            count(CUSTOMER_ORDER, CUSTOMER_ORDER.c.customer_id == customer_id),
            count(OUTBOX, _o.customer_id.in_(ids)),
            count(OUTBOX, _o.customer_id.in_(ids), _o.status.in_(WAITING)),
            tuple(sorted(set(connection.scalars(held)))),
        )


def ask(engine: sa.Engine, customer_id: str, *, by: str, reason: str, now: datetime, salt: str | None = None) -> str:
    """Enter a request and return its request_id; asked again for the same customer, it is the one that stands.

    `salt`: of the company's first request (None: drawn); a later one takes that of the first. Raises `NotFound` where
    no record is this customer's.
    """
    with writing(engine, ERASURE_REQUEST) as connection:
        chosen = connection.scalar(sa.select(sa.func.max(_r.salt))) or salt or secrets.token_hex(_SALT_BYTES)
        request_id = fingerprint(ERASURE_REQUEST.name, hashed(chosen, CUSTOMER, customer_id))
        if connection.scalar(sa.select(_r.request_id).where(_r.request_id == request_id)):
            return request_id
        subject = _subject(connection, customer_id, chosen)
        if not subject[RECORD]:
            raise NotFound(f"there is no customer {customer_id!r}")
        connection.execute(
            sa.insert(ERASURE_REQUEST).values(
                request_id=request_id,
                subject=json.dumps(subject, sort_keys=True),
                status=REQUESTED,
                requested_at=now,
                requested_by=by,
                reason=reason,
                salt=chosen,
            )
        )
        _lay_tombstones(connection, subject, now)
        cancelled = _cancel_messages(connection, customer_id)
        told = {"records": len(subject[RECORD]), "messages_cancelled": cancelled}
        audited(connection, by, "erase", request_id, now, told)
    return request_id


def requests(engine: sa.Engine, *statuses: str) -> list[Request]:
    """Return the requests of these statuses (none: all), oldest first."""
    query = sa.select(ERASURE_REQUEST).order_by(_r.requested_at, _r.request_id)
    if statuses:
        query = query.where(_r.status.in_(statuses))
    with reading(engine) as connection:
        rows = connection.execute(query).mappings().all()
    return [
        Request(
            row["request_id"],
            row["status"],
            row["requested_at"],
            row["completed_at"],
            row["requested_by"] or "",
            row["reason"] or "",
            json.loads(row["subject"] or "{}"),
            json.loads(row["proof"] or "{}"),
            row["salt"] or "",
        )
        for row in rows
    ]


def is_looked_through(proof: Mapping[str, Any]) -> bool:
    """Tell whether everything was looked through since the customer is gone from the view."""
    return all("found" in proof.get(place, {}) for place in PLACES)


def found(proof: Mapping[str, Any]) -> dict[str, int]:
    """Return how many rows name the customer afterwards, by table of the store or dataset of the lake."""
    return {name: rows for place in PLACES for name, rows in proof.get(place, {}).get("found", {}).items()}


def unacknowledged(proof: Mapping[str, Any]) -> dict[str, int]:
    """Return those of the places found in which there are more rows than somebody acknowledged."""
    known = proof.get("acknowledged", {}).get("found", {})
    return {name: rows for name, rows in found(proof).items() if rows > known.get(name, 0)}


def is_proven(proof: Mapping[str, Any]) -> bool:
    """Tell whether everything was looked through, and nothing found but what somebody acknowledged."""
    return is_looked_through(proof) and not unacknowledged(proof)


def prove(engine: sa.Engine, request_id: str, told: Mapping[str, Any]) -> None:
    """Write down what was looked through, removed and found, beside what else its proof tells."""
    with writing(engine, ERASURE_REQUEST) as connection:
        is_it = sa.and_(_r.request_id == request_id, _r.status == RUNNING)
        proof = json.loads(connection.scalar(sa.select(_r.proof).where(is_it)) or "{}")
        write_proof(connection, request_id, {**proof, **told})


def write_proof(connection: sa.Connection, request_id: str, proof: Mapping[str, Any]) -> None:
    """Replace the proof of a request that is not completed, within a transaction."""
    chosen = sa.update(ERASURE_REQUEST).where(_r.request_id == request_id, _r.status == RUNNING)
    connection.execute(chosen.values(proof=json.dumps(proof, sort_keys=True)))


def complete(engine: sa.Engine, request_ids: Sequence[str], now: datetime) -> None:
    """Say that requests are carried out everywhere."""
    if request_ids:
        with writing(engine, ERASURE_REQUEST) as connection:
            chosen = sa.update(ERASURE_REQUEST).where(_r.request_id.in_(request_ids), _r.status == RUNNING)
            connection.execute(chosen.values(status=COMPLETED, completed_at=now))


def _ids(connection: sa.Connection, customer_id: str) -> list[str]:
    """Return the customer's id and those that were merged into it."""
    redirect = CUSTOMER_REDIRECT.c
    former = connection.scalars(sa.select(redirect.old_customer_id).where(redirect.customer_id == customer_id))
    return [customer_id, *sorted(former)]


def _subject(connection: sa.Connection, customer_id: str, salt: str) -> dict[str, list[str]]:
    """Return the hashes of all that the customer consists of, by namespace."""
    mine = sa.select(_x.source, _x.source_key).where(_x.customer_id == customer_id)
    found: dict[str, set[str]] = {
        RECORD: {record_value(source, key) for source, key in connection.execute(mine)},
        CUSTOMER: set(_ids(connection, customer_id)),
    }
    held, record = RECORD_IDENTIFIER.c, SOURCE_RECORD.c
    is_mine = sa.and_(_x.source == held.source, _x.source_key == held.source_key, _x.customer_id == customer_id)
    for namespace, value in connection.execute(sa.select(held.namespace, held.value).join(CROSSWALK, is_mine)):
        found.setdefault(namespace, set()).add(value)
    is_mine = sa.and_(_x.source == record.source, _x.source_key == record.source_key, _x.customer_id == customer_id)
    texts = {"email": (record.email, record.raw_email), "phone": (record.phone, record.raw_phone)}
    for namespace, columns in texts.items():
        for values in connection.execute(sa.select(*columns).join(CROSSWALK, is_mine)):
            found.setdefault(namespace, set()).update(value.strip() for value in values if value and value.strip())
    return {name: sorted(hashed(salt, name, value) for value in values) for name, values in sorted(found.items())}


def _lay_tombstones(connection: sa.Connection, subject: dict[str, list[str]], now: datetime) -> None:
    stone = TOMBSTONE.c
    for namespace, hashes in subject.items():
        known = set(
            connection.scalars(
                sa.select(stone.hashed_value).where(stone.namespace == namespace, stone.hashed_value.in_(hashes))
            )
        )
        rows = [{"namespace": namespace, "hashed_value": one, "erased_at": now} for one in hashes if one not in known]
        if rows:
            connection.execute(sa.insert(TOMBSTONE), rows)


def _cancel_messages(connection: sa.Connection, customer_id: str) -> int:
    """Cancel what has not left, of the customer's ids and of messages to its records; return how many."""
    is_record = (
        sa.select(_x.source)
        .where(_x.customer_id == customer_id, _x.source == _o.source, _x.source_key == _o.source_key)
        .correlate(OUTBOX)
        .exists()
    )
    is_mine = sa.or_(_o.customer_id.in_(_ids(connection, customer_id)), is_record)
    return connection.execute(sa.update(OUTBOX).where(is_mine, _o.status.in_(WAITING)).values(**CANCELLED)).rowcount
