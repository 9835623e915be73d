"""Coherence, measured: what it counts, and that it finds what is wrong."""

from datetime import date, datetime
from typing import Any

import pytest

from resources.store.tables import METADATA, duckdb_schema
from scv_assets.activation.invariants import incoherent, second_ones, without_consent
from scv_assets.activation.local_time import end_of_day
from scv_assets.activation.metrics import BLIND_RATE, RATE, campaign_metrics, days_to_measure
from tests.activation.decisions import Company
from tests.in_memory import connected
from tests.interactions.tables import relation

DAYS = [date(2026, 3, 4), date(2026, 3, 5)]
METRIC = duckdb_schema(METADATA.tables["campaign_metric"])

Rows = list[dict[str, Any]]
Figures = dict[tuple[str, str, str], tuple[float, float]]


def published(company: Company, on: date, recorded: Rows, *, start_on: date, at: datetime | None = None) -> Rows:
    """Run the company on a day, by default once it is over, and return campaign_metric as it is then published."""
    con = connected()
    instant = at or end_of_day(on, "UTC")
    company.run(on.isoformat(), at=instant)
    before = relation(con, METRIC, recorded)
    found = campaign_metrics(
        con,
        company.material(con),
        at=instant,
        as_of_on=on,
        days=days_to_measure(before, "UTC", start_on=start_on, as_of_on=on),
        recorded=before,
        decided=relation(con, duckdb_schema(METADATA.tables["outbox"]), company.outbox),
        suppressions=relation(con, duckdb_schema(METADATA.tables["suppression"]), company.suppressed),
    )
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def figures(rows: Rows) -> Figures:
    """Return (campaign, metric, day) -> (numerator, denominator)."""
    return {
        (row["campaign"], row["metric"], str(row["measured_on"])): (row["numerator"], row["denominator"])
        for row in rows
    }


def measured(company: Company, days: list[date]) -> Figures:
    """Return what the first run measures on the last of the days."""
    return figures(published(company, days[-1], [], start_on=days[0]))


def two_carts(bought_in: str) -> Company:
    """Ann and Bob leave a lamp in their carts; Ann buys it next day."""
    company = Company({"1": "ann", "2": "bob"})
    for key in company.records:
        company.allows(key, "email")
        company.leaves_cart(key, "2026-03-02 20:00:00", "lamp", cart=f"c{key}")
    company.buys("1", "2026-03-03 11:00:00", "lamp", source=bought_in)
    return company


@pytest.fixture(scope="module")
def bought_at_the_till() -> Figures:
    """What is measured where Ann buys the lamp in the store."""
    return measured(two_carts("pos"), DAYS)


def test_without_reconciliation_the_web_shop_does_not_hear_of_the_till(bought_at_the_till: Figures) -> None:
    found = bought_at_the_till
    assert found["reminder", RATE, "2026-03-04"] == (0, 1)
    assert found["reminder", BLIND_RATE, "2026-03-04"] == (1, 2)


@pytest.mark.slow
def test_what_the_web_shop_itself_sold_it_knows_with_or_without() -> None:
    found = measured(two_carts("web"), DAYS)
    assert found["reminder", RATE, "2026-03-04"] == found["reminder", BLIND_RATE, "2026-03-04"] == (0, 1)


def test_a_message_is_counted_on_the_day_on_which_it_would_leave_and_once(bought_at_the_till: Figures) -> None:
    assert {day for _, metric, day in bought_at_the_till if metric == RATE} == {"2026-03-04"}


def test_the_last_days_decisions_are_counted_by_outcome() -> None:
    found = measured(two_carts("pos"), DAYS[:1])
    assert {metric: found["reminder", metric, "2026-03-04"] for metric in ("sent", "suppressed", "held_out")} == {
        "sent": (1, 2),
        "suppressed": (1, 2),
        "held_out": (0, 2),
    }


@pytest.mark.slow
def test_a_message_that_is_still_due_next_day_is_counted_on_the_first_alone() -> None:
    company = two_carts("pos")
    rows: Rows = []
    for on in DAYS:
        rows = published(company, on, rows, start_on=DAYS[0])
    found = figures(rows)
    assert {key: found[key] for key in found if key[1] in (RATE, BLIND_RATE)} == {
        ("reminder", RATE, "2026-03-04"): (0, 1),
        ("reminder", BLIND_RATE, "2026-03-04"): (1, 2),
    }


