"""What differs between what was published and what is to be published, by key; computed in DuckDB.

`left IS DISTINCT FROM right` column by column, so that a null equals a null. Results are temporary tables of the
connection, gone with `drop`.
"""

import itertools
from dataclasses import dataclass

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.loading import listed, quoted
from resources.store.tables import key_columns

_NUMBER = itertools.count(1)


@dataclass(frozen=True)
class Difference:
    """Rows to write (changed and new ones) and keys to remove before (theirs, and those of the gone rows)."""

    con: Connection
    number: int
    inserted: int
    updated: int
    deleted: int

    @property
    def written_rows(self) -> Relation:
        """The changed and the new rows."""
        return self.con.table(_written(self.number))

    @property
    def removed_keys(self) -> Relation:
        """The keys of the changed, the new and the gone rows: what is written finds its place free."""
        return self.con.table(_removed(self.number))

    def drop(self) -> None:
        """Forget both."""
        self.con.execute(f"DROP TABLE IF EXISTS {_written(self.number)}")
        self.con.execute(f"DROP TABLE IF EXISTS {_removed(self.number)}")


def difference(con: Connection, table: sa.Table, old: Relation, new: Relation) -> Difference:
    """Compare two relations of the table; keys are unique and not null in both."""
    number = next(_NUMBER)
    keys = key_columns(table)
    others = [column.name for column in table.columns if column.name not in keys]
    same = " AND ".join(f"old.{quoted(key)} = new.{quoted(key)}" for key in keys)
    differs = " OR ".join(f"old.{quoted(name)} IS DISTINCT FROM new.{quoted(name)}" for name in others) or "false"
    is_new = f"old.{quoted(keys[0])} IS NULL"
    con.execute(
        f"CREATE TEMP TABLE {_written(number)} AS"
        f" SELECT new.*, {is_new} AS scv_is_new FROM new LEFT JOIN old ON {same} WHERE {is_new} OR {differs}"
    )
    con.execute(
        f"CREATE TEMP TABLE {_removed(number)} AS"
        f" SELECT {listed(keys)}, true AS scv_is_gone FROM old WHERE NOT EXISTS (SELECT 1 FROM new WHERE {same})"
        f" UNION ALL SELECT {listed(keys)}, false FROM {_written(number)}"
    )
    inserted, updated = _counted(con, _written(number), "scv_is_new")
    deleted, _ = _counted(con, _removed(number), "scv_is_gone")
    return Difference(con, number, inserted, updated, deleted)


def _written(number: int) -> str:
    return f"difference_{number}_written"


def _removed(number: int) -> str:
    return f"difference_{number}_removed"


def rows_of_new_keys(con: Connection, table: sa.Table, old: Relation, new: Relation) -> Relation:
    """Return the rows of `new` whose key is not in `old`."""
    same = " AND ".join(f"old.{quoted(key)} = new.{quoted(key)}" for key in key_columns(table))
    return con.sql(f"SELECT * FROM new WHERE NOT EXISTS (SELECT 1 FROM old WHERE {same})")


def _counted(con: Connection, name: str, flag: str) -> tuple[int, int]:
    counts = con.sql(f"SELECT count(*) FILTER ({flag}), count(*) FILTER (NOT {flag}) FROM {name}").fetchall()[0]
    return int(counts[0]), int(counts[1])
