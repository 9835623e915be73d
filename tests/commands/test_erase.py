"""`scv erase` says what it would do before it does it, and how far requests are."""

import io
import json
from unittest import mock

import pytest
import sqlalchemy as sa

from resources.store.tables import ERASURE_REQUEST
from resources.store.tombstones import hashed
from tests.commands.customers import ANNA, BART, insert
from tests.pipeline.company import Company

#: an id that the erased customer had
GONE = "Cgone"


def ask(company: Company, *more: str) -> str:
    told = company.scv("erase", ANNA, "--yes", "--as", "Ann", *more)
    assert told.code == 0, told.text
    return told.out


def test_it_says_in_numbers_what_goes_and_asks_for_no_more_than_an_id(changeable: Company) -> None:
    state = {"destination": "crm", "object": "profile", "key": ANNA, "status": "synced"}
    with changeable.store() as engine:
        insert(engine, sync_state=[state])
    said = ask(changeable)
    assert f"Customer {ANNA}: 3 source records" in said
    assert "is at crm, which will be told" in said
    assert "the next run carries it out" in said
    assert "anna" not in said.lower().replace(ANNA.lower(), "")


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_who_is_not_sure_erases_nobody(changeable: Company, answer: str) -> None:
    with mock.patch("sys.stdin", io.StringIO(answer)):
        told = changeable.scv("erase", ANNA)
    assert told.code == 1
    assert "It cannot be taken back" in told.out
    assert "Nobody has asked" in changeable.scv("erase", "--list").out


def test_several_customers_on_one_mailbox_are_not_erased_at_once(changeable: Company) -> None:
    told = changeable.scv("erase", "de.smet@example.org", "--yes", "--as", "Ann")
    assert told.code == 1
    assert all(one in told.err for one in ("2 customers answer to this", ANNA, BART))


def test_whom_nobody_knows_is_told(changeable: Company) -> None:
    assert "no customer answers to 'zoe@mail.be'" in changeable.scv("erase", "zoe@mail.be", "--yes").err


@pytest.mark.parametrize(
    "typed",
    [(), (ANNA, "--list"), ("--list", "--proof", "1"), ("--acknowledge", "1", "--release", "1", "crm")],
    ids=" ".join,
)
def test_a_customer_a_list_a_proof_and_a_word_are_different_things(changeable: Company, typed: tuple[str, ...]) -> None:
    assert changeable.scv("erase", *typed).code == 2


def test_the_list_says_what_a_request_waits_for_and_the_proof_is_json(changeable: Company) -> None:
    ask(changeable)
    assert "requested; the next run takes it up" in changeable.scv("erase", "--list").out
    request = changeable.tables(["erasure_request"])["erasure_request"][0]["request_id"]
    assert json.loads(changeable.scv("erase", "--proof", request[:8]).out) == {}
    assert "there is no request 'zz'" in changeable.scv("erase", "--proof", "zz").err


@pytest.mark.parametrize("typed", [("--acknowledge", "1"), ("--release", "1", "crm")], ids=" ".join)
def test_who_answers_for_something_says_why(changeable: Company, typed: tuple[str, ...]) -> None:
    told = changeable.scv("erase", *typed)
    assert told.code == 2
    assert "say why: --reason" in told.err


def test_what_was_found_and_a_destination_that_is_no_more_are_told_and_answered_for(changeable: Company) -> None:
    ask(changeable)
    (request,) = changeable.tables(["erasure_request"])["erasure_request"]
    short, why = request["request_id"][:8], ("--as", "Ann", "--reason", "of another ticket")
    assert "has no proof yet" in changeable.scv("erase", "--acknowledge", short, *why).err
    proof = {"store": {"looked_through": [], "found": {"ticket": 2}}, "lake": {"looked_through": [], "found": {}}}
    with changeable.store() as engine:
        insert(engine, sync_state=[{"destination": "crm", "object": "profile", "key": GONE, "status": "synced"}])
        with engine.begin() as connection:
            subject = json.dumps({"customer": [hashed(request["salt"], "customer", GONE)]})
            values = {"status": "running", "subject": subject, "proof": json.dumps(proof)}
            connection.execute(sa.update(ERASURE_REQUEST).values(**values))
    there = "rows that name the customer: 2 in ticket"
    waits = "waiting for crm (destinations.yaml has no such destination)"
    assert f"{there}; {waits}" in " ".join(changeable.scv("erase", "--list", COLUMNS="300").out.split())
    assert f"Acknowledged, and in the proof: {there}" in changeable.scv("erase", "--acknowledge", short, *why).out
    assert "crm was not told" in changeable.scv("erase", "--release", short, "crm", *why).out
    listed = " ".join(changeable.scv("erase", "--list", COLUMNS="300").out.split())
    assert "the next run completes it" in listed
    assert "2 found afterwards, 2 acknowledged by Ann, crm not told, by Ann" in listed
    told = json.loads(changeable.scv("erase", "--proof", short).out)
    assert (told["store"], told["not_told"]["crm"]["reason"]) == (proof["store"], "of another ticket")
