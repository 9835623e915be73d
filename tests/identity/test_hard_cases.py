"""The hard cases of matching that go wrong elsewhere, each by name, with the policy that ships."""

from datetime import date
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection

from tests.identity.people import are_one, customers, identifier, person, resolved

HOME = {"street": "Kerkstraat", "house_number": "12", "postcode": "9000", "city": "Gent"}
BORN = date(1980, 5, 17)


def slow(one: str, other: str) -> object:
    """A further case of what the first one shows: `make test` runs it."""
    return pytest.param(one, other, marks=pytest.mark.slow)


def pair(con: Connection, one: dict[str, Any], other: dict[str, Any]) -> bool:
    found = resolved(con, [person("a", **one), person("b", source="pos", **other)])
    return are_one(found, "a", "b")


def test_an_empty_string_a_blank_and_the_word_null_are_no_evidence(con: Connection) -> None:
    nothing = {"first_name": "", "last_name": " ", "email": "null", "phone": "N/A", "street": "NULL", "city": "-"}
    people = [person(str(number), **nothing) for number in range(5)]
    assert len(set(customers(resolved(con, people)).values())) == 5


def test_swapped_names_are_the_same_person(con: Connection) -> None:
    assert pair(
        con,
        {"first_name": "Isla", "last_name": "Verstraete", "birth_on": BORN, **HOME},
        {"first_name": "Verstraete", "last_name": "Isla", "birth_on": BORN, **HOME},
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "Mueller"),
        slow("Müller", "Muller"),
        slow("Dvořák", "Dvorak"),
        slow("Lefèvre", "LEFEVRE"),
    ],
)
def test_diacritics_and_transliteration_of_a_family_name(con: Connection, one: str, other: str) -> None:
    same = {"first_name": "Étienne", "birth_on": BORN}
    assert pair(con, {**same, "last_name": one}, {**same, "first_name": "Etienne", "last_name": other})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("van der Berg", "Vanderberg"),
        slow("de la Fontaine", "Fontaine"),
        slow("d'Artagnan", "D Artagnan"),
        slow("Van den Broeck", "Broeck"),
    ],
)
def test_particles_of_a_family_name(con: Connection, one: str, other: str) -> None:
    same = {"first_name": "Sofie", "birth_on": BORN, "postcode": "9000"}
    assert pair(con, {**same, "last_name": one}, {**same, "last_name": other})


@pytest.mark.parametrize(("one", "other"), [("Vanhoutte-Desmedt", "Desmedt"), ("Vanhoutte Desmedt", "Vanhoutte")])
def test_double_names(con: Connection, one: str, other: str) -> None:
    same = {"first_name": "Sofie", "birth_on": BORN, "postcode": "9000"}
    assert pair(con, {**same, "last_name": one}, {**same, "last_name": other})


def test_a_married_name_on_the_same_mailbox_and_door(con: Connection) -> None:
    same = {"first_name": "Julie", "birth_on": BORN, "email": "julie80@gmail.com", **HOME}
    assert pair(con, {**same, "last_name": "Vanhoutte"}, {**same, "last_name": "Desmedt"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Robert", "Bob"),
        slow("Jozef", "Jef"),
        slow("Frédéric", "Fred"),
        slow("Hendrik", "Rik"),
        slow("Élisabeth", "Babette"),
    ],
)
def test_nicknames_in_three_languages(con: Connection, one: str, other: str) -> None:
    same = {"last_name": "Vanhoutte", "birth_on": BORN}
    assert pair(con, {**same, "first_name": one}, {**same, "first_name": other})


def test_a_house_number_in_the_street(con: Connection) -> None:
    same = {"first_name": "Sofie", "last_name": "Vanhoutte", "postcode": "9000", "city": "Gent"}
    assert pair(con, {**same, "street": "Kerkstraat 12"}, {**same, "street": "Kerkstraat", "house_number": "12"})


def test_leading_zeros_eaten_by_a_spreadsheet(con: Connection) -> None:
    same = {"first_name": "Sofie", "last_name": "Vanhoutte", "street": "Rue Haute", "house_number": "3"}
    assert pair(
        con, {**same, "postcode": "05100", "phone": "+33492123456"}, {**same, "postcode": "5100", "phone": "492123456"}
    )


def test_the_first_of_january_is_not_a_birth_date(con: Connection) -> None:
    """Two of the same common name, both put down as born on 1 January, are not one person for that."""
    same = {"first_name": "Marie", "last_name": "Martin", "birth_on": date(1980, 1, 1)}
    assert not pair(con, {**same, "postcode": "9000"}, {**same, "postcode": "4000"})


def test_a_real_birth_date_is_evidence(con: Connection) -> None:
    same = {"first_name": "Sofie", "last_name": "Vanhoutte", "birth_on": BORN}
    assert pair(con, {**same, "postcode": "9000"}, {**same, "postcode": "4000"})


