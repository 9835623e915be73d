"""Every row is typed or refused, exactly once, and a refusal says all that is wrong."""

import json
from datetime import date
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.store.tables import QUARANTINE, duckdb_schema
from scv_assets.sources.contract import Contract
from scv_assets.validation.rows import validate
from scv_assets.validation.schema import frame, schema, typed_schema
from tests.validation.builders import DAY, column, contract, raw_rows, reasons, row_numbers, validated

ORDERS = contract(
    column("no", required=True),
    column("amount", "money", decimal=",", min=0, max=1000),
    column("mail", "email", pii=True, pattern=r"[^@]*@.*"),
    column("status", "category", categories=("new", "paid")),
    column("on", "date", min=date(2020, 1, 1)),
    column("at", "instant", min=date(2026, 1, 1), max=date(2026, 12, 31)),
    column("code", min_length=2, max_length=4),
    key=("no",),
)
GOOD = {"no": "1", "amount": "12,50", "mail": "a@b.be", "status": "new", "on": "2026-09-01", "at": "2026-09-01T10:00"}


def order(**changes: str | None) -> dict[str, str | None]:
    return {**GOOD, "code": "abc", **changes}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": "abc"}, "amount: 'abc' is not money in EUR"),
        ({"amount": "-5"}, "amount: -5 is below 0"),
        ({"amount": "1.000,01"}, "amount: 1.000,01 is above 1000"),
        ({"no": None}, "no: required but empty"),
        ({"no": "  "}, "no: required but empty"),
        ({"status": "zz"}, "status: 'zz' is not one of new, paid"),
        ({"on": "2019-12-31"}, "on: 2019-12-31 is below 2020-01-01"),
        ({"at": "2025-12-31T23:59:59"}, "at: 2025-12-31T23:59:59 is below 2026-01-01"),
        ({"at": "2027-01-01T00:00:00"}, "at: 2027-01-01T00:00:00 is above 2026-12-31"),
        ({"code": "a"}, "code: 'a' is shorter than 2 characters"),
        ({"code": "abcde"}, "code: 'abcde' is longer than 4 characters"),
        ({"mail": "nobody"}, "mail: the value does not match [^@]*@.*"),
        (
            {"status": "zz", "amount": "abc", "no": None},
            "no: required but empty; amount: 'abc' is not money in EUR; status: 'zz' is not one of new, paid",
        ),
    ],
)
def test_each_rule_refuses_with_its_reason(con: Connection, changes: dict[str, str | None], reason: str) -> None:
    done = validated(con, ORDERS, order(), order(no="2") | changes)
    assert reasons(done) == {2: reason}
    assert row_numbers(done) == [1]


def test_bounds_hold_at_their_ends(con: Connection) -> None:
    ends = [order(no="a", amount="0"), order(no="b", amount="1000"), order(no="c", on="2020-01-01")]
    ends += [order(no="d", at="2026-01-01T00:00"), order(no="e", at="2026-12-31T23:59:59.999999")]
    assert reasons(validated(con, ORDERS, *ends)) == {}


def test_a_refused_row_keeps_everything_of_the_row_as_delivered(con: Connection) -> None:
    delivered = order(amount=" abc\u200f\0 ", mail=None)
    (row,) = validated(con, ORDERS, delivered).refused.to_pylist()
    assert json.loads(row.pop("row")) == delivered
    assert row == {
        "source": "shop",
        "file": "shop/1.csv",
        "row_number": 1,
        "reason": "amount: 'abc\u200f␀' is not money in EUR",
        "column": "amount",
        "value": "abc\u200f␀",
        "extracted_on": DAY,
        "status": "open",
    }


def test_a_megabyte_in_a_field_is_refused_shown_in_part_and_kept_whole(con: Connection) -> None:
    one = contract(column("text"), column("n", "integer"))
    huge = "é" * 1_000_000
    by_length, by_type = validated(con, one, {"text": huge}, {"n": huge}).refused.to_pylist()
    assert by_length["reason"] == f"text: '{'é' * 60}…' is longer than 10000 characters"
    assert by_length["value"] == "é" * 200
    assert json.loads(by_length["row"])["text"] == huge
    assert by_type["reason"] == f"n: '{'é' * 60}…' is not a whole number"


def test_a_personal_value_is_in_no_reason(con: Connection) -> None:
    mail = contract(column("mail", "email", pii=True, strict=True))
    assert reasons(validated(con, mail, {"mail": "jean"})) == {1: "mail: the value is not an e-mail address"}


def test_a_row_that_cannot_be_taken_apart_is_refused_for_that_alone(con: Connection) -> None:
    (row,) = validated(con, ORDERS, {"_malformed": "1;2;\0;x"}).refused.to_pylist()
    assert (row["reason"], row["column"], row["value"]) == ("the row cannot be taken apart", None, "1;2;␀;x")
    assert json.loads(row["row"]) == {"_malformed": "1;2;\0;x"}


def test_ignored_columns_are_kept_in_the_refused_row(con: Connection) -> None:
    raw = raw_rows(con, ["n", "Remark"], [{"n": "x", "Remark": "by hand"}])
    (row,) = validate(con, contract(column("n", "integer")), raw).refused.to_pylist()
    assert json.loads(row["row"]) == {"n": "x", "Remark": "by hand"}


