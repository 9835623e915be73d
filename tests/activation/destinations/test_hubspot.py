"""What a HubSpot account holds is what it is to hold: by difference, in batches, whatever the network does."""

import contextlib
from datetime import timedelta

import pytest

from destination_sandbox.hubspot import HubSpotAccount
from destination_sandbox.serving import Running
from scv_assets.errors import ConfigError
from tests.activation.delivery.company import NOW, Company, consent, message, profile
from tests.activation.delivery.receiver import Lost, Steps, losing

pytestmark = pytest.mark.server

YAML = """
  crm:
    kind: hubspot
    url: ${HUBSPOT_URL}
    token: ${HUBSPOT_TOKEN}
    objects:
      profile:
        fields: {first_name: firstname, email: email, country: country}
        consent: [email]
        subscriptions: {"7": email}
    channels:
      email: {contents: {voucher: 42}}
    limits: {first_pause_seconds: 1}
"""


@pytest.fixture
def crm(company: Company, hubspot: Running) -> Company:
    company.destinations(YAML)
    return company


def people(company: Company, *names: str) -> None:
    company.add("golden_profile", *(profile(name) for name in names))
    company.add("consent_state", *(consent(name) for name in names))


def held(server: Running) -> dict[str, dict[str, str]]:
    return {contact["customer_id"]: contact for contact in server.holds.contacts.values()}


def subscribed(server: Running) -> set[str]:
    return {email for (email, _), one in server.holds.subscriptions.items() if one["status"] == "SUBSCRIBED"}


def test_those_who_consent_are_there_and_a_second_sync_makes_no_call(crm: Company, hubspot: Running) -> None:
    people(crm, "ann", "bob")
    crm.add("golden_profile", profile("cy"))
    done = crm.deliver("crm")
    assert (done.synced.written, done.synced.rejected) == ({"profile": 2, "subscription": 2}, {})
    assert held(hubspot)["ann"] == {
        "customer_id": "ann", "firstname": "Ann", "email": "ann@mail.be", "country": "BE",
    }  # fmt: skip
    assert set(held(hubspot)) == {"ann", "bob"}
    assert subscribed(hubspot) == {"ann@mail.be", "bob@mail.be"}
    calls = hubspot.counts.total
    assert crm.deliver("crm").calls == 0
    crm.add("golden_profile", profile("dirk"))
    assert crm.deliver("crm").calls == 0
    assert hubspot.counts.total == calls


def test_only_what_changed_is_written(crm: Company, hubspot: Running) -> None:
    people(crm, *(f"c{n}" for n in range(150)))
    assert crm.deliver("crm").calls == 4
    crm.change("golden_profile", {"customer_id": "c7"}, first_name="Zoë")
    done = crm.deliver("crm")
    assert (done.calls, done.synced.written) == (1, {"profile": 1})
    assert held(hubspot)["c7"]["firstname"] == "Zoë"


def test_of_a_hundred_with_one_that_is_wrong_ninety_nine_land_and_one_is_told(crm: Company, hubspot: Running) -> None:
    people(crm, *(f"c{n:03}" for n in range(100)))
    crm.change("golden_profile", {"customer_id": "c042"}, email="not an address")
    done = crm.deliver("crm")
    assert done.synced.written["profile"] == 99
    assert done.synced.rejected["profile"] == 1
    assert len(hubspot.holds.contacts) == 99
    (row,) = [row for row in crm.rows("sync_state") if row["status"] == "rejected" and row["object"] == "profile"]
    assert (row["key"], row["reason"]) == ("c042", "answers 400 (VALIDATION_ERROR: Property values were not valid)")
    crm.change("golden_profile", {"customer_id": "c042"}, email="c042@mail.be")
    assert crm.deliver("crm").synced.written["profile"] == 1
    assert crm.states()["profile", "c042"] == "synced"


def test_a_wrong_mapping_stops_the_sync_instead_of_refusing_everybody(crm: Company, hubspot: Running) -> None:
    people(crm, *(f"c{n:03}" for n in range(300)))
    with crm.published() as connection:
        connection.exec_driver_sql("UPDATE golden_profile SET email = 'nobody ' || customer_id")
    with pytest.raises(ConfigError, match="refuses every contact"):
        crm.deliver("crm")


def test_a_merged_customer_gives_its_address_to_the_one_that_lives_on(crm: Company, hubspot: Running) -> None:
    people(crm, "ann", "bob")
    crm.deliver("crm")
    crm.remove("golden_profile", customer_id="bob")
    crm.remove("consent_state", customer_id="bob")
    crm.change("golden_profile", {"customer_id": "ann"}, email="bob@mail.be")
    crm.deliver("crm")
    assert {name: one["email"] for name, one in held(hubspot).items()} == {"ann": "bob@mail.be"}
    assert (hubspot.holds.archived, hubspot.holds.erased, hubspot.holds.merges) == (1, 0, 0)
    assert "bob@mail.be" in subscribed(hubspot)
    assert set(crm.states()) == {("profile", "ann"), ("subscription", "ann/7")}
    crm.add("golden_profile", profile("bob"))
    crm.add("consent_state", consent("bob"))
    crm.change("golden_profile", {"customer_id": "ann"}, email="ann@mail.be")
    crm.deliver("crm")
    assert {name: one["email"] for name, one in held(hubspot).items()} == {"ann": "ann@mail.be", "bob": "bob@mail.be"}


