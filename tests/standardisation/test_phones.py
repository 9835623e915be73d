import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.standardisation.numbering import plain_number
from scv_assets.standardisation.phones import _parsed, is_placeholder_phone, phone

COMPANY = ("BE", "FR")
MOBILE = "+32475123456"


@pytest.mark.parametrize(
    "delivered",
    [
        "0475123456",
        "0475 12 34 56",
        "0475/12.34.56",
        "0475-12-34-56",
        "(0475) 12 34 56",
        "+32475123456",
        "+32 475 12 34 56",
        "+32(0)475 12 34 56",
        "+32 (0) 475/12.34.56",
        "0032475123456",
        "00 32 475 12 34 56",
        "0032 (0)475 123456",
        "32475123456",
        "475123456",
        "475123456.0",
        "'0475123456",
        "3.2475123456E+10",
        "tel:+32-475-12-34-56",
        "GSM: 0475 12 34 56",
        "Tél. 0475.12.34.56 (maman)",
        "0475 12 34 56 ext. 12",
        "0475 12 34 56 poste 7",
        "0475 12 34 56 x12",
        "0475 12 34 56 / 02 217 12 34",
        "０４７５ １２３４５６",
        "0475\u00a012\u202f34 56",
    ],
)
def test_any_notation_of_a_mobile_is_one_number(delivered: str) -> None:
    assert phone(delivered, "BE", COMPANY) == MOBILE


@pytest.mark.parametrize(
    ("delivered", "country", "standard"),
    [
        ("02 217 12 34", "BE", "+3222171234"),
        ("02/217.12.34", None, "+3222171234"),
        ("22171234", "BE", "+3222171234"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("612345678", "FR", "+33612345678"),
        ("06 12 34 56 78", None, "+33612345678"),
        ("0612345678", "BE", "+33612345678"),
        ("33612345678", "BE", "+33612345678"),
        ("650-650-6176", "US", "+16506506176"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("06 698 12345", "IT", "+390669812345"),
    ],
)
def test_a_number_without_prefix_is_read_in_its_country_then_in_the_companys(
    delivered: str, country: str | None, standard: str
) -> None:
    assert phone(delivered, country, COMPANY) == standard


@pytest.mark.parametrize(
    "delivered",
    [
        None,
        "",
        "null",
        "0000000000",
        "123",
        "abc",
        "0475",
        "+32",
        "3.25E+10",
        "12345678901234567890",
        "+999123456789",
        "1" * 1_000_000,
    ],
)
def test_what_is_no_valid_number_is_null(delivered: str | None) -> None:
    assert phone(delivered, "BE", COMPANY) is None


def test_a_number_without_prefix_and_without_any_country_is_null() -> None:
    assert phone("0475 12 34 56") is None
    assert phone("+32 475 12 34 56") == MOBILE


@pytest.mark.parametrize(
    ("number", "expected"), [("+32499999999", True), ("+33612345678", True), (MOBILE, False), (None, False)]
)
def test_repeated_or_counted_digits_are_a_placeholder(number: str | None, expected: bool) -> None:
    assert is_placeholder_phone(number) is expected


_NATIONAL = st.text(st.sampled_from("0123456789"), min_size=6, max_size=12)
_NOTATIONS = st.sampled_from(["{}", "0{}", "+32{}", "+33{}", "+31 {}", "+32 0{}", "32{}", "+49{}", "+41{}", "+1{}"])


@settings(deadline=None, max_examples=500)
@given(_NATIONAL, _NOTATIONS, st.sampled_from(["BE", "FR", "NL", "DE", "CH"]))
def test_the_quick_way_agrees_with_the_library(national: str, notation: str, region: str) -> None:
    text = notation.format(national)
    quick = plain_number(text, region)
    if quick is not None:
        assert quick == _parsed(text, region)


@pytest.mark.parametrize("region", ["BE", "FR", "NL", "DE", "CH"])
def test_the_quick_way_knows_every_example_of_the_library(region: str) -> None:
    for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
        number = phonenumbers.example_number_for_type(region, kind)
        assert number is not None
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert plain_number(written, region) == written


@pytest.mark.parametrize("region", ["GB", "US", "IT", "LU", "XX", None])
def test_the_quick_way_leaves_harder_plans_to_the_library(region: str | None) -> None:
    assert plain_number("0475123456", region) is None