@pytest.mark.slow
def test_a_day_that_is_over_is_measured_once_whatever_is_learnt_of_it_later() -> None:
    company = two_carts("pos")
    before = published(company, DAYS[0], [], start_on=DAYS[0])
    company.buys("2", "2026-03-03 12:00:00", "lamp", source="pos")
    assert published(company, DAYS[0], before, start_on=DAYS[0]) == before
    after = figures(published(company, DAYS[1], before, start_on=DAYS[0]))
    assert {key: after[key] for key in figures(before)} == figures(before)


@pytest.mark.slow
def test_a_day_that_is_not_over_is_measured_again_until_it_is() -> None:
    company = two_carts("pos")
    evening = datetime.fromisoformat("2026-03-04 21:00:00")
    rows = published(company, DAYS[0], [], start_on=DAYS[0], at=evening)
    assert figures(rows)["reminder", RATE, "2026-03-04"] == (0, 1)
    assert {row["measured_at"] for row in rows} == {evening}
    company.records["3"] = "cleo"
    company.allows("3", "email")
    company.leaves_cart("3", "2026-03-02 20:30:00", "lamp", cart="c3")
    rows = published(company, DAYS[0], rows, start_on=DAYS[0])
    assert figures(rows)["reminder", RATE, "2026-03-04"] == (0, 2)
    assert figures(rows)["reminder", "sent", "2026-03-04"] == (2, 3)
    assert {row["measured_at"] for row in rows} == {end_of_day(DAYS[0], "UTC")}


@pytest.mark.slow
def test_what_a_run_decides_more_of_a_day_that_is_over_is_counted() -> None:
    company = two_carts("pos")
    rows = published(company, DAYS[0], [], start_on=DAYS[0])
    company.records["3"] = "cleo"
    company.allows("3", "email")
    company.leaves_cart("3", "2026-03-02 20:30:00", "lamp", cart="c3")
    rows = published(company, DAYS[0], rows, start_on=DAYS[0])
    assert figures(rows)["reminder", "sent", "2026-03-04"] == (2, 3)
    assert figures(rows)["reminder", RATE, "2026-03-04"] == (0, 1)


@pytest.mark.parametrize("kind", ["bought", "returned", "open_complaint", "refused"])
def test_every_kind_of_contradiction_is_found(kind: str) -> None:
    company = Company({"1": "ann"})
    company.allows("1", "email")
    if kind == "bought":
        company.buys("1", "2026-03-03 11:00:00", "lamp")
    elif kind == "returned":
        company.buys("1", "2026-02-03 11:00:00", "lamp", is_return=True)
    elif kind == "open_complaint":
        company.complains("1", "2026-03-03 11:00:00")
    else:
        company.allows("1", "email", "2026-03-03 11:00:00", granted=False)
    con = connected()
    for at, found in (("2026-03-04 00:00:00", [("m", kind)]), ("2026-02-01 00:00:00", [])):
        message = con.sql(
            f"""
            SELECT 'm' AS name, 'reminder' AS campaign, 'ann' AS customer_id, 'email' AS channel,
                   'marketing' AS purpose, ['lamp'] AS items, TIMESTAMP '2026-01-01' AS since,
                   TIMESTAMP '{at}' AS asked_at
            """
        )
        assert incoherent(con, company.material(con).view, message).fetchall() == found


def test_a_message_without_consent_and_a_second_voucher_are_found() -> None:
    company = Company({"1": "ann", "2": "bob"})
    company.allows("1", "email")
    con = connected()
    view = company.material(con).view
    messages = con.sql(
        "SELECT name, 'voucher' AS campaign, name AS customer_id, 'email' AS channel, 'marketing' AS purpose"
        " FROM (VALUES ('ann'), ('bob')) t(name)"
    )
    assert without_consent(con, view, messages).fetchall() == [("bob",)]
    past = con.sql("SELECT 'voucher' AS campaign, 'ann' AS customer_id, 'delivered' AS status")
    assert second_ones(con, view.policy, messages, past).fetchall() == [("ann",)]
    cancelled = con.sql("SELECT 'voucher' AS campaign, 'ann' AS customer_id, 'cancelled' AS status")
    assert second_ones(con, view.policy, messages, cancelled).fetchall() == []
