"""A DuckDB connection a test."""

from collections.abc import Iterator

import duckdb
import pytest
from duckdb import DuckDBPyConnection as Connection


@pytest.fixture
def con() -> Iterator[Connection]:
    """An empty in-memory database."""
    connection = duckdb.connect()
    yield connection
    connection.close()
