"""DuckDB for tests of pure queries: opening a database costs more than many of them."""

import duckdb
from duckdb import DuckDBPyConnection as Connection

_DATABASE = duckdb.connect()


def connected() -> Connection:
    """Return a new connection to the one database of this process; temporary tables and settings are its own."""
    return _DATABASE.cursor()
