"""Intermediate results that are read more than once: computed once, kept in the connection, spilt to disk where big."""

from itertools import count

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

_NUMBERS = count(1)


def keep(con: Connection, relation: Relation) -> Relation:
    """Return the relation as a table of the connection, which lives as long as the connection does."""
    name = f"working_{next(_NUMBERS)}"
    con.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM relation")
    return con.table(name)
