"""An SMS leaves once, in waking hours, with consent, in as few segments as allowed; and its receipt is awaited."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destination_sandbox.serving import Running
from scv_assets.activation.destinations.sms_text import segments
from tests.activation.delivery.company import Company, consent, message, profile

pytestmark = pytest.mark.server

YAML = """
  gateway:
    kind: sms
    url: ${SMS_URL}
    token: ${SMS_TOKEN}
    sender: Tilleul
    max_segments: 2
    channels: [sms]
    limits: {calls: 1000, attempts: 3}
"""


@pytest.fixture
def texting(company: Company, gateway: Running) -> Company:
    company.destinations(YAML)
    company.add("golden_profile", profile("ann"), profile("bob"))
    company.add("consent_state", consent("ann", "sms"))
    return company


def test_an_accepted_message_is_delivered_once_its_receipt_says_so(texting: Company, gateway: Running) -> None:
    texting.add("outbox", message("m1"))
    assert texting.deliver("gateway").sent.accepted == 1
    assert texting.outbox()["m1"]["status"] == "retrying"
    assert texting.outbox()["m1"]["reason"] == "accepted; its receipt is awaited"
    texting.clock.move(minutes=5)
    assert texting.deliver("gateway").sent.delivered == 0
    gateway.holds.deliver()
    texting.clock.move(minutes=10)
    assert texting.deliver("gateway").sent.delivered == 1
    row = texting.outbox()["m1"]
    assert (row["status"], row["receipt"], row["delivered_at"]) == ("delivered", "sms-1", texting.clock.now())
    assert gateway.holds.asked == 1


def test_a_message_that_the_network_could_not_deliver_is_a_dead_letter(texting: Company, gateway: Running) -> None:
    texting.add("outbox", message("m1"))
    texting.deliver("gateway")
    gateway.holds.messages["m1"]["status"] = "failed"
    texting.clock.move(minutes=5)
    assert texting.deliver("gateway").sent.dead_letters == 1
    assert texting.outbox()["m1"]["reason"] == "not delivered (failed)"


def test_a_receipt_that_never_comes_is_told(texting: Company, gateway: Running) -> None:
    texting.add("outbox", message("m1"))
    texting.deliver("gateway")
    texting.clock.move(hours=73)
    texting.deliver("gateway")
    assert texting.outbox()["m1"]["reason"] == "accepted, but no receipt came within 72 h"


def test_consent_withdrawn_between_selection_and_sending_is_not_sent(texting: Company, gateway: Running) -> None:
    texting.add("outbox", message("m1"), message("m2", customer="bob"), message("m3", customer="gone"))
    texting.change("consent_state", {"customer_id": "ann"}, is_granted=False)
    assert texting.deliver("gateway").sent.cancelled == 3
    reasons = {key: (row["status"], row["reason"]) for key, row in texting.outbox().items()}
    assert reasons == {
        "m1": ("cancelled", "no_consent"),
        "m2": ("cancelled", "no_consent"),
        "m3": ("cancelled", "erased"),
    }
    assert gateway.counts.total == 0


def test_what_is_too_late_is_cancelled_and_what_is_too_early_waits(texting: Company, gateway: Running) -> None:
    now = texting.clock.now()
    texting.add(
        "outbox",
        message("late", expires_at=now),
        message("early", not_before_at=datetime.fromisoformat("2026-11-20T12:00")),
    )
    assert texting.deliver("gateway").sent.cancelled == 1
    assert texting.outbox()["late"]["reason"] == "expired"
    assert texting.outbox()["early"]["status"] == "pending"
    texting.clock.move(hours=2)
    assert texting.deliver("gateway").sent.accepted == 1


@pytest.mark.parametrize(
    ("hour", "leaves"), [(20, "2026-11-21T07:00:00"), (23, "2026-11-21T07:00:00"), (6, "2026-11-20T07:00:00")]
)
def test_in_quiet_hours_of_the_company_nothing_leaves(
    texting: Company, gateway: Running, hour: int, leaves: str
) -> None:
    texting.clock.start = datetime.fromisoformat(f"2026-11-20T{hour:02}:00")
    texting.add("outbox", message("m1"))
    assert texting.deliver("gateway").sent.postponed == 1
    row = texting.outbox()["m1"]
    assert (row["next_attempt_at"], row["attempts"]) == (datetime.fromisoformat(leaves), 0)
    assert gateway.counts.total == 0


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"to": "+32470000000", "text": "x" * 307}, "the text takes 3 segments, max_segments is 2"),
        ({"to": "+32470000000"}, "the message has no text"),
        ({"text": "Hello"}, "the message has no number"),
        ({"to": "0470", "text": "Hello"}, "answers 400 (invalid_number)"),
    ],
)
def test_what_can_never_be_sent_is_a_dead_letter_at_once(
    texting: Company, gateway: Running, payload: dict[str, str], reason: str
) -> None:
    texting.add("outbox", message("m1", payload=payload))
    assert texting.deliver("gateway").sent.dead_letters == 1
    row = texting.outbox()["m1"]
    assert (row["status"], row["reason"]) == ("dead_letter", reason)


def test_a_gateway_that_is_down_leaves_the_others_their_tries(texting: Company, gateway: Running) -> None:
    texting.add("outbox", *(message(f"m{n}") for n in range(5)))
    gateway.faults.is_down = True
    done = texting.deliver("gateway")
    assert (done.sent.retrying, done.sent.stopped) == (1, "answers 503")
    assert sorted(row["attempts"] for row in texting.outbox().values()) == [0, 0, 0, 0, 1]
    gateway.faults.is_down = False
    texting.clock.move(hours=1)
    assert texting.deliver("gateway").sent.accepted == 5


def test_a_message_in_doubt_is_not_sent_again_while_the_gateway_cannot_be_asked(
    texting: Company, gateway: Running
) -> None:
    texting.add("outbox", message("m1"))
    gateway.faults.break_every = 1
    texting.deliver("gateway")
    for _ in range(5):
        texting.clock.move(hours=7)
        assert "answers 500" in str(texting.deliver("gateway").sent.stopped)
    gateway.faults.break_every = 0
    texting.clock.move(hours=7)
    texting.deliver("gateway")
    assert gateway.holds.asked == 1
    assert texting.outbox()["m1"]["accepted_at"] is not None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("ê" * 70, 1),
        ("ê" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("ê" * 135, 3),
    ],
)
def test_segments_are_those_of_the_standard(text: str, count: int) -> None:
    assert segments(text) == count


@given(st.text(max_size=400), st.characters())
def test_a_longer_text_never_takes_fewer_segments(text: str, more: str) -> None:
    assert segments(text) <= segments(text + more)
