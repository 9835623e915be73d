"""Any system that takes a POST: JSON, signed, with the key by which the receiver knows a message it already has.

Every request carries `Idempotency-Key`, `X-SCV-Timestamp` (seconds since 1970) and `X-SCV-Signature`:
`sha256=` and the hexadecimal HMAC-SHA256, by the shared secret, of the timestamp, a full stop and the body.
"""

import calendar
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from scv_assets.activation.destinations.calls import Caller, document
from scv_assets.activation.destinations.outcomes import (
    DELIVERED,
    IN_DOUBT,
    Message,
    Outcome,
    Record,
    Removal,
    Result,
    Tally,
)
from scv_assets.activation.destinations.pace import Clock
from scv_assets.activation.destinations.settings import DestinationSettings, ObjectSettings

RECORDS_A_CALL = 100


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what `X-SCV-Signature` has to say for a body (RFC 2104 with SHA-256)."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class Webhook:
    """One receiver. It is expected to know a key it has seen: a message whose answer was lost is sent again."""

    messages_at_once = 1
    removes_first = False

    def __init__(
        self, settings: DestinationSettings, caller: Caller, address: str, secret: str, clock: Clock, tally: Tally
    ) -> None:
        self._caller = caller
        self._address = address
        self._secret = secret
        self._clock = clock
        self.tally = tally
        self.calls_at_once = settings.limits.at_once

    def close(self) -> None:
        """Close the connections."""
        self._caller.close()

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Post each message by itself."""
        return [self._send(message) for message in messages]

    def ask(self, message: Message) -> Outcome | None:
        """A webhook cannot be asked: the message is sent again, under its key."""
        return Outcome(IN_DOUBT, "it cannot be asked")

    def batch_size(self, settings: ObjectSettings, count: int) -> int:
        """Return the records of a call."""
        return RECORDS_A_CALL

    def write(self, settings: ObjectSettings, records: Sequence[Record]) -> list[Result]:
        """Post the records; the receiver may answer `{"rejected": [{"key": …, "reason": …}]}`."""
        written = [{"key": record.key, settings.key: record.key, **record.payload} for record in records]
        return self._objects(settings, {"written": written}, [record.key for record in records])

    def remove(self, settings: ObjectSettings, removals: Sequence[Removal]) -> list[Result]:
        """Post what is gone."""
        removed = [{"key": removal.key, "is_erasure": removal.is_erasure} for removal in removals]
        return self._objects(settings, {"removed": removed}, [removal.key for removal in removals])

    def _objects(self, settings: ObjectSettings, content: Mapping[str, Any], keys: Sequence[str]) -> list[Result]:
        body = _bytes({"object": settings.name, **content})
        headers = self._headers(hashlib.sha256(body).hexdigest(), body)
        answer = self._caller.repeated("POST", self._address, content=body, headers=headers)
        if not answer.is_success:
            return [Result(key, f"answers {answer.status_code}") for key in keys]
        rejected = document(answer).get("rejected", [])
        reasons = {
            str(one.get("key")): str(one.get("reason") or "refused") for one in rejected if isinstance(one, dict)
        }
        return [Result(key, reasons.get(key)) for key in keys]

    def _send(self, message: Message) -> Outcome:
        body = _bytes(
            {
                "idempotency_key": message.idempotency_key,
                "campaign": message.campaign,
                "customer_id": message.customer_id,
                "channel": message.channel,
                "payload": message.payload,
            }
        )
        headers = self._headers(message.idempotency_key, body)
        answer = self._caller.sent("POST", self._address, content=body, headers=headers)
        if isinstance(answer, Outcome):
            return answer
        receipt = document(answer).get("receipt")
        return Outcome(DELIVERED, receipt=str(receipt) if receipt else None, status_code=answer.status_code)

    def _headers(self, key: str, body: bytes) -> httpx.Headers:
        timestamp = str(calendar.timegm(self._clock.now().timetuple()))
        return httpx.Headers(
            {
                "Content-Type": "application/json",
                "Idempotency-Key": key,
                "X-SCV-Timestamp": timestamp,
                "X-SCV-Signature": signature(self._secret, timestamp, body),
            }
        )


def _bytes(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
