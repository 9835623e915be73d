"""An SMS gateway: a POST a message, its delivery told later by a receipt or when asked.

    POST /messages             {"to", "text", "from", "reference"} -> 2xx {"id", "status"}
    GET  /messages/{reference} -> {"id", "status": "accepted" | "delivered" | "failed", "reason"}, or 404

`reference` and the header Idempotency-Key are the message's key. A text that takes more segments than allowed, or has
no number, is refused here; in quiet hours nothing leaves, whatever the decision said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from scv_assets.activation.destinations.calls import Caller, document
from scv_assets.activation.destinations.outcomes import ACCEPTED, DELIVERED, PERMANENT, Message, Outcome, Tally
from scv_assets.activation.destinations.settings import DestinationSettings
from scv_assets.activation.destinations.sms_text import segments
from scv_assets.errors import ConfigError

_STATUS = {"accepted": ACCEPTED, "queued": ACCEPTED, "sent": ACCEPTED, "delivered": DELIVERED}


@dataclass(frozen=True)
class QuietHours:
    """From `start` to `end`, local time, nothing is sent; equal: always allowed."""

    start: time
    end: time
    time_zone: ZoneInfo

    @classmethod
    def read(cls, settings: DestinationSettings, time_zone: str) -> "QuietHours":
        """Read `quiet_from` and `quiet_to`. Raises `ConfigError` where one is no time of day."""
        try:
            start, end = (time.fromisoformat(settings.options[name]) for name in ("quiet_from", "quiet_to"))
        except ValueError:
            raise ConfigError('quiet_from and quiet_to are times of day; write "21:00"', where=settings.where) from None
        return cls(start, end, ZoneInfo(time_zone))

    def ends_at(self, instant: datetime) -> datetime | None:
        """Return when the quiet hours end in which an instant (naive UTC) lies, or None where it lies in none."""
        local = instant.replace(tzinfo=UTC).astimezone(self.time_zone)
        clock = local.time()
        is_over_midnight = self.start > self.end
        is_quiet = clock >= self.start or clock < self.end if is_over_midnight else self.start <= clock < self.end
        if not is_quiet:
            return None
        day = local.date() + timedelta(days=1 if is_over_midnight and clock >= self.start else 0)
        end = datetime.combine(day, self.end, tzinfo=self.time_zone)
        return end.astimezone(UTC).replace(tzinfo=None)


class SmsGateway:
    """One gateway."""

    messages_at_once = 1

    def __init__(
        self, settings: DestinationSettings, caller: Caller, token: str, quiet: QuietHours, tally: Tally
    ) -> None:
        self._sender = settings.options["sender"]
        self._max_segments = int(settings.options["max_segments"])
        self._caller = caller
        self._headers = {"Authorization": f"Bearer {token}"}
        self._quiet = quiet
        self.tally = tally

    def close(self) -> None:
        """Close the connections."""
        self._caller.close()

    def not_before(self, message: Message, now: datetime) -> datetime | None:
        """Return when the message may leave at the earliest, or None for at once."""
        return self._quiet.ends_at(now)

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Post each message by itself."""
        return [self._send(message) for message in messages]

    def ask(self, message: Message) -> Outcome | None:
        """Ask what became of a message by its key."""
        path = f"/messages/{quote(message.idempotency_key, safe='')}"
        answer = self._caller.repeated("GET", path, headers=self._headers)
        return outcome_of(document(answer), answer.status_code) if answer.is_success else None

    def _send(self, message: Message) -> Outcome:
        number, text = message.text("to"), message.text("text")
        if number is None or text is None:
            return Outcome(PERMANENT, f"the message has no {'number' if number is None else 'text'}")
        taken = segments(text)
        if taken > self._max_segments:
            return Outcome(PERMANENT, f"the text takes {taken} segments, max_segments is {self._max_segments}")
        body = {"to": number, "text": text, "from": self._sender, "reference": message.idempotency_key}
        headers = {**self._headers, "Idempotency-Key": message.idempotency_key}
        answer = self._caller.sent("POST", "/messages", json=body, headers=headers)
        return answer if isinstance(answer, Outcome) else outcome_of(document(answer), answer.status_code)


def outcome_of(body: Mapping[str, object], status: int) -> Outcome:
    """Return what a gateway's answer or receipt says became of a message."""
    told = str(body.get("status") or "")
    receipt = str(body["id"]) if body.get("id") else None
    kind = _STATUS.get(told)
    if kind is None:
        return Outcome(PERMANENT, f"not delivered ({told or 'no status'})", receipt=receipt, status_code=status)
    return Outcome(kind, receipt=receipt, status_code=status)
