"""What the store holds around a few records: the small part of the published tables that an explanation needs.

One snapshot, and only rows of the customers concerned, so that a question about two records costs the same in a base of
millions. Read by `scv why` and `scv review`, and made for a console as well.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.engine import reading
from resources.store.tables import (
    CROSSWALK,
    CUSTOMER_REDIRECT,
    IDENTITY_EVENT,
    JUDGEMENT,
    MATCH_EDGE,
    RECORD_IDENTIFIER,
    REVIEW_TASK,
    SOURCE_RECORD,
    duckdb_schema,
)
from scv_assets.errors import NotFound
from scv_assets.identity.explain import Edge, Key, edges

Row = dict[str, Any]

#: Keys that go into one statement: SQLite takes 32,766 parameters at most.
_AT_ONCE = 5_000


@dataclass(frozen=True)
class Surroundings:
    """Rows of published tables by table name: those of some records' customers, each table in the order of its key."""

    rows: dict[str, list[Row]]

    def relation(self, con: Connection, table: sa.Table) -> Relation:
        """Return the rows of one table, typed as published."""
        schema, rows = duckdb_schema(table), self.rows[table.name]
        held = pa.table({name: pa.array([row[name] for row in rows]) for name in schema})
        columns = ", ".join(f'CAST("{name}" AS {type_}) AS "{name}"' for name, type_ in schema.items())
        return con.from_arrow(con.from_arrow(held).project(columns).to_arrow_table())

    def edges(self, con: Connection) -> list[Edge]:
        """Return the kept edges of the customers' records, to each other and to records of others."""
        return edges(con, self.relation(con, MATCH_EDGE))

    def of(self, records: Collection[Key]) -> "Surroundings":
        """Return the same with the rows of some records only, where a table has a row a record."""
        return Surroundings(
            {
                name: [row for row in rows if "source_key" not in row or (row["source"], row["source_key"]) in records]
                for name, rows in self.rows.items()
            }
        )

    def customer_of(self, record: Key) -> str:
        """Return a record's customer."""
        return next(
            str(row["customer_id"]) for row in self.rows[CROSSWALK.name] if (row["source"], row["source_key"]) == record
        )


def around_records(store: sa.Engine, records: Collection[Key]) -> Surroundings:
    """Return what is published of the customers of these records.

    Raises `NotFound` for a record that no source delivered.
    """
    with reading(store) as connection:
        links = _of_records(connection, CROSSWALK, records)
        known = {(row["source"], row["source_key"]) for row in links}
        for source, key in records:
            if (source, key) not in known:
                raise NotFound(f"no record of source '{source}' has the key '{key}'; a record is written source:key")
        return _around(connection, sorted({str(row["customer_id"]) for row in links}))


def around_customer(store: sa.Engine, customer_id: str) -> Surroundings:
    """Return what is published of a customer, by an id that it has or had."""
    with reading(store) as connection:
        led = sa.select(CUSTOMER_REDIRECT.c.customer_id).where(CUSTOMER_REDIRECT.c.old_customer_id == customer_id)
        return _around(connection, [connection.execute(led).scalar_one_or_none() or customer_id])


def _around(connection: sa.Connection, customers: list[str]) -> Surroundings:
    crosswalk = _rows(connection, CROSSWALK, CROSSWALK.c.customer_id.in_(customers))
    members = [(str(row["source"]), str(row["source_key"])) for row in crosswalk]
    redirects = _rows(connection, CUSTOMER_REDIRECT, CUSTOMER_REDIRECT.c.customer_id.in_(customers))
    ids = [*customers, *(str(row["old_customer_id"]) for row in redirects)]
    event = IDENTITY_EVENT.c
    found = {
        CROSSWALK.name: crosswalk,
        CUSTOMER_REDIRECT.name: redirects,
        IDENTITY_EVENT.name: _rows(
            connection, IDENTITY_EVENT, event.customer_id.in_(ids) | event.other_customer_id.in_(ids)
        ),
        MATCH_EDGE.name: _of_ends(connection, MATCH_EDGE, members),
        JUDGEMENT.name: _of_ends(connection, JUDGEMENT, members),
        SOURCE_RECORD.name: _of_records(connection, SOURCE_RECORD, members),
        RECORD_IDENTIFIER.name: _of_records(connection, RECORD_IDENTIFIER, members),
    }
    return Surroundings(found)


def open_tasks(store: sa.Engine) -> list[Row]:
    """Return the review tasks that wait for a steward, by id."""
    with reading(store) as connection:
        return _rows(connection, REVIEW_TASK, REVIEW_TASK.c.status == "open")


def links_of(store: sa.Engine, records: Collection[Key]) -> dict[Key, str]:
    """Return the customer of each of the records that there are."""
    with reading(store) as connection:
        rows = _of_records(connection, CROSSWALK, records)
    return {(row["source"], row["source_key"]): str(row["customer_id"]) for row in rows}


def _of_records(connection: sa.Connection, table: sa.Table, records: Collection[Key]) -> list[Row]:
    return _among(connection, table, ("source", "source_key"), records)


def _of_ends(connection: sa.Connection, table: sa.Table, records: Collection[Key]) -> list[Row]:
    """Return the rows with either end among the records."""
    sides = [_among(connection, table, (f"{side}_source", f"{side}_key"), records) for side in ("left", "right")]
    names = [column.name for column in table.primary_key.columns]
    by_key = {tuple(row[name] for name in names): row for rows in sides for row in rows}
    return [by_key[place] for place in sorted(by_key)]


def _among(connection: sa.Connection, table: sa.Table, columns: tuple[str, str], records: Collection[Key]) -> list[Row]:
    listed = sorted(records)
    pair = sa.tuple_(table.c[columns[0]], table.c[columns[1]])
    return [
        row
        for start in range(0, len(listed), _AT_ONCE)
        for row in _rows(connection, table, pair.in_(listed[start : start + _AT_ONCE]))
    ]


def _rows(connection: sa.Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> list[Row]:
    found: Iterable[Any] = connection.execute(
        sa.select(table).where(condition).order_by(*table.primary_key.columns)
    ).mappings()
    return [dict(row) for row in found]
