"""Compiled measures of texts beside the libraries whose results they must repeat, and the bounds that spare them."""

import jellyfish
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein

from scv_assets.compiled import compiled
from scv_assets.identity.engines.native import text_bounds, text_letters, text_measures

WORDS = st.text(alphabet="abcdé-я", min_size=1, max_size=12) | st.text(min_size=1, max_size=64, alphabet="ab")
PLACES = text_letters.MOST_LETTERS + 2
WHERE = np.zeros(text_measures.CODE_UNITS, np.uint64)
COMMON_BEGINNING, MOST_SHARED = compiled(text_letters.common_beginning), compiled(text_letters.most_shared)
JARO_WINKLER, EDITS = compiled(text_measures.jaro_winkler), compiled(text_measures.edits)
LENGTH_OF = compiled(text_letters.length_of)


def laid_out(one: str, other: str) -> tuple[text_letters.Units, int, int, int, int]:
    """Return both texts as one stretch of units, with where each begins and how long it is."""
    units = np.frombuffer((one + other).encode("utf-16-le"), np.uint16).copy()
    return units, 0, len(one), len(one), len(other)


def alike(one: str, other: str) -> int:
    return COMMON_BEGINNING(*laid_out(one, other))


def similarity(one: str, other: str, fewest: int) -> float:
    return JARO_WINKLER(*laid_out(one, other), alike(one, other), fewest, WHERE)


def edits(one: str, other: str, most: int) -> int:
    grid, last = np.empty((PLACES, PLACES), np.int32), np.empty(PLACES, np.int32)
    return EDITS(*laid_out(one, other), most, grid, last)


def letters(one: str, other: str) -> text_letters.Letters:
    units, _, _, start, length = laid_out(one, other)
    return text_letters.letters_of(units, np.array([0, start, start + length]), np.zeros(2, bool))


@given(WORDS, WORDS)
@settings(deadline=None, max_examples=400)
def test_jaro_winkler_is_jellyfishs_to_the_last_bit(one: str, other: str) -> None:
    assert similarity(one, other, fewest=0) == jellyfish.jaro_winkler_similarity(one, other)


@given(WORDS, WORDS)
@settings(deadline=None)
def test_jaro_winkler_leaves_its_room_as_it_found_it(one: str, other: str) -> None:
    similarity(one, other, fewest=0)
    assert not WHERE.any()


@given(WORDS, WORDS, st.sampled_from([0.7, 0.8, 0.85, 0.9, 0.94, 1.0]))
@settings(deadline=None, max_examples=400)
def test_with_too_few_letters_in_common_a_similarity_is_past_the_limit(one: str, other: str, least: float) -> None:
    fewest = text_bounds.fewest_for_similarity(least)[alike(one, other), len(one) - 1, len(other) - 1]
    wanted = jellyfish.jaro_winkler_similarity(one, other)
    assert similarity(one, other, int(fewest)) == wanted or wanted < least


@given(WORDS, WORDS, st.integers(0, 6) | st.just(text_letters.MOST_LETTERS))
@settings(deadline=None, max_examples=800)
def test_edits_are_the_unrestricted_damerau_levenshtein_distance_up_to_a_limit(one: str, other: str, most: int) -> None:
    found, wanted = edits(one, other, most), DamerauLevenshtein.distance(one, other)
    assert found == wanted or min(found, wanted) > most


@given(st.text(alphabet="abc", min_size=1, max_size=7), st.integers(0, 4))
@settings(deadline=None, max_examples=400)
def test_edits_of_texts_that_are_nearly_the_same_are_right(one: str, most: int) -> None:
    for other in (one[::-1], one[1:] + one[0], one[:3] + one[4:2:-1] + one[5:], one[1::-1] + "b" + one[2:], one + one):
        found, wanted = edits(one, other, most), DamerauLevenshtein.distance(one, other)
        assert found == wanted or min(found, wanted) > most, other


@given(WORDS, WORDS)
@settings(deadline=None, max_examples=400)
def test_no_bound_is_below_what_a_measure_comes_to(one: str, other: str) -> None:
    shared = MOST_SHARED(*letters(one, other))
    lengths = len(one) - 1, len(other) - 1
    wanted = jellyfish.jaro_winkler_similarity(one, other)
    similar = text_bounds.fewest_for_similarity(wanted)
    assert wanted == 0 or similar[text_letters.PREFIX][lengths] <= shared
    assert wanted == 0 or similar[alike(one, other)][lengths] <= shared
    assert text_bounds.fewest_for_edits(DamerauLevenshtein.distance(one, other))[0][lengths] <= shared
    if one in other or other in one:
        assert shared >= min(len(one), len(other))


@given(WORDS, WORDS)
@settings(deadline=None)
def test_letters_know_how_long_a_text_is(one: str, other: str) -> None:
    assert [LENGTH_OF(text) for text in letters(one, other)] == [len(one), len(other)]
