import json

import pytest
from duckdb import DuckDBPyConnection as Connection

from scv_assets.canonical import KINDS
from scv_assets.standardisation.interactions import latest
from scv_assets.standardisation.mapping import kind_schema
from tests.standardisation.tables import Row, at, dicts, records

D1, D2 = "2026-01-01", "2026-01-02"
CART = '{"last_touched_at": "max", "lines": "concat"}'


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "person"])
def test_the_columns_are_those_of_the_records(con: Connection, kind: str) -> None:
    found = latest(con, kind, records(con, kind, [{"_day": D1}]))
    assert dict(zip(found.columns, map(str, found.types), strict=True)) == {"source": "VARCHAR", **kind_schema(kind)}


def test_the_newest_version_of_an_order_stays_whole(con: Connection) -> None:
    rows: list[Row] = [
        {"_day": D2, "order_id": "1", "status": None, "gross_cents": 900},
        {"_day": D1, "order_id": "1", "status": "paid", "gross_cents": 1000},
        {"_day": D1, "order_id": "1", "source": "pos", "gross_cents": 5},
    ]
    found = dicts(latest(con, "order", records(con, "order", rows)))
    assert [(r["source"], r["status"], r["gross_cents"]) for r in found] == [("pos", None, 5), ("web", None, 900)]


def test_a_corrected_order_with_fewer_lines_loses_the_old_ones(con: Connection) -> None:
    rows: list[Row] = [
        {"_day": D1, "order_id": "1", "line_number": 1},
        {"_day": D1, "order_id": "1", "line_number": 2},
        {"_day": D2, "order_id": "1", "line_number": 1, "quantity": 3},
        {"_day": D1, "order_id": "2", "line_number": 1},
    ]
    found = dicts(latest(con, "order_line", records(con, "order_line", rows)))
    assert [(r["order_id"], r["line_number"], r["quantity"]) for r in found] == [("1", 1, 3.0), ("2", 1, None)]


EVENING: Row = {
    "_day": D1,
    "visit_id": "v",
    "started_at": "2026-01-01 23:50",
    "ended_at": "2026-01-01 23:59",
    "pages": 3,
}
NIGHT: Row = {"_day": D2, "visit_id": "v", "started_at": "2026-01-02 00:01", "ended_at": "2026-01-02 00:10", "pages": 5}


@pytest.mark.parametrize(("way", "pages"), [("sum", 8), ("max", 5)])
def test_a_session_over_midnight_is_one_visit(con: Connection, way: str, pages: int) -> None:
    parts = json.dumps({"started_at": "min", "ended_at": "max", "pages": way})
    rows: list[Row] = [{**NIGHT, "_parts": parts}, {**EVENING, "_parts": parts, "person_key": "u"}]
    (visit,) = dicts(latest(con, "visit", records(con, "visit", rows)))
    assert (visit["started_at"], visit["ended_at"]) == (at("2026-01-01 23:50"), at("2026-01-02 00:10"))
    assert (visit["pages"], visit["person_key"]) == (pages, "u")


def test_a_visit_delivered_whole_is_replaced(con: Connection) -> None:
    (visit,) = dicts(latest(con, "visit", records(con, "visit", [NIGHT, {**EVENING, "person_key": "u"}])))
    assert (visit["started_at"], visit["pages"], visit["person_key"]) == (at("2026-01-02 00:01"), 5, None)


def test_a_cart_touched_on_two_days_has_the_lines_of_both(con: Connection) -> None:
    rows: list[Row] = [
        {"_day": D2, "_parts": CART, "cart_id": "k", "last_touched_at": D2, "lines": '[{"add":"y"}]'},
        {
            "_day": D1,
            "_parts": CART,
            "cart_id": "k",
            "last_touched_at": D1,
            "lines": '[{"add":"x"}]',
            "status": "open",
        },
    ]
    (cart,) = dicts(latest(con, "cart", records(con, "cart", rows)))
    assert json.loads(cart["lines"]) == [{"add": "x"}, {"add": "y"}]
    assert (cart["status"], cart["last_touched_at"]) == ("open", at("2026-01-02"))


def test_a_cart_delivered_whole_is_replaced(con: Connection) -> None:
    rows: list[Row] = [
        {"_day": D1, "cart_id": "k", "last_touched_at": D1, "lines": "[1, 2]", "status": "open"},
        {"_day": D2, "cart_id": "k", "last_touched_at": D2, "lines": "[1]"},
    ]
    (cart,) = dicts(latest(con, "cart", records(con, "cart", rows)))
    assert (cart["lines"], cart["status"]) == ("[1]", None)
