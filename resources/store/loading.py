"""DuckDB relations into the store's tables, in bulk, by each database's fastest road and in bounded memory.

SQLite: `executemany`; PostgreSQL: `COPY` from CSV that is made batch by batch. Both run in the transaction of the
connection that they are given. A relation has the table's columns (or its key's) by name.

A value stands in the store as SQLAlchemy would have written it (SQLite: instants and days as text, truth as 0 and 1).
PostgreSQL takes no NUL character in text, and no index entry above some 2,700 bytes: there a NUL becomes U+FFFD, and
a key or indexed text that holds a NUL or more than 512 bytes becomes its beginning, an ellipsis and its MD5, so that
what was distinct stays distinct.
"""

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.csv
import sqlalchemy as sa
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import key_columns

BATCH_ROWS = 20_000
INDEXED_BYTES = 512


class Loader(Protocol):
    """The bulk operations on one table, in the transaction of `connection`."""

    def replace(self, connection: sa.Connection, table: sa.Table, rows: Relation) -> int:
        """Remove every row and add these; return how many were removed."""

    def insert(self, connection: sa.Connection, table: sa.Table, rows: Relation) -> None:
        """Add the rows; a key that is there already is the database's error."""

    def insert_new(self, connection: sa.Connection, table: sa.Table, rows: Relation) -> int:
        """Add the rows whose key is not there yet and return how many they were."""

    def delete(self, connection: sa.Connection, table: sa.Table, keys: Relation) -> None:
        """Remove the rows of these keys."""


def loader(connection: sa.Connection) -> Loader:
    """Return the loader for the connection's database."""
    return _Copying() if connection.dialect.name == "postgresql" else _Executing()


class _Executing:
    """SQLite."""

    def replace(self, connection: sa.Connection, table: sa.Table, rows: Relation) -> int:
        """Indexes are made anew at the end: sorting once is half the cost of keeping them row by row."""
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        for index in indexes:
            index.drop(connection, checkfirst=True)
        removed = _emptied(connection, table)
        self.insert(connection, table, rows)
        for index in indexes:
            index.create(connection)
        return removed

    def insert(self, connection: sa.Connection, table: sa.Table, rows: Relation) -> None:
        self._insert("INSERT", connection, table, rows)

    def insert_new(self, connection: sa.Connection, table: sa.Table, rows: Relation) -> int:
        return self._insert("INSERT OR IGNORE", connection, table, rows)

    def delete(self, connection: sa.Connection, table: sa.Table, keys: Relation) -> None:
        names = key_columns(table)
        condition = " AND ".join(f"{quoted(name)} = ?" for name in names)
        statement = f"DELETE FROM {quoted(table.name)} WHERE {condition}"
        self._execute(connection, statement, keys.project(_projection(table, names, _sqlite_form)))

    def _insert(self, verb: str, connection: sa.Connection, table: sa.Table, rows: Relation) -> int:
        names = [column.name for column in table.columns]
        marks = ", ".join("?" for _ in names)
        statement = f"{verb} INTO {quoted(table.name)} ({listed(names)}) VALUES ({marks})"
        return self._execute(connection, statement, rows.project(_projection(table, names, _sqlite_form)))

    def _execute(self, connection: sa.Connection, statement: str, rows: Relation) -> int:
        changed = 0
        with rows.to_arrow_reader(BATCH_ROWS) as batches:
            for batch in batches:
                if batch.num_rows:
                    values = list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
                    changed += connection.exec_driver_sql(statement, values).rowcount
        return changed


