"""Why a customer got a message, or none: the decisions as they were kept, and the facts that they name.

Reads the store alone. A message and a suppression hang under today's customer as decisions see them: by the person
record, else by the id that lives on.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from resources.store.engine import reading
from resources.store.tables import (
    CART,
    CONSENT_EVENT,
    CROSSWALK,
    CUSTOMER_ORDER,
    CUSTOMER_REDIRECT,
    OUTBOX,
    SEGMENT_MEMBERSHIP,
    SEGMENT_TRANSITION,
    SUPPRESSION,
    TICKET,
    VISIT,
)
from scv_assets.errors import NotFound

Row = dict[str, Any]
MOST = 10


@dataclass(frozen=True)
class Explained:
    """A message with what it was decided by: the campaign's evidence, the consents it names, what the customer did.

    `customer_id`: whose message it is today (of then, where its record is gone). `consents`: by event_id.
    `done`: (when, what, source rows) of the interactions up to the decision, latest first: orders, visits, tickets.
    """

    message: Row
    evidence: Row
    customer_id: str
    consents: dict[str, Row]
    done: list[tuple[Any, str, str]]


@dataclass(frozen=True)
class Occasions:
    """What there is of a campaign for a customer: messages, suppressions, and the moves and carts that there were.

    `consents`: those that suppressions name, by event_id.
    """

    messages: list[Row]
    suppressions: list[Row]
    consents: dict[str, Row]
    moves: list[Row]
    carts: list[Row]


def explain_message(store: sa.Engine, key: str) -> Explained | None:
    """Return a message by its idempotency key or the beginning of it, or None where there is none of it.

    Raises `NotFound` where several begin so.
    """
    begins = OUTBOX.c.idempotency_key.startswith(key, autoescape=True)
    with reading(store) as connection:
        found = _rows(connection, sa.select(OUTBOX).where(begins).limit(2))
        if not found:
            return None
        if len(found) > 1:
            raise NotFound(f"more than one message begins with '{key}'; scv outbox list has them")
        message = found[0]
        evidence = json.loads(message["decided_by"] or "{}")
        owner = connection.scalar(
            sa.select(CROSSWALK.c.customer_id).where(
                CROSSWALK.c.source == message["source"], CROSSWALK.c.source_key == message["source_key"]
            )
        )
        customer = owner or _redirected(connection, message["customer_id"])
        consents = _consents(connection, evidence)
        done = _done(connection, customer, message["created_at"])
    return Explained(message, evidence, customer, consents, done)


def occasions(store: sa.Engine, campaign: str, customer_id: str, segmentation: str | None) -> Occasions:
    """Return what was decided of a campaign for a customer, and the facts that could have given occasion.

    `segmentation`: of the campaign's transition; None: the trigger is no move.
    """
    with reading(store) as connection:
        olds = sa.select(CUSTOMER_REDIRECT.c.old_customer_id).where(CUSTOMER_REDIRECT.c.customer_id == customer_id)
        ids = [customer_id, *connection.scalars(olds)]
        of_records = sa.exists().where(
            CROSSWALK.c.source == OUTBOX.c.source,
            CROSSWALK.c.source_key == OUTBOX.c.source_key,
            CROSSWALK.c.customer_id == customer_id,
        )
        messages = sa.select(OUTBOX).where(
            OUTBOX.c.campaign == campaign, sa.or_(of_records, OUTBOX.c.customer_id.in_(ids))
        )
        suppressed = sa.select(SUPPRESSION).where(
            SUPPRESSION.c.campaign == campaign, SUPPRESSION.c.customer_id.in_(ids)
        )
        found = _rows(connection, suppressed.order_by(SUPPRESSION.c.decided_at, *SUPPRESSION.primary_key.columns))
        return Occasions(
            _rows(connection, messages.order_by(OUTBOX.c.created_at, OUTBOX.c.idempotency_key)),
            found,
            _consents(connection, [json.loads(row["evidence"] or "{}") for row in found]),
            _moves(connection, customer_id, segmentation) if segmentation else [],
            [] if segmentation else _carts(connection, customer_id),
        )


def _consents(connection: sa.Connection, evidence: Any) -> dict[str, Row]:
    """Return the consent events that evidence names, by event_id."""
    query = sa.select(CONSENT_EVENT).where(CONSENT_EVENT.c.event_id.in_(set(_named_consents(evidence))))
    return {row["event_id"]: row for row in _rows(connection, query)}


def _named_consents(evidence: Any) -> Iterator[str]:
    if isinstance(evidence, list):
        for entry in evidence:
            yield from _named_consents(entry)
    elif isinstance(evidence, dict):
        for name, value in evidence.items():
            if name == "consent" and value:
                yield value
            yield from _named_consents(value)


def _moves(connection: sa.Connection, customer_id: str, segmentation: str) -> list[Row]:
    """Return the customer's moves, latest first, each with the cause with which it was recorded."""
    m, t = SEGMENT_MEMBERSHIP.c, SEGMENT_TRANSITION.c
    joined = SEGMENT_TRANSITION.join(
        SEGMENT_MEMBERSHIP,
        sa.and_(
            m.customer_id == t.customer_id,
            m.segmentation == t.segmentation,
            m.valid_from == t.moved_on,
            m.superseded_at.is_(None),
        ),
    )
    query = sa.select(SEGMENT_TRANSITION, m.cause).select_from(joined)
    query = query.where(t.customer_id == customer_id, t.segmentation == segmentation)
    return _rows(connection, query.order_by(t.moved_on.desc()))


def _carts(connection: sa.Connection, customer_id: str) -> list[Row]:
    query = sa.select(CART).where(CART.c.customer_id == customer_id)
    return _rows(connection, query.order_by(CART.c.last_touched_at.desc(), CART.c.source, CART.c.cart_id).limit(MOST))


def _done(connection: sa.Connection, customer_id: str, until: Any) -> list[tuple[Any, str, str]]:
    """Return what the customer did up to an instant, latest first."""
    kinds = (
        (CUSTOMER_ORDER, "ordered_at", "order_id", "order", MOST),
        (VISIT, "started_at", "visit_id", "visit", MOST // 2),
        (TICKET, "opened_at", "ticket_id", "ticket", MOST // 2),
    )
    found: list[tuple[Any, str, str]] = []
    for table, instant, key, what, most in kinds:
        c = table.c
        query = sa.select(table).where(c.customer_id == customer_id, c[instant] <= until)
        for row in _rows(connection, query.order_by(c[instant].desc(), c[key]).limit(most)):
            detail = row.get("channel") or row.get("kind") or ""
            name = "return" if what == "order" and row["is_return"] else what
            found.append((row[instant], f"{name} ({detail})" if detail else name, f"{row['source']}/{row[key]}"))
    return sorted(found, key=lambda one: (one[0], one[2]), reverse=True)


def _redirected(connection: sa.Connection, customer_id: str) -> str:
    query = sa.select(CUSTOMER_REDIRECT.c.customer_id).where(CUSTOMER_REDIRECT.c.old_customer_id == customer_id)
    return str(connection.scalar(query) or customer_id)


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]
