"""A year of real invoices by contract alone, held against what pandas makes of the same file.

Nothing here reads a contract or calls a stage: the raw Parquet on one side, the published tables on the other.
"""

import re

import numpy as np
import pandas as pd
import pytest

from scv_assets.stages import raw_path, typed_path
from tests.recipes.following import Followed, public_data

pytestmark = pytest.mark.slow

SOURCE = "online_retail"
DELIVERED, DUPLICATES, WITHOUT_CUSTOMER = 525_461, 6_865, 107_927
#: one invoice number that begins with C and has a positive amount, and three write-offs: see the recipe's page
ODD_CANCELLATION, WRITE_OFFS = "C496350", {"A506401", "A516228", "A528059"}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """The file's rows; `pence` is a line's amount in whole pence, null where its price is finer than a penny."""
    frame = pd.read_parquet(public_data("online_retail") / "online_retail_II_2009_2010.parquet")
    frame.columns = pd.Index(["invoice", "article", "name", "quantity", "at", "price", "customer", "country"])
    price = (frame["price"] * 100).round(6)
    frame["pence"] = (frame["quantity"] * price.where(price == price.round())).astype("Int64")
    frame["article"] = frame["article"].str.strip()
    frame["customer"] = frame["customer"].astype("Int64").astype("string")
    frame["at"] = frame["at"].dt.tz_localize("Europe/London").dt.tz_convert("UTC").dt.tz_localize(None)
    frame["row_number"] = np.arange(1, len(frame) + 1)
    frame["twin"] = frame.groupby(list(frame.columns[:8]), dropna=False)["row_number"].transform("first")
    return frame


