from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.in_memory import connected
from tests.segments.company import inputs, policy, run, shipped_policy, story

DAYS = ("2026-08-23", "2026-11-20")
#: customer -> (segment, first day, first day no more)
Stories = dict[str, list[tuple[str, str, str | None]]]


def order(on: str, **fields: Any) -> dict[str, Any]:
    return {"customer_id": "C1", "ordered_at": f"{on} 12:00:00", "gross_cents": 1000, "channel": "store", **fields}


def lifecycle(**tables: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str | None]]:
    con = connected()
    data = inputs(con, {"k1": "C1"}, **tables)
    return story(run(con, data, shipped_policy(), days=DAYS), "C1", "lifecycle")


SEEN = {"first_seen_at": "2026-09-03"}
LIVES = {**SEEN, "street": "Rue Haute", "postcode": "1000", "city": "Bruxelles"}
KNOWN = {"value": "x", "first_seen_at": "2026-09-10"}
NOREPLY = {**KNOWN, "namespace": "email", "is_blocked": True, "block_reason": "placeholder"}
SHARED = {**NOREPLY, "value": "family", "block_reason": "shared by 9 people"}
#: what is known of each customer of one company, by table
KNOWN_OF: dict[str, dict[str, list[dict[str, Any]]]] = {
    "only seen": {"records": [SEEN]},
    "with an e-mail": {"records": [SEEN], "identifiers": [{**KNOWN, "namespace": "email"}]},
    "with a phone": {"records": [SEEN], "identifiers": [{**KNOWN, "namespace": "phone"}]},
    "with a placeholder": {"identifiers": [NOREPLY]},
    "with a shared mailbox": {"identifiers": [NOREPLY, SHARED]},
    "with an address": {"records": [LIVES]},
    "with an address later": {"records": [{**LIVES, "address_first_seen_at": "2026-09-10"}]},
    "with a cookie": {"identifiers": [{**KNOWN, "namespace": "cookie_id"}]},
    "with two orders": {"orders": [order("2026-09-01"), order("2026-10-01")]},
    "with a return": {"orders": [order("2026-09-01"), order("2026-10-01", is_return=True, gross_cents=-1000)]},
    "with a cancelled order": {"orders": [order("2026-09-01"), order("2026-10-01", status="cancelled")]},
    "first seen after": {"records": [{"first_seen_at": "2026-11-21"}]},
}