class _Copying:
    """PostgreSQL."""

    def replace(self, connection: sa.Connection, table: sa.Table, rows: Relation) -> int:
        """`DELETE`, not `TRUNCATE`, and the indexes stay: either would lock readers out or empty older snapshots."""
        removed = _emptied(connection, table)
        self.insert(connection, table, rows)
        return removed

    def insert(self, connection: sa.Connection, table: sa.Table, rows: Relation) -> None:
        self._copy(connection, quoted(table.name), table, [column.name for column in table.columns], rows)

    def insert_new(self, connection: sa.Connection, table: sa.Table, rows: Relation) -> int:
        names = [column.name for column in table.columns]
        with self._beside(connection, table, names, rows) as beside:
            return connection.exec_driver_sql(
                f"INSERT INTO {quoted(table.name)} ({listed(names)}) SELECT {listed(names)} FROM {beside}"
                f" ON CONFLICT ({listed(key_columns(table))}) DO NOTHING"
            ).rowcount

    def delete(self, connection: sa.Connection, table: sa.Table, keys: Relation) -> None:
        names = key_columns(table)
        with self._beside(connection, table, names, keys) as beside:
            same = " AND ".join(f"published.{quoted(name)} = gone.{quoted(name)}" for name in names)
            connection.exec_driver_sql(f"DELETE FROM {quoted(table.name)} published USING {beside} gone WHERE {same}")

    @contextlib.contextmanager
    def _beside(self, connection: sa.Connection, table: sa.Table, names: list[str], rows: Relation) -> Iterator[str]:
        beside = quoted(f"beside_{table.name}")
        connection.exec_driver_sql(
            f"CREATE TEMPORARY TABLE {beside} ON COMMIT DROP AS"
            f" SELECT {listed(names)} FROM {quoted(table.name)} LIMIT 0"
        )
        self._copy(connection, beside, table, names, rows)
        connection.exec_driver_sql(f"ANALYZE {beside}")
        yield beside
        connection.exec_driver_sql(f"DROP TABLE {beside}")

    def _copy(self, connection: sa.Connection, target: str, table: sa.Table, names: list[str], rows: Relation) -> None:
        statement = f"COPY {target} ({listed(names)}) FROM STDIN (FORMAT csv)"
        cursor = connection.connection.cursor()
        with rows.project(_projection(table, names, _postgresql_form)).to_arrow_reader(BATCH_ROWS) as batches:
            cursor.copy_expert(statement, _CsvStream(batches), 1 << 20)
        cursor.close()


def _emptied(connection: sa.Connection, table: sa.Table) -> int:
    return connection.exec_driver_sql(f"DELETE FROM {quoted(table.name)}").rowcount


class _CsvStream(io.RawIOBase):
    """CSV of record batches for `COPY`: every value quoted, a null bare, so that empty text and null stay apart."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._batches = iter(batches)
        self._text = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; nothing at the end."""
        while not self._text:
            batch = next(self._batches, None)
            if batch is None:
                return b""
            self._text = memoryview(_csv(batch))
        end = len(self._text) if size < 0 else size
        chunk, self._text = bytes(self._text[:end]), self._text[end:]
        return chunk


def _csv(batch: pa.RecordBatch) -> bytes:
    out = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    pyarrow.csv.write_csv(batch, out, options)
    return out.getvalue()


def quoted(name: str) -> str:
    """Return a name as an identifier of SQL."""
    return f'"{name}"'


def listed(names: Iterable[str]) -> str:
    """Return names as a list of identifiers."""
    return ", ".join(quoted(name) for name in names)


def _projection(table: sa.Table, names: Iterable[str], form: Callable[[sa.Column[Any]], str]) -> str:
    return ", ".join(f"{form(table.columns[name])} AS {quoted(name)}" for name in names)


def _sqlite_form(column: sa.Column[Any]) -> str:
    name = quoted(column.name)
    match column.type:
        case sa.DateTime():
            return f"strftime({name}, '%Y-%m-%d %H:%M:%S.%f')"
        case sa.Date():
            return f"strftime({name}, '%Y-%m-%d')"
        case sa.Boolean():
            return f"CAST({name} AS TINYINT)"
    return name


def _postgresql_form(column: sa.Column[Any]) -> str:
    name = quoted(column.name)
    if not isinstance(column.type, sa.Text):
        return name
    without_nul = f"replace({name}, chr(0), '\ufffd')"
    if not (column.primary_key or column.index):
        return without_nul
    short = f"left({without_nul}, {INDEXED_BYTES // 5}) || '…' || md5({name})"
    return f"CASE WHEN strlen({name}) > {INDEXED_BYTES} OR contains({name}, chr(0)) THEN {short} ELSE {name} END"
