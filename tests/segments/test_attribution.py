"""Every order is shared out whole among the contacts before it, by every model, under whoever its customer is now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from duckdb import DuckDBPyConnection as Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.store.tables import ATTRIBUTION, duckdb_schema
from scv_assets.segments.attribution import MODELS, attribution, unbalanced
from scv_assets.segments.policy import LOOKBACK_DAYS
from scv_assets.segments.removal_effect import NOTHING, ORDER, effects_of
from tests.golden.tables import rows_of
from tests.in_memory import connected
from tests.segments.company import inputs, policy

RULES = policy({"buyer": "orders_count >= 1"})
NOON = datetime.fromisoformat("2026-03-10 12:00:00")
Row = dict[str, Any]


def order(day: float, cents: int | None = 1000, customer: str | None = "A", **more: Any) -> Row:
    return {"customer_id": customer, "ordered_at": NOON + timedelta(days=day), "gross_cents": cents, **more}


def visit(day: float, campaign: str | None = None, customer: str = "A", **more: Any) -> Row:
    return {"customer_id": customer, "started_at": NOON + timedelta(days=day), "channel": "web", **more} | {
        "campaign": campaign
    }


def message(day: float, kind: str = "clicked", customer: str = "A", **more: Any) -> Row:
    row = {"customer_id": customer, "occurred_at": NOON + timedelta(days=day), "kind": kind, "channel": "email"}
    return row | {"campaign": "spring"} | more


def made(con: Connection, **rows: Sequence[Row]) -> list[Row]:
    data = inputs(con, {"a": "A"}, **rows)
    built = attribution(con, orders=data.orders, visits=data.visits, messages=data.messages, policy=RULES)
    assert dict(zip(built.columns, map(str, built.types), strict=True)) == duckdb_schema(ATTRIBUTION)
    assert unbalanced(con, attributed=built, orders=data.orders, policy=RULES).fetchall() == []
    return rows_of(built)


def shares(rows: Sequence[Row], model: str, order_id: str = "0") -> dict[int, float]:
    return {
        row["position"]: round(row["share"], 6) for row in rows if row["model"] == model and row["order_id"] == order_id
    }


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        (1, {"first": {1: 1.0}, "last": {1: 1.0}, "linear": {1: 1.0}, "position": {1: 1.0}}),
        (2, {"first": {1: 1.0}, "last": {2: 1.0}, "linear": {1: 0.5, 2: 0.5}, "position": {1: 0.5, 2: 0.5}}),
        (
            4,
            {
                "first": {1: 1.0},
                "last": {4: 1.0},
                "linear": dict.fromkeys((1, 2, 3, 4), 0.25),
                "position": {1: 0.4, 2: 0.1, 3: 0.1, 4: 0.4},
            },
        ),
    ],
)
def test_the_models_share_an_order_among_its_contacts(contacts: int, expected: dict[str, dict[int, float]]) -> None:
    rows = made(connected(), orders=[order(0)], visits=[visit(-n) for n in range(contacts)])
    assert {model: shares(rows, model) for model in expected} == expected
    assert sum(shares(rows, "data_driven").values()) == pytest.approx(1)


def test_cents_are_shared_without_loss() -> None:
    rows = made(connected(), orders=[order(0, 100)], visits=[visit(-n) for n in range(3)])
    assert [row["credit_cents"] for row in rows if row["model"] == "linear"] == [33, 34, 33]


def test_an_order_without_contact_is_its_own_and_one_without_an_amount_has_shares_only() -> None:
    rows = made(connected(), orders=[order(0), order(5, None)], visits=[visit(3)])
    alone = [row for row in rows if row["order_id"] == "0"]
    assert {(row["position"], row["channel"], row["share"], row["credit_cents"]) for row in alone} == {
        (0, "(none)", 1.0, 1000)
    }
    assert {row["model"] for row in alone} == set(MODELS)
    assert {row["credit_cents"] for row in rows if row["order_id"] == "1"} == {None}


def test_a_journey_begins_after_the_order_before_and_at_most_so_many_days_back() -> None:
    visits = [visit(-LOOKBACK_DAYS - 6, "too old"), visit(-9, "old"), visit(-1, "new"), visit(1, "after")]
    rows = made(connected(), orders=[order(-5), order(0)], visits=visits)
    linear = {(row["order_id"], row["campaign"]) for row in rows if row["model"] == "linear"}
    assert linear == {("0", "old"), ("1", "new")}


def test_what_is_no_order_of_anybody_gets_no_credit() -> None:
    orders = [order(0, status="cancelled"), order(0, -5, is_return=True), order(0, customer=None)]
    assert made(connected(), orders=orders, visits=[visit(-1)]) == []


def test_a_message_is_a_contact_once_it_was_opened_or_where_nobody_sees_that_once_it_was_sent() -> None:
    messages = [
        message(-9, "sent", message_id="unopened"),
        message(-8, "sent", message_id="opened"),
        message(-7, "opened", message_id="opened"),
        message(-6, "clicked", message_id="opened"),
        message(-5, "sent", message_id="text", channel="sms"),
        message(-4, "unsubscribed", message_id="no"),
    ]
    rows = made(connected(), orders=[order(0)], messages=messages)
    found = [(row["touch_key"], row["touched_at"]) for row in rows if row["model"] == "linear"]
    assert found == [("opened", NOON - timedelta(days=7)), ("text", NOON - timedelta(days=5))]


def test_a_visit_without_a_campaign_is_told_by_where_it_came_from() -> None:
    visits = [visit(-2, referrer="https://www.search.example/?q=vase"), visit(-1)]
    rows = made(connected(), orders=[order(0)], visits=visits)
    assert [row["campaign"] for row in rows if row["model"] == "linear"] == ["search.example", "(none)"]


def test_a_merge_restates_the_credit_and_a_split_gives_it_back() -> None:
    con = connected()
    apart = {"orders": [order(0, customer="A")], "visits": [visit(-1, "ads", "B"), visit(-2, "mail", "A")]}
    before = made(con, **apart)
    assert {row["campaign"] for row in before} == {"mail"}
    together = {name: [row | {"customer_id": "A"} for row in rows] for name, rows in apart.items()}
    assert shares(made(con, **together), "linear") == {1: 0.5, 2: 0.5}
    assert made(con, **apart) == before


def test_the_removal_effect_is_that_of_a_walk_over_journeys() -> None:
    """Journeys a-b-order, a-nothing, b-nothing: without a, or without b, nobody ever orders."""
    steps = [(0, 1, 2), (0, 2, 1), (1, 2, 1), (1, NOTHING, 1), (2, ORDER, 1), (2, NOTHING, 1)]
    before, after, walks = (np.array(column) for column in zip(*steps, strict=True))
    # success from the start: 2/3 * (1/2 * 1/2) + 1/3 * 1/2 = 1/3; by a it is 2/3 * 1/4 = 1/6, by b all of it
    assert effects_of(before, after, walks).tolist() == pytest.approx([0, 0.5, 1])


def test_what_brings_more_orders_has_more_credit() -> None:
    lost = [visit(-50 + n, "banner", f"L{n}") for n in range(20)]
    won = [visit(-1, campaign, f"W{n}") for n in range(5) for campaign in ("banner", "mail")]
    orders = [order(0, customer=f"W{n}") for n in range(5)]
    rows = made(connected(), orders=orders, visits=[*lost, *won])
    credit = {
        campaign: sum(r["share"] for r in rows if r["model"] == "data_driven" and r["campaign"] == campaign)
        for campaign in ("banner", "mail")
    }
    assert credit["mail"] >= credit["banner"] > 0
    assert sum(credit.values()) == pytest.approx(5)


_WHEN = st.integers(-400, 60).map(lambda hours: hours / 4)
_WHO = st.sampled_from("ABC")
_AMOUNT = st.none() | st.integers(0, 10**7)


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.builds(order, _WHEN, _AMOUNT, _WHO), max_size=6),
    st.lists(st.builds(visit, _WHEN, st.sampled_from([None, "a", "b"]), _WHO), max_size=12),
    st.lists(st.builds(message, _WHEN, st.sampled_from(["opened", "sent"]), _WHO), max_size=6),
)
def test_every_order_is_shared_out_whole_in_any_order_of_rows(
    orders: list[Row], visits: list[Row], messages: list[Row]
) -> None:
    con = connected()
    named = [row | {"order_id": str(n)} for n, row in enumerate(orders)]
    seen = [row | {"visit_id": str(n)} for n, row in enumerate(visits)]
    once = made(con, orders=named, visits=seen, messages=messages)
    assert once == made(con, orders=named[::-1], visits=seen[::-1], messages=messages)
    assert {(row["order_id"], row["model"]) for row in once} == {(o["order_id"], m) for o in named for m in MODELS}


@pytest.mark.parametrize("change", ["share = share / 2", "credit_cents = credit_cents + 1"])
def test_the_check_finds_an_order_that_is_not_shared_out_whole(change: str) -> None:
    con = connected()
    data = inputs(con, {"a": "A"}, orders=[order(0)], visits=[visit(-1)])
    good = attribution(con, orders=data.orders, visits=data.visits, messages=data.messages, policy=RULES)
    column, value = change.split(" = ")
    wrong = con.sql(f"SELECT * REPLACE ({value} AS {column}) FROM good")
    assert len(unbalanced(con, attributed=wrong, orders=data.orders, policy=RULES)) == len(MODELS)
    assert len(unbalanced(con, attributed=good.filter("model <> 'last'"), orders=data.orders, policy=RULES)) == 1
