"""Results that several steps of one connection read: computed once, kept as temporary tables.

A DuckDB relation is a query, run again by everyone who reads it; what is costly and read twice is kept here. The
tables live as long as the connection, within its memory, and spill where it spills.
"""

from itertools import count

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

_numbers = count(1)


def keep(con: Connection, relation: Relation) -> Relation:
    """Return the same rows, computed now and once."""
    name = f"golden_intermediate_{next(_numbers)}"
    con.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM relation")
    return con.table(name)
