"""A receiver of messages whose behaviour a test decides call by call, and a process that is lost at any step."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from scv_assets.activation.delivery.sending import Sending, Sent
from scv_assets.activation.destinations.kinds import KINDS
from scv_assets.activation.destinations.outcomes import (
    ACCEPTED,
    DELIVERED,
    IN_DOUBT,
    PERMANENT,
    TEMPORARY,
    Message,
    Outcome,
    Tally,
)
from tests.activation.delivery.company import TestClock

NAME = "gateway"


class Lost(BaseException):
    """The process is gone: nothing after this happens."""


@dataclass
class Steps:
    """Counts the steps of a run (sends and commits) and loses the process at one of them."""

    lost_at: int | None = None
    seen: int = 0

    def step(self, *_: Any) -> None:
        self.seen += 1
        if self.seen == self.lost_at:
            raise Lost


@dataclass
class Receiver:
    """`effects`: how often each message took effect. One that `knows_keys` does a key once; one that `can_be_asked`
    tells what it did. `plan`: what becomes of the next calls (answered where it has ended).
    """

    knows_keys: bool = True
    can_be_asked: bool = True
    plan: list[str] = field(default_factory=list)
    effects: Counter[str] = field(default_factory=Counter)
    steps: Steps = field(default_factory=Steps)
    messages_at_once: int = 1
    tally: Tally = field(default_factory=Tally)

    def close(self) -> None:
        pass

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        return [self._send(message.idempotency_key) for message in messages]

    def ask(self, message: Message) -> Outcome | None:
        if not self.can_be_asked:
            return Outcome(IN_DOUBT, "it cannot be asked")
        return Outcome(DELIVERED) if self.effects[message.idempotency_key] else None

    def _send(self, key: str) -> Outcome:
        self.steps.step()
        what = self.plan.pop(0) if self.plan else "answered"
        if what in {"answered", "accepted", "lost", "broken"} and not (self.knows_keys and self.effects[key]):
            self.effects[key] += 1
        self.steps.step()
        return {
            "answered": Outcome(DELIVERED, receipt=f"receipt-{key}"),
            "accepted": Outcome(ACCEPTED, receipt=f"receipt-{key}"),
            "lost": Outcome(IN_DOUBT, "no answer (ReadTimeout)"),
            "broken": Outcome(IN_DOUBT, "answers 500", status_code=500),
            "not taken": Outcome(IN_DOUBT, "no answer (ReadTimeout)"),
            "busy": Outcome(TEMPORARY, "answers 429", status_code=429, retry_after=5.0),
            "down": Outcome(TEMPORARY, "no connection (ConnectError)", stops=True),
            "refused": Outcome(PERMANENT, "answers 400", status_code=400),
        }[what]


def sending(store: sa.Engine, receiver: Receiver, clock: TestClock, refused: Sequence[str] = ()) -> Sending:
    """Return a run over the receiver's messages; `refused` may not be sent."""

    def refusing(messages: Sequence[Message], at: datetime) -> dict[str, str]:
        return {one.idempotency_key: "no consent" for one in messages if one.idempotency_key in refused}

    return Sending(store, NAME, receiver, KINDS["sms"].limits, clock, refusing)


@contextmanager
def losing(store: sa.Engine, steps: Steps) -> Iterator[None]:
    """Count the store's commits as steps, each before and after it happens."""
    event.listen(store, "commit", steps.step)
    try:
        yield
    finally:
        event.remove(store, "commit", steps.step)


def run_until_quiet(store: sa.Engine, receiver: Receiver, clock: TestClock, refused: Sequence[str] = ()) -> list[Sent]:
    """Run again and again, each time when the next message is due, until nothing changes any more."""
    done = []
    for _ in range(60):
        done.append(sending(store, receiver, clock, refused).run())
        clock.move(hours=7)
    return done
