import duckdb

from scv_assets.interactions.balance import orphan_lines, unbalanced_orders
from tests.interactions.tables import published


def test_an_order_whose_lines_add_up_is_in_balance_and_another_is_told_with_its_difference() -> None:
    con = duckdb.connect()
    orders = published(
        con,
        "order",
        [
            {"order_id": "even", "gross_cents": 300},
            {"order_id": "short", "gross_cents": 500},
            {"order_id": "return", "gross_cents": -200},
            {"order_id": "no lines", "gross_cents": 900},
            {"order_id": "unknown"},
        ],
    )
    lines = published(
        con,
        "order_line",
        [
            {"order_id": "even", "line_number": 1, "net_cents": 100},
            {"order_id": "even", "line_number": 2, "net_cents": 200},
            {"order_id": "short", "line_number": 1, "net_cents": 400},
            {"order_id": "short", "line_number": 2},
            {"order_id": "return", "line_number": 1, "net_cents": -200},
            {"order_id": "unknown", "line_number": 1, "net_cents": 10},
        ],
    )
    assert unbalanced_orders(con, orders, lines).fetchall() == [
        ("erp", "short", 500, 400, 100, 1),
        ("erp", "unknown", None, 10, None, 0),
    ]


def test_a_line_without_its_order_is_an_orphan_even_where_another_source_has_that_number() -> None:
    con = duckdb.connect()
    orders = published(con, "order", [{"order_id": "1"}, {"order_id": "2", "source": "web"}])
    lines = published(con, "order_line", [{"order_id": "1", "line_number": 1}, {"order_id": "2", "line_number": 1}])
    assert orphan_lines(con, orders, lines).project("source, order_id, line_number").fetchall() == [("erp", "2", 1)]
