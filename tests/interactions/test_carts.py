import json
from typing import Any

import duckdb
import pytest

from scv_assets.interactions.build import build
from scv_assets.interactions.carts import bought_since, close_coherently, products_in_carts
from tests.interactions.tables import crosswalk, published, records

TOUCHED = "2026-09-01 10:00:00"
LATER = "2026-09-02 18:00:00"
EARLIER = "2026-08-30 09:00:00"


def _cart(*lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    cart = {"cart_id": "c", "customer_id": "C1", "status": "open", "last_touched_at": TOUCHED, "source": "web"}
    return {**cart, "lines": json.dumps(list(lines)), **fields}


def _status(cart: dict[str, Any], purchases: list[dict[str, Any]]) -> str:
    con = duckdb.connect()
    orders = [
        {"order_id": str(n), "customer_id": "C1", "ordered_at": LATER, "is_return": False, **order}
        for n, order in enumerate(purchases)
    ]
    lines = [
        {"order_id": str(n), "line_number": position, "product_id": product, "quantity": order.get("quantity", 1)}
        for n, order in enumerate(purchases)
        for position, product in enumerate(order["products"])
    ]
    closed = close_coherently(
        con, published(con, "cart", [cart]), published(con, "order", orders), published(con, "order_line", lines)
    )
    return str(closed.project("status").fetchall()[0][0])


A, B = {"product_id": "A"}, {"sku": "B"}


@pytest.mark.parametrize("status", ["open", "abandoned"])
def test_a_cart_bought_in_a_store_is_closed(status: str) -> None:
    assert _status(_cart(A, B, status=status), [{"products": ["A", "B"], "channel": "store"}]) == "coherently_closed"


def test_two_purchases_may_close_a_cart_between_them() -> None:
    assert _status(_cart(A, B), [{"products": ["A"]}, {"products": ["B", "X"]}]) == "coherently_closed"


@pytest.mark.parametrize(
    ("cart", "purchase"),
    [
        pytest.param(_cart(A, B), {"products": ["A"]}, id="one of two bought"),
        pytest.param(_cart(A), {"products": ["A"], "ordered_at": EARLIER}, id="bought before the cart"),
        pytest.param(_cart(A), {"products": ["A"], "customer_id": "C2"}, id="bought by another"),
        pytest.param(_cart(A, customer_id=None), {"products": ["A"], "customer_id": None}, id="both anonymous"),
        pytest.param(_cart(A), {"products": ["A"], "is_return": True, "quantity": -1}, id="brought back"),
        pytest.param(_cart(A), {"products": ["A"], "status": "Cancelled"}, id="order cancelled"),
        pytest.param(_cart(), {"products": ["A"]}, id="empty cart"),
        pytest.param(_cart(A, {**A, "action": "remove"}), {"products": ["A"]}, id="all taken out"),
        pytest.param(_cart(lines="not JSON"), {"products": ["A"]}, id="lines that are no JSON"),
        pytest.param(_cart(lines='{"product_id": "A"}'), {"products": ["A"]}, id="lines that are no list"),
        pytest.param(_cart(lines=None), {"products": ["A"]}, id="no lines"),
    ],
)
def test_a_cart_stays_open(cart: dict[str, Any], purchase: dict[str, Any]) -> None:
    assert _status(cart, [purchase]) == "open"


def test_an_ordered_cart_stays_ordered() -> None:
    assert _status(_cart(A, status="ordered"), [{"products": ["A"]}]) == "ordered"


def test_a_product_taken_out_of_the_cart_need_not_be_bought() -> None:
    events = [{**A, "action": "add"}, {**B, "action": "add"}, {**B, "action": "remove"}, {"action": "checkout"}]
    assert _status(_cart(*events), [{"products": ["A"]}]) == "coherently_closed"


@pytest.mark.parametrize(
    ("events", "left"),
    [
        ([("add", 2), ("remove", 1)], 1.0),
        ([("add", 1), ("remove", 1)], None),
        ([("add", 3), ("remove", None), ("add", None)], 1.0),
        ([("added_to_cart", "2"), ("view", 9)], 2.0),
        ([(None, None), (None, None)], 2.0),
    ],
)
def test_what_lies_in_a_cart_follows_its_events_in_order(events: list[tuple[Any, Any]], left: float | None) -> None:
    con = duckdb.connect()
    cart = _cart(*({**A, "action": action, "quantity": quantity} for action, quantity in events))
    rows = products_in_carts(con, published(con, "cart", [cart])).fetchall()
    assert rows == ([("web", "c", "A", left)] if left is not None else [])


def test_the_product_still_missing_from_a_cart_is_told() -> None:
    con = duckdb.connect()
    carts = published(con, "cart", [_cart(A, B)])
    orders = published(con, "order", [{"order_id": "1", "customer_id": "C1", "ordered_at": LATER, "is_return": False}])
    lines = published(con, "order_line", [{"order_id": "1", "line_number": 1, "product_id": "A"}])
    rows = bought_since(con, carts, orders, lines).project("product_id, bought_at IS NOT NULL").fetchall()
    assert rows == [("A", True), ("B", False)]


def test_building_carts_attaches_and_closes_them_in_one_call() -> None:
    con = duckdb.connect()
    cart = {"cart_id": "c", "person_key": "7", "status": "open", "last_touched_at": TOUCHED, "lines": json.dumps([A])}
    orders = published(con, "order", [{"order_id": "1", "customer_id": "C1", "ordered_at": LATER, "is_return": False}])
    lines = published(con, "order_line", [{"order_id": "1", "line_number": 1, "product_id": "A"}])
    owners = crosswalk(con, {("erp", "7"): "C1"})
    built = build(con, "cart", records(con, "cart", [cart]), owners, orders=orders, lines=lines)
    assert built.project("customer_id, status").fetchall() == [("C1", "coherently_closed")]
    with pytest.raises(ValueError, match="orders and lines"):
        build(con, "cart", records(con, "cart", [cart]), owners)
