"""The place of each customer among all buyers, day by day: deciles and quintiles that move when others move.

Equal values share a tile: the tile of a value v among n buyers is 1 + floor(tiles * buyers below v / n). So a tile may
hold more or fewer than n / tiles customers, and nobody's tile hangs on how ties are sorted.
"""

import numpy as np
import pandas as pd
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation
from numpy.typing import NDArray


def tile_changes(con: Connection, values: Relation, *, tiles: int, days: int) -> Relation:
    """Return each day on which a customer's tile is another than the day before; one row a (customer_id, day).

    `values` (customer_id, day, value): the customer's value from that day on, days counted from 0, one row a
    (customer_id, day); who has no row yet is not in the population. `days`: how many days to look at. The work goes
    with days times buyers, over arrays: 90 days of 300,000 buyers take some seconds.
    """
    rows = con.sql(
        """
        SELECT (dense_rank() OVER (ORDER BY customer_id) - 1)::INTEGER AS code, customer_id, day, value
        FROM values ORDER BY day, code
        """
    ).df()
    codes, on, value = (rows[name].to_numpy() for name in ("code", "day", "value"))
    names = np.empty(int(codes.max()) + 1 if len(codes) else 0, dtype=rows["customer_id"].dtype)
    names[codes] = rows["customer_id"].to_numpy()
    bounds = np.searchsorted(on, np.arange(days + 1))
    current = np.zeros(len(names), dtype=np.int64)
    tile = np.zeros(len(names), dtype=np.int64)
    is_buyer = np.zeros(len(names), dtype=bool)
    changed: list[tuple[NDArray[np.int64], int, NDArray[np.int64]]] = []
    for day in range(days):
        news = slice(bounds[day], bounds[day + 1])
        if news.start == news.stop:
            continue
        current[codes[news]] = value[news]
        is_buyer[codes[news]] = True
        buyers = np.flatnonzero(is_buyer)
        latest = tiles_of(current[buyers], tiles)
        moved = latest != tile[buyers]
        tile[buyers] = latest
        changed.append((buyers[moved], day, latest[moved]))
    frame = pd.DataFrame(
        {
            "customer_id": np.concatenate([names[who] for who, _, _ in changed] or [names[:0]]),
            "day": np.concatenate([np.full(len(who), day) for who, day, _ in changed] or [np.empty(0, dtype=np.int64)]),
            "tile": np.concatenate([new for _, _, new in changed] or [np.empty(0, dtype=np.int64)]),
        }
    )
    id_type = values.types[values.columns.index("customer_id")]
    return con.sql(
        f"SELECT customer_id::{id_type} AS customer_id, day::INTEGER AS day, tile::BIGINT AS tile FROM frame"
    )


def tiles_of(values: NDArray[np.int64], tiles: int) -> NDArray[np.int64]:
    """Return the tile, from 1 (lowest), of each value among all of them."""
    count = len(values)
    firsts = np.array([-(-k * count // tiles) for k in range(1, tiles)]) - 1
    borders = np.sort(np.partition(values, np.unique(firsts))[firsts])
    return (np.searchsorted(borders, values, side="left") + 1).astype(np.int64)
