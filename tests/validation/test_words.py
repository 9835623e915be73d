"""Yes and no in three languages, categories in any case, texts as they are, JSON that is JSON, strict addresses."""

import json

import pytest
from duckdb import DuckDBPyConnection as Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.sources.contract import ColumnType
from scv_assets.validation.blanks import BLANKS
from tests.validation.builders import column, values


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "yes", "Y", "oui", "O", "ja", "J", "waar", "vrai", "x"])
def test_words_for_yes(con: Connection, text: str) -> None:
    assert values(con, column("opt", "boolean"), text) == [True]


@pytest.mark.parametrize("text", ["false", "0", "no", "N", "non", "nee", "neen", "faux", "onwaar", "OFF"])
def test_words_for_no(con: Connection, text: str) -> None:
    assert values(con, column("opt", "boolean"), text) == [False]


def test_an_unknown_word_is_neither_yes_nor_no(con: Connection) -> None:
    assert values(con, column("opt", "boolean"), "maybe", "2") == [
        "opt: 'maybe' is not yes or no",
        "opt: '2' is not yes or no",
    ]


def test_words_of_the_contract_replace_the_usual_ones(con: Connection) -> None:
    opt = column("opt", "boolean", true_words=("Actif",), false_words=("Inactif",))
    assert values(con, opt, "ACTIF", "inactif", "oui") == [True, False, "opt: 'oui' is not yes or no"]


def test_a_category_is_read_in_any_case_and_kept_in_its_declared_spelling(con: Connection) -> None:
    status = column("status", "category", categories=("new", "Paid", "Étranger"))
    assert values(con, status, "Paid", "PAID", " new ", "éTRANGER") == ["Paid", "Paid", "new", "Étranger"]


def test_an_unknown_category_is_a_quarantine_reason(con: Connection) -> None:
    status = column("status", "category", categories=tuple(f"c{i}" for i in range(10)))
    assert values(con, status, "zz") == ["status: 'zz' is not one of c0, c1, c2, c3, c4, c5, c6, c7 and 2 more"]


@pytest.mark.parametrize("type_", ["text", "email", "phone", "country", "language"])
def test_texts_are_trimmed_and_nothing_else(con: Connection, type_: ColumnType) -> None:
    one = column("t", type_)
    assert values(con, one, "  not\u00a0an address ", "\ufeffa", "\u00a0", "") == [
        "not\u00a0an address",
        "a",
        None,
        None,
    ]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=30).filter(lambda text: "\0" not in text), min_size=1, max_size=20))
def test_every_text_comes_through_as_it_was_but_for_blanks_around_it(con: Connection, texts: list[str]) -> None:
    expected = [text.strip(BLANKS) or None for text in texts]
    assert values(con, column("t", nulls=()), *texts) == expected


def test_null_words_are_null_in_their_own_case_only(con: Connection) -> None:
    name = column("name", nulls=("NULL", "-", "n/a"))
    assert values(con, name, "NULL", " - ", "Null", "n/a") == [None, None, "Null", None]
    assert values(con, column("name", nulls=("NULL",), required=True), "NULL") == ["name: required but empty"]


@pytest.mark.parametrize(
    "text", ["hello'); DROP TABLE x;--", "<script>", "=1+1", "\u202eabc\u200f", "a\x01b", "\\", "{}", "$1"]
)
def test_hostile_text_comes_through_unchanged(con: Connection, text: str) -> None:
    assert values(con, column("t"), text) == [text]


def test_a_nul_is_refused_and_shown(con: Connection) -> None:
    assert values(con, column("t"), "a\0b") == ["t: 'a␀b' holds a NUL character"]


@pytest.mark.parametrize(
    "text", ['{"a": 1}', "[1, 2]", '[1, "NaN,]"]', '"x"', "12", '{"a": "NaN and Information"}', "true"]
)
def test_json_is_kept_as_delivered(con: Connection, text: str) -> None:
    json.loads(text)
    assert values(con, column("j", "json"), text) == [text]


@pytest.mark.parametrize(
    "text",
    ["{a: 1}", '{"a": NaN}', "[1,]", '{"a": 1', "[Infinity]", "[1, nan]", '{"a":1,}', '"\\ud800"', "-", "undefined"],
)
def test_what_is_not_json_is_refused(con: Connection, text: str) -> None:
    assert values(con, column("j", "json"), text) == [f"j: '{text}' is not valid JSON"]


def test_addresses_are_refused_only_where_the_column_is_strict(con: Connection) -> None:
    assert values(con, column("m", "email"), "nobody") == ["nobody"]
    assert values(con, column("m", "email", strict=True), "a@b.be", "nobody", "a@b", "a@@b.be", "a b@c.be") == [
        "a@b.be",
        *(f"m: '{text}' is not an e-mail address" for text in ("nobody", "a@b", "a@@b.be", "a b@c.be")),
    ]
    assert values(con, column("p", "phone", strict=True), "+32 (0)470/12.34.56", "0470 12 34 56", "123", "call me") == [
        "+32 (0)470/12.34.56",
        "0470 12 34 56",
        "p: '123' is not a phone number",
        "p: 'call me' is not a phone number",
    ]