def at_home(customer: str, known_for_days: int) -> dict[str, object]:
    return profile(customer, email="home@mail.be", created_at=NOW - timedelta(days=known_for_days))


def test_of_two_customers_on_one_mailbox_the_one_known_longest_has_it_and_the_other_is_left_out_in_so_many_words(
    crm: Company, hubspot: Running
) -> None:
    crm.add("golden_profile", at_home("ann", 10), at_home("bob", 30), profile("cy", email="HOME@mail.be "))
    crm.add("consent_state", *(consent(name) for name in ("ann", "bob", "cy")))
    done = crm.deliver("crm")
    assert set(held(hubspot)) == {"bob"}
    assert (done.synced.written, done.synced.rejected) == ({"profile": 1, "subscription": 1}, {})
    assert done.synced.left_out["profile"] == 2
    told = {row["key"]: (row["status"], row["reason"]) for row in crm.rows("sync_state") if row["object"] == "profile"}
    reason = "its email is that of bob too, who has it here"
    assert told == {"ann": ("left_out", reason), "bob": ("synced", None), "cy": ("left_out", reason)}
    before = crm.rows("sync_state")
    crm.change("golden_profile", {"customer_id": "ann"}, first_name="Anna")
    crm.clock.move(hours=1)
    assert crm.deliver("crm").calls == 0
    assert crm.rows("sync_state") == before


def test_who_has_an_address_keeps_it_until_it_is_free(crm: Company, hubspot: Running) -> None:
    crm.add("golden_profile", at_home("ann", 10))
    crm.add("consent_state", consent("ann"), consent("bob"))
    crm.deliver("crm")
    crm.add("golden_profile", at_home("bob", 30))
    assert crm.deliver("crm").calls == 0
    assert set(held(hubspot)) == {"ann"}
    crm.change("consent_state", {"customer_id": "ann"}, is_granted=False)
    assert crm.deliver("crm").synced.rejected == {}
    assert set(held(hubspot)) == {"bob"}
    assert subscribed(hubspot) == {"home@mail.be"}
    assert crm.states() == {("profile", "bob"): "synced", ("subscription", "bob/7"): "synced"}


def test_two_contacts_that_come_to_one_address_are_one_until_they_are_two_again(crm: Company, hubspot: Running) -> None:
    people(crm, "ann", "bob")
    crm.deliver("crm")
    crm.change("golden_profile", {"customer_id": "bob"}, email="ann@mail.be")
    assert crm.deliver("crm").synced.rejected == {}
    assert {name: one["email"] for name, one in held(hubspot).items()} == {"ann": "ann@mail.be"}
    assert "ann@mail.be" in subscribed(hubspot)
    assert crm.states()["profile", "bob"] == "left_out"
    crm.change("golden_profile", {"customer_id": "bob"}, email="bob@mail.be")
    assert crm.deliver("crm").synced.written == {"profile": 1, "subscription": 1}
    assert set(crm.states().values()) == {"synced"}


def test_who_swap_addresses_or_pass_them_round_all_arrive_however_many_batches_there_are(
    crm: Company, hubspot: Running
) -> None:
    names = [f"c{n:03}" for n in range(120)]
    people(crm, *names)
    crm.deliver("crm")
    takes = {"c000": "c119", "c119": "c000", "c001": "c060", "c060": "c110", "c110": "c001", "c002": "c050"}
    for one, other in takes.items():
        crm.change("golden_profile", {"customer_id": one}, email=f"{other}@mail.be")
    crm.change("golden_profile", {"customer_id": "c050"}, email="new@mail.be")
    done = crm.deliver("crm")
    expected = {name: f"{takes.get(name, name)}@mail.be" for name in names} | {"c050": "new@mail.be"}
    assert {name: one["email"] for name, one in held(hubspot).items()} == expected
    assert (done.synced.written["profile"], done.synced.rejected) == (7, {})
    assert set(crm.states().values()) == {"synced"}
    assert crm.deliver("crm").calls == 0
    assert len(hubspot.holds.contacts) == 120


def test_an_address_that_a_contact_of_somebody_elses_holds_is_told_and_nobody_loses_his_own(
    crm: Company, hubspot: Running
) -> None:
    people(crm, "ann", "bob")
    crm.deliver("crm")
    hubspot.holds.upsert({"idProperty": "other_id", "id": "x", "properties": {"email": "taken@mail.be"}})
    crm.change("golden_profile", {"customer_id": "ann"}, email="taken@mail.be")
    crm.change("golden_profile", {"customer_id": "bob"}, email="ann@mail.be")
    assert crm.deliver("crm").synced.rejected == {"profile": 2}
    (row,) = [row for row in crm.rows("sync_state") if row["object"] == "profile" and row["key"] == "ann"]
    assert row["reason"] == "answers 409 (CONFLICT: Contact already exists)"
    emails = {one.get("customer_id"): one["email"] for one in hubspot.holds.contacts.values()}
    assert emails == {"ann": "ann@mail.be", "bob": "bob@mail.be", None: "taken@mail.be"}


