"""Spoilt data is spoilt in the way it says: a person can still see what was meant."""

import numpy as np
import phonenumbers
import pytest

from demo_company import spoiling
from demo_company.folding import REPLACE, ascii_letters, transliterated
from demo_company.phone_notation import NOTATIONS, in_notation

NUMBERS = ("+32470123456", "+3225123456", "+3281123456", "+33612345678", "+33144556677")


def days(text: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([text], dtype="datetime64[D]").astype(np.int64)


@pytest.mark.parametrize("phone", NUMBERS)
@pytest.mark.parametrize("notation", [name for name in NOTATIONS if name != "no_plus"])
def test_every_notation_is_the_same_number(phone: str, notation: str) -> None:
    region = {"32": "BE", "33": "FR"}[phone[1:3]]
    parsed = phonenumbers.parse(in_notation(phone, notation), region)
    assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == phone


def test_day_and_month_change_places_only_where_both_readings_exist() -> None:
    assert spoiling.transposed_birth(days("1980-03-11")) == days("1980-11-03")
    assert spoiling.transposed_birth(days("1980-03-25")) == days("1980-03-25")


def test_a_year_becomes_its_first_day() -> None:
    assert spoiling.first_of_january(days("1969-07-21")) == days("1969-01-01")


def test_initials_keep_the_hyphen() -> None:
    assert spoiling.initial("Jean-Pierre") == "J.-P."


def test_gmail_alone_is_tagged_and_loses_its_dots() -> None:
    assert spoiling.sub_addressed("an.peeters@gmail.com") == "an.peeters+tilleul@gmail.com"
    assert spoiling.without_dots("an.peeters@gmail.com") == "anpeeters@gmail.com"
    assert spoiling.without_dots("an.peeters@telenet.be") == "an.peeters@telenet.be"


def test_a_typo_is_one_stroke() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        assert abs(len(spoiling.with_typo(rng, "Vanderlinden")) - len("Vanderlinden")) <= 1


def test_accents_are_dropped_spelt_out_or_lost_to_the_encoding() -> None:
    assert ascii_letters("Étienne Dvořák") == "Etienne Dvorak"
    assert transliterated("Jürgen Müller") == "Juergen Mueller"
    assert "Şahin Müller".encode("cp1252", REPLACE) == "Sahin Müller".encode("cp1252")