def test_day_and_month_transposed(con: Connection) -> None:
    same = {"first_name": "Sofie", "last_name": "Vanhoutte", "city": "Gent"}
    assert pair(con, {**same, "birth_on": date(1980, 4, 12)}, {**same, "birth_on": date(1980, 12, 4)})


def test_a_phone_without_its_country(con: Connection) -> None:
    same = {"first_name": "Sofie", "last_name": "Vanhoutte"}
    assert pair(con, {**same, "phone": "+32471234567"}, {**same, "phone": "0471234567"})


def test_a_record_with_nothing_but_a_mailbox_joins_the_one_person_who_has_it(con: Connection) -> None:
    assert pair(
        con, {"first_name": "Sofie", "last_name": "Vanhoutte", "email": "sofie@free.fr"}, {"email": "sofie@free.fr"}
    )


def test_a_record_with_nothing_but_a_shared_mailbox_stays_alone_and_is_not_lost(con: Connection) -> None:
    people = [
        person("a", first_name="Sofie", last_name="Vanhoutte", email="famille@free.fr"),
        person("b", first_name="Koen", last_name="Vanhoutte", email="famille@free.fr"),
        person("c", email="famille@free.fr"),
    ]
    found = resolved(con, people)
    assert len(set(customers(found).values())) == 3
    blocked = {(row[4 - 1], row[6]) for row in found.record_identifier.fetchall()}
    assert blocked == {("famille@free.fr", True)}


def test_spellings_of_one_mailbox_are_one_mailbox(con: Connection) -> None:
    one = {"first_name": "Sofie", "last_name": "Vanhoutte", "email": "sofie.v@gmail.com"}
    assert pair(con, one, {"first_name": "Sofie", "email": "sofiev+shop@gmail.com"})


def test_twins_are_two_people(con: Connection) -> None:
    same = {"last_name": "Vanhoutte", "birth_on": BORN, "phone": "+3292223344", "email": "famille@free.fr", **HOME}
    assert not pair(con, {**same, "first_name": "Lotte"}, {**same, "first_name": "Hannah"})


def test_a_father_and_a_son_of_the_same_name_are_two_people(con: Connection) -> None:
    same = {"first_name": "Luc", "phone": "+3292223344", **HOME}
    assert not pair(con, {**same, "last_name": "Vanhoutte Sr"}, {**same, "last_name": "Vanhoutte Jr"})


def test_a_father_and_a_son_are_told_apart_by_their_birth(con: Connection) -> None:
    same = {"first_name": "Luc", "last_name": "Vanhoutte", "phone": "+3292223344", **HOME}
    assert not pair(con, {**same, "birth_on": date(1951, 3, 9)}, {**same, "birth_on": BORN})


def test_a_couple_on_one_mailbox_is_two_people(con: Connection) -> None:
    same = {"last_name": "Vanhoutte", "email": "les.vanhoutte@free.fr", "phone": "+3292223344", **HOME}
    assert not pair(con, {**same, "first_name": "Sofie"}, {**same, "first_name": "Koen"})


def test_co_tenants_are_two_people(con: Connection) -> None:
    same = {"phone": "+3292223344", **HOME}
    assert not pair(
        con,
        {**same, "first_name": "Sofie", "last_name": "Vanhoutte"},
        {**same, "first_name": "Wout", "last_name": "Desmedt"},
    )


def test_a_recycled_phone_number_links_nobody(con: Connection) -> None:
    assert not pair(
        con,
        {"first_name": "Sofie", "last_name": "Vanhoutte", "phone": "+32471234567"},
        {"first_name": "Wout", "last_name": "Desmedt", "phone": "+32471234567"},
    )


def test_a_birth_and_a_first_name_that_differ_forbid_whatever_the_mailbox_says(con: Connection) -> None:
    same: dict[str, Any] = {"last_name": "Vanhoutte", "email": "famille@free.fr", **HOME}
    one, other = (
        {**same, "first_name": "Sofie", "birth_on": BORN},
        {**same, "first_name": "Koen", "birth_on": date(1951, 3, 9)},
    )
    found = resolved(con, [person("a", **one), person("b", **other)], identifiers=[])
    assert not are_one(found, "a", "b")


def test_an_anonymous_record_is_linked_by_identifiers_only(con: Connection) -> None:
    """Same city, postcode and language: nothing of it makes two cookies one person."""
    people = [
        person(str(n), source="web", postcode="9000", city="Gent", street="Kerkstraat", house_number="1")
        for n in range(4)
    ]
    found = resolved(con, people, identifiers=[identifier(p, "cookie_id", f"k{p['source_key']}") for p in people])
    assert len(set(customers(found).values())) == 4
    assert found.match_edge.fetchall() == []