def test_names_of_columns_may_hold_anything(con: Connection) -> None:
    odd = contract(column("Prix (€) \"TTC\" 'x'", "money"), column("select", required=True), key=("select",))
    done = validated(con, odd, {"Prix (€) \"TTC\" 'x'": "1", "select": "a"}, {"select": None})
    assert done.rows.column("Prix (€) \"TTC\" 'x'").to_pylist() == [100]
    assert reasons(done) == {2: "select: required but empty"}


def test_no_rows_give_no_rows_with_every_column(con: Connection) -> None:
    done = validated(con, ORDERS)
    assert done.rows.num_rows == done.refused.num_rows == 0
    assert done.rows.column_names == list(typed_schema(ORDERS))
    assert done.refused.column_names == list(duckdb_schema(QUARANTINE))


def test_typed_rows_have_the_types_that_the_schema_says(con: Connection) -> None:
    rows = validated(con, ORDERS, order()).rows
    described = con.sql("DESCRIBE SELECT * FROM rows").fetchall()
    assert {name: type_ for name, type_, *_ in described} == typed_schema(ORDERS)


HOSTILE = st.sampled_from(
    ["", " ", "NULL", "a\0", "\u202e", "12,5", "1.234,00 €", "x" * 300, "ü", "-1", "new", "2026-09-01"]
)
CELL = st.none() | HOSTILE | st.text(max_size=8)
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(ORDERS.columns, CELL)), max_size=25)


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_every_row_is_typed_or_refused_exactly_once(con: Connection, rows: list[dict[str, Any]]) -> None:
    done = validated(con, ORDERS, *rows)
    refused = [row["row_number"] for row in done.refused.to_pylist()]
    assert sorted(row_numbers(done) + refused) == list(range(1, len(rows) + 1))
    for row in done.refused.to_pylist():
        assert row["reason"]
        assert json.loads(row["row"]) == rows[row["row_number"] - 1]
    schema(ORDERS).validate(frame(done.rows), lazy=True)


@settings(max_examples=15, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_in_which_rows_are_read_changes_nothing(
    con: Connection, rows: list[dict[str, Any]], random: Any
) -> None:
    numbered = [{**row, "_row_number": place} for place, row in enumerate(rows, 1)]
    shuffled = random.sample(numbered, len(numbered))
    names = list(ORDERS.columns)
    one, other = (validate(con, ORDERS, raw_rows(con, names, some)) for some in (numbered, shuffled))
    assert one.rows.equals(other.rows)
    assert one.refused.equals(other.refused)


LIMITED = contract(column("n", "integer"), max_share=0.25)


def day_of(con: Connection, of: Contract, **days: list[str]) -> Any:
    rows = [
        {"n": text, "_day": date(2026, 9, int(day[1:])), "_row_number": place, "_file": f"{day}.csv"}
        for day, texts in days.items()
        for place, text in enumerate(texts, 1)
    ]
    return validate(con, of, raw_rows(con, ["n"], rows))


def test_a_day_past_the_share_is_refused_and_the_others_go_on(con: Connection) -> None:
    done = day_of(con, LIMITED, d1=["1", "2", "3", "x"], d2=["1", "2", "x", "y"], d3=["1"])
    (error,) = done.refused_days
    assert (error.source, error.day, error.file) == ("shop", "2026-09-02", "d2.csv")
    assert str(error) == (
        "d2.csv: 2 of 4 rows cannot be used, past the 25.0% that sources/shop.yaml:1 allows:"
        " n: is not a whole number (2, first in row 3); mend the extract or the contract"
    )
    assert done.rows.column("_day").to_pylist() == [date(2026, 9, 1)] * 3 + [date(2026, 9, 3)]
    assert done.refused.column("extracted_on").to_pylist() == [date(2026, 9, 1)]
    assert [(count.rows_in, count.rows_refused) for count in done.counts.values()] == [(4, 1), (4, 2), (1, 0)]


def test_identical_repetitions_do_not_refuse_a_day(con: Connection) -> None:
    of = contract(column("n"), key=("n",), max_share=0.1)
    assert not validated(con, of, *({"n": "1"} for _ in range(10))).refused_days


def test_a_wrong_key_refuses_the_day_instead_of_dropping_most_of_it(con: Connection) -> None:
    of = contract(column("order"), column("line"), key=("order",), max_share=0.1)
    done = validated(con, of, *({"order": "1", "line": str(line)} for line in range(10)))
    assert "order: same key as a later row (9, first in row 1)" in str(done.refused_days[0])


def test_empty_columns_of_several_types_and_a_wrong_word_are_told_without_a_warning(con: Connection) -> None:
    kind = column("kind", "category", categories=("a",))
    event = contract(column("id", required=True), kind, column("at", "instant", required=True))
    at = "2026-09-01T10:00"
    rows: list[dict[str, str | None]] = [{"at": at}, {"id": "1"}, {"id": "2", "at": at, "kind": "b"}]
    assert reasons(validated(con, event, *rows)) == {
        1: "id: required but empty",
        2: "at: required but empty",
        3: "kind: 'b' is not one of a",
    }
