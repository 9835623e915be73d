"""The contract as a pandera schema: it tells its columns, and each of its checks has a frame that fails it."""

from datetime import date
from typing import Any

import duckdb
import pandas as pd
import pandera.pandas as pa
import pyarrow
import pytest
from duckdb import DuckDBPyConnection as Connection
from pandera.errors import SchemaErrors

from scv_assets.validation.schema import column_descriptions, frame, schema, typed_schema
from tests.validation.builders import column, contract, validated

CONTRACT = contract(
    column("no", required=True, description="order number"),
    column("amount", "money", min=0, max=10, header="Total TTC"),
    column("status", "category", categories=("new", "paid")),
    column("on", "date", min=date(2026, 1, 1)),
    column("mail", "email", pii=True, pattern=".*@.*", min_length=3, max_length=10),
    column("card", unique=True),
    key=("no",),
)
GOOD = {"no": "1", "amount": "5", "status": "new", "on": "2026-09-01", "mail": "a@b", "card": "A"}


@pytest.fixture
def good(con: Connection) -> pd.DataFrame:
    return frame(validated(con, CONTRACT, GOOD, {**GOOD, "no": "2", "card": None}).rows)


def failing(judged: pd.DataFrame) -> list[tuple[str, str]]:
    with pytest.raises(SchemaErrors) as caught:
        schema(CONTRACT).validate(judged, lazy=True)
    cases = caught.value.failure_cases
    return sorted({(str(c), str(check)) for c, check in zip(cases["column"], cases["check"], strict=True)})


def test_typed_rows_pass_their_schema(good: pd.DataFrame) -> None:
    assert len(schema(CONTRACT).validate(good, lazy=True)) == 2


@pytest.mark.parametrize(
    ("name", "value", "check"),
    [
        ("no", None, "not_nullable"),
        ("_file", None, "not_nullable"),
        ("amount", -1, "is below 0"),
        ("amount", 1001, "is above 10"),
        ("status", "zz", "is not one of new, paid"),
        ("on", date(2025, 12, 31), "is below 2026-01-01"),
        ("mail", "abc", "does not match .*@.*"),
        ("mail", "@", "is shorter than 3 characters"),
        ("mail", "a@bcdefghijk", "is longer than 10 characters"),
        ("card", "a\0", "holds a NUL character"),
    ],
)
def test_each_check_fails_where_it_should(good: pd.DataFrame, name: str, value: Any, check: str) -> None:
    good[name] = pd.Series([value, good[name].iloc[1]], dtype=good[name].dtype)
    assert failing(good) == [(name, check)]


@pytest.mark.parametrize(("name", "value"), [("no", "2"), ("card", "A")])
def test_what_must_be_unique_is(good: pd.DataFrame, name: str, value: str) -> None:
    good[name] = pd.Series([value, value], dtype=good[name].dtype)
    assert {check for _, check in failing(good)} == {f"{name} must come once an extract"}


def test_a_key_may_come_again_another_day(good: pd.DataFrame) -> None:
    good["no"] = pd.Series(["1", "1"], dtype=good["no"].dtype)
    days = [date(2026, 9, 1), date(2026, 9, 2)]
    good["_day"] = pd.Series(days, dtype=pd.ArrowDtype(pyarrow.date32()))
    schema(CONTRACT).validate(good, lazy=True)


def test_another_type_or_column_fails(good: pd.DataFrame) -> None:
    assert failing(good.astype({"amount": "float64"}))[0][0] == "amount"
    assert failing(good.assign(extra=1))[0][1] == "column_in_schema"


def test_the_schema_tells_what_the_contract_tells() -> None:
    told = schema(CONTRACT)
    assert (told.name, told.title, told.metadata) == ("shop", "Shop orders", {"key": ["no"], "owner": "digital"})
    amount = told.columns["amount"]
    assert isinstance(amount, pa.Column)
    assert (amount.title, amount.description) == ("Total TTC", "Total TTC (minor units of EUR)")
    assert told.columns["mail"].metadata == {"type": "email", "pii": True}


def test_columns_are_described_with_their_types() -> None:
    described = column_descriptions(CONTRACT)
    assert described["no"] == ("VARCHAR", "order number")
    assert described["_row_number"] == ("BIGINT", "row in it, from 1")
    assert {name: type_ for name, (type_, _) in described.items()} == typed_schema(CONTRACT)
    with duckdb.connect() as con:
        for type_ in typed_schema(CONTRACT).values():
            assert str(con.sql(f"SELECT CAST(NULL AS {type_})").types[0]) == type_
