"""What came of a call: the words in which destinations tell deliveries, and deliveries tell the store.

Reasons and details are read by people and kept: they hold no personal data and no secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

DELIVERED: Final = "delivered"
#: taken, and its effect will be told later: by a receipt, or when asked
ACCEPTED: Final = "accepted"
TEMPORARY: Final = "temporary"
PERMANENT: Final = "permanent"
#: nobody knows whether it took effect: the answer was lost
IN_DOUBT: Final = "in_doubt"


@dataclass(frozen=True)
class Message:
    """A row of the outbox on its way; `is_in_doubt`: an earlier try may have taken effect."""

    idempotency_key: str
    campaign: str
    customer_id: str
    channel: str
    purpose: str | None
    payload: Mapping[str, Any]
    created_at: datetime | None = None
    not_before_at: datetime | None = None
    expires_at: datetime | None = None
    attempts: int = 0
    receipt: str | None = None
    accepted_at: datetime | None = None
    is_in_doubt: bool = False

    def text(self, name: str) -> str | None:
        """Return a text of the payload, or None where it has none of this name."""
        value = self.payload.get(name)
        return str(value) if value not in (None, "") else None


@dataclass(frozen=True)
class Outcome:
    """What came of sending a message. `retry_after`: seconds that the destination asked to wait.

    `stops`: the destination takes nothing now, so that the next message need not be tried.
    """

    kind: str
    reason: str | None = None
    receipt: str | None = None
    status_code: int | None = None
    retry_after: float | None = None
    stops: bool = False


@dataclass(frozen=True)
class Record:
    """An object as a destination is to have it; `payload` in the destination's own attribute names."""

    key: str
    payload: Mapping[str, Any]
    payload_hash: str
    receipt: str | None = None


@dataclass(frozen=True)
class Removal:
    """An object that a destination is no longer to have; `is_erasure`: the person asked to be forgotten."""

    key: str
    receipt: str | None = None
    is_erasure: bool = False


@dataclass(frozen=True)
class Result:
    """What came of writing or removing one object: `reason` is why it was refused, None where it was not.

    `is_conflict`: it was refused because another object there has what this one is to have, which that one may be
    about to give up.
    """

    key: str
    reason: str | None = None
    receipt: str | None = None
    is_conflict: bool = False


@dataclass
class Tally:
    """How many calls of each kind a destination was sent and how many it had to refuse for their rate (429)."""

    calls: dict[str, int] = field(default_factory=dict)
    refused_for_rate: int = 0

    def count(self, name: str) -> None:
        """Count one call."""
        self.calls[name] = self.calls.get(name, 0) + 1

    @property
    def total(self) -> int:
        """All calls."""
        return sum(self.calls.values())
