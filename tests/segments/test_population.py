from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scv_assets.segments.population import tile_changes, tile_moves
from tests.in_memory import connected


def tiles_of(values: list[int], tiles: int) -> list[int]:
    who = np.arange(len(values))
    moves = tile_moves(who, np.zeros(len(who), dtype=np.int64), np.array(values), tiles=tiles, days=1)
    assert moves.who.tolist() == who.tolist()
    return [int(tile) for tile in moves.tile]


def place(value: int, values: Iterable[int], tiles: int) -> int:
    among = list(values)
    return 1 + tiles * sum(other < value for other in among) // len(among)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60), st.sampled_from([2, 5, 10]))
def test_a_tile_counts_the_buyers_below(values: list[int], tiles: int) -> None:
    assert tiles_of(values, tiles) == [place(value, values, tiles) for value in values]


_NEWS = st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 6)), st.integers(-3, 3), min_size=1, max_size=25)


@given(news=_NEWS, marks=st.none() | st.sets(st.integers(-1, 12), max_size=4))
def test_every_day_is_as_if_ranked_alone(news: dict[tuple[int, int], int], marks: set[int] | None) -> None:
    listed = sorted(news.items())
    day, who, value = (np.array(column) for column in zip(*((d, w, v) for (d, w), v in listed), strict=True))
    moves = tile_moves(who, day, value, tiles=10, days=7, marks=marks)
    current: dict[int, int] = {}
    told: dict[int, int] = {}
    expected = []
    for on in range(7):
        current |= {w: v for (d, w), v in listed if d == on}
        for one in sorted(current):
            tile = place(current[one], current.values(), 10)
            if marks is not None:
                tile = max((mark for mark in marks if 1 < mark <= tile), default=1)
            if told.get(one) != tile:
                told[one] = tile
                expected.append((one, on, tile))
    assert list(zip(*(column.tolist() for column in moves), strict=True)) == expected


def test_ten_different_values_fill_ten_tenths() -> None:
    assert tiles_of([30, 10, 20, 40, 50, 60, 70, 80, 90, 100], 10) == [3, 1, 2, 4, 5, 6, 7, 8, 9, 10]


def test_equal_values_share_a_tile_however_they_are_sorted() -> None:
    assert set(tiles_of([5] * 7, 5)) == {1}


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_tile_changes_when_others_come_in(shuffled: bool) -> None:
    con = connected()
    rows = [("'A'", 0, 10), ("'B'", 1, 5), ("'B'", 3, 20)]
    listed = ", ".join(f"({name}, {day}, {value})" for name, day, value in (reversed(rows) if shuffled else rows))
    values = con.sql(f"SELECT * FROM (VALUES {listed}) t(customer_id, day, value)")
    changes = tile_changes(con, values, tiles=2, days=5).order("day, customer_id").fetchall()
    assert changes == [("A", 0, 1), ("A", 1, 2), ("B", 1, 1), ("A", 3, 1), ("B", 3, 2)]


def test_no_buyers_have_no_tiles() -> None:
    con = connected()
    nobody = con.sql("SELECT '' AS customer_id, 0 AS day, 0::BIGINT AS value LIMIT 0")
    assert tile_changes(con, nobody, tiles=10, days=3).fetchall() == []
