"""What holds for any text at all: no function raises, and a second pass changes nothing."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.canonical import IDENTIFIER_NAMESPACES
from scv_assets.standardisation.countries import country
from scv_assets.standardisation.dates import birth_on
from scv_assets.standardisation.emails import email, email_key, is_placeholder_email
from scv_assets.standardisation.folding import folded
from scv_assets.standardisation.house_numbers import house_number, house_number_key
from scv_assets.standardisation.identifiers import identifier
from scv_assets.standardisation.languages import language
from scv_assets.standardisation.names import family_name, given_name
from scv_assets.standardisation.phones import phone
from scv_assets.standardisation.postcodes import city, postcode
from scv_assets.standardisation.streets import street_line
from scv_assets.standardisation.text import clean
from scv_assets.standardisation.whole_addresses import whole_address
from scv_assets.standardisation.whole_names import person_name

HOSTILE = [
    "'; DROP TABLE customers; --",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\x00\x00",
    "\u202eabc\u202c",
    "(" * 400,
    "-" * 400,
    "'" * 400,
    "a" * 499,
    ("a " * 250)[:499],
    ("1 " * 250)[:499],
    ("1-" * 250)[:499],
    ("a, " * 166)[:499],
    "ﬁ ŉ İ ẞ ǆ",
]
_PIECES = st.sampled_from(
    [
        "12",
        "bis",
        "rue",
        "R",
        "St",
        "bte 3",
        "bus",
        "/",
        ",",
        " ",
        "-",
        "'",
        ".",
        "1000",
        "Paris",
        "van",
        "DE",
        "née",
        "Jr",
        "M.",
        "@",
        "x.be",
        "+32",
        "(0)",
        "475",
        "00",
        "NULL",
        "é",
        "ÉA",
        "\u0301",
        "C/",
        "n°",
        "Flat 3",
        "France",
        "CEDEX",
        "e",
        "E+10",
        "III",
        "et",
        "Mme",
        "à",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(_PIECES, max_size=8).map(" ".join),
    st.lists(_PIECES, max_size=8).map("".join),
    st.sampled_from(HOSTILE),
)
COUNTRIES = st.sampled_from([None, "BE", "FR", "NL", "GB", "US", "DE"])

VALUES: list[Callable[[str | None], str | None]] = [
    clean, email, email_key, given_name, family_name, folded, country, language, house_number, city, postcode, phone,
]  # fmt: skip


@pytest.mark.parametrize("function", VALUES, ids=lambda f: f.__name__)
@settings(deadline=None)
@given(text=TEXTS)
def test_a_second_pass_changes_nothing(function: Callable[[str | None], str | None], text: str) -> None:
    once = function(text)
    assert function(once) == once


@settings(deadline=None)
@given(text=TEXTS, in_country=COUNTRIES)
def test_a_second_pass_changes_nothing_where_the_country_counts(text: str, in_country: str | None) -> None:
    number = phone(text, in_country, ("BE", "FR"))
    assert phone(number, in_country, ("BE", "FR")) == number
    code = postcode(text, in_country)
    assert postcode(code, in_country) == code
    house = house_number(text, in_country)
    assert house_number(house, in_country) == house
    town = city(text, in_country)
    assert city(town, in_country) == town


@settings(deadline=None)
@given(text=TEXTS, number=st.one_of(st.none(), TEXTS), in_country=COUNTRIES)
def test_a_parted_street_stays_as_it_is(text: str, number: str | None, in_country: str | None) -> None:
    once = street_line(text, number, in_country)
    assert street_line(once.street, once.house_number, in_country) == once


@pytest.mark.parametrize("namespace", IDENTIFIER_NAMESPACES)
@settings(deadline=None)
@given(text=TEXTS)
def test_identifiers_are_stable(namespace: str, text: str) -> None:
    once = identifier(namespace, text, "BE", ("BE",))
    assert identifier(namespace, once, "BE", ("BE",)) == once


@settings(deadline=None)
@given(text=TEXTS, in_country=COUNTRIES)
def test_nothing_raises(text: str, in_country: str | None) -> None:
    person_name(text)
    whole_address(text, in_country)
    birth_on(text)
    is_placeholder_email(text)
    house_number_key(text)


@pytest.mark.parametrize("text", ["x" * 1_000_000, "12 rue " * 150_000, "\x00" * 1_000_000, "a@b.be, " * 130_000])
def test_a_megabyte_in_one_field_is_nothing(text: str) -> None:
    assert [function(text) for function in VALUES if function is not folded] == [None] * (len(VALUES) - 1)
    assert whole_address(text).street is None
    assert person_name(text).first_name is None


@settings(deadline=None)
@given(text=TEXTS)
def test_a_parted_name_is_in_normal_form(text: str) -> None:
    parts = person_name(text)
    assert given_name(parts.first_name) == parts.first_name
    assert family_name(parts.last_name) == parts.last_name
