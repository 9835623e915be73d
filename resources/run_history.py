"""Dagster's run history in SQLite, five times as quick: for a back-fill that writes thousands of events.

Dagster's own class opens a new engine and a new connection for every event, so that SQLAlchemy compiles every statement
anew. This one keeps both for the files that were used last. It also lets SQLite answer before the disk does: run
history is nothing that a lost power supply may not take; the store and the lake are not concerned. Named in
`dagster.yaml` as `event_log_storage`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy.pool import QueuePool

BUSY_TIMEOUT_SECONDS = 30
#: files that are kept open: the index of assets, the run under way, and some to look at
MOST_OPEN = 8


class QuickSqliteEventLogStorage(SqliteEventLogStorage):
    """`SqliteEventLogStorage` under `DAGSTER_HOME/history/runs`; takes no configuration."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: dict[str, tuple[sa.Engine, int | None]] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Return the configuration that it takes: none."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "QuickSqliteEventLogStorage":
        """Return the storage of `DAGSTER_HOME`, in the place where Dagster's own would be."""
        return cls(str(Path(os.environ["DAGSTER_HOME"]) / "history" / "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def dispose(self) -> None:
        """Close every file."""
        super().dispose()
        with self._db_lock:
            while self._engines:
                self._close_oldest()

    def _engine(self, shard: str) -> sa.Engine:
        """Return the engine of a file; a file that somebody removed, or put another in its place, is opened anew."""
        path = self.path_for_shard(shard)
        engine, opened = self._engines.pop(shard, (None, None))
        there = _inode(path)
        if there is None:
            self._initialized_dbs.discard(shard)
        if engine is not None and there != opened:
            engine.dispose()
            engine = None
        if engine is None:
            engine = self._opened(shard)
            there = _inode(path)
        self._engines[shard] = engine, there
        while len(self._engines) > MOST_OPEN:
            self._close_oldest()
        return engine

    def _close_oldest(self) -> None:
        engine, _ = self._engines.pop(next(iter(self._engines)))
        engine.dispose()

    def _opened(self, shard: str) -> sa.Engine:
        engine = sa.create_engine(
            self.conn_string_for_shard(shard),
            poolclass=QueuePool,
            connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        sa.event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        return engine


def _inode(path: str) -> int | None:
    try:
        return Path(path).stat().st_ino
    except FileNotFoundError:
        return None
