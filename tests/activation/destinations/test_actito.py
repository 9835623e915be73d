"""What an Actito licence holds: profiles, their orders and lines, subscriptions, by calls and by imports."""

from typing import Any

import pytest

from destination_sandbox.actito import ActitoLicence
from destination_sandbox.serving import Running
from scv_assets.errors import ConfigError, DestinationUnavailable
from tests.activation.delivery.company import Company, consent, message, profile

pytestmark = pytest.mark.server

YAML = """
  actito:
    kind: actito
    url: ${ACTITO_URL}
    key: ${ACTITO_KEY}
    entity: Shop
    objects:
      profile:
        table: Clients
        key: customerId
        fields: {first_name: firstName, email: emailAddress}
        subscriptions: {News: email}
      order: {table: Orders, key: orderId, fields: {customer_id: customerId, gross_cents: cents}}
      order_line: {table: Lines, key: lineId, fields: {order_id: orderId, product_id: product}}
    channels:
      email: {table: Messages}
    bulk_from: BULK
    limits: {calls: 1000, attempts: 4}
"""


@pytest.fixture(params=["1000", "2"], ids=["calls", "imports"])
def mailing(company: Company, actito: Running, request: pytest.FixtureRequest) -> Company:
    company.destinations(YAML.replace("BULK", request.param))
    company.add("golden_profile", *(profile(name) for name in ("ann", "bob", "cy")))
    company.add("consent_state", consent("ann"))
    company.add("customer_order", order("1", "ann"), order("2", "bob"), order("3", "bob"), order("4", None))
    company.add("order_line", *(line(number, n) for number in "1234" for n in (1, 2)))
    return company


def order(number: str, customer: str | None) -> dict[str, Any]:
    return {"source": "erp", "order_id": number, "customer_id": customer, "gross_cents": 1000}


def line(number: str, position: int) -> dict[str, Any]:
    return {"source": "erp", "order_id": number, "line_number": position, "product_id": f"P{position}"}


def owners(licence: ActitoLicence) -> dict[str, str | None]:
    return {key: row["customerId"] for key, row in licence.records["Orders"].items()}


def test_profiles_orders_and_lines_are_there_and_a_second_sync_makes_no_call(mailing: Company, actito: Running) -> None:
    done = mailing.deliver("actito")
    assert done.synced.written == {"profile": 3, "subscription": 1, "order": 3, "order_line": 6}
    licence = actito.holds
    assert licence.profiles["Clients"]["ann"] == {
        "customerId": "ann", "firstName": "Ann", "emailAddress": "ann@mail.be",
    }  # fmt: skip
    assert licence.subscriptions == {("ann", "News")}
    assert owners(licence) == {"erp/1": "ann", "erp/2": "bob", "erp/3": "bob"}
    assert len(licence.records["Lines"]) == 6
    calls = actito.counts.total
    assert mailing.deliver("actito").calls == 0
    mailing.change("golden_profile", {"customer_id": "cy"}, city="Gent")
    assert mailing.deliver("actito").calls == 0
    assert actito.counts.total == calls


def test_profiles_go_before_orders_and_orders_before_lines(mailing: Company, actito: Running) -> None:
    mailing.deliver("actito")
    paths = [call.split("/table/")[-1] if "/table/" in call else call for call in reversed(actito.counts.last)]
    places = [next((n for n, word in enumerate(("Clients", "Orders", "Lines")) if word in path), -1) for path in paths]
    known = [place for place in places if place >= 0]
    assert known == sorted(known)


def test_a_merge_gives_the_orders_to_who_lives_on_and_a_split_gives_them_back(
    mailing: Company, actito: Running
) -> None:
    mailing.deliver("actito")
    mailing.remove("golden_profile", customer_id="bob")
    mailing.change("customer_order", {"customer_id": "bob"}, customer_id="ann")
    done = mailing.deliver("actito")
    licence = actito.holds
    assert set(licence.profiles["Clients"]) == {"ann", "cy"}
    assert owners(licence) == {"erp/1": "ann", "erp/2": "ann", "erp/3": "ann"}
    assert len(licence.records["Lines"]) == 6
    assert done.synced.removed == {"profile": 1}
    mailing.add("golden_profile", profile("bob"))
    mailing.change("customer_order", {"order_id": "3"}, customer_id="bob")
    mailing.deliver("actito")
    assert owners(licence) == {"erp/1": "ann", "erp/2": "ann", "erp/3": "bob"}
    assert set(licence.profiles["Clients"]) == {"ann", "bob", "cy"}
    assert mailing.deliver("actito").calls == 0


