"""The place of each customer among all buyers, day by day: deciles and quintiles that move when others move.

Equal values share a tile: the tile of a value v among n buyers is 1 + floor(tiles * buyers below v / n). So a tile may
hold more or fewer than n / tiles customers, and nobody's tile hangs on how ties are sorted.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
_NOBODY = np.iinfo(np.int64).min


class TileMoves(NamedTuple):
    """Who is in which tile from which day on, by day and then by `who`."""

    who: Numbers
    day: Numbers
    tile: Numbers


def tile_changes(con: Connection, values: Relation, *, tiles: int, days: int) -> Relation:
    """Return each day on which a customer's tile is another than the day before; one row a (customer_id, day).

    `values` (customer_id, day, value): the customer's value from that day on, days counted from 0, one row a
    (customer_id, day); who has no row yet is not in the population. `days`: how many days to look at.
    """
    rows = con.sql(
        """
        SELECT dense_rank() OVER (ORDER BY customer_id) - 1 AS who, customer_id, day::BIGINT AS day, value
        FROM values ORDER BY day, who
        """
    ).to_arrow_table()
    who, day, value = (rows[name].to_numpy() for name in ("who", "day", "value"))
    moves = tile_moves(who, day, value, tiles=tiles, days=days)
    _, first = np.unique(who, return_index=True)
    found = pa.table(  # read by the query below
        {
            "customer_id": rows["customer_id"].take(pa.array(first)).take(pa.array(moves.who)),
            "day": moves.day,
            "tile": moves.tile,
        }
    )
    id_type = values.types[values.columns.index("customer_id")]
    return con.sql(
        f"SELECT customer_id::{id_type} AS customer_id, day::INTEGER AS day, tile::BIGINT AS tile FROM found"
    )


def tile_moves(
    who: Numbers, day: Numbers, value: Numbers, *, tiles: int, days: int, marks: Iterable[int] | None = None
) -> TileMoves:
    """Return on which days whose tile is another than the day before.

    In: rows sorted by `day`, one a (who, day), `who` counted from 0: the value from that day on. `marks`: where it is
    enough to know which of these tiles the customer has reached; the tile told is then the highest mark reached, or 1.
    The values of all buyers are kept sorted from day to day, so that a day costs some passes over them and no sort.
    """
    reached = sorted(set(range(2, tiles + 1) if marks is None else marks) & set(range(2, tiles + 1)))
    told = np.array([0, 1, *reached])
    current = np.full(int(who.max(initial=-1)) + 1, _NOBODY)
    place = np.zeros(len(current), dtype=np.int16)
    ranked = np.empty(0, dtype=np.int64)
    bounds = np.searchsorted(day, np.arange(days + 1))
    moved: list[TileMoves] = []
    for number in range(days):
        news = slice(bounds[number], bounds[number + 1])
        if news.start == news.stop:
            continue
        ranked = _replaced(ranked, current[who[news]], value[news])
        current[who[news]] = value[news]
        latest = (current != _NOBODY).astype(np.int16)
        for tile in reached:
            latest += current > ranked[-(-(tile - 1) * len(ranked) // tiles) - 1]
        some = np.flatnonzero(latest != place)
        place = latest
        moved.append(TileMoves(some, np.full(len(some), number), told[latest[some]]))
    empty = np.empty(0, dtype=np.int64)
    return (
        TileMoves(*(np.concatenate([empty, *columns]) for columns in zip(*moved, strict=True)))
        if moved
        else (TileMoves(empty, empty, empty))
    )


def _replaced(ranked: Numbers, olds: Numbers, news: Numbers) -> Numbers:
    """Return the sorted values without those that are no more and with those that are new."""
    olds = np.sort(olds[olds != _NOBODY])
    places = np.searchsorted(ranked, olds) + np.arange(len(olds)) - np.searchsorted(olds, olds)
    left = np.delete(ranked, places)
    news = np.sort(news)
    return np.insert(left, np.searchsorted(left, news), news)