@pytest.fixture(scope="module")
def good(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that count: each once, with a price in whole pence."""
    return rows[(rows["twin"] == rows["row_number"]) & rows["pence"].notna()]


@pytest.fixture(scope="module")
def invoices(good: pd.DataFrame) -> pd.DataFrame:
    """One row an invoice, by number."""
    return good.groupby("invoice").agg(
        customer=("customer", "last"), at=("at", "min"), pence=("pence", "sum"), lines=("pence", "size")
    )


@pytest.fixture(scope="module")
def quarantine(retailer: Followed) -> pd.DataFrame:
    return retailer.query("SELECT row_number, reason, status FROM quarantine ORDER BY row_number")


@pytest.fixture(scope="module")
def orders(retailer: Followed) -> pd.DataFrame:
    """The published orders, by number, with the customer's own number in the shop."""
    return retailer.query("""
        SELECT order_id, o.customer_id, c.source_key AS customer, ordered_at, invoiced_at,
               gross_cents, currency, is_return
        FROM customer_order o LEFT JOIN crosswalk c ON c.customer_id = o.customer_id
        ORDER BY order_id
    """).set_index("order_id")


@pytest.fixture(scope="module")
def by_customer(invoices: pd.DataFrame) -> pd.DataFrame:
    """One row a customer: invoices that are no returns, and all amounts, returns against the rest."""
    known = invoices[invoices["customer"].notna()]
    return (
        known.assign(is_order=known["pence"] >= 0)
        .groupby("customer")
        .agg(orders=("is_order", "sum"), pence=("pence", "sum"))
    )


def test_every_row_is_typed_or_quarantined(retailer: Followed, quarantine: pd.DataFrame, good: pd.DataFrame) -> None:
    lake = retailer.lake
    delivered, typed = (
        sum(part.rows for part in lake.parts(path).values()) for path in (raw_path(SOURCE), typed_path(SOURCE))
    )
    assert delivered == DELIVERED
    assert typed == len(good)
    assert typed + len(quarantine) == DELIVERED
    assert set(quarantine["status"]) == {"open"}


def test_every_exact_duplicate_is_refused_with_the_number_of_its_twin(
    quarantine: pd.DataFrame, rows: pd.DataFrame
) -> None:
    told = quarantine.set_index("row_number")["reason"].str.extract(r"duplicate of row (\d+) \(identical\)")[0].dropna()
    expected = rows[rows["twin"] != rows["row_number"]].set_index("row_number")["twin"]
    assert len(expected) == DUPLICATES
    assert told.astype(int).to_dict() == expected.to_dict()


def test_a_price_finer_than_a_penny_is_refused_and_not_rounded(quarantine: pd.DataFrame, rows: pd.DataFrame) -> None:
    refused = quarantine[~quarantine["reason"].str.contains("duplicate")]
    assert set(refused["row_number"]) == set(rows[rows["pence"].isna()]["row_number"])
    assert refused["reason"].str.match(re.compile("price: .*is not money in GBP")).all()
    assert len(refused) == 14


def test_every_invoice_is_an_order_with_the_sum_of_its_lines(orders: pd.DataFrame, invoices: pd.DataFrame) -> None:
    assert len(orders) == 28_816
    assert list(orders.index) == list(invoices.index)
    assert orders["gross_cents"].tolist() == invoices["pence"].tolist()
    assert orders["customer"].fillna("").tolist() == invoices["customer"].fillna("").tolist()
    for column in ("ordered_at", "invoiced_at"):
        assert pd.to_datetime(orders[column]).tolist() == invoices["at"].tolist()
    assert set(orders["currency"]) == {"GBP"}


def test_the_lines_of_an_order_are_those_of_its_invoice_in_their_order(retailer: Followed, good: pd.DataFrame) -> None:
    lines = retailer.query("""
        SELECT order_id, line_number, product_id, product_name, quantity, net_cents FROM order_line
        ORDER BY order_id, line_number
    """)
    expected = good.sort_values(["invoice", "row_number"], kind="stable")
    assert lines["line_number"].tolist() == (expected.groupby("invoice").cumcount() + 1).tolist()
    for column, of in (
        ("order_id", "invoice"),
        ("product_id", "article"),
        ("quantity", "quantity"),
        ("net_cents", "pence"),
    ):
        assert lines[column].tolist() == expected[of].tolist(), column
    names = expected["name"].str.strip().replace("nan", "")
    assert lines["product_name"].fillna("").tolist() == names.tolist()


def test_rows_without_a_customer_are_orders_of_nobody_kept_and_counted(
    retailer: Followed, orders: pd.DataFrame, rows: pd.DataFrame, good: pd.DataFrame
) -> None:
    nobody = rows[rows["customer"].isna()]
    repeated = (nobody["twin"] != nobody["row_number"]).sum()
    assert len(nobody) == WITHOUT_CUSTOMER
    lines = retailer.query(
        "SELECT count(*) AS n FROM order_line JOIN customer_order USING (source, order_id) WHERE customer_id IS NULL"
    )
    assert lines["n"][0] == WITHOUT_CUSTOMER - repeated
    assert orders["customer_id"].isna().sum() == good[good["customer"].isna()]["invoice"].nunique() == 5_229
    assert re.search(r"orders and till tickets\W+28,816\W+5,229", retailer.said)


def test_every_customer_number_is_one_customer(retailer: Followed, good: pd.DataFrame) -> None:
    crosswalk = retailer.query("SELECT source_key, customer_id FROM crosswalk")
    assert sorted(crosswalk["source_key"]) == sorted(good["customer"].dropna().unique())
    assert crosswalk["customer_id"].is_unique
    profiles = retailer.query("SELECT customer_id FROM golden_profile")
    assert set(profiles["customer_id"]) == set(crosswalk["customer_id"])


def test_a_cancellation_is_a_return(orders: pd.DataFrame) -> None:
    is_cancelled = orders.index.str.startswith("C")
    assert is_cancelled.sum() == 4_592
    assert set(orders.index[is_cancelled & (orders["is_return"] == 0)]) == {ODD_CANCELLATION}
    assert set(orders.index[~is_cancelled & (orders["is_return"] == 1)]) == WRITE_OFFS


def test_orders_and_spend_of_each_customer_are_those_that_pandas_finds(
    retailer: Followed, by_customer: pd.DataFrame
) -> None:
    traits = retailer.query("""
        SELECT source_key AS customer, orders_count, spend_cents FROM customer_trait JOIN crosswalk USING (customer_id)
    """).set_index("customer")
    found = traits.loc[by_customer.index]
    assert len(traits) == len(by_customer) == 4_383
    assert found["orders_count"].tolist() == by_customer["orders"].tolist()
    assert found["spend_cents"].tolist() == by_customer["pence"].tolist()


def test_cancellations_lower_the_spend(retailer: Followed, orders: pd.DataFrame) -> None:
    known = orders[orders["customer_id"].notna()]
    sold, returned = (known[known["is_return"] == is_return]["gross_cents"].sum() for is_return in (0, 1))
    spend = retailer.query("SELECT sum(spend_cents) AS pence FROM customer_trait")["pence"][0]
    assert returned < 0
    assert spend == sold + returned


def test_segments_cover_everyone_once(retailer: Followed, by_customer: pd.DataFrame) -> None:
    now = retailer.query("""
        SELECT segmentation, source_key AS customer, segment
        FROM segment_membership JOIN crosswalk USING (customer_id)
        WHERE superseded_at IS NULL AND valid_to IS NULL
    """)
    assert not now.duplicated(["segmentation", "customer"]).any()
    assert set(now.groupby("segmentation")["customer"].nunique()) == {len(by_customer)}
    lifecycle = now[now["segmentation"] == "lifecycle"].set_index("customer")["segment"].loc[by_customer.index]
    count = by_customer["orders"].clip(upper=2).map({0: "visitor", 1: "one_purchase", 2: "multi_purchase"})
    assert lifecycle.replace("ambassador", "multi_purchase").tolist() == count.tolist()
    assert (by_customer["orders"][lifecycle == "ambassador"] >= 4).all()
    profiles = retailer.query(
        "SELECT source_key, lifecycle_segment FROM golden_profile JOIN crosswalk USING (customer_id)"
    )
    assert profiles.set_index("source_key")["lifecycle_segment"].to_dict() == lifecycle.to_dict()


def test_the_history_of_segments_follows_the_invoices_of_the_year(retailer: Followed, invoices: pd.DataFrame) -> None:
    """A customer is a repeat buyer from the (London) day of the second order on, though all came on the last day."""
    bought = invoices[invoices["customer"].notna() & (invoices["pence"] >= 0)].sort_values("at", kind="stable")
    days = bought["at"].dt.tz_localize("UTC").dt.tz_convert("Europe/London").dt.strftime("%Y-%m-%d")
    nth = bought.groupby("customer").cumcount()
    for number, segments in (
        (0, ("one_purchase", "multi_purchase", "ambassador")),
        (1, ("multi_purchase", "ambassador")),
    ):
        listed = ", ".join(f"'{segment}'" for segment in segments)
        since = retailer.query(f"""
            SELECT source_key, min(valid_from) AS since FROM segment_membership JOIN crosswalk USING (customer_id)
            WHERE segmentation = 'lifecycle' AND superseded_at IS NULL AND segment IN ({listed}) GROUP BY source_key
        """).set_index("source_key")["since"]
        expected = dict(zip(bought["customer"][nth == number], days[nth == number], strict=True))
        assert since.astype(str).to_dict() == expected


def test_a_second_run_finds_nothing_new(retailer: Followed) -> None:
    assert "Nothing new" in retailer.scv("run")


def test_the_year_needs_little_time_and_memory(retailer: Followed) -> None:
    print(f"\nhalf a million invoice lines: {retailer.seconds:.0f} s from an empty folder, {retailer.peak_mb:,.0f} MB")
    assert retailer.peak_mb < 1_500
