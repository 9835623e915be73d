import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection

from scv_assets.standardisation.mapping import identifier_namespaces, kind_schema, mapped, wanted_columns
from tests.standardisation.tables import Row, at, contract, dicts, typed

TICKETS = """
key: [ticket]
columns:
  ticket: {type: text}
  shop: {type: text}
  card: {type: text}
  name: {type: text}
  mobile: {type: phone}
  landline: {type: phone}
  at: {type: instant}
  total: {type: money}
  state: {type: category, categories: [a, b]}
  items: {type: list, columns: {sku: {type: text}, pieces: {type: integer}, paid: {type: money}, when: {type: instant}}}
maps:
  person: {source_key: card, phone: {first: [mobile, landline]}, last_name: name, identifiers: {loyalty_card: card}}
  order:
    order_id: {join: [shop, ticket], separator: "-"}
    person_key: card
    ordered_at: at
    gross_cents: total
    channel: {const: store}
    status: {recode: state, values: {a: paid, b: null}}
  order_line:
    each: items
    order_id: {join: [shop, ticket], separator: "-"}
    line_number: {position: true}
    product_id: items.sku
    quantity: items.pieces
    net_cents: items.paid
"""
EVENTS = """
key: [id]
columns:
  id: {type: text}
  session: {type: text}
  cart: {type: text}
  kind: {type: category, categories: [view, add, remove]}
  sku: {type: text}
  at: {type: instant}
  user: {type: text}
maps:
  visit:
    visit_id: session
    person_key: user
    started_at: {min: at}
    ended_at: {max: at}
    pages: {count: rows}
    channel: {const: web}
  cart:
    when: {kind: [add, remove]}
    cart_id: cart
    last_touched_at: {max: at}
    lines: {collect: {event: kind, article: sku}}
"""


def _mapped(con: Connection, of: Any, kind: str, rows: Sequence[Row]) -> list[dict[str, Any]]:
    return sorted(dicts(mapped(con, of, kind, typed(con, of, rows))), key=lambda row: str(list(row.values())))


TICKET = {"ticket": "7", "shop": "BRU", "card": "c1", "at": "2026-01-01 10:00:00", "total": "1250", "state": "a"}


def test_one_row_gives_an_order_its_lines_and_a_person(con: Connection, tmp_path: Path) -> None:
    of = contract(tmp_path, TICKETS)
    items = json.dumps([{"sku": "x", "pieces": 2, "paid": 1000}, {"sku": "y", "pieces": -1, "paid": 250}])
    row = {**TICKET, "items": items, "name": "Dupont", "landline": "02 217 12 34"}
    (order,) = _mapped(con, of, "order", [row])
    assert order["order_id"] == "BRU-7"
    assert (order["gross_cents"], order["channel"], order["status"]) == (1250, "store", "paid")
    assert order["ordered_at"] == at("2026-01-01 10:00")
    lines = _mapped(con, of, "order_line", [row])
    assert [(r["order_id"], r["line_number"], r["product_id"], r["quantity"], r["net_cents"]) for r in lines] == [
        ("BRU-7", 1, "x", 2.0, 1000),
        ("BRU-7", 2, "y", -1.0, 250),
    ]
    (person,) = _mapped(con, of, "person", [row])
    assert (person["source_key"], person["phone"], person["identifier:loyalty_card"]) == ("c1", "02 217 12 34", "c1")


def test_an_anonymous_ticket_gives_an_order_and_no_person(con: Connection, tmp_path: Path) -> None:
    of = contract(tmp_path, TICKETS)
    row = {**TICKET, "card": None}
    assert _mapped(con, of, "person", [row]) == []
    assert [order["person_key"] for order in _mapped(con, of, "order", [row])] == [None]
    assert _mapped(con, of, "order_line", [{**row, "items": "[]"}]) == []


def test_a_record_without_a_required_field_is_none(con: Connection, tmp_path: Path) -> None:
    assert _mapped(con, contract(tmp_path, TICKETS), "order", [{**TICKET, "at": None}]) == []


def test_a_category_recoded_to_null_is_null(con: Connection, tmp_path: Path) -> None:
    assert _mapped(con, contract(tmp_path, TICKETS), "order", [{**TICKET, "state": "b"}])[0]["status"] is None


def test_a_record_is_one_a_day_with_its_last_values(con: Connection, tmp_path: Path) -> None:
    of = contract(tmp_path, TICKETS)
    rows: list[Row] = [
        {"card": "c1", "name": "Dupond", "mobile": "1"},
        {"card": "c1", "name": "Dupont"},
        {"card": "c1", "name": "Martin", "_day": "2026-01-02"},
    ]
    found = _mapped(con, of, "person", rows)
    assert [(r["_day"], r["last_name"], r["phone"], r["_row_number"]) for r in found] == [
        (date(2026, 1, 1), "Dupont", "1", 2),
        (date(2026, 1, 2), "Martin", None, 3),
    ]


def test_the_order_of_rows_in_the_lake_does_not_matter(con: Connection, tmp_path: Path) -> None:
    of = contract(tmp_path, EVENTS)
    rows = [dict(_row_number=i, **row) for i, row in enumerate(SESSION, 1)]
    for kind in ("visit", "cart"):
        assert _mapped(con, of, kind, list(reversed(rows))) == _mapped(con, of, kind, rows)


