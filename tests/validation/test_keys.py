"""A key comes once an extract: repetitions and older versions go to quarantine, and say of which row."""

# ruff: noqa: DTZ001 (instants are naive UTC, local times are naive)

from datetime import date, datetime

from duckdb import DuckDBPyConnection as Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.validation.rows import validate
from tests.validation.builders import column, contract, raw_rows, reasons, row_numbers, validated

KEYED = contract(column("no"), column("text"), key=("no",))


def rows(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"no": no, "text": text} for no, text in pairs]


def test_an_identical_row_is_a_duplicate_of_the_first(con: Connection) -> None:
    done = validated(con, KEYED, *rows(("1", "a"), ("2", "b"), ("1", "a"), ("1", "a")))
    assert row_numbers(done) == [1, 2]
    assert reasons(done) == {3: "no: duplicate of row 1 (identical)", 4: "no: duplicate of row 1 (identical)"}


def test_of_different_rows_the_last_stays(con: Connection) -> None:
    done = validated(con, KEYED, *rows(("1", "a"), ("1", "b"), ("1", "c")))
    assert row_numbers(done) == [3]
    assert reasons(done) == dict.fromkeys((1, 2), "no: same key as row 3, which is later")


def test_a_row_that_returns_to_an_earlier_content_is_the_later_one(con: Connection) -> None:
    done = validated(con, KEYED, *rows(("1", "a"), ("1", "b"), ("1", "a"), ("1", "a")))
    assert row_numbers(done) == [3]
    assert reasons(done) == {
        1: "no: same key as row 3, which is later",
        2: "no: same key as row 3, which is later",
        4: "no: duplicate of row 3 (identical)",
    }


def test_a_bad_row_never_pushes_a_good_one_out(con: Connection) -> None:
    priced = contract(column("no"), column("price", "money"), key=("no",))
    done = validated(con, priced, {"no": "1", "price": "5"}, {"no": "1", "price": "?"})
    assert row_numbers(done) == [1]
    assert reasons(done) == {2: "price: '?' is not money in EUR"}


def test_the_later_file_is_later_whatever_it_is_called(con: Connection) -> None:
    early, late = datetime(2026, 9, 2), datetime(2026, 9, 3)
    raw = raw_rows(
        con,
        ["no", "text"],
        [
            {"no": "1", "text": "new", "_file": "a.csv", "_row_number": 1, "_arrived_at": late},
            {"no": "1", "text": "old", "_file": "b.csv", "_row_number": 7, "_arrived_at": early},
        ],
    )
    assert reasons(validate(con, KEYED, raw)) == {7: "no: same key as row 1 of a.csv, which is later"}


def test_a_key_is_of_one_day(con: Connection) -> None:
    days = [{"no": "1", "text": t, "_day": date(2026, 9, d), "_row_number": d} for d, t in ((1, "a"), (2, "b"))]
    assert validate(con, KEYED, raw_rows(con, ["no", "text"], days)).rows.num_rows == 2


def test_a_key_of_several_columns_is_one_key(con: Connection) -> None:
    lines = contract(column("no"), column("line"), column("sku"), key=("no", "line"))
    done = validated(con, lines, *({"no": "1", "line": str(n), "sku": "x"} for n in (1, 2, 2)))
    assert reasons(done) == {3: "no, line: duplicate of row 2 (identical)"}


def test_parts_of_a_key_never_run_together(con: Connection) -> None:
    lines = contract(column("no"), column("line"), key=("no", "line"))
    assert validated(con, lines, {"no": "1", "line": "23"}, {"no": "12", "line": "3"}).rows.num_rows == 2


def test_without_a_key_every_row_stays(con: Connection) -> None:
    assert validated(con, contract(column("no")), {"no": "1"}, {"no": "1"}).rows.num_rows == 2


def test_a_unique_column_is_a_key_too_and_may_be_empty(con: Connection) -> None:
    carded = contract(column("no"), column("card", unique=True), key=("no",))
    done = validated(con, carded, {"no": "1", "card": "A"}, {"no": "2", "card": "A"}, {"no": "3"}, {"no": "4"})
    assert reasons(done) == {1: "card: same key as row 2, which is later"}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("123"), st.sampled_from("ab")), max_size=15))
def test_one_row_a_key_stays_with_the_last_content(con: Connection, pairs: list[tuple[str, str]]) -> None:
    kept = validated(con, KEYED, *rows(*pairs)).rows.to_pylist()
    assert {row["no"]: row["text"] for row in kept} == dict(pairs)
    assert len(kept) == len(dict(pairs))
