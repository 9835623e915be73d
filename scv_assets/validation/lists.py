"""Lists: each element of a JSON list is a small row of its own, read and judged by its columns like any other.

The value of a list column is JSON again: its elements in order, each an object with exactly the declared columns,
typed (money in minor units, instants as `YYYY-MM-DD HH:MM:SS` in UTC, numbers and booleans as such).
"""

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection

from scv_assets.sources.contract import Column
from scv_assets.sql_quoting import identifier, literal
from scv_assets.validation.blanks import meaningful
from scv_assets.validation.faults import FAULTS, without_empty_of_unread
from scv_assets.validation.judging import judge
from scv_assets.validation.reading import Reading, read

_NO_OBJECT = "is not an object"


def read_list(con: Connection, column: Column, place: int, values: pa.Table) -> Reading:
    """Return the typed lists (`_id`, column) of a column already read as JSON lists, and what is wrong in them."""
    elements = _elements(con, column, values)
    texts = _texts(con, column, elements)
    reading = read(con, column.columns, texts)
    judged = judge(con, column.columns, (), reading.values, texts)
    element_faults = pa.concat_tables([reading.faults, without_empty_of_unread(con, judged, reading.faults)])
    faults = pa.concat_tables(
        [_no_objects(con, column, place, elements), _of_rows(con, column, place, element_faults, elements)]
    )
    return Reading(_joined(con, column, values, elements, reading.values), faults)


def _elements(con: Connection, column: Column, values: pa.Table) -> pa.Table:
    """One row an element: `_id`, `parent` (row), `position` from 1, `element` (JSON)."""
    name = identifier(column.name)
    return con.sql(
        f"""
        WITH lists AS (
            SELECT _id AS parent, from_json({name}, '["JSON"]') AS items FROM values WHERE {name} IS NOT NULL
        ), parted AS (
            SELECT parent, CAST(unnest(items) AS VARCHAR) AS element, generate_subscripts(items, 1) AS position
            FROM lists
        )
        SELECT row_number() OVER (ORDER BY parent, position) AS _id, parent, position, element
        FROM parted
        ORDER BY 1
        """
    ).to_arrow_table()


def _texts(con: Connection, column: Column, elements: pa.Table) -> pa.Table:
    fields = "".join(
        f", {meaningful(f'(element ->> {literal(_path(inner.header))})', inner.nulls)} AS {identifier(name)}"
        for name, inner in column.columns.items()
    )
    return con.sql(f"SELECT _id{fields} FROM elements ORDER BY _id").to_arrow_table()


def _path(header: str) -> str:
    """Return the JSON path of a field: `product.sku` is `sku` inside `product`."""
    steps = (step.replace("\\", "\\\\").replace('"', '\\"') for step in header.split("."))
    return "$" + "".join(f'."{step}"' for step in steps)


def _no_objects(con: Connection, column: Column, place: int, elements: pa.Table) -> pa.Table:
    return (
        con.sql(
            f"""
        SELECT parent AS _id, CAST({place} AS BIGINT) AS place, {literal(column.name)} AS "column",
            {literal(f"{column.name}[]: {_NO_OBJECT}")} AS problem,
            {literal(column.name)} || '[' || position || ']: {_NO_OBJECT}' AS reason, CAST(NULL AS VARCHAR) AS value
        FROM elements
        WHERE json_type(element) <> 'OBJECT'
        ORDER BY _id, position
        """
        )
        .to_arrow_table()
        .cast(FAULTS)
    )


def _of_rows(con: Connection, column: Column, place: int, element_faults: pa.Table, elements: pa.Table) -> pa.Table:
    """Return the faults of elements that are objects as faults of their rows: `lines[2].price: 'x' is not money`."""
    return (
        con.sql(
            f"""
        SELECT e.parent AS _id, CAST({place} AS BIGINT) AS place, {literal(column.name)} AS "column",
            {literal(column.name)} || '[].' || f.problem AS problem,
            {literal(column.name)} || '[' || e.position || '].' || f.reason AS reason, f.value
        FROM element_faults AS f JOIN elements AS e ON e._id = f._id
        WHERE json_type(e.element) = 'OBJECT'
        ORDER BY e.parent, e.position, f.place, f.problem
        """
        )
        .to_arrow_table()
        .cast(FAULTS)
    )


def _joined(con: Connection, column: Column, values: pa.Table, elements: pa.Table, typed: pa.Table) -> pa.Table:
    name = identifier(column.name)
    fields = ", ".join(f"{identifier(inner)}: {_as_json(kind, inner)}" for inner, kind in _kinds(column).items())
    return con.sql(
        f"""
        WITH joined AS (
            SELECT e.parent, CAST(to_json(list({{{fields}}} ORDER BY e.position)) AS VARCHAR) AS items
            FROM elements AS e JOIN typed AS t ON t._id = e._id
            GROUP BY e.parent
        )
        SELECT v._id, CASE WHEN v.{name} IS NOT NULL THEN COALESCE(j.items, '[]') END AS {name}
        FROM values AS v LEFT JOIN joined AS j ON j.parent = v._id
        ORDER BY v._id
        """
    ).to_arrow_table()


def _kinds(column: Column) -> dict[str, str]:
    return {name: inner.type for name, inner in column.columns.items()}


def _as_json(kind: str, name: str) -> str:
    return f"CAST(t.{identifier(name)} AS JSON)" if kind == "json" else f"t.{identifier(name)}"