SESSION: list[dict[str, Any]] = [
    {"session": "s", "kind": "view", "at": "2026-01-01 10:00:00"},
    {"session": "s", "cart": "k", "kind": "add", "sku": "x", "at": "2026-01-01 10:05:00", "user": "u"},
    {"session": "s", "cart": "k", "kind": "remove", "sku": None, "at": "2026-01-01 10:06:00"},
]


def test_events_are_put_together_into_visits_and_carts(con: Connection, tmp_path: Path) -> None:
    of = contract(tmp_path, EVENTS)
    (visit,) = _mapped(con, of, "visit", list(SESSION))
    assert (visit["started_at"], visit["ended_at"]) == (at("2026-01-01 10:00"), at("2026-01-01 10:06"))
    assert (visit["pages"], visit["person_key"], visit["channel"]) == (3, "u", "web")
    (cart,) = _mapped(con, of, "cart", list(SESSION))
    assert json.loads(cart["lines"]) == [{"event": "add", "article": "x"}, {"event": "remove", "article": None}]
    assert json.loads(cart["_parts"]) == {"last_touched_at": "max", "lines": "concat"}
    assert json.loads(visit["_parts"]) == {"started_at": "min", "ended_at": "max", "pages": "sum"}


def test_only_an_increment_holds_parts(con: Connection, tmp_path: Path) -> None:
    of = contract(tmp_path, EVENTS, delivery="snapshot")
    assert [row["_parts"] for row in _mapped(con, of, "visit", list(SESSION))] == [None]


SEVERAL = """
key: [id]
columns: {id: {type: text}, friend: {type: text}, mail: {type: email}, friend_mail: {type: email}}
maps:
  person:
    - {source_key: id, email: mail}
    - {source_key: friend, email: friend_mail, identifiers: {crm_id: friend}}
"""


def test_several_maps_of_a_kind_give_one_record_a_key(con: Connection, tmp_path: Path) -> None:
    of = contract(tmp_path, SEVERAL)
    rows: list[Row] = [
        {"id": "1", "mail": "a@x.be", "friend": "2", "friend_mail": "b@x.be"},
        {"id": "2", "friend": None},
    ]
    found = _mapped(con, of, "person", rows)
    assert [(r["source_key"], r["email"], r["identifier:crm_id"]) for r in found] == [
        ("1", "a@x.be", None),
        ("2", "b@x.be", "2"),
    ]


def test_names_and_texts_of_a_contract_are_never_sql(con: Connection, tmp_path: Path) -> None:
    body = """
key: ["a \\"b"]
columns: {"a \\"b": {type: text}}
maps:
  person: {source_key: "a \\"b", last_name: {const: "x'); DROP TABLE t; --"}, identifiers: {crm_id: "a \\"b"}}
"""
    of = contract(tmp_path, body)
    found = _mapped(con, of, "person", [{'a "b': "k'"}])
    assert (found[0]["source_key"], found[0]["last_name"]) == ("k'", "x'); DROP TABLE t; --")


@pytest.mark.parametrize("kind", ["order", "order_line", "visit", "cart"])
def test_the_columns_are_those_of_the_schema(con: Connection, tmp_path: Path, kind: str) -> None:
    of = contract(tmp_path, TICKETS)
    rows = mapped(con, of, kind, typed(con, of, [TICKET]))
    assert dict(zip(rows.columns, map(str, rows.types), strict=True)) == kind_schema(kind) == wanted_columns(kind)


def test_namespaces_are_those_of_the_maps(tmp_path: Path) -> None:
    assert identifier_namespaces(contract(tmp_path, TICKETS)) == ("loyalty_card",)


INVOICES = """
key: [row]
columns:
  row: {type: integer}
  invoice: {type: text}
  article: {type: text}
  pieces: {type: number}
  price: {type: money}
  at: {type: instant}
maps:
  order: {order_id: invoice, ordered_at: {min: at}, gross_cents: {sum: {product: [pieces, price]}}}
  order_line:
    order_id: invoice
    line_number: {position: true}
    product_id: article
    quantity: pieces
    net_cents: {product: [pieces, price]}
"""


def test_rows_of_an_invoice_are_its_lines_numbered_in_their_order(con: Connection, tmp_path: Path) -> None:
    of = contract(tmp_path, INVOICES)
    rows: list[Row] = [
        {"invoice": "1", "article": "x", "pieces": "0.5", "price": "101", "at": "2026-01-01 10:00:00"},
        {"invoice": "2", "article": "y", "pieces": "1", "price": "10", "at": "2026-01-01 10:00:00"},
        {"invoice": "1", "article": "x", "pieces": "-2", "price": "100", "at": "2026-01-01 09:00:00"},
    ]
    lines = _mapped(con, of, "order_line", rows)
    assert sorted((r["order_id"], r["line_number"], r["net_cents"]) for r in lines) == [
        ("1", 1, 51),
        ("1", 2, -200),
        ("2", 1, 10),
    ]
    orders = _mapped(con, of, "order", rows)
    assert sorted((r["order_id"], r["gross_cents"], r["ordered_at"]) for r in orders) == [
        ("1", -149, at("2026-01-01 09:00")),
        ("2", 10, at("2026-01-01 10:00")),
    ]