def test_an_erased_customer_takes_everything_along(mailing: Company, actito: Running) -> None:
    mailing.deliver("actito")
    mailing.remove("golden_profile", customer_id="bob")
    mailing.change("customer_order", {"customer_id": "bob"}, customer_id=None)
    mailing.add("identity_event", {"event_id": "1", "kind": "erased", "customer_id": "bob"})
    mailing.deliver("actito")
    licence = actito.holds
    assert set(licence.profiles["Clients"]) == {"ann", "cy"}
    assert owners(licence) == {"erp/1": "ann"}
    assert set(licence.records["Lines"]) == {"erp/1/1", "erp/1/2"}
    assert not [key for key in mailing.states() if "bob" in key[1]]


def test_a_refused_profile_holds_back_what_hangs_on_it_alone(mailing: Company, actito: Running) -> None:
    mailing.change("golden_profile", {"customer_id": "bob"}, email="none")
    done = mailing.deliver("actito")
    assert done.synced.rejected == {"profile": 1}
    assert owners(actito.holds) == {"erp/1": "ann"}
    mailing.change("golden_profile", {"customer_id": "bob"}, email="bob@mail.be")
    mailing.deliver("actito")
    assert owners(actito.holds) == {"erp/1": "ann", "erp/2": "bob", "erp/3": "bob"}


def test_consent_withdrawn_ends_the_subscription(mailing: Company, actito: Running) -> None:
    mailing.deliver("actito")
    mailing.change("consent_state", {"customer_id": "ann"}, is_granted=False)
    assert mailing.deliver("actito").calls == 2
    assert actito.holds.subscriptions == set()


def test_a_token_is_fetched_again_when_it_has_ended(mailing: Company, actito: Running) -> None:
    mailing.deliver("actito")
    actito.counts.calls.clear()
    mailing.change("golden_profile", {"customer_id": "cy"}, first_name="Cyriel")
    mailing.deliver("actito")
    assert actito.counts.calls == {"GET": 1, "POST": 1}


def test_lost_answers_and_calls_done_twice_change_nothing(mailing: Company, actito: Running) -> None:
    actito.faults.lose_every, actito.faults.twice_every = 3, 2
    mailing.deliver("actito")
    assert len(actito.holds.profiles["Clients"]) == 3
    assert len(actito.holds.records["Lines"]) == 6


def test_a_server_that_is_down_is_told_and_what_was_taken_stays(mailing: Company, actito: Running) -> None:
    actito.faults.is_down = True
    with pytest.raises(DestinationUnavailable, match="answers 503"):
        mailing.deliver("actito")
    actito.faults.is_down = False
    assert mailing.deliver("actito").synced.written["profile"] == 3


def test_a_message_is_a_record_that_is_made_once(mailing: Company, actito: Running) -> None:
    mailing.deliver("actito")
    fields: dict[str, Any] = {
        "destination": "actito",
        "channel": "email",
        "payload": {"to": "ann@mail.be", "voucher": "X1"},
    }
    mailing.add("outbox", message("m1", **fields), message("m2", **fields))
    actito.faults.lose_every = actito.faults.seen + 2
    mailing.deliver("actito")
    actito.faults.lose_every = 0
    mailing.clock.move(hours=1)
    mailing.deliver("actito")
    assert {key: row["voucher"] for key, row in actito.holds.records["Messages"].items()} == {"m1": "X1", "m2": "X1"}
    assert actito.holds.created["Messages"] == 2
    assert {row["status"] for row in mailing.rows("outbox")} == {"delivered"}


def test_an_import_that_loaded_less_than_it_was_given_is_a_failure(
    mailing: Company, actito: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing.destinations(YAML.replace("BULK", "2"))
    monkeypatch.setattr("destination_sandbox.actito._told", lambda loaded, errors: {"status": "FINISHED"})
    with pytest.raises(DestinationUnavailable, match="accepted and not loaded"):
        mailing.deliver("actito")
    assert "synced" not in mailing.states().values()


def test_a_key_that_is_refused_is_a_setting_to_mend(
    mailing: Company, actito: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTITO_KEY", "")
    with pytest.raises(ConfigError, match="mend its"):
        mailing.deliver("actito")