def test_who_is_left_out_and_then_gone_is_no_longer_told_of(crm: Company, hubspot: Running) -> None:
    crm.add("golden_profile", at_home("ann", 10), at_home("bob", 30))
    crm.add("consent_state", consent("ann"), consent("bob"))
    crm.deliver("crm")
    crm.remove("golden_profile", customer_id="ann")
    assert crm.deliver("crm").calls == 0
    assert set(crm.states()) == {("profile", "bob"), ("subscription", "bob/7")}


def test_who_asked_to_be_forgotten_is_forgotten_by_gdpr_delete(crm: Company, hubspot: Running) -> None:
    people(crm, "ann", "bob")
    crm.deliver("crm")
    crm.remove("golden_profile", customer_id="bob")
    crm.add("identity_event", {"event_id": "1", "kind": "erased", "customer_id": "bob"})
    crm.deliver("crm")
    assert set(held(hubspot)) == {"ann"}
    assert (hubspot.holds.erased, hubspot.holds.forgotten) == (1, {"bob@mail.be"})


def test_consent_withdrawn_takes_the_contact_away(crm: Company, hubspot: Running) -> None:
    people(crm, "ann", "bob")
    crm.deliver("crm")
    crm.change("consent_state", {"customer_id": "ann"}, is_granted=False)
    crm.deliver("crm")
    assert set(held(hubspot)) == {"bob"}


def test_every_second_answer_lost_changes_nothing_but_the_number_of_calls(crm: Company, hubspot: Running) -> None:
    people(crm, *(f"c{n:03}" for n in range(250)))
    hubspot.faults.lose_every = 2
    done = crm.deliver("crm")
    assert done.synced.written == {"profile": 250, "subscription": 250}
    assert len(hubspot.holds.contacts) == 250
    hubspot.faults.lose_every = 0
    assert crm.deliver("crm").calls == 0


@pytest.mark.parametrize("lost_at", range(6, 17))
def test_a_sync_that_is_lost_goes_on_and_leaves_nobody_behind(crm: Company, hubspot: Running, lost_at: int) -> None:
    people(crm, "ann", "bob")
    steps = Steps(lost_at)
    with losing(crm.store, steps), contextlib.suppress(Lost):
        crm.deliver("crm")
    crm.remove("golden_profile", customer_id="bob")
    crm.deliver("crm")
    assert set(held(hubspot)) == {"ann"}
    assert subscribed(hubspot) >= {"ann@mail.be"}
    assert set(crm.states()) == {("profile", "ann"), ("subscription", "ann/7")}
    assert crm.deliver("crm").calls == 0


def test_what_the_server_says_it_took_and_does_not_have_is_a_failure(
    crm: Company, hubspot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(crm, "ann", "bob")
    plain = HubSpotAccount.upsert

    def forgetful(self: HubSpotAccount, one: dict[str, object]) -> tuple[str, bool]:
        told = plain(self, one)
        if one["id"] == "bob":
            self.remove(told[0], is_forgotten=False)
            self.contacts[told[0]] = {}
        return told

    monkeypatch.setattr(HubSpotAccount, "upsert", forgetful)
    done = crm.deliver("crm")
    assert done.synced.rejected == {"profile": 1}
    assert "it was accepted, but the contact is not there" in done.synced.reasons


def test_an_e_mail_whose_answer_is_lost_is_sent_once(crm: Company, hubspot: Running) -> None:
    people(crm, "ann")
    crm.add("outbox", message("m1", destination="crm", channel="email", payload={"to": "ann@mail.be", "name": "Ann"}))
    crm.deliver("crm")
    crm.add("outbox", message("m2", destination="crm", channel="email", payload={"to": "ann@mail.be", "name": "Ann"}))
    hubspot.faults.lose_every = 1
    assert crm.deliver("crm").sent.retrying == 1
    hubspot.faults.lose_every = 0
    crm.clock.move(minutes=20)
    assert crm.deliver("crm").sent.delivered == 1
    assert set(hubspot.holds.sends) == {"m1", "m2"}
    assert hubspot.holds.sends_asked == 3
    assert {row["status"] for row in crm.rows("outbox")} == {"delivered"}


def test_a_campaign_without_content_is_a_dead_letter(crm: Company, hubspot: Running) -> None:
    people(crm, "ann")
    crm.add("outbox", message("m1", destination="crm", channel="email", campaign="other"))
    assert crm.deliver("crm").sent.dead_letters == 1
    assert crm.outbox()["m1"]["reason"] == "the campaign has no content at this destination"
