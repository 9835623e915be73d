"""What people decide on messages: to send dead letters again, to give up what waits. Each with its audit entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from resources.store.decisions import audited
from resources.store.engine import writing
from resources.store.tables import OUTBOX
from scv_assets.activation.delivery.outbox import OPEN
from scv_assets.errors import NotFound

_o = OUTBOX.c


@dataclass(frozen=True)
class Chosen:
    """Which messages are meant; None: any. `key` may be the beginning of one."""

    status: str | None = None
    destination: str | None = None
    campaign: str | None = None
    key: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return what their rows fulfil."""
        pairs = ((_o.status, self.status), (_o.destination, self.destination), (_o.campaign, self.campaign))
        found: list[sa.ColumnElement[bool]] = [column == value for column, value in pairs if value is not None]
        return found + ([_o.idempotency_key.startswith(self.key, autoescape=True)] if self.key else [])


def replay(engine: sa.Engine, chosen: Chosen, *, by: str, now: datetime) -> int:
    """Let dead letters be sent again, with all their tries before them; return how many.

    What may be sent is asked again then: one that expired, or whose consent is gone, is cancelled.
    """
    values = {"status": "pending", "attempts": 0, "next_attempt_at": None, "reason": None}
    return _decide(engine, chosen, ("dead_letter",), values, by=by, action="replay_message", now=now)


def cancel(engine: sa.Engine, chosen: Chosen, *, by: str, now: datetime) -> int:
    """Give up messages that wait; return how many. One that is on its way may arrive all the same.

    Raises `NotFound` where nothing says which.
    """
    if chosen == Chosen():
        raise NotFound("say which messages: --key, --destination or --campaign")
    values = {"status": "cancelled", "reason": f"cancelled by {by}", "next_attempt_at": None}
    return _decide(engine, chosen, OPEN, values, by=by, action="cancel_message", now=now)


def _decide(
    engine: sa.Engine,
    chosen: Chosen,
    statuses: Sequence[str],
    values: dict[str, Any],
    *,
    by: str,
    action: str,
    now: datetime,
) -> int:
    meant = [*chosen.conditions(), _o.status.in_(statuses), _o.accepted_at.is_(None)]
    with writing(engine, OUTBOX) as connection:
        count = connection.execute(sa.update(OUTBOX).where(*meant).values(**values)).rowcount
        if count:
            subject = "/".join(part or "*" for part in (chosen.destination, chosen.campaign, chosen.key))
            audited(connection, by, action, subject, now, {"messages": count})
    return count
