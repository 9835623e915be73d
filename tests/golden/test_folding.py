"""The fold in SQL against the one that standardisation has in Python."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.golden.sql import folded
from scv_assets.sql_quoting import literal
from scv_assets.standardisation import folding
from tests.in_memory import connected

LETTERS = "aeouszœæßøłđðþéèêëàâäçñöüžščřÉÈÀÇÖÜŒÆØŁ -'’.,1290"


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return connected()


def fold_in_sql(con: duckdb.DuckDBPyConnection, text: str) -> str:
    return str(con.sql(f"SELECT {folded('value')} FROM (SELECT ?::VARCHAR AS value)", params=[text]).fetchall()[0][0])


@settings(max_examples=60, deadline=None)
@given(text=st.text(LETTERS, min_size=1, max_size=12))
def test_sql_folds_as_standardisation_does(con: duckdb.DuckDBPyConnection, text: str) -> None:
    in_python = folding.folded(text)
    assert fold_in_sql(con, text) == (in_python.replace(" ", "") if in_python else text)


@pytest.mark.parametrize(
    ("left", "right"), [("De Smet", "DESMET"), ("Müller", "Mueller"), ("Lefèvre-Œillet", "lefevre oeillet")]
)
def test_spellings_of_one_name_fold_to_one(con: duckdb.DuckDBPyConnection, left: str, right: str) -> None:
    assert fold_in_sql(con, left) == fold_in_sql(con, right)


@pytest.mark.parametrize(("left", "right"), [("Ιωάννης", "Мария"), ("-", "--"), ("12", "13")])
def test_what_differs_stays_apart_in_any_script(con: duckdb.DuckDBPyConnection, left: str, right: str) -> None:
    assert fold_in_sql(con, left) != fold_in_sql(con, right)


def test_a_quote_in_a_text_ends_no_literal(con: duckdb.DuckDBPyConnection) -> None:
    text = "it's'; --"
    assert con.sql(f"SELECT {literal(text)}").fetchall() == [(text,)]
