"""Wherever a process is lost and whatever the network does: nothing is lost, and nothing is sent twice."""

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.store.engine import open_store, writing
from resources.store.tables import DELIVERY_ATTEMPT, OUTBOX
from scv_assets.activation.delivery import outbox
from scv_assets.activation.destinations.kinds import KINDS
from scv_assets.activation.destinations.outcomes import DELIVERED, TEMPORARY, Outcome
from tests.activation.delivery.company import NOW, Row, TestClock, message
from tests.activation.delivery.receiver import NAME, Lost, Receiver, Steps, losing, run_until_quiet, sending

pytestmark = pytest.mark.slow

KEYS = ("m1", "m2", "m3")
BEHAVIOUR = st.sampled_from(["answered", "accepted", "lost", "broken", "not taken", "busy", "down"])


def fill(store: sa.Engine, rows: Sequence[Row]) -> None:
    with writing(store, OUTBOX) as connection:
        connection.execute(sa.delete(OUTBOX))
        connection.execute(sa.delete(DELIVERY_ATTEMPT))
        connection.execute(sa.insert(OUTBOX), list(rows))


def rows(store: sa.Engine, table: sa.Table) -> list[Row]:
    with store.connect() as connection:
        found = connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()
        return [dict(row) for row in found]


def scenario(store: sa.Engine, receiver: Receiver, plan: list[str], losses: list[int], refused: set[str]) -> None:
    """Lose a run at each of the steps, then let it come to an end, and check what must hold."""
    fill(store, [message(key) for key in KEYS])
    clock = TestClock()
    receiver.plan = list(plan)
    for lost_at in losses:
        steps = receiver.steps = Steps(lost_at)
        with losing(store, steps), contextlib.suppress(Lost):
            sending(store, receiver, clock, sorted(refused)).run()
        clock.move(minutes=7)
    receiver.steps = Steps()
    run_until_quiet(store, receiver, clock, sorted(refused))
    states = {row["idempotency_key"]: row for row in rows(store, OUTBOX)}
    assert states.keys() == set(KEYS)
    for key, row in states.items():
        if key in refused:
            assert (row["status"], receiver.effects[key]) == ("cancelled", 0)
        else:
            assert row["status"] == "delivered", row
            assert receiver.effects[key] == 1
    for tried in rows(store, DELIVERY_ATTEMPT):
        assert tried["started_at"] is not None
    numbers: dict[str, list[int]] = {}
    for tried in rows(store, DELIVERY_ATTEMPT):
        numbers.setdefault(tried["idempotency_key"], []).append(tried["attempt"])
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


@given(
    plan=st.lists(BEHAVIOUR, max_size=5),
    losses=st.lists(st.integers(1, 12), max_size=3),
    refused=st.sets(st.sampled_from(KEYS), max_size=1),
    knows_keys=st.booleans(),
)
@settings(max_examples=40)
def test_a_run_lost_anywhere_and_any_network_lose_nothing_and_send_nothing_twice(
    empty_store: Path, plan: list[str], losses: list[int], refused: set[str], knows_keys: bool
) -> None:
    """A receiver knows keys, or can be asked: one of both is what sending once needs."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{shutil.copy(empty_store, folder)}")
        try:
            receiver = Receiver(knows_keys=knows_keys, can_be_asked=not knows_keys or "accepted" in plan)
            scenario(store, receiver, plan, losses, refused)
        finally:
            store.dispose()


@pytest.mark.parametrize("lost_at", range(1, 10))
@pytest.mark.parametrize("knows_keys", [True, False])
def test_a_run_lost_at_each_step_in_turn(store: sa.Engine, lost_at: int, knows_keys: bool) -> None:
    receiver = Receiver(knows_keys=knows_keys, can_be_asked=not knows_keys)
    scenario(store, receiver, [], [lost_at], set())


def test_two_deliveries_at_once_send_each_message_once(store: sa.Engine) -> None:
    keys = [f"m{number:02}" for number in range(40)]
    fill(store, [message(key) for key in keys])
    receiver = Receiver(knows_keys=False)
    threads = [threading.Thread(target=sending(store, receiver, TestClock()).run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(receiver.effects) == dict.fromkeys(keys, 1)
    assert {row["status"] for row in rows(store, OUTBOX)} == {"delivered"}


def test_an_answer_that_comes_late_or_twice_or_out_of_turn_changes_nothing_that_is_settled(store: sa.Engine) -> None:
    fill(store, [message("m1")])
    limits, later = KINDS["sms"].limits, TestClock(start=NOW)
    (first,) = outbox.due(store, NAME, NOW, 10)
    assert outbox.claim(store, NAME, [first], NOW) == {"m1": 1}
    assert outbox.claim(store, NAME, [first], NOW) == {}
    later.move(minutes=11)
    (second,) = outbox.due(store, NAME, later.now(), 10)
    assert second.is_in_doubt
    assert outbox.claim(store, NAME, [second], later.now()) == {"m1": 2}
    for _ in range(2):
        outbox.record(store, {"m1": (2, second, Outcome(DELIVERED, receipt="r2"))}, limits, later.now())
        outbox.record(store, {"m1": (1, first, Outcome(TEMPORARY, "answers 503"))}, limits, later.now())
    (row,) = rows(store, OUTBOX)
    assert (row["status"], row["receipt"], row["reason"]) == ("delivered", "r2", None)
    assert [one["outcome"] for one in rows(store, DELIVERY_ATTEMPT)] == ["temporary", "delivered"]


def test_that_it_arrived_is_believed_even_when_it_comes_late(store: sa.Engine) -> None:
    fill(store, [message("m1")])
    limits, later = KINDS["sms"].limits, TestClock(start=NOW)
    (first,) = outbox.due(store, NAME, NOW, 10)
    outbox.claim(store, NAME, [first], NOW)
    later.move(minutes=11)
    (second,) = outbox.due(store, NAME, later.now(), 10)
    outbox.claim(store, NAME, [second], later.now())
    outbox.record(store, {"m1": (1, first, Outcome(DELIVERED, receipt="r1"))}, limits, later.now())
    outbox.record(store, {"m1": (2, second, Outcome(TEMPORARY, "answers 503"))}, limits, later.now())
    (row,) = rows(store, OUTBOX)
    assert (row["status"], row["receipt"]) == ("delivered", "r1")


def test_a_message_that_is_on_its_way_belongs_to_its_taker_until_the_lease_ends(store: sa.Engine) -> None:
    fill(store, [message("m1")])
    outbox.claim(store, NAME, outbox.due(store, NAME, NOW, 10), NOW)
    assert outbox.due(store, NAME, NOW + outbox.LEASE / 2, 10) == []
    assert len(outbox.due(store, NAME, NOW + outbox.LEASE, 10)) == 1
