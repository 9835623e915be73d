"""The outbox as the deliveries see it: what is due, taking a message, and writing down what came of it.

A message is taken in one transaction (status retrying, a try written down as in doubt) and what came of it is written
in another: whatever happens between the two, the store knows that something may have left. Nobody takes a message that
is taken before `next_attempt_at`, the end of the taker's lease. Only these columns of the outbox are ever changed:
status, attempts, delivered_at, receipt, reason, next_attempt_at, accepted_at.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from resources.store.engine import reading, writing
from resources.store.tables import DELIVERY_ATTEMPT, OUTBOX
from scv_assets.activation.destinations.outcomes import (
    ACCEPTED,
    DELIVERED,
    IN_DOUBT,
    PERMANENT,
    TEMPORARY,
    Message,
    Outcome,
)
from scv_assets.activation.destinations.settings import Limits

#: statuses in which a message waits for a delivery
OPEN = ("pending", "retrying")
#: how long a taken message belongs to its taker: longer than any call
LEASE = timedelta(minutes=10)
#: how long an accepted message's receipt is asked for at first
FIRST_LOOK = timedelta(minutes=1)

_o, _a = OUTBOX.c, DELIVERY_ATTEMPT.c


def due(engine: sa.Engine, destination: str, now: datetime, limit: int) -> list[Message]:
    """Return messages that may leave now, oldest first: not too early, not expired, not taken, not accepted yet."""
    return _waiting(engine, destination, now, limit, _o.accepted_at.is_(None))


def awaited(engine: sa.Engine, destination: str, now: datetime, limit: int) -> list[Message]:
    """Return messages that the destination accepted and whose receipt is to be asked for now."""
    return _waiting(engine, destination, now, limit, _o.accepted_at.is_not(None))


def find(engine: sa.Engine, destination: str, key: str) -> Message | None:
    """Return one message of a destination, or None."""
    query = sa.select(*_selected()).where(_o.destination == destination, _o.idempotency_key == key)
    with reading(engine) as connection:
        row = connection.execute(query).mappings().one_or_none()
    return _message(dict(row)) if row is not None else None


def due_counts(engine: sa.Engine, now: datetime) -> dict[str, int]:
    """Return how many messages each destination could be sent or asked about now."""
    query = sa.select(_o.destination, sa.func.count()).where(_may_be_taken(now)).group_by(_o.destination)
    with reading(engine) as connection:
        return {str(name): int(count) for name, count in connection.execute(query)}


@dataclass(frozen=True)
class Standing:
    """How the messages of a destination stand; `accepted`: taken by it, and what became of them is to be told yet.

    `delivered_at`: when the last one arrived (UTC), null: none ever did.
    """

    waiting: int = 0
    retrying: int = 0
    accepted: int = 0
    dead_letters: int = 0
    delivered_at: datetime | None = None


def standing(engine: sa.Engine) -> dict[str, Standing]:
    """Return how the messages stand, by destination; one without any message is not there."""

    def of(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.count().filter(*conditions)

    is_taken = sa.and_(_o.status.in_(OPEN), _o.accepted_at.is_not(None))
    figures = (
        of(_o.status == "pending", ~is_taken),
        of(_o.status == "retrying", ~is_taken),
        of(is_taken),
        of(_o.status == "dead_letter"),
        sa.func.max(_o.delivered_at),
    )
    query = sa.select(_o.destination, *figures).where(_o.destination.is_not(None)).group_by(_o.destination)
    with reading(engine) as connection:
        return {name: Standing(*found) for name, *found in connection.execute(query)}


def dead_letter_count(engine: sa.Engine, destination: str) -> int:
    """Return how many messages a destination refused, or that were given up, and that stand so."""
    query = sa.select(sa.func.count()).where(_o.destination == destination, _o.status == "dead_letter")
    with reading(engine) as connection:
        return int(connection.execute(query).scalar_one())


def _may_be_taken(now: datetime) -> sa.ColumnElement[bool]:
    early = sa.and_(
        sa.or_(_o.not_before_at.is_(None), _o.not_before_at <= now),
        sa.or_(_o.next_attempt_at.is_(None), _o.next_attempt_at <= now),
    )
    return sa.and_(_o.status.in_(OPEN), early)


def _waiting(
    engine: sa.Engine, destination: str, now: datetime, limit: int, more: sa.ColumnElement[bool]
) -> list[Message]:
    query = (
        sa.select(*_selected())
        .where(_o.destination == destination, _may_be_taken(now), more)
        .order_by(_o.created_at, _o.idempotency_key)
        .limit(limit)
    )
    with reading(engine) as connection:
        return [_message(dict(row)) for row in connection.execute(query).mappings()]


def _selected() -> list[sa.ColumnElement[Any]]:
    """A message is in doubt where its last try is not known to have come to nothing."""
    last = (
        sa.select(sa.func.max(_a.attempt))
        .where(_a.idempotency_key == _o.idempotency_key)
        .correlate(OUTBOX)
        .scalar_subquery()
    )
    doubtful = sa.exists().where(_a.idempotency_key == _o.idempotency_key, _a.attempt == last, _a.outcome == IN_DOUBT)
    return [*OUTBOX.columns, doubtful.label("is_in_doubt")]


def _message(row: Mapping[str, Any]) -> Message:
    payload = json.loads(row["payload"]) if row["payload"] else {}
    return Message(
        idempotency_key=row["idempotency_key"],
        campaign=row["campaign"] or "",
        customer_id=row["customer_id"] or "",
        channel=row["channel"] or "",
        purpose=row["purpose"],
        payload=payload if isinstance(payload, dict) else {"text": str(payload)},
        created_at=row["created_at"],
        not_before_at=row["not_before_at"],
        expires_at=row["expires_at"],
        attempts=row["attempts"] or 0,
        receipt=row["receipt"],
        accepted_at=row["accepted_at"],
        is_in_doubt=bool(row["is_in_doubt"]),
    )


def claim(engine: sa.Engine, destination: str, messages: Sequence[Message], now: datetime) -> dict[str, int]:
    """Take messages and return the number of the try by key; what somebody else took meanwhile is left out."""
    keys = [message.idempotency_key for message in messages]
    taken: dict[str, int] = {}
    with writing(engine, OUTBOX) as connection:
        free = connection.scalars(
            sa.select(_o.idempotency_key)
            .where(_o.idempotency_key.in_(keys), _may_be_taken(now), _o.accepted_at.is_(None))
            .order_by(_o.idempotency_key)
        ).all()
        if not free:
            return taken
        taken = _next_attempts(connection, free)
        connection.execute(
            sa.update(OUTBOX)
            .where(_o.idempotency_key.in_(free))
            .values(status="retrying", attempts=sa.func.coalesce(_o.attempts, 0) + 1, next_attempt_at=now + LEASE)
        )
        connection.execute(
            sa.insert(DELIVERY_ATTEMPT), [_try(key, number, destination, now) for key, number in taken.items()]
        )
    return taken


def _next_attempts(connection: sa.Connection, keys: Sequence[str]) -> dict[str, int]:
    counted = connection.execute(
        sa.select(_a.idempotency_key, sa.func.max(_a.attempt))
        .where(_a.idempotency_key.in_(keys))
        .group_by(_a.idempotency_key)
    )
    before = {str(key): int(number) for key, number in counted}
    return {key: before.get(key, 0) + 1 for key in keys}


def _try(key: str, number: int, destination: str, now: datetime) -> dict[str, Any]:
    return {
        "idempotency_key": key,
        "attempt": number,
        "destination": destination,
        "started_at": now,
        "outcome": IN_DOUBT,
    }


def record(
    engine: sa.Engine,
    outcomes: Mapping[str, tuple[int, Message, Outcome]],
    limits: Limits,
    now: datetime,
) -> None:
    """Write down what came of tries: key -> (try, message, outcome).

    An answer that comes late, when the message was taken again or is settled, closes its own try; only a delivery
    changes the message then, for that it was delivered is true whatever was believed meanwhile. Of a message that was
    taken from its customer by then (an erasure) only what became of it is written, no receipt and no word.
    """
    with writing(engine, OUTBOX) as connection:
        latest = {key: number - 1 for key, number in _next_attempts(connection, list(outcomes)).items()}
        nobodys = set(
            connection.scalars(
                sa.select(_o.idempotency_key).where(_o.idempotency_key.in_(outcomes), _o.customer_id.is_(None))
            )
        )
        for key, (number, message, outcome) in outcomes.items():
            if key in nobodys:
                message, outcome = replace(message, receipt=None), replace(outcome, receipt=None, reason=None)
            connection.execute(
                sa.update(DELIVERY_ATTEMPT)
                .where(_a.idempotency_key == key, _a.attempt == number)
                .values(ended_at=now, outcome=outcome.kind, status_code=outcome.status_code, detail=outcome.reason)
            )
            is_late = latest[key] != number
            if is_late and outcome.kind != DELIVERED:
                continue
            settled = ("delivered",) if outcome.kind == DELIVERED else ("delivered", "cancelled", "dead_letter")
            connection.execute(
                sa.update(OUTBOX)
                .where(_o.idempotency_key == key, _o.status.not_in(settled))
                .values(**_standing(message, outcome, limits, now))
            )


def _standing(message: Message, outcome: Outcome, limits: Limits, now: datetime) -> dict[str, Any]:
    """Return what an outcome makes of a message, as columns of its row."""
    tries = message.attempts + 1
    if outcome.kind == DELIVERED:
        return _closed("delivered", None, delivered_at=now, receipt=outcome.receipt or message.receipt)
    if outcome.kind == ACCEPTED:
        accepted = message.accepted_at or now
        return {
            "accepted_at": accepted,
            "receipt": outcome.receipt,
            "reason": "accepted; its receipt is awaited",
            "next_attempt_at": now + max(FIRST_LOOK, now - accepted),
        }
    if outcome.kind == PERMANENT:
        return _closed("dead_letter", outcome.reason, receipt=outcome.receipt or message.receipt)
    assert outcome.kind in {TEMPORARY, IN_DOUBT}
    if tries >= limits.attempts and not outcome.stops:
        return _closed("dead_letter", f"given up after {tries} tries: {outcome.reason}")
    return {"reason": outcome.reason, "next_attempt_at": now + pause(limits, tries, outcome.retry_after)}


def _closed(status: str, reason: str | None, **more: Any) -> dict[str, Any]:
    return {"status": status, "reason": reason, "next_attempt_at": None, "accepted_at": None, **more}


def pause(limits: Limits, tries: int, asked: float | None) -> timedelta:
    """Return how long a message rests after so many tries: twice as long each time, or as the destination asks."""
    grown = min(limits.first_pause_seconds * 2.0 ** min(tries - 1, 40), limits.longest_pause_seconds)
    return timedelta(seconds=max(grown, asked or 0.0))


def heard(engine: sa.Engine, message: Message, outcome: Outcome, limits: Limits, now: datetime) -> None:
    """Write down what a destination said of a message it was asked about, in its last try."""
    with writing(engine, OUTBOX) as connection:
        number = _next_attempts(connection, [message.idempotency_key])[message.idempotency_key] - 1
    told = {message.idempotency_key: (number, message, outcome)}
    record(engine, told, limits, now)


def postpone(engine: sa.Engine, keys: Sequence[str], until: datetime) -> None:
    """Let messages rest without a try: quiet hours."""
    with writing(engine, OUTBOX) as connection:
        connection.execute(
            sa.update(OUTBOX).where(_o.idempotency_key.in_(keys), _o.status.in_(OPEN)).values(next_attempt_at=until)
        )


def cancel(
    engine: sa.Engine, reasons: Mapping[str, str], destination: str, now: datetime, *, status: str = "cancelled"
) -> None:
    """Settle messages that are not to be sent: key -> why."""
    with writing(engine, OUTBOX) as connection:
        numbers = _next_attempts(connection, list(reasons))
        for key, reason in reasons.items():
            changed = connection.execute(
                sa.update(OUTBOX)
                .where(_o.idempotency_key == key, _o.status.in_(OPEN))
                .values(**_closed(status, reason))
            ).rowcount
            if changed:
                tried = {**_try(key, numbers[key], destination, now), "ended_at": now, "detail": reason}
                connection.execute(sa.insert(DELIVERY_ATTEMPT).values(**{**tried, "outcome": "cancelled"}))
