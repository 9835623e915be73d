"""The truth is whole: it knows who stands behind every record, what every order is worth, which rows are bad."""

import json

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from scv_assets.home import Home
from scv_assets.validation.rows import validate
from tests.demo_company.company import Company
from tests.demo_company.rows import PERSON_KEY, delivered, good, person_key

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("source", sorted(PERSON_KEY))
def test_the_truth_covers_every_person_record_and_no_other(company: Company, home: Home, source: str) -> None:
    assert set(person_key(good(company, home, source), source)) == set(company.persons(source))


def test_a_record_is_one_persons_and_a_person_of_the_company(company: Company) -> None:
    who = company.truth("who_is_who")
    assert not who.duplicated(["source", "source_key"]).any()
    assert set(who["person_id"]) <= set(company.truth("people")["person_id"])


@pytest.mark.filterwarnings("ignore::FutureWarning:pandera")
@pytest.mark.parametrize("source", sorted(PERSON_KEY))
def test_the_contract_refuses_the_bad_rows_and_no_other(company: Company, home: Home, source: str) -> None:
    rows, bad = delivered(home, source), company.bad_rows(source)
    with duckdb.connect() as con:
        result = validate(con, home.contracts[source], con.from_arrow(pa.Table.from_pandas(rows)))
    assert result.refused_days == ()
    refused = result.refused.to_pandas()
    assert len(refused) == len(bad) >= 1
    if bad["row_number"].ne("").all():
        places = zip(bad["file"], bad["row_number"].astype(int), strict=True)
        assert set(zip(refused["file"], refused["row_number"], strict=True)) == set(places)


def test_about_one_row_in_two_hundred_is_bad(company: Company) -> None:
    rows, bad = sum(company.report.rows.values()), sum(company.report.bad_rows.values())
    assert 0.003 < bad / rows < 0.008


def test_a_ticket_is_worth_the_sum_of_its_lines(company: Company, home: Home) -> None:
    rows = good(company, home, "pos")
    tickets = rows[rows["type"] == "ticket"].drop_duplicates("record_no", keep="last").set_index("record_no")
    truth = company.truth("orders").query("source == 'pos'").set_index("order_id")["gross_cents"].to_dict()
    for number, lines, total in zip(tickets.index, tickets["lines"], tickets["total"], strict=True):
        cents = sum(round(float(line["amount"]) * 100) for line in json.loads(lines))
        assert cents == round(float(total) * 100) == truth[number]
    assert set(truth) == set(tickets.index)


def test_orders_are_the_sum_of_their_lines(company: Company) -> None:
    lines = company.truth("order_lines").groupby(["source", "order_id"])["net_cents"].sum()
    orders = company.truth("orders").query("lines > 0").set_index(["source", "order_id"])["gross_cents"]
    pd.testing.assert_series_equal(lines.sort_index(), orders.sort_index(), check_names=False)


def test_returns_are_negative_and_purchases_are_not(company: Company) -> None:
    orders = company.truth("orders")
    assert ((orders["gross_cents"] < 0) == orders["is_return"]).all()


def test_a_purchase_is_in_one_source_only(company: Company) -> None:
    orders = company.truth("orders")
    assert not orders.duplicated(["person_id", "ordered_at", "gross_cents"]).any()
