"""Reading the texts of many rows as the types of their columns: SQL over all rows, Python over what is left of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection

from scv_assets.sources.contract import Column
from scv_assets.sql_quoting import identifier, literal
from scv_assets.validation.conversion import LONGEST_CAREFUL, Conversion
from scv_assets.validation.conversions import conversion
from scv_assets.validation.faults import faults_of, no_faults

#: DuckDB type of a value -> its Arrow type.
ARROW_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}


@dataclass(frozen=True)
class Reading:
    """`values`: `_id` and one typed column a column; `faults`: texts that are no value of their column's type."""

    values: pa.Table
    faults: pa.Table


def read(con: Connection, columns: Mapping[str, Column], texts: pa.Table) -> Reading:
    """Return the values of `texts` (`_id` and one text a column, trimmed, null where there is nothing)."""
    ways = {name: conversion(column) for name, column in columns.items()}
    selected = "".join(f", {_quick(name, way)}" for name, way in ways.items())
    quick = con.sql(f"SELECT _id{selected} FROM texts").to_arrow_table()
    careful = {name: _read_with_care(con, name, way, quick) for name, way in ways.items() if not way.is_text}
    careful = {name: left for name, left in careful.items() if left.num_rows}
    faults = [
        faults_of(con, columns[name], place, _unread(con, name, ways[name], quick, careful[name]), texts)
        for place, name in enumerate(columns)
        if name in careful
    ]
    return Reading(_completed(con, quick, ways, careful), pa.concat_tables([no_faults(), *faults]))


def _text(name: str) -> str:
    return identifier(f"{name}.text")  # no column's name holds a dot


def _quick(name: str, way: Conversion) -> str:
    column = identifier(name)
    value = f"CAST({way.quick(column)} AS {way.duckdb_type}) AS {column}"
    return value if way.is_text else f"{value}, {column} AS {_text(name)}"


def _read_with_care(con: Connection, name: str, way: Conversion, quick: pa.Table) -> pa.Table:
    """Return the value (null: it has none) of each distinct text that the quick way left."""
    text = _text(name)
    left = con.sql(
        f"SELECT DISTINCT {text} AS text FROM quick WHERE {text} IS NOT NULL AND {identifier(name)} IS NULL ORDER BY 1"
    ).to_arrow_table()
    texts = left.column("text").to_pylist()
    values = [way.careful(text) if len(text) <= LONGEST_CAREFUL else None for text in texts]
    return pa.table({"text": left.column("text"), "value": pa.array(values, ARROW_TYPES[way.duckdb_type])})


def _unread(con: Connection, name: str, way: Conversion, quick: pa.Table, careful: pa.Table) -> pa.Table:
    """Return the rows (`_id`, `sentence`) whose text is no value."""
    return con.sql(
        f"""
        SELECT q._id, {literal(f"is not {way.expected}")} AS sentence
        FROM quick AS q JOIN careful AS c ON q.{_text(name)} = c.text
        WHERE c.value IS NULL
        """
    ).to_arrow_table()


def _completed(
    con: Connection, quick: pa.Table, ways: Mapping[str, Conversion], careful: Mapping[str, pa.Table]
) -> pa.Table:
    """Return the quick values with the careful ones in the gaps, in the order of `_id`."""
    places = {name: f"careful_{place}" for place, name in enumerate(careful)}
    for name, place in places.items():
        con.register(place, careful[name])
    values = "".join(
        f", COALESCE(q.{identifier(name)}, {places[name]}.value) AS {identifier(name)}"
        if name in places
        else f", q.{identifier(name)}"
        for name in ways
    )
    joins = "".join(
        f" LEFT JOIN {place} ON q.{identifier(name)} IS NULL AND q.{_text(name)} = {place}.text"
        for name, place in places.items()
    )
    completed = con.sql(f"SELECT q._id{values} FROM quick AS q{joins} ORDER BY q._id").to_arrow_table()
    for place in places.values():
        con.unregister(place)
    return completed
