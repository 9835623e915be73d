"""Columns are told by name and content, in four languages, and no column by its name against its content."""

import pytest

from scv_assets.identity.tables.days import day_order, is_of_the_past, iso_day
from scv_assets.identity.tables.recognition import Values, recognised

FIRST = ("Marie", "Jan", "Sophie", "Luc", "Emma", "Thomas", "Robert", "Anna", "Pieter", "Camille")
LAST = ("Durand", "Peeters", "Van den Berg", "O'Neill", "Müller", "De Smet", "Lambert", "Maes", "Claes", "Noël")
BORN = ("1980-04-12", "1971-12-31", "1965-01-01", "1990-07-15")
MAIL = ("a@voo.be", "b.c@free.fr", "d@gmail.com", "e@x.org")
PHONE = ("+32470000002", "02 503 00 01", "0033 1 42 68 53 00", "0470/12.34.56")
STREET = ("Rue de la Gare 12", "Kerkstraat 5", "7 Baker Street", "Avenue Louise")
NUMBER = ("12", "5A", "7 bis", "131")
CODE = ("1000", "75001", "9000", "1017 GC")
CITY = ("Bruxelles", "Gent", "Paris", "Saint-Denis")


def column(name: str, values: tuple[str, ...], *, rows: int = 1000, distinct: int | None = None) -> Values:
    return Values(name, values, rows, rows, distinct if distinct is not None else 600)


@pytest.mark.parametrize(
    "names",
    [
        ("first_name", "last_name", "dob", "email", "phone", "street", "house_number", "postcode", "city"),
        ("GivenName", "Surname", "DateOfBirth", "E-mail", "Mobile", "Address", "StreetNumber", "ZIP", "Town"),
        ("Prénom", "Nom", "Date de naissance", "Courriel", "Téléphone", "Rue", "Numéro", "Code postal", "Ville"),
        (
            "voornaam",
            "achternaam",
            "geboortedatum",
            "mailadres",
            "gsm",
            "straat",
            "huisnummer",
            "post_code",
            "gemeente",
        ),
        ("Vorname", "Nachname", "Geburtsdatum", "EMAIL ADDRESS", "Telefon", "strasse", "Hausnummer", "PLZ", "Ort"),
    ],
    ids=["plain", "camel", "fr", "nl", "de"],
)
def test_columns_are_known_by_name_in_four_languages(names: tuple[str, ...]) -> None:
    contents = (FIRST, LAST, BORN, MAIL, PHONE, STREET, NUMBER, CODE, CITY)
    found = recognised([column(name, values) for name, values in zip(names, contents, strict=True)])
    fields = ("first_name", "last_name", "birth_on", "email", "phone", "street", "house_number", "postcode", "city")
    assert dict(found.fields) == dict(zip(fields, names, strict=True))
    assert found.ignored == ()


def test_what_tells_itself_needs_no_name() -> None:
    found = recognised([column("c1", MAIL), column("c2", ("+32470000002", "+33142685300")), column("c3", FIRST)])
    assert dict(found.fields) == {"email": "c1", "phone": "c2", "first_name": "c3"}


def test_a_name_is_not_believed_against_the_content() -> None:
    found = recognised([column("email", ("yes", "no")), column("birth date", ("soon", "never")), column("name", LAST)])
    assert "email" not in found.fields
    assert "birth_on" not in found.fields


def test_a_whole_name_in_one_column_is_parted_later() -> None:
    whole = tuple(f"{first} {last}" for first, last in zip(FIRST, LAST, strict=True))
    assert dict(recognised([column("name", whole)]).fields) == {"full_name": "name"}
    assert dict(recognised([column("nom", whole)]).fields) == {"full_name": "nom"}


def test_of_two_columns_the_better_one_is_it_and_the_other_is_told() -> None:
    found = recognised([column("address_2", STREET), column("address_1", STREET), column("surname", LAST)])
    assert found.fields["street"] == "address_1"
    assert found.ignored == ("address_2",)


def test_a_column_that_is_seldom_filled_does_not_take_the_place_of_one_that_is() -> None:
    second = Values("fname_c2", FIRST, 1000, 20, 15)
    found = recognised([second, column("fname_c1", LAST), column("lname_c1", LAST)])
    assert found.fields["first_name"] == "fname_c1"


@pytest.mark.parametrize(
    ("name", "distinct", "namespace"),
    [
        ("soc_sec_id", 700, "account_id"),
        ("Card number", 900, "loyalty_card"),
        ("customer_id", 800, "erp_id"),
        ("customer_id", 1000, None),
        ("card", 3, None),
        ("cluster", 700, None),
        ("unique_id", 1000, None),
    ],
)
def test_an_identifier_repeats_and_is_no_row_number(name: str, distinct: int, namespace: str | None) -> None:
    digits = tuple(str(100000 + n) for n in range(20))
    found = recognised([column(name, digits, distinct=distinct), column("surname", LAST)])
    assert dict(found.identifiers) == ({namespace: name} if namespace else {})


@pytest.mark.parametrize(
    ("values", "order", "first"),
    [
        (("1980-04-12", "1971-12-31 00:00:00"), "ymd", "1980-04-12"),
        (("19800412", "19711231"), "ymd", "1980-04-12"),
        (("12/04/1980", "31.12.1971"), "dmy", "1980-04-12"),
        (("04/12/1980", "12/31/1971"), "mdy", "1980-04-12"),
        (("01/02/1980",), "dmy", "1980-02-01"),
    ],
)
def test_a_column_writes_its_days_in_one_order(values: tuple[str, ...], order: str, first: str) -> None:
    found = day_order(values)
    assert found == order
    assert iso_day(values[0], found) == first


def test_numbers_are_no_days() -> None:
    assert day_order(("1804974", "6089216", "12")) is None
    assert day_order(()) is None
    assert iso_day("1980-02-30", "ymd") is None


def test_days_of_the_past_are_birth_dates_where_they_are_no_exception() -> None:
    assert is_of_the_past(("1663-01-27", "1702-05-13", "1911-03-04"))
    assert not is_of_the_past(("1800-01-01", *(f"19{year}-04-12" for year in range(50, 90))))
    assert not is_of_the_past(())


def test_where_somebody_was_born_is_his_place_unless_a_city_is_told() -> None:
    place, city = column("birth_place", CITY), column("city", CITY)
    assert recognised([place, column("surname", LAST)]).fields["city"] == "birth_place"
    assert recognised([place, city, column("surname", LAST)]).fields["city"] == "city"
