"""Levels of pairs, compared once: those of the last run are taken over while neither record changed.

Not with an engine that finds them sooner than a table of them is read (`Engine.keeps_levels`): nothing is kept then.

The cache is a dataset of the lake: a row a pair that a run asked for, with both records' content_hash and the version
of what the levels depend on (plan and code). It holds no values of records.
"""

from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.identity.engines import Engine, Levels
from scv_assets.identity.plan import Plan
from scv_assets.identity.records import Merging, Pairs, Records

#: Columns of the cache.
PAIR_LEVELS: dict[str, str] = {
    "left_source": "VARCHAR",
    "left_key": "VARCHAR",
    "right_source": "VARCHAR",
    "right_key": "VARCHAR",
    "left_hash": "VARCHAR",
    "right_hash": "VARCHAR",
    "version": "VARCHAR",
    "levels": "VARCHAR",
}

_ZERO = ord("0")


class PairLevels:
    """Answers what the levels of pairs are: compares what is not known, or all where the engine keeps no levels.

    `compared`: how many pairs so far; those of an engine that keeps none count each time that they are asked for. Only
    there may several threads ask at once.
    """

    def __init__(
        self, con: Connection, plan: Plan, engine: Engine, records: Records, cache: Relation | None = None
    ) -> None:
        self._plan, self._engine, self._records = plan, engine, records
        self._pairs = Pairs.none(records.count)
        self._levels = np.empty((0, len(plan.comparisons)), np.uint8)
        self._is_asked = np.empty(0, bool)
        self._counting = Lock()
        self.compared = 0
        if cache is not None and engine.keeps_levels:
            self._take_over(con, cache)

    def __call__(self, pairs: Pairs) -> Levels:
        """Return the levels of pairs."""
        if not self._engine.keeps_levels:
            return self._compared(pairs)
        new = pairs.take(~pairs.are_in(self._pairs, self._records.count)) if len(self._pairs) else pairs
        if len(new):
            self._add(new, self._compared(new))
        if len(pairs) == len(self._pairs):
            self._is_asked[:] = True
            return self._levels
        place = np.searchsorted(self._pairs.keys(self._records.count), pairs.keys(self._records.count))
        self._is_asked[place] = True
        return self._levels[place]

    def _compared(self, pairs: Pairs) -> Levels:
        with self._counting:
            self.compared += len(pairs)
        return self._engine.compare(self._plan, self._records, pairs)

    def _add(self, pairs: Pairs, levels: Levels) -> None:
        if not len(self._pairs):
            self._pairs, self._levels, self._is_asked = pairs, levels, np.zeros(len(pairs), bool)
            return
        merging = Merging.of_pairs(self._pairs, pairs, self._records.count)
        self._pairs = merging.pairs(self._pairs, pairs)
        self._levels = merging(self._levels, levels)
        self._is_asked = merging(self._is_asked, np.zeros(len(pairs), bool))

    def _take_over(self, con: Connection, cache: Relation) -> None:
        keys, count, version = self._records.keys, self._records.count, self._plan.levels_version
        known = con.sql(
            """
            SELECT l.record * $count + r.record AS key, c.levels
            FROM cache c
            JOIN keys l ON l.source = c.left_source AND l.source_key = c.left_key AND l.content_hash = c.left_hash
            JOIN keys r ON r.source = c.right_source AND r.source_key = c.right_key AND r.content_hash = c.right_hash
            WHERE c.version = $version
            ORDER BY key
            """,
            params={"count": count, "version": version},
        ).to_arrow_table()
        pairs = Pairs.of_keys(known["key"].to_numpy(), count)
        self._add(pairs, _from_texts(known["levels"], len(self._plan.comparisons)))

    def cached(self, con: Connection) -> Relation:
        """Return what to keep for the next run: every pair that was asked for, by its key."""
        pairs, levels = self._pairs.take(self._is_asked), self._levels[self._is_asked]
        keys, version = self._records.keys, self._plan.levels_version
        asked = pa.table({"left_record": pairs.left, "right_record": pairs.right, "levels": _to_texts(levels)})
        return con.sql(
            """
            SELECT l.source AS left_source, l.source_key AS left_key,
                   r.source AS right_source, r.source_key AS right_key,
                   l.content_hash AS left_hash, r.content_hash AS right_hash, $version AS version, levels
            FROM asked JOIN keys l ON l.record = left_record JOIN keys r ON r.record = right_record
            ORDER BY left_record, right_record
            """,
            params={"version": version},
        )


def _to_texts(levels: Levels) -> pa.Array:
    width = levels.shape[1]
    offsets = np.arange(len(levels) + 1, dtype=np.int32) * width
    content = np.ascontiguousarray(levels + _ZERO).tobytes()
    return pa.StringArray.from_buffers(len(levels), pa.py_buffer(offsets), pa.py_buffer(content))


def _from_texts(texts: pa.ChunkedArray, width: int) -> npt.NDArray[np.uint8]:
    content = "".join(texts.to_pylist()).encode()
    return (np.frombuffer(content, dtype=np.uint8) - _ZERO).reshape(-1, width)
