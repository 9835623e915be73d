"""The store's tables into DuckDB, in bulk and in bounded memory: what the next run needs of the last one."""

import itertools
from collections.abc import Collection, Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.engine import is_postgresql, reading
from resources.store.loading import listed, quoted
from resources.store.tables import METADATA, duckdb_schema
from scv_assets.errors import NotFound

BATCH_ROWS = 20_000
_NUMBER = itertools.count(1)


#: A condition on a table's rows, in SQLAlchemy's words or in SQL that SQLite and PostgreSQL read alike.
Condition = sa.ColumnElement[bool] | sa.TextClause


def relation(con: Connection, engine: sa.Engine, table: str, where: Condition | None = None) -> Relation:
    """Return the rows of a table of the store, as they are now, with the types of `duckdb_schema`; in no order.

    The rows (all, or those of a condition) are copied once into a temporary table of the connection, which DuckDB
    spills where memory is short.
    """
    return con.table(unload(con, engine, table, where))


def unload(con: Connection, engine: sa.Engine, table: str, where: Condition | None = None) -> str:
    """Copy a table of the store into a new temporary table of the connection and return its name."""
    with reading(engine) as connection:
        return unload_from(con, connection, table, where=where)


def unload_from(
    con: Connection,
    connection: sa.Connection,
    table: str,
    *,
    columns: Collection[str] | None = None,
    where: Condition | None = None,
) -> str:
    """Copy a table, or some columns and rows of it, out of an open snapshot, and return the temporary table's name."""
    found = store_table(table)
    schema = {name: type_ for name, type_ in duckdb_schema(found).items() if columns is None or name in columns}
    name = f"store_{table}_{next(_NUMBER)}"
    casts = ", ".join(f"CAST({quoted(column)} AS {type_}) AS {quoted(column)}" for column, type_ in schema.items())
    typed = ", ".join(f"{quoted(column)} {type_}" for column, type_ in schema.items())
    con.execute(f"CREATE TEMP TABLE {name} ({typed})")
    chosen = [found.columns[column] for column in schema]
    query = sa.select(sa.text(_selected(chosen, connection))).select_from(found)
    statement = query if where is None else query.where(where)
    result = connection.execute(statement.execution_options(yield_per=BATCH_ROWS))
    for rows in result.partitions(BATCH_ROWS):
        arrays = [_column(column, values) for column, values in zip(chosen, zip(*rows, strict=True), strict=True)]
        batch = pa.table(arrays, list(schema))
        con.execute(f"INSERT INTO {name} SELECT {casts} FROM batch")
    return name


def store_table(name: str) -> sa.Table:
    """Return the table of the store, or raise `NotFound`."""
    if name not in METADATA.tables:
        raise NotFound(f"the store has no table {name!r}; it has {', '.join(sorted(METADATA.tables))}")
    return METADATA.tables[name]


def _selected(columns: Sequence[sa.Column[Any]], connection: sa.Connection) -> str:
    """Ask for instants, days and truth in a form that needs no Python object a value: DuckDB casts them."""
    if not is_postgresql(connection):
        return listed(column.name for column in columns)
    forms = {sa.DateTime: "::text", sa.Date: "::text", sa.Boolean: "::int"}
    return ", ".join(f"{quoted(column.name)}{forms.get(type(column.type), '')}" for column in columns)


def _column(column: sa.Column[Any], values: tuple[Any, ...]) -> pa.Array:
    return pa.array(values, type=_ARROW[type(column.type)])


_ARROW: dict[type[sa.types.TypeEngine[Any]], pa.DataType] = {
    sa.Text: pa.string(),
    sa.DateTime: pa.string(),
    sa.Date: pa.string(),
    sa.BigInteger: pa.int64(),
    sa.Double: pa.float64(),
    sa.Boolean: pa.int8(),
}
