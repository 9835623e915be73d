import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scv_assets.segments.population import tile_changes, tiles_of


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60), st.sampled_from([2, 5, 10]))
def test_a_tile_counts_the_buyers_below(values: list[int], tiles: int) -> None:
    expected = [1 + tiles * sum(other < value for other in values) // len(values) for value in values]
    assert tiles_of(np.array(values), tiles).tolist() == expected


def test_ten_different_values_fill_ten_tenths() -> None:
    assert tiles_of(np.array([30, 10, 20, 40, 50, 60, 70, 80, 90, 100]), 10).tolist() == [3, 1, 2, 4, 5, 6, 7, 8, 9, 10]


def test_equal_values_share_a_tile_however_they_are_sorted() -> None:
    assert set(tiles_of(np.full(7, 5), 5).tolist()) == {1}


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_tile_changes_when_others_come_in(shuffled: bool) -> None:
    con = duckdb.connect()
    rows = [("'A'", 0, 10), ("'B'", 1, 5), ("'B'", 3, 20)]
    listed = ", ".join(f"({name}, {day}, {value})" for name, day, value in (reversed(rows) if shuffled else rows))
    values = con.sql(f"SELECT * FROM (VALUES {listed}) t(customer_id, day, value)")
    changes = tile_changes(con, values, tiles=2, days=5).order("day, customer_id").fetchall()
    assert changes == [("A", 0, 1), ("A", 1, 2), ("B", 1, 1), ("A", 3, 1), ("B", 3, 2)]


def test_no_buyers_have_no_tiles() -> None:
    con = duckdb.connect()
    nobody = con.sql("SELECT '' AS customer_id, 0 AS day, 0::BIGINT AS value LIMIT 0")
    assert tile_changes(con, nobody, tiles=10, days=3).fetchall() == []
