"""A connection for the stage's pure functions."""

from collections.abc import Iterator

import duckdb
import pytest


@pytest.fixture(scope="session")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection
