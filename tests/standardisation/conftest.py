"""A DuckDB connection for each test."""

from collections.abc import Iterator

import duckdb
import pytest
from duckdb import DuckDBPyConnection as Connection


@pytest.fixture
def con() -> Iterator[Connection]:
    with duckdb.connect() as connection:
        yield connection
