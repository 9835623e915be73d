"""The three ways in which a table comes to its new content, each inside the publishing transaction.

`ByDifference` where what was published before is at hand, `Whole` where it is not, `Appended` for logs. Each tells what
it did and how many rows the table holds then; a table whose rows are not as many as they should be is refused.
"""

from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
from duckdb import DuckDBPyRelation as Relation

from resources.store.decisions import kept_decisions
from resources.store.difference import Difference
from resources.store.loading import loader
from scv_assets.errors import PublishRefused


@dataclass(frozen=True)
class PublishedCounts:
    """What a publish did to a table, in rows. A table that was replaced whole counts as deleted and inserted."""

    inserted: int
    updated: int
    deleted: int
    unchanged: int


class Change(Protocol):
    """One table's way to its new content."""

    def apply(self, connection: sa.Connection) -> tuple[PublishedCounts, int]:
        """Bring the table to its new content; return what was done and the rows that it holds now."""


@dataclass(frozen=True)
class Whole:
    """Every row is removed and every row inserted."""

    table: sa.Table
    rows: Relation
    row_count: int

    def apply(self, connection: sa.Connection) -> tuple[PublishedCounts, int]:
        """Replace the table."""
        with kept_decisions(connection, self.table):
            before = loader(connection).replace(connection, self.table, self.rows)
        held = count(connection, self.table)
        if held != self.row_count:
            raise PublishRefused(
                f"nothing was published: {self.table.name} would hold {held:,} rows instead of {self.row_count:,}"
            )
        return PublishedCounts(inserted=held, updated=0, deleted=before, unchanged=0), held


@dataclass(frozen=True)
class ByDifference:
    """Only the rows that differ are written. A table that somebody else altered is then replaced whole."""

    whole: Whole
    difference: Difference

    def apply(self, connection: sa.Connection) -> tuple[PublishedCounts, int]:
        """Write the difference."""
        table, found = self.whole.table, self.difference
        with kept_decisions(connection, table):
            loader(connection).delete(connection, table, found.removed_keys)
            loader(connection).insert(connection, table, found.written_rows)
        held = count(connection, table)
        if held != self.whole.row_count:
            return self.whole.apply(connection)
        unchanged = held - found.inserted - found.updated
        return PublishedCounts(found.inserted, found.updated, found.deleted, unchanged), held


@dataclass(frozen=True)
class Appended:
    """Rows whose key the table does not have are added; nothing is ever changed or removed."""

    table: sa.Table
    rows: Relation
    row_count: int

    def apply(self, connection: sa.Connection) -> tuple[PublishedCounts, int]:
        """Add the new rows."""
        added = loader(connection).insert_new(connection, self.table, self.rows)
        return PublishedCounts(added, 0, 0, self.row_count - added), count(connection, self.table)


def count(connection: sa.Connection, table: sa.Table) -> int:
    """Return the rows of a table."""
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
