"""The elements of a list are rows: typed, judged, and named by their place when they are wrong."""

import json
from typing import Any

from duckdb import DuckDBPyConnection as Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.validation.builders import column, contract, reasons, row_numbers, validated

LINES = column(
    "lines",
    "list",
    columns={
        "sku": column("sku", required=True),
        "price": column("price", "money", min=0),
        "at": column("at", "instant"),
        "gift": column("gift", "boolean"),
        "extra": column("extra", "json"),
        "name": column("name", header="product.name"),
    },
)
CARTS = contract(column("no", "integer"), LINES)


def cart(*elements: Any, no: str = "1") -> dict[str, str]:
    return {"no": no, "lines": json.dumps(elements)}


def test_elements_are_typed_and_keep_their_order(con: Connection) -> None:
    first = {"sku": " A ", "price": 12.5, "at": "2026-09-01T10:00", "gift": "oui", "extra": {"k": [1]}}
    done = validated(con, CARTS, cart(first, {"sku": "B", "price": "3", "product": {"name": "Box"}}))
    empty = {"price": None, "at": None, "gift": None, "extra": None, "name": None}
    assert json.loads(done.rows.to_pylist()[0]["lines"]) == [
        {**empty, "sku": "A", "price": 1250, "at": "2026-09-01 08:00:00", "gift": True, "extra": {"k": [1]}},
        {**empty, "sku": "B", "price": 300, "name": "Box"},
    ]


def test_an_empty_list_is_empty_and_no_list_is_null(con: Connection) -> None:
    done = validated(con, CARTS, cart(), {"no": "2", "lines": None}, {"no": "3", "lines": "null"})
    assert done.rows.column("lines").to_pylist() == ["[]", None, None]


def test_one_bad_element_refuses_the_row_and_is_named(con: Connection) -> None:
    done = validated(con, CARTS, cart({"sku": "A"}, {"price": "x"}, 3, {"sku": "C", "price": -1}), cart({"sku": "A"}))
    assert row_numbers(done) == [2]
    assert reasons(done) == {
        1: "lines[2].price: 'x' is not money in EUR; lines[2].sku: required but empty;"
        " lines[3]: is not an object; lines[4].price: -1 is below 0"
    }
    (row,) = done.refused.to_pylist()
    assert (row["column"], row["value"]) == ("lines", "x")


def test_what_is_wrong_in_lists_is_counted_without_the_place(con: Connection) -> None:
    done = validated(con, CARTS, cart({}), cart({"sku": "A"}, {}), cart({}, {}))
    (count,) = done.counts.values()
    assert count.problems == {"lines[].sku: required but empty": (3, 1)}


def test_what_is_no_list_is_refused(con: Connection) -> None:
    done = validated(con, CARTS, {"lines": '{"sku": "A"}'}, {"lines": "[1,"}, {"lines": "A, B"})
    assert reasons(done)[1] == 'lines: \'{"sku": "A"}\' is not a JSON list'
    assert set(reasons(done)) == {1, 2, 3}


def test_a_nul_inside_an_element_is_refused(con: Connection) -> None:
    assert reasons(validated(con, CARTS, cart({"sku": "a\0b"}))) == {1: "lines[1].sku: 'a␀b' holds a NUL character"}


ELEMENT = st.fixed_dictionaries(
    {"sku": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=5)},
    optional={"price": st.integers(0, 10**6), "gift": st.booleans()},
)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(ELEMENT, max_size=4), min_size=1, max_size=6))
def test_lists_come_through_element_by_element(con: Connection, lists: list[list[dict[str, Any]]]) -> None:
    plain = contract(column("lines", "list", columns={n: LINES.columns[n] for n in ("sku", "price", "gift")}))
    done = validated(con, plain, *({"lines": json.dumps(one)} for one in lists))
    found = {row["_row_number"]: json.loads(row["lines"]) for row in done.rows.to_pylist()}
    for place, elements in enumerate(lists, 1):
        if place in reasons(done):
            assert "required but empty" in reasons(done)[place]
            continue
        assert [(e["price"], e["gift"]) for e in found[place]] == [
            (None if "price" not in e else e["price"] * 100, e.get("gift")) for e in elements
        ]
