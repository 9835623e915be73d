"""The newest version of every interaction: an order corrected on a later day is that day's order.

Two kinds need more. Lines follow their order: those of the newest day on which it has any, so that a corrected order
with fewer lines loses the old ones. Visits and carts made of events (`_parts`) are put together from the days that
hold a part: a session over midnight is one visit, a cart touched on two days one cart.
"""

from collections.abc import Mapping

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.canonical import KINDS
from scv_assets.standardisation.mapping import PARTIAL_KINDS, kind_schema

#: How parts of a field on several days become one, by the field's type; `{}` is the field.
_MERGES: dict[str, dict[str, str]] = {
    "instant": {"min": "min({})", "max": "max({})"},
    "integer": {"min": "min({})", "max": "max({})", "sum": "CAST(sum({}) AS BIGINT)"},
    "number": {"min": "min({})", "max": "max({})", "sum": "sum({})"},
    "json": {"concat": "CAST(to_json(flatten(list(json_extract({}, '$[*]') ORDER BY _day))) AS VARCHAR)"},
}


def latest(con: Connection, kind: str, records: Relation) -> Relation:
    """Return one row a (source, key of the kind): `source` and the columns of `kind_schema(kind)`, sorted by that key.

    `records` has the same columns, one row a (source, `_day`, key).
    """
    if kind == "order_line":
        return _lines(con, records)
    key = ["source", *KINDS[kind].key]
    others = [name for name in kind_schema(kind) if name not in key]
    merged = _merged(kind, others) if kind in PARTIAL_KINDS else {}
    columns = ", ".join(
        name if name in key else f"{_chosen(name, merged)} AS {name}" for name in ["source", *kind_schema(kind)]
    )
    whole = "{" + ", ".join(f"'{name}': {name}" for name in others) + "}"
    parts = "".join(f", {sql} AS {column}" for ways in merged.values() for column, sql in ways.items())
    keys = ", ".join(key)
    return con.sql(
        f"""
        WITH grouped AS (SELECT {keys}, arg_max({whole}, _day) AS newest{parts} FROM records GROUP BY {keys})
        SELECT {columns} FROM grouped ORDER BY {keys}
        """
    )


def _merged(kind: str, names: list[str]) -> dict[str, dict[str, str]]:
    """Return field -> column of `grouped` -> SQL: each way to merge its parts, its last value first."""
    fields = KINDS[kind].fields
    return {
        name: {f"last_{name}": f"arg_max({name}, _day)"}
        | {f"{way}_{name}": sql.format(name) for way, sql in _MERGES.get(fields[name].type, {}).items()}
        for name in names
        if name in fields
    }


def _chosen(name: str, merged: Mapping[str, Mapping[str, str]]) -> str:
    """Return the SQL of a column: of the newest record where it came whole, else as its `_parts` say."""
    if name not in merged:
        return f"newest.{name}"
    last, *ways = merged[name]
    cases = " ".join(f"WHEN '{way.partition('_')[0]}' THEN {way}" for way in ways)
    parts = f"CASE json_extract_string(newest._parts, '$.{name}') {cases} ELSE {last} END" if ways else last
    return f"CASE WHEN newest._parts IS NULL THEN newest.{name} ELSE {parts} END"


def _lines(con: Connection, records: Relation) -> Relation:
    columns = ", ".join(["source", *kind_schema("order_line")])
    return con.sql(
        f"""
        SELECT {columns} FROM records
        QUALIFY _day = max(_day) OVER (PARTITION BY source, order_id)
        ORDER BY source, order_id, line_number
        """
    )
