"""What identifiers may link, and what the data itself shows to be shared."""

from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection

from scv_assets.identity.resolve import Resolution
from tests.identity.people import are_one, crowd, customers, groups, identifier, person, resolved


def holding(found: Resolution, value: str) -> dict[str, Any]:
    names = found.record_identifier.columns
    return next(dict(zip(names, row, strict=True)) for row in found.record_identifier.fetchall() if row[3] == value)


@pytest.mark.parametrize("namespace", ["loyalty_card", "crm_id", "account_id", "app_user_id", "legacy_rcu"])
def test_a_strong_identifier_links_alone(con: Connection, namespace: str) -> None:
    people = [person("a", first_name="Sofie", last_name="Vanhoutte"), person("b", source="pos")]
    found = resolved(con, people, identifiers=[identifier(p, namespace, "4711") for p in people])
    assert are_one(found, "a", "b")


def test_a_social_handle_never_links(con: Connection) -> None:
    people = [person("a", first_name="Sofie", last_name="Vanhoutte"), person("b", source="social", first_name="Sofie")]
    found = resolved(con, people, identifiers=[identifier(p, "social_handle", "sof1e") for p in people])
    assert not are_one(found, "a", "b")


def test_a_cookie_becomes_the_person_who_logged_in_with_it(con: Connection) -> None:
    known = person("member", source="ecommerce", first_name="Sofie", last_name="Vanhoutte")
    visits = [person(f"visit{n}", source="web") for n in range(3)]
    found = resolved(con, [known, *visits], identifiers=[identifier(p, "cookie_id", "k1") for p in (known, *visits)])
    assert are_one(found, "member", "visit0", "visit1", "visit2")


def test_a_cookie_of_two_people_links_nobody(con: Connection) -> None:
    people = [
        person("a", source="ecommerce", first_name="Sofie", last_name="Vanhoutte"),
        person("b", source="ecommerce", first_name="Wout", last_name="Desmedt"),
        person("visit", source="web"),
    ]
    found = resolved(con, people, identifiers=[identifier(p, "cookie_id", "k1") for p in people])
    assert len(groups(found)) == 3
    held = holding(found, "k1")
    assert (held["is_blocked"], held["holders"], held["people"]) == (True, 3, 2)
    assert held["block_reason"] == "held by 2 different people"


def test_a_kiosk_tablet_of_200_sign_ups_stays_200_people(con: Connection) -> None:
    letters = "abcdefghijklmnopqrst"
    names = [(a + b * 3 + a, b + a * 4 + b) for a in letters for b in letters if a != b][:200]
    people = [
        person(f"{n:03}", source="pos", first_name=first, last_name=last) for n, (first, last) in enumerate(names)
    ]
    found = resolved(con, people, identifiers=[identifier(p, "device_id", "kiosk-7") for p in people])
    assert len(groups(found)) == 200
    assert holding(found, "kiosk-7")["people"] == 200


def test_a_reinstall_and_a_logout_do_not_fuse_two_people(con: Connection) -> None:
    """One tablet, two accounts: each session stays with its account, the sessions without one with nobody."""
    anna, ben = (
        person("anna", source="app", first_name="Anna", last_name="Claes"),
        person("ben", source="app", first_name="Ben", last_name="Maes"),
    )
    sessions = [person(f"s{n}", source="app") for n in range(3)]
    held = [identifier(p, "device_id", "tablet") for p in (anna, ben, *sessions)]
    held += [identifier(anna, "app_user_id", "u1"), identifier(sessions[0], "app_user_id", "u1")]
    found = resolved(con, [anna, ben, *sessions], identifiers=held)
    assert groups(found) == {frozenset(k) for k in (("anna", "s0"), ("ben",), ("s1",), ("s2",))}


def test_two_accounts_on_one_cookie_are_two_people_though_neither_tells_a_name(con: Connection) -> None:
    """A couple's browser: each logs in; the visits before the login belong to nobody."""
    one, other = person("u1", source="web"), person("u2", source="web")
    visitor = person("visitor", source="web")
    held = [identifier(p, "cookie_id", "k1") for p in (one, other, visitor)]
    held += [identifier(one, "account_id", "u1"), identifier(other, "account_id", "u2")]
    found = resolved(con, [one, other, visitor], identifiers=held)
    assert len(groups(found)) == 3
    assert holding(found, "k1")["block_reason"] == "held by 2 different people"


