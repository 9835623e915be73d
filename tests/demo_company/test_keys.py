"""Keys are unique for as long as their indexes are, whatever the series."""

import numpy as np
import pytest

from demo_company.contact_points import landlines, mobiles
from demo_company.keys import card_numbers, keys, tokens


@pytest.mark.parametrize("first", [0, 8_000_000])
def test_keys_tokens_and_cards_are_unique(first: int) -> None:
    indexes = np.arange(first, first + 50_000)
    for made in (keys("C", indexes), tokens("ck_", indexes * 32), card_numbers(indexes)):
        assert len(set(made)) == len(indexes)


@pytest.mark.parametrize("country", ["BE", "FR"])
def test_everyone_has_a_number_of_their_own(country: str) -> None:
    indexes = np.arange(0, 3_000_000, 60)
    nation, language = np.full(len(indexes), country, dtype=object), np.full(len(indexes), "fr", dtype=object)
    assert len(set(mobiles(indexes, nation))) == len(indexes)
    assert len(set(landlines(indexes, nation, language))) == len(indexes)


def test_a_card_number_ends_in_its_check_digit() -> None:
    for card in card_numbers(np.arange(200)):
        assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(card)) % 10 == 0
