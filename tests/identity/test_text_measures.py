"""Compiled measures of texts beside the libraries whose results they must repeat, and the bounds that spare them."""

import jellyfish
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein

from scv_assets.identity.engines.native import text_letters, text_measures

WORDS = st.text(alphabet="abcdé-я", min_size=1, max_size=12) | st.text(min_size=1, max_size=64, alphabet="ab")
PLACES = text_letters.MOST_LETTERS + 2


def laid_out(one: str, other: str) -> tuple[text_letters.Units, int, int, int, int]:
    """Return both texts as one stretch of units, with where each begins and how long it is."""
    units = np.frombuffer((one + other).encode("utf-16-le"), np.uint16).copy()
    return units, 0, len(one), len(one), len(other)


def letters(one: str, other: str) -> text_letters.Letters:
    units, _, _, start, length = laid_out(one, other)
    return text_letters.letters_of(units, np.array([0, start, start + length]), np.zeros(2, bool))


@given(WORDS, WORDS)
@settings(deadline=None, max_examples=400)
def test_jaro_winkler_is_jellyfishs_to_the_last_bit(one: str, other: str) -> None:
    assert text_measures.jaro_winkler(*laid_out(one, other)) == jellyfish.jaro_winkler_similarity(one, other)


@given(WORDS, WORDS)
@settings(deadline=None, max_examples=400)
def test_edits_are_the_unrestricted_damerau_levenshtein_distance(one: str, other: str) -> None:
    grid, last = np.empty((PLACES, PLACES), np.int32), np.empty(PLACES, np.int32)
    assert text_measures.edits(*laid_out(one, other), grid, last) == DamerauLevenshtein.distance(one, other)


@given(WORDS, WORDS)
@settings(deadline=None, max_examples=400)
def test_no_bound_is_below_what_a_measure_comes_to(one: str, other: str) -> None:
    mine, others = letters(one, other)
    similarity = jellyfish.jaro_winkler_similarity(one, other)
    assert similarity == 0 or text_letters.may_be_similar(mine, others, similarity)
    assert text_letters.may_be_near(mine, others, float(DamerauLevenshtein.distance(one, other)))
    if one in other or other in one:
        assert text_letters.may_be_within(mine, others)


@given(WORDS, WORDS)
@settings(deadline=None)
def test_letters_know_how_long_a_text_is(one: str, other: str) -> None:
    assert [text_letters.length_of(text) for text in letters(one, other)] == [len(one), len(other)]
