"""What is asked of a message at the moment of sending."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection

from scv_assets.activation.admission import refusals
from tests.activation.company import REMINDER, VOUCHER, Row, outbox, policy, view, waiting
from tests.in_memory import connected

AT = datetime.fromisoformat("2026-03-04 08:00:00")
OWNERS = {"1": "ann", "2": "bob"}
POINTS = (
    {"customer_id": "ann", "kind": "email", "value": "ann@mail.be", "is_valid": True},
    {"customer_id": "ann", "kind": "phone", "value": "+32470000001", "is_valid": True},
)
CONSENT = ({"source_key": "1", "channel": "email", "granted": True, "occurred_at": "2026-01-01"},)
BOUGHT = {
    "source": "pos",
    "order_id": "t1",
    "customer_id": "ann",
    "ordered_at": "2026-03-02 09:00:00",
    "is_return": False,
}
LINE = {"source": "pos", "order_id": "t1", "line_number": 1, "product_id": "p1", "quantity": 1}
COMPLAINT = {
    "source": "service",
    "ticket_id": "k1",
    "customer_id": "ann",
    "kind": "complaint",
    "opened_at": "2026-03-03 23:30:00",
}


@pytest.fixture
def con() -> Connection:
    return connected()


def refused(con: Connection, messages: Sequence[Row], at: datetime = AT, **known: Any) -> dict[str, tuple[str, Any]]:
    """Return the reason and the evidence of each message that may not go."""
    given = {
        "crosswalk": OWNERS,
        "contact_points": POINTS,
        "consent_events": CONSENT,
        "outbox": messages,
        **known,
    }
    asked = view(con, policy(VOUCHER, REMINDER), **given)
    found = refusals(con, asked, outbox(con, messages), at).fetchall()
    return {key: (reason, json.loads(evidence)) for key, reason, evidence in found}


def test_a_message_that_nothing_speaks_against_may_go(con: Connection) -> None:
    assert refused(con, [waiting()]) == {}


def test_consent_withdrawn_between_selection_and_sending_holds_the_message_back(con: Connection) -> None:
    withdrawn = {"source_key": "1", "channel": "email", "granted": False, "occurred_at": "2026-03-04 07:00:00"}
    assert refused(con, [waiting()], consent_events=[*CONSENT, withdrawn]) == {
        "m0": ("no_consent", {"channel": "email", "consent": "e1"})
    }


def test_a_refusal_that_the_state_does_not_know_yet_holds_at_once(con: Connection) -> None:
    events = [
        *CONSENT,
        {
            "customer_id": "ann",
            "channel": "email",
            "granted": False,
            "occurred_at": "2026-03-04 07:00:00",
            "source": None,
        },
    ]
    assert refused(con, [waiting()], consent_events=events)["m0"][0] == "no_consent"


def test_a_refusal_by_a_clock_that_is_ahead_holds_at_once_and_a_consent_does_not(con: Connection) -> None:
    ahead = {"source_key": "1", "channel": "email", "granted": False, "occurred_at": "2026-03-04 09:30:00"}
    assert refused(con, [waiting()], consent_events=[*CONSENT, ahead])["m0"][0] == "no_consent"
    assert refused(con, [waiting()], consent_events=[{**ahead, "granted": True}])["m0"][0] == "no_consent"


def test_a_consent_given_anew_in_the_preference_centre_counts_at_once(con: Connection) -> None:
    """The state was worked out before: only the ledger has the word."""
    no = {"source_key": "1", "channel": "email", "granted": False, "occurred_at": "2026-03-02"}
    own = {"customer_id": "ann", "source": "preference_centre", "channel": "email", "granted": True}
    state = [{"customer_id": "ann", "channel": "email", "purpose": "marketing", "is_granted": False}]
    before = refused(con, [waiting()], consent_events=[no], consent_state=state)
    assert before["m0"][0] == "no_consent"
    said = [no, {**own, "occurred_at": "2026-03-04 07:00:00"}]
    assert refused(con, [waiting()], consent_events=said, consent_state=state) == {}
    assert refused(con, [waiting()], consent_events=[*said, {**no, "occurred_at": "2026-03-04 07:30:00"}])


@pytest.mark.slow
def test_a_word_goes_with_its_record_and_leaves_the_customer_in_whose_name_it_was_written(con: Connection) -> None:
    elsewhere = {"customer_id": "ann", "source_key": "2", "channel": "email", "granted": False}
    said = [*CONSENT, {**elsewhere, "occurred_at": "2026-03-04 07:00:00"}]
    assert refused(con, [waiting()], consent_events=said) == {}
    assert refused(con, [waiting()], consent_events=said, crosswalk={"1": "ann", "2": "ann"})["m0"][0] == "no_consent"


def test_silence_is_no_consent_where_the_basis_is_consent_and_allows_where_it_is_not(con: Connection) -> None:
    assert refused(con, [waiting()], consent_events=[]) == {
        "m0": ("no_consent", {"channel": "email", "consent": "silence"})
    }
    home = {"customer_id": "ann", "kind": "post", "value": "Rue Haute 1, 1000 Bruxelles", "is_valid": True}
    letter = waiting(channel="post", payload=json.dumps({"to": home["value"]}))
    assert refused(con, [letter], consent_events=[], contact_points=[home]) == {}


def test_an_item_bought_in_a_store_in_between_holds_its_reminder_back(con: Connection) -> None:
    assert refused(con, [waiting()], orders=[BOUGHT], lines=[LINE]) == {
        "m0": ("bought", [{"product": "p1", "orders": ["pos/t1"]}])
    }
    assert refused(con, [waiting(items=["p2"])], orders=[BOUGHT], lines=[LINE]) == {}
    before = {**BOUGHT, "ordered_at": "2026-03-01 09:59:59"}
    assert refused(con, [waiting()], orders=[before], lines=[LINE]) == {}


def test_an_open_complaint_holds_back_until_it_is_closed(con: Connection) -> None:
    assert refused(con, [waiting()], tickets=[COMPLAINT]) == {"m0": ("open_complaint", {"tickets": ["service/k1"]})}
    closed = {**COMPLAINT, "closed_at": "2026-03-04 07:59:00"}
    assert refused(con, [waiting()], tickets=[closed]) == {}


def test_an_address_that_bounced_or_is_the_customers_no_more_gets_nothing(con: Connection) -> None:
    assert refused(con, [waiting()], contact_points=[{**POINTS[0], "is_valid": False}])["m0"][0] == "unusable_address"
    assert refused(con, [waiting()], contact_points=POINTS[1:])["m0"][0] == "no_contact_point"


@pytest.mark.slow
def test_of_two_vouchers_of_customers_who_turn_out_to_be_one_only_the_first_goes(con: Connection) -> None:
    first = waiting("voucher", idempotency_key="a", occurrence="ever")
    second = waiting("voucher", idempotency_key="b", occurrence="ever", customer_id="bob", source_key="2")
    members = [
        {
            "customer_id": name,
            "segmentation": "lifecycle",
            "segment": "ambassador",
            "valid_from": "2026-03-03",
            "recorded_at": "2026-03-04",
        }
        for name in ("ann", "bob")
    ]
    apart = [*POINTS, {**POINTS[0], "customer_id": "bob"}]
    said = [*CONSENT, {**CONSENT[0], "source_key": "2"}]
    together = {"1": "ann", "2": "ann"}
    known: dict[str, Any] = {"membership": members, "contact_points": apart, "consent_events": said}
    assert refused(con, [first, second], **known) == {}
    assert refused(con, [first, second], crosswalk=together, **known) == {"b": ("already_sent", {"message": "a"})}


def test_a_voucher_of_who_is_no_ambassador_any_more_stays(con: Connection) -> None:
    member = {
        "customer_id": "ann",
        "segmentation": "lifecycle",
        "segment": "multi_purchase",
        "valid_from": "2026-03-04",
    }
    found = refused(con, [waiting("voucher")], membership=[{**member, "recorded_at": "2026-03-04"}])
    assert found["m0"][0] == "out_of_audience"


def test_what_is_too_late_or_of_nobody_or_of_no_campaign_stays(con: Connection) -> None:
    assert refused(con, [waiting()], datetime.fromisoformat("2026-03-06 10:00:00"))["m0"][0] == "expired"
    assert refused(con, [waiting()], crosswalk={"2": "bob"})["m0"][0] == "erased"
    assert refused(con, [waiting("summer_sale")])["m0"][0] == "campaign_ended"


@pytest.mark.slow
def test_a_message_follows_the_record_that_it_goes_to_and_then_the_id_that_lives_on(con: Connection) -> None:
    moved = [{**POINTS[0], "customer_id": "bob"}]
    assert refused(con, [waiting()], crosswalk={"1": "bob"}, contact_points=moved) == {}
    redirect = [{"old_customer_id": "ann", "customer_id": "bob"}]
    found = refused(con, [waiting(source_key="gone")], crosswalk={"2": "bob"}, redirects=redirect, contact_points=moved)
    assert found["m0"][0] == "no_consent"  # bob's record said nothing
