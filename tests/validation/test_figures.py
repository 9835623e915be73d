"""Numbers and money are read exactly as written, or refused; the quick way and the careful way agree."""

import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.validation import figures
from scv_assets.validation.conversion import Conversion
from scv_assets.validation.figures import Notation
from tests.validation.builders import column, values

MONEY = [
    ("1.234,56 €", ",", 123_456),
    ("€ 12", ",", 1_200),
    ("€12,5", ",", 1_250),
    ("12 EUR", ",", 1_200),
    ("12,- €", ",", 1_200),
    ("12,--", ",", 1_200),
    ("1 234,56", ",", 123_456),
    ("1\u202f234,56", ",", 123_456),
    ("1'234,56", ",", 123_456),
    ("1,234.56", ".", 123_456),
    ("(1,234.56)", ".", -123_456),
    ("12.34-", ".", -1_234),
    ("-12.34", ".", -1_234),
    ("\u221212.34", ".", -1_234),
    ("-€12.34", ".", -1_234),
    ("(€12.34)", ".", -1_234),
    ("+12.34", ".", 1_234),
    (".5", ".", 50),
    ("5.", ".", 500),
    ("0012.30", ".", 1_230),
    ("12.340", ".", 1_234),
    ("19.990000000000002", ".", 1_999),
    ("92233720368547758.07", ".", 2**63 - 1),
    ("4503599627370497.01", ".", 450_359_962_737_049_701),
]
NO_MONEY = [
    ("12,50", "."),
    ("1.234,56", "."),
    ("1,234.56", ","),
    ("1.23.456", ","),
    ("1.234 567,00", ","),
    ("12.345", "."),
    ("12.349999", "."),
    ("$ 12", "."),
    ("12 USD", "."),
    ("abc", "."),
    ("-", "."),
    (".", "."),
    ("€", "."),
    ("--5", "."),
    ("(-5)", "."),
    ("-5-", "."),
    ("1e3", "."),
    ("nan", "."),
    ("12,-", "."),
    ("92233720368547758.08", "."),
    ("1" * 300, "."),
    ("٣", "."),
]


@pytest.mark.parametrize(("text", "decimal", "cents"), MONEY)
def test_money_is_exact_cents(con: Connection, text: str, decimal: str, cents: int) -> None:
    assert values(con, column("amount", "money", decimal=decimal), text) == [cents]


@pytest.mark.parametrize(("text", "decimal"), NO_MONEY)
def test_what_is_not_exact_money_is_refused_and_never_guessed(con: Connection, text: str, decimal: str) -> None:
    (reason,) = values(con, column("amount", "money", decimal=decimal), text)
    assert isinstance(reason, str)
    assert reason.endswith(" is not money in EUR")


def test_money_has_the_minor_unit_of_its_currency(con: Connection) -> None:
    assert values(con, column("amount", "money", currency="JPY"), "¥1,200", "12.5") == [
        1_200,
        "amount: '12.5' is not money in JPY",
    ]
    assert values(con, column("amount", "money", currency="TND"), "1.234", "12") == [1_234, 12_000]


def test_a_column_that_names_its_thousands_mark_takes_no_other(con: Connection) -> None:
    amount = column("amount", "money", decimal=",", thousands=" ")
    assert values(con, amount, "1 234,50") == [123_450]
    assert values(con, amount, "1.234,50")[0] == "amount: '1.234,50' is not money in EUR"


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("12", ".", 12),
        ("-7", ".", -7),
        ("1 234", ".", 1_234),
        ("1.234", ",", 1_234),
        ("12.0", ".", 12),
        ("007", ".", 7),
        ("9223372036854775807", ".", 2**63 - 1),
    ],
)
def test_whole_numbers(con: Connection, text: str, decimal: str, value: int) -> None:
    assert values(con, column("n", "integer", decimal=decimal), text) == [value]


@pytest.mark.parametrize("text", ["12.5", "1.234", "9223372036854775808", "1,23", "0x10", "1e3", "true"])
def test_no_whole_numbers(con: Connection, text: str) -> None:
    assert values(con, column("n", "integer"), text) == [f"n: '{text}' is not a whole number"]


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [("1.5", ".", 1.5), ("1,5", ",", 1.5), ("1.5E-3", ".", 0.0015), ("-2e3", ".", -2000.0), ("1,234.5", ".", 1234.5)],
)
def test_numbers(con: Connection, text: str, decimal: str, value: float) -> None:
    assert values(con, column("q", "number", decimal=decimal), text) == [value]


@pytest.mark.parametrize("text", ["inf", "NaN", "1e999", "1e", "e5", "1,5", "1.5.2"])
def test_no_numbers(con: Connection, text: str) -> None:
    assert values(con, column("q", "number"), text) == [f"q: '{text}' is not a number"]


def written(cents: int, decimal: str, group: str, style: str) -> str:
    """An independent writer of amounts."""
    whole, rest = divmod(abs(cents), 100)
    digits = f"{whole:,}".replace(",", group)
    body = f"{digits}{decimal}{rest:02d}"
    if cents >= 0:
        return {"after": f"{body} €", "before": f"€ {body}"}.get(style, body)
    return {"after": f"-{body} €", "before": f"-€{body}", "brackets": f"({body})"}.get(style, f"{body}-")


@given(
    st.integers(-(10**15), 10**15),
    st.sampled_from([(".", ","), (".", " "), (",", "."), (",", "\u202f"), (",", "'"), (",", ""), (".", "")]),
    st.sampled_from(["after", "before", "brackets", "trailing"]),
)
def test_money_that_was_written_is_read_back(cents: int, marks: tuple[str, str], style: str) -> None:
    decimal, group = marks
    assert figures.read_money(written(cents, decimal, group, style), "EUR", Notation(decimal)) == cents


FIGURE_LIKE = st.text(alphabet="0123456789.,- '€()+e\u00a0\u2212", min_size=1, max_size=14).map(str.strip).filter(bool)
PLAIN = st.decimals(-(10**9), 10**9, places=2).map(str)


@settings(max_examples=60, deadline=None)
@given(st.lists(FIGURE_LIKE | PLAIN | PLAIN.map(lambda text: text.replace(".", ",")), min_size=1, max_size=60))
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("kind", ["integer", "number", "money"])
def test_the_quick_way_reads_as_the_careful_way(con: Connection, kind: str, decimal: str, texts: list[str]) -> None:
    notation = Notation(decimal)
    way = {
        "integer": figures.integer(notation),
        "number": figures.number(notation),
        "money": figures.money("EUR", notation),
    }[kind]
    for text, quick in quickly(con, way, texts):
        assert quick is None or quick == way.careful(text), text


def quickly(con: Connection, way: Conversion, texts: list[str]) -> list[tuple[str, Any]]:
    con.execute("CREATE OR REPLACE TEMP TABLE quick_texts (text VARCHAR)")
    con.executemany("INSERT INTO quick_texts VALUES (?)", [[text] for text in texts])
    return con.sql(f"SELECT text, CAST({way.quick('text')} AS {way.duckdb_type}) FROM quick_texts").fetchall()


@settings(max_examples=300)
@given(FIGURE_LIKE | PLAIN)
def test_plain_amounts_agree_with_decimal(text: str) -> None:
    """Oracle for what Decimal itself reads: digits, one point, a leading sign."""
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]{1,2})?", text):
        return
    expected = int((Decimal(text) * 100).quantize(Decimal(1), ROUND_HALF_EVEN))
    assert figures.read_money(text, "EUR", Notation(".")) == expected
