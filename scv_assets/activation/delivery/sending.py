"""Sending what is due at one destination, each message once in effect.

For each chunk: what has expired is cancelled; consent and suppressions are asked of the store as it is now; a message
in doubt is asked about where the destination can be asked; the others are taken, sent under their key, and what came of
them is written down. A destination that takes nothing now ends the run: the other messages keep their tries.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from scv_assets.activation.delivery import outbox
from scv_assets.activation.destinations.interface import Channel
from scv_assets.activation.destinations.outcomes import ACCEPTED, DELIVERED, IN_DOUBT, PERMANENT, Message, Outcome
from scv_assets.activation.destinations.pace import Clock
from scv_assets.activation.destinations.settings import Limits
from scv_assets.errors import ConfigError, DestinationUnavailable

#: messages whose consent is asked at once: few enough that what is asked holds when the last of them leaves
CHUNK = 500
#: a server that asks to wait no longer than this is waited for
SHORT_WAIT_SECONDS = 60.0

_MAYBE_SENT = "expired; whether an earlier try arrived is not known"

#: messages -> key -> why it may not be sent, as of an instant
Refusing = Callable[[Sequence[Message], datetime], dict[str, str]]


@dataclass
class Sent:
    """What a run did with the messages of a destination; `stopped`: why it ended early."""

    delivered: int = 0
    accepted: int = 0
    retrying: int = 0
    dead_letters: int = 0
    cancelled: int = 0
    postponed: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    stopped: str | None = None

    def count(self, outcome: Outcome, *, is_given_up: bool) -> None:
        """Count one outcome."""
        if outcome.kind == DELIVERED:
            self.delivered += 1
        elif outcome.kind == ACCEPTED:
            self.accepted += 1
        elif outcome.kind == PERMANENT or is_given_up:
            self.dead_letters += 1
        else:
            self.retrying += 1
        if outcome.reason:
            self.reasons[outcome.reason] = self.reasons.get(outcome.reason, 0) + 1


@dataclass(frozen=True)
class Sending:
    """One run over the messages of one destination."""

    engine: sa.Engine
    name: str
    channel: Channel
    limits: Limits
    clock: Clock
    refusing: Refusing
    receipt_hours: float = 72.0

    def run(self) -> Sent:
        """Send all that is due. Raises `StoreUnavailable`, `ConfigError`."""
        done = Sent()
        try:
            self._hear(done)
            while done.stopped is None:
                messages = outbox.due(self.engine, self.name, self.clock.now(), CHUNK)
                if not messages:
                    break
                self._chunk(messages, done)
        except DestinationUnavailable as error:
            done.stopped = str(error)
        return done

    def _hear(self, done: Sent) -> None:
        """Ask what became of messages that were accepted."""
        while messages := outbox.awaited(self.engine, self.name, self.clock.now(), CHUNK):
            for message in messages:
                told = self._asked(message)
                now = self.clock.now()
                if told is None or told.kind in {ACCEPTED, IN_DOUBT}:
                    told = self._still_awaited(message, now)
                outbox.heard(self.engine, message, told, self.limits, now)
                if told.kind != ACCEPTED:
                    done.count(told, is_given_up=False)

    def _still_awaited(self, message: Message, now: datetime) -> Outcome:
        assert message.accepted_at is not None
        if now - message.accepted_at >= timedelta(hours=self.receipt_hours):
            return Outcome(PERMANENT, f"accepted, but no receipt came within {self.receipt_hours:g} h")
        return Outcome(ACCEPTED, receipt=message.receipt)

    def _chunk(self, messages: Sequence[Message], done: Sent) -> None:
        now = self.clock.now()
        open_ = self._out_of_doubt(messages, done)
        refused = {
            one.idempotency_key: _MAYBE_SENT if one.is_in_doubt else "expired"
            for one in open_
            if one.expires_at is not None and one.expires_at <= now
        }
        fresh = [one for one in open_ if one.idempotency_key not in refused]
        refused |= self.refusing(fresh, now) if fresh else {}
        if refused:
            outbox.cancel(self.engine, refused, self.name, now)
            done.cancelled += len(refused)
        ready = self._not_too_early([one for one in fresh if one.idempotency_key not in refused], done)
        size = self.channel.messages_at_once
        for start in range(0, len(ready), size):
            if done.stopped is None:
                self._send(ready[start : start + size], done)

    def _out_of_doubt(self, messages: Sequence[Message], done: Sent) -> list[Message]:
        """Settle the messages in doubt that the destination knows; return the others."""
        left = []
        for message in messages:
            told = self._asked(message) if message.is_in_doubt else None
            if told is None or told.kind == IN_DOUBT:
                left.append(message)
                continue
            outbox.heard(self.engine, message, told, self.limits, self.clock.now())
            done.count(told, is_given_up=False)
        return left

    def _asked(self, message: Message) -> Outcome | None:
        return self.channel.ask(message)

    def _not_too_early(self, messages: Sequence[Message], done: Sent) -> list[Message]:
        not_before = getattr(self.channel, "not_before", None)
        if not_before is None:
            return list(messages)
        ready: list[Message] = []
        early: dict[datetime, list[str]] = {}
        for message in messages:
            until = not_before(message, self.clock.now())
            if until is None:
                ready.append(message)
            else:
                early.setdefault(until, []).append(message.idempotency_key)
        for until, keys in early.items():
            outbox.postpone(self.engine, keys, until)
            done.postponed += len(keys)
        return ready

    def _send(self, messages: Sequence[Message], done: Sent) -> None:
        taken = outbox.claim(self.engine, self.name, messages, self.clock.now())
        mine = [message for message in messages if message.idempotency_key in taken]
        if not mine:
            return
        outcomes = self._send_or_stop(mine)
        told = {
            one.idempotency_key: (taken[one.idempotency_key], one, outcome)
            for one, outcome in zip(mine, outcomes, strict=True)
        }
        outbox.record(self.engine, told, self.limits, self.clock.now())
        for message, outcome in zip(mine, outcomes, strict=True):
            done.count(outcome, is_given_up=message.attempts + 1 >= self.limits.attempts and not outcome.stops)
            if outcome.stops:
                done.stopped = outcome.reason
            elif outcome.retry_after is not None and 0 < outcome.retry_after <= SHORT_WAIT_SECONDS:
                self.clock.sleep(outcome.retry_after)

    def _send_or_stop(self, messages: Sequence[Message]) -> list[Outcome]:
        """Send; a destination that is away is an outcome of each message, not an end without a word."""
        try:
            return self.channel.send(messages)
        except (DestinationUnavailable, ConfigError) as error:
            return [Outcome(IN_DOUBT, str(error), stops=True) for _ in messages]