def test_a_cookie_under_one_persons_two_records_brings_its_visits(con: Connection) -> None:
    """Two records are one customer by something else: the cookie that both hold is one person's."""
    shop = person("shop", source="ecommerce", first_name="Sofie", last_name="Vanhoutte", email="sofie@free.fr")
    crm = person("crm", first_name="Sofie", last_name="Vanhoutte", email="sofie@free.fr")
    visitor = person("visitor", source="web")
    found = resolved(
        con, [shop, crm, visitor], identifiers=[identifier(p, "cookie_id", "k1") for p in (shop, crm, visitor)]
    )
    assert are_one(found, "shop", "crm", "visitor")


def test_cookies_that_bring_nobody_change_nothing(con: Connection) -> None:
    people = crowd(60, seed=2)
    cookies = [identifier(record, "cookie_id", record["source_key"]) for record in people]
    without, found = resolved(con, people), resolved(con, people, identifiers=cookies)
    for table in ("match_edge", "crosswalk", "review_task"):
        assert getattr(found, table).fetchall() == getattr(without, table).fetchall()


def test_two_cookies_of_one_visitor_do_not_chain_two_people(con: Connection) -> None:
    anna = person("anna", source="ecommerce", first_name="Anna", last_name="Claes")
    ben = person("ben", source="ecommerce", first_name="Ben", last_name="Maes")
    visitor = person("visitor", source="web")
    held = [identifier(anna, "cookie_id", "k1"), identifier(visitor, "cookie_id", "k1")]
    held += [identifier(ben, "cookie_id", "k2"), identifier(visitor, "cookie_id", "k2")]
    assert not are_one(resolved(con, [anna, ben, visitor], identifiers=held), "anna", "ben")


@pytest.mark.parametrize("email", ["noreply@shop.be", "test@test.com", "no-reply@free.fr", "inconnu@free.fr"])
def test_a_placeholder_mailbox_links_nobody(con: Connection, email: str) -> None:
    people = [person(str(n), source="pos", email=email) for n in range(3)]
    found = resolved(con, people)
    assert len(groups(found)) == 3
    assert holding(found, email)["block_reason"] == "placeholder"


@pytest.mark.parametrize("phone", ["0000000000", "+32000000000", "+32471111111111"[:9] + "1111"])
def test_a_placeholder_phone_links_nobody(con: Connection, phone: str) -> None:
    people = [person(str(n), source="pos", first_name="Marie", phone=phone) for n in range(3)]
    assert len(groups(resolved(con, people))) == 3


def test_a_switchboard_is_counted_and_links_nobody(con: Connection) -> None:
    names = ["Sofie", "Wout", "Lotte", "Koen", "Hannah", "Bram"]
    people = [person(n, source="call_centre", first_name=n, last_name=f"V{n}", phone="+3225550000") for n in names]
    found = resolved(con, people)
    assert len(groups(found)) == 6
    assert holding(found, "+3225550000")["people"] == 6


def test_typing_errors_are_not_other_people(con: Connection) -> None:
    names = ["Jonathan", "Jonahtan", "Jonathn"]
    people = [person(n, first_name=n, last_name="Vanhoutte", email="jv@free.fr") for n in names]
    found = resolved(con, people)
    assert holding(found, "jv@free.fr")["people"] == 1
    assert len(groups(found)) == 1


def test_an_initial_is_not_another_person_and_two_of_its_names_are(con: Connection) -> None:
    people = [person(n, first_name=n, last_name="Vanhoutte", email="jv@free.fr") for n in ("J", "Jan", "Josefien")]
    assert holding(resolved(con, people), "jv@free.fr")["people"] == 2


def test_identifiers_without_any_record_of_it_are_left_out(con: Connection) -> None:
    ghost = person("ghost")
    found = resolved(con, [person("a", first_name="Sofie")], identifiers=[identifier(ghost, "crm_id", "1")])
    assert found.record_identifier.fetchall() == []
    assert set(customers(found)) == {"a"}
