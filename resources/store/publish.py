"""Publishing: the lake's results become the store's tables, all of them in one transaction.

Write, audit, swap: what is about to be published is audited in DuckDB; then one transaction brings every table that
changed to its new content, by difference where the lake still holds what was published before and whole otherwise,
counts the rows, and records what was published; whoever asked to be forgotten goes in it too. A reader sees all of
yesterday or all of today; a killed run leaves yesterday; content that did not change costs no transaction at all.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.audit import audit, claimed_tables
from resources.store.changes import Appended, ByDifference, Change, PublishedCounts, Whole
from resources.store.difference import difference, rows_of_new_keys
from resources.store.engine import place, reading, writing
from resources.store.erasing import erasing, has_requests
from resources.store.publication import (
    Candidate,
    Published,
    base,
    base_of,
    candidate,
    forget_all_but,
    published,
    record,
    register,
    registered,
)
from resources.store.tables import PUBLICATION
from resources.store.unloading import store_table, unload
from scv_assets.errors import LakeError, PublishRefused

__all__ = ["PublishedCounts", "base", "publish"]

_MEANWHILE = "nothing was published: another run published meanwhile; run again"


def publish(
    engine: sa.Engine,
    lake: Lake,
    con: Connection,
    tables: Mapping[str, str],
    *,
    now: datetime,
    run_id: str,
    append_only: frozenset[str] = frozenset(),
    expected_base: str | None = None,
) -> dict[str, PublishedCounts]:
    """Publish datasets of the lake as tables of the store (table -> dataset), whole or not at all.

    To tables of `append_only` rows of new keys are added and nothing else. `expected_base` is `base(engine)` as the run
    read it before it computed: another run that published since makes this one's results stale.

    Raises `PublishRefused` where a claim of the audit is broken or another run published meanwhile; `StoreUnavailable`,
    `LakeError`. After any of them the store is as it was.
    """
    with reading(engine) as connection:
        before = published(connection)
    if expected_base is not None and base_of(before) != expected_base:
        raise PublishRefused(_MEANWHILE)
    candidates = {name: candidate(lake, store_table(name), dataset) for name, dataset in sorted(tables.items())}
    for wanted in candidates.values():
        register(lake, wanted)
    publishing = _Publishing(engine, lake, con, candidates, before, append_only)
    counts = publishing.run(now, run_id)
    for wanted in candidates.values():
        forget_all_but(lake, wanted)
    return counts


@dataclass(frozen=True)
class _Publishing:
    engine: sa.Engine
    lake: Lake
    con: Connection
    candidates: Mapping[str, Candidate]
    before: Mapping[str, Published]
    append_only: frozenset[str]

    def run(self, now: datetime, run_id: str) -> dict[str, PublishedCounts]:
        changed = {name: c for name, c in self.candidates.items() if self._standing(name) != c.content}
        counts = {name: PublishedCounts(0, 0, 0, c.row_count) for name, c in self.candidates.items()}
        if not changed and not has_requests(self.engine):
            return counts
        with contextlib.ExitStack() as made:
            self._audit(changed, made)
            changes = {name: self._change(wanted, made) for name, wanted in changed.items()}
            with _refusing(self.engine), writing(self.engine, PUBLICATION) as connection:
                if published(connection) != self.before:
                    raise PublishRefused(_MEANWHILE)
                with erasing(self.con, connection, now):
                    for name, change in changes.items():
                        counts[name], rows = change.apply(connection)
                        record(connection, name, Published(changed[name].content, rows, run_id), now)
        return counts

    def _standing(self, name: str) -> str | None:
        return self.before[name].content if name in self.before else None

    def _audit(self, changed: Mapping[str, Candidate], made: contextlib.ExitStack) -> None:
        relations = {name: self._as_it_will_stand(name, made) for name in claimed_tables(changed) | set(changed)}
        audit(self.con, {name: wanted.table for name, wanted in changed.items()}, relations)

    def _as_it_will_stand(self, name: str, made: contextlib.ExitStack) -> Relation:
        """Return a table from what is to be published, or from what is: out of the lake, or else the store."""
        if name in self.candidates:
            return self._rows(self.candidates[name])
        standing = self._standing(name) if name not in self.append_only else None
        held = registered(self.lake, self.con, store_table(name), standing) if standing else None
        if held is None:
            copy = unload(self.con, self.engine, name)
            made.callback(self.con.execute, f"DROP TABLE {copy}")
            held = self.con.table(copy)
        return held

    def _rows(self, wanted: Candidate) -> Relation:
        rows = registered(self.lake, self.con, wanted.table, wanted.content)
        if rows is None:
            raise LakeError(f"{wanted.dataset}: its files were removed while they were published; run again")
        return rows

    def _change(self, wanted: Candidate, made: contextlib.ExitStack) -> Change:
        table, rows = wanted.table, self._rows(wanted)
        standing = self._standing(table.name)
        old = registered(self.lake, self.con, table, standing) if standing else None
        if table.name in self.append_only:
            new = rows if old is None else rows_of_new_keys(self.con, table, old, rows)
            return Appended(table, new, wanted.row_count)
        whole = Whole(table, rows, wanted.row_count)
        if old is None:
            return whole
        found = difference(self.con, table, old, rows)
        made.callback(found.drop)
        return ByDifference(whole, found)


@contextlib.contextmanager
def _refusing(engine: sa.Engine) -> Iterator[None]:
    """Turn what the database finds wrong with the rows into `PublishRefused`, without a word of the rows themselves."""
    driver = engine.dialect.loaded_dbapi
    try:
        yield
    except (sa.exc.IntegrityError, sa.exc.DataError, driver.IntegrityError, driver.DataError) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        raise PublishRefused(
            f"nothing was published: {place(engine)} refused the rows ({type(cause).__name__}); the last state stays"
        ) from None