@pytest.fixture(scope="module")
def lifecycles() -> Stories:
    """The story of each of them."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for customer, known in KNOWN_OF.items():
        for table, listed in known.items():
            owner = {"customer_id": customer} if table == "orders" else {"source_key": customer}
            rows.setdefault(table, []).extend({**row, **owner} for row in listed)
    con = connected()
    built = run(con, inputs(con, {name: name for name in KNOWN_OF}, **rows), shipped_policy(), days=DAYS)
    return {customer: story(built, customer, "lifecycle") for customer in KNOWN_OF}


def test_who_was_only_seen_is_a_visitor_from_the_first_day(lifecycles: Stories) -> None:
    assert lifecycles["only seen"] == [("visitor", "2026-09-03", None)]


@pytest.mark.parametrize("customer", ["with an e-mail", "with a phone"])
def test_an_identifier_that_reaches_makes_a_prospect(lifecycles: Stories, customer: str) -> None:
    assert lifecycles[customer] == [("visitor", "2026-09-03", "2026-09-10"), ("prospect", "2026-09-10", None)]


def test_a_placeholder_reaches_nobody_and_a_shared_mailbox_does(lifecycles: Stories) -> None:
    assert lifecycles["with a placeholder"][-1][0] == "visitor"
    assert lifecycles["with a shared mailbox"][-1] == ("prospect", "2026-09-10", None)


def test_a_postal_address_reaches_and_a_cookie_does_not(lifecycles: Stories) -> None:
    assert lifecycles["with an address"] == [("prospect", "2026-09-03", None)]
    assert lifecycles["with an address later"] == [
        ("visitor", "2026-09-03", "2026-09-10"),
        ("prospect", "2026-09-10", None),
    ]
    assert lifecycles["with a cookie"] == [("visitor", "2026-08-23", None)]


def test_orders_make_a_one_and_then_a_multi_purchase_customer(lifecycles: Stories) -> None:
    assert lifecycles["with two orders"] == [
        ("visitor", "2026-08-23", "2026-09-01"),
        ("one_purchase", "2026-09-01", "2026-10-01"),
        ("multi_purchase", "2026-10-01", None),
    ]


@pytest.mark.parametrize("customer", ["with a return", "with a cancelled order"])
def test_what_is_no_order_of_its_own_counts_for_nothing(lifecycles: Stories, customer: str) -> None:
    assert lifecycles[customer][-1] == ("one_purchase", "2026-09-01", None)


def test_who_is_first_seen_after_the_days_asked_for_is_not_there_yet(lifecycles: Stories) -> None:
    assert lifecycles["first seen after"] == []


def test_four_orders_in_a_year_and_a_review_make_an_ambassador_until_the_year_is_over() -> None:
    days = ["2025-10-10", "2026-02-01", "2026-08-30", "2026-09-15"]
    review = {"customer_id": "C1", "opened_at": "2026-09-20 10:00:00", "kind": "review"}
    others = [order("2026-01-01", customer_id=f"C{n}", gross_cents=90_000) for n in range(2, 12)]
    assert lifecycle(orders=[*(order(day) for day in days), *others], tickets=[review])[-3:] == [
        ("multi_purchase", "2026-08-23", "2026-09-20"),
        ("ambassador", "2026-09-20", "2026-10-10"),
        ("multi_purchase", "2026-10-10", None),
    ]


def test_the_top_tenth_by_spend_is_taken_anew_every_day() -> None:
    con = connected()
    mine = [order(day) for day in ("2026-01-01", "2026-02-01", "2026-03-01", "2026-09-01")]
    others = [order("2026-01-01", customer_id=f"C{n}", gross_cents=100) for n in range(2, 11)]
    richer = order("2026-10-01", customer_id="C2", gross_cents=90_000)
    owners = {f"k{n}": f"C{n}" for n in range(1, 11)}
    built = run(con, inputs(con, owners, orders=[*mine, *others, richer]), shipped_policy(), days=DAYS)
    assert story(built, "C1", "lifecycle") == [
        ("multi_purchase", "2026-08-23", "2026-09-01"),
        ("ambassador", "2026-09-01", "2026-10-01"),
        ("multi_purchase", "2026-10-01", None),
    ]
    moves = built.transitions.filter("customer_id = 'C1' AND segmentation = 'lifecycle'").project(
        "moved_on::TEXT, factor"
    )
    assert moves.fetchall()[1:] == [("2026-09-01", "order"), ("2026-10-01", "time")]


def test_the_two_meanings_of_customer_stand_side_by_side() -> None:
    con = connected()
    orders = [
        order("2026-09-01", customer_id="C1", status="cancelled", invoiced_at="2026-09-02 10:00:00"),
        order("2026-09-01", customer_id="C2"),
        order("2026-09-01", customer_id="C3", invoiced_at="2026-09-05 10:00:00"),
    ]
    built = run(con, inputs(con, {"1": "C1", "2": "C2", "3": "C3"}, orders=orders), shipped_policy(), days=DAYS)
    last = {
        customer: (
            story(built, customer, "invoiced_customer_accounting")[-1][:2],
            story(built, customer, "invoiced_customer_sales")[-1][:2],
        )
        for customer in ("C1", "C2", "C3")
    }
    assert last == {
        "C1": (("customer", "2026-09-02"), ("not_customer", "2026-08-23")),
        "C2": (("not_customer", "2026-08-23"), ("customer", "2026-09-01")),
        "C3": (("customer", "2026-09-05"), ("customer", "2026-09-01")),
    }


@pytest.mark.parametrize(("channels", "counted"), [(", channels: [online]", 2), ("", 1)])
def test_an_order_that_a_second_source_repeats_counts_once_and_its_invoice_stays(channels: str, counted: int) -> None:
    con = connected()
    orders = [
        order("2026-09-01", source="shop", channel="online"),
        order("2026-09-01", source="erp", channel="online", invoiced_at="2026-09-05 10:00:00"),
        order("2026-09-02", source="erp", channel="phone"),
    ]
    repeated = f"orders: {{repeated: [{{source: erp{channels}}}]}}\n"
    rules = policy({"invoiced": "invoices_count >= 1", "buyer": "orders_count >= 1"}, orders=repeated)
    built = run(con, inputs(con, {"k1": "C1"}, orders=orders), rules, days=DAYS)
    assert built.traits.project("orders_count").fetchall() == [(counted,)]
    assert story(built, "C1", "s1")[1:] == [("buyer", "2026-09-01", "2026-09-05"), ("invoiced", "2026-09-05", None)]


def test_a_day_is_the_companys_day() -> None:
    con = connected()
    late = order("2026-09-01", ordered_at="2026-09-01 22:30:00")
    built = run(con, inputs(con, {"k1": "C1"}, orders=[late]), shipped_policy(), days=DAYS, time_zone="Europe/Brussels")
    assert story(built, "C1", "lifecycle")[-1] == ("one_purchase", "2026-09-02", None)
