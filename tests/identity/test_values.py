"""Values as they are compared, and the questions that levels ask of them."""

import jellyfish
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein

from scv_assets.identity import folding, value_tests
from scv_assets.identity.columns import Column
from scv_assets.identity.letters import Letters
from scv_assets.identity.nicknames import roots

WORDS = st.text(alphabet="abcdeéß 12é漢", min_size=1, max_size=9)


@pytest.mark.parametrize(
    ("function", "value", "wanted"),
    [
        (folding.name, "van den Berg", "vandenberg"),
        (folding.name, "Müller", "muller"),
        (folding.name, "MUELLER", "muller"),
        (folding.name, "Jean-Pierre", "jeanpierre"),
        (folding.name, "  ", None),
        (folding.name, "NULL", None),
        (folding.name, "Vanhoutte Jr.", "vanhoutte"),
        (folding.surname_core, "de la Fontaine", "fontaine"),
        (folding.surname_core, "van den", "vanden"),
        (folding.generation, "Vanhoutte Jr.", "junior"),
        (folding.generation, "Junior", None),
        (folding.email_local, "anna.claes@free.fr", "annaclaes"),
        (folding.email_local, "ab@free.fr", None),
        (folding.phone, "+32471234567", "471234567"),
        (folding.phone, "0471 23 45 67", "471234567"),
        (folding.phone, "112", None),
        (folding.phone, "00000000", None),
        (folding.street, "12 bis, av. Louise", "avenuelouise"),
        (folding.street, "Kerkstraat 12", "kerkstraat"),
        (folding.number_in_street, "Kerkstraat 012 b", "12b"),
        (folding.number_in_street, "Kerkstraat", None),
        (folding.house_number, "0012", "12"),
        (folding.postcode, "05100", "5100"),
        (folding.city, "PARIS CEDEX 12", "paris"),
        (folding.city, "St-Étienne", "saintetienne"),
    ],
)
def test_folding(function: "object", value: str, wanted: str | None) -> None:
    assert callable(function)
    assert function(value) == wanted


@pytest.mark.parametrize(
    ("name", "one", "other", "wanted"),
    [
        ("transposed", "1980-04-12", "1980-12-04", True),
        ("transposed", "1980-04-12", "1981-12-04", False),
        ("one_digit", "1980-04-12", "1980-04-13", True),
        ("one_digit", "1980-04-12", "1980-04-21", True),
        ("one_digit", "1980-04-12", "1980-05-13", False),
        ("one_digit", "1980-04-12", "1980-03-29", False),
        ("new_year", "1980-01-01", "1980-04-12", True),
        ("new_year", "1980-01-01", "1981-04-12", False),
        ("same_root", "bob", "robert", True),
        ("same_root", "bob", "bert", False),
        ("same_root", "anna", "ann", False),
        ("initial", "j", "jeroen", True),
        ("initial", "jo", "jeroen", False),
        ("shares_word", "jean pierre", "jean", True),
        ("shares_word", "de wit", "de groot", False),
        ("contains", "alex", "alexander", True),
        ("contains", "al", "alexander", False),
    ],
)
def test_questions_of_two_values(name: str, one: str, other: str, wanted: bool) -> None:
    ask = value_tests.pair_tests()[name]
    assert ask(one, other) is wanted
    assert ask(other, one) is wanted


def test_a_name_that_the_table_does_not_know_is_its_own_root() -> None:
    assert roots("wolfgangamadeus") == {"wolfgangamadeus"}
    assert "robert" in roots("bob")


@given(st.lists(WORDS, min_size=2, max_size=12, unique=True), st.sampled_from([0.7, 0.84, 0.92]), st.integers(1, 3))
@settings(deadline=None)
def test_the_bound_never_hides_two_that_are_alike(words: list[str], least: float, most: int) -> None:
    column = Column.of_choices(words, np.arange(len(words), dtype=np.int32))
    low, high = (side.astype(np.int64) for side in np.triu_indices(len(words), k=1))
    one, other, letters = column.values[low], column.values[high], Letters(column.texts)
    alike = np.array([jellyfish.jaro_winkler_similarity(a, b) >= least for a, b in zip(one, other, strict=True)])
    near = np.array([DamerauLevenshtein.distance(a, b) <= most for a, b in zip(one, other, strict=True)])
    assert not (alike & ~letters.may_be_alike("jaro_winkler", low, high, least)).any()
    assert not (near & ~letters.may_be_alike("edits", low, high, most)).any()


@given(st.lists(st.none() | st.text(max_size=3), max_size=20))
@settings(deadline=None)
def test_equal_texts_have_equal_codes_and_nothing_else_does(texts: list[str | None]) -> None:
    column = Column.of_choices(texts, np.arange(len(texts), dtype=np.int32))
    assert [None if code < 0 else column.values[code] for code in column.codes] == texts
    assert sorted(column.values) == sorted({text for text in texts if text is not None})
    assert [column.values[np.flatnonzero(column.ranks == place)[0]] for place in range(len(column.values))] == sorted(
        column.values
    )
    assert column.counts().sum() == sum(text is not None for text in texts)


def test_gaps_are_filled_from_another_column() -> None:
    one = Column.of_choices(["a", None, None], np.arange(3, dtype=np.int32))
    other = Column.of_choices(["x", "y", None], np.arange(3, dtype=np.int32))
    filled = one.otherwise(other)
    assert [None if code < 0 else filled.values[code] for code in filled.codes] == ["a", "y", None]
