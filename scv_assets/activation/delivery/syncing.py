"""Bringing a destination to what it is to have: profiles, then their subscriptions, orders, lines; removals around it.

By calls: what is new to the destination is written down before it leaves and what became of it after, batch by batch,
so that a run killed anywhere goes on from there. As a whole: the destination takes everything, then it is written down.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.delivery import sync_state
from scv_assets.activation.destinations.interface import Called, Changes, Exclusive, Whole
from scv_assets.activation.destinations.outcomes import Record, Removal, Result
from scv_assets.activation.destinations.pace import Clock
from scv_assets.activation.destinations.settings import ObjectSettings
from scv_assets.errors import ConfigError

READ_ROWS = 10_000
REMOVALS_A_CALL = 100
#: so many refused and none taken: it is the settings that are wrong, not the objects
ALL_REFUSED = 50

Item = TypeVar("Item")
Row = tuple[Any, ...]


@dataclass
class Synced:
    """What a sync did, by object: written, removed and rejected; `reasons` of the rejected, counted.

    `left_out`: how many stand back because another object has what the destination takes once.
    """

    written: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, results: Sequence[Result], done: dict[str, int]) -> None:
        """Count results."""
        refused = [result.reason for result in results if result.reason is not None]
        done[name] = done.get(name, 0) + len(results) - len(refused)
        if refused:
            self.rejected[name] = self.rejected.get(name, 0) + len(refused)
        for reason in refused:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1


@dataclass(frozen=True)
class Syncing:
    """One run over the objects of one destination."""

    engine: sa.Engine
    name: str
    where: str
    clock: Clock

    def whole(self, con: Connection, destination: Whole, changes: Mapping[str, Changes]) -> Synced:
        """Hand all changes over at once."""
        done = Synced()
        if not any(_has_rows(of.written) or _has_rows(of.removed) for of in changes.values()):
            return done
        destination.take(con, changes)
        told = [(name, of.written, of.removed) for name, of in changes.items()]
        sync_state.keep_whole(self.engine, self.name, told, self.clock.now())
        for name, of in changes.items():
            done.written[name], done.removed[name] = len(of.written), len(of.removed)
        return done

    def by_calls(self, destination: Called, changes: Mapping[str, Changes]) -> Synced:
        """Write and remove by calls, several at once. Raises `DestinationUnavailable`, `ConfigError`."""
        done = Synced()
        with ThreadPoolExecutor(destination.calls_at_once) as pool:
            crew = _Crew(self, destination, pool, done)
            if destination.removes_first:
                crew.remove_all(changes)
            for name, of in changes.items():
                crew.write(name, of)
            if not destination.removes_first:
                crew.remove_all(changes)
        return done


@dataclass(frozen=True)
class _Crew:
    """The calls of one run: made in threads, written down by the thread that began."""

    run: Syncing
    destination: Called
    pool: ThreadPoolExecutor
    done: Synced

    def write(self, name: str, of: Changes) -> None:
        size = self.destination.batch_size(of.settings, len(of.written))

        def sent(batch: list[Record]) -> list[Result]:
            return self.destination.write(of.settings, batch)

        settling = self.destination if isinstance(self.destination, Exclusive) else None
        conflicts: list[Record] = []

        def keep(batch: list[Record], told: list[Result]) -> None:
            waits = {result.key for result in told if result.is_conflict and settling is not None}
            conflicts.extend(record for record in batch if record.key in waits)
            self._keep_written(
                name,
                [record for record in batch if record.key not in waits],
                [result for result in told if result.key not in waits],
            )

        absent = frozenset[str]() if name == "profile" else sync_state.not_there(self.run.engine, self.run.name)

        def intend(rows: list[Row]) -> list[Row]:
            possible = [row for row in rows if row[1] not in absent]
            new = [key for key, *_, is_new in possible if is_new]
            sync_state.intend(self.run.engine, self.run.name, name, new)
            return possible

        batches = (
            [Record(key, json.loads(payload), hash_, receipt) for key, _, payload, hash_, receipt, _ in rows]
            for rows in _batches(of.written, size, intend)
        )
        self._spread(batches, sent, keep)
        if settling is not None and conflicts:
            self._keep_written(name, conflicts, settling.settle(of.settings, conflicts))

    def _keep_written(self, name: str, records: Sequence[Record], told: Sequence[Result]) -> None:
        by_key = {result.key: result for result in told}
        pairs = [(record, by_key[record.key]) for record in records]
        sync_state.keep(self.run.engine, self.run.name, name, pairs, self.run.clock.now())
        self.done.add(name, told, self.done.written)
        self._refuse_nonsense(name)

    def remove_all(self, changes: Mapping[str, Changes]) -> None:
        """Lines before orders before subscriptions before profiles: what hangs on something goes before it."""
        for name in reversed(list(changes)):
            self._remove(name, changes[name])
        for name, of in changes.items():
            sync_state.forget(self.run.engine, self.run.name, name, of.implied)

    def _remove(self, name: str, of: Changes) -> None:
        settings: ObjectSettings = of.settings

        def sent(batch: list[Removal]) -> list[Result]:
            return self.destination.remove(settings, batch)

        def keep(batch: list[Removal], told: list[Result]) -> None:
            gone = [result.key for result in told if result.reason is None]
            sync_state.forget(self.run.engine, self.run.name, name, gone)
            self.done.add(name, told, self.done.removed)

        batches = (
            [Removal(key, receipt, is_erasure) for key, receipt, is_erasure in rows]
            for rows in _batches(of.removed, REMOVALS_A_CALL, lambda rows: rows)
        )
        self._spread(batches, sent, keep)

    def _spread(
        self,
        batches: Iterator[list[Item]],
        sent: Callable[[list[Item]], list[Result]],
        keep: Callable[[list[Item], list[Result]], None],
    ) -> None:
        """Send batches in threads, few more under way than threads, and keep what came of each as it comes.

        Where one fails those that have not begun are left, and the others under way are kept before its error is
        raised: what was taken stays known.
        """
        under_way: dict[Future[list[Result]], list[Item]] = {}
        failed: list[BaseException] = []

        def settle(count: int) -> None:
            while len(under_way) > count:
                ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in ended:
                    batch = under_way.pop(future)
                    if future.cancelled():
                        continue
                    error = future.exception()
                    if error is None:
                        keep(batch, future.result())
                    else:
                        failed.append(error)
                        for waits in under_way:
                            waits.cancel()

        for batch in batches:
            under_way[self.pool.submit(sent, batch)] = batch
            settle(2 * self.destination.calls_at_once)
            if failed:
                break
        settle(0)
        if failed:
            raise failed[0]

    def _refuse_nonsense(self, name: str) -> None:
        refused = self.done.rejected.get(name, 0)
        if refused >= ALL_REFUSED and not self.done.written.get(name):
            reason = max(self.done.reasons.items(), key=lambda item: item[1])[0]
            raise ConfigError(f"{self.run.name} refuses every {name} ({reason}); mend its fields", where=self.run.where)


def _batches(rows: Relation, size: int, first: Callable[[list[Row]], list[Row]]) -> Iterator[list[Row]]:
    """Yield rows in batches of `size`; `first` sees them before, some thousands at once, and says which."""
    with rows.to_arrow_reader(max(READ_ROWS, size)) as reader:
        for read in reader:
            if not read.num_rows:
                continue
            many = list(zip(*(column.to_pylist() for column in read.columns), strict=True))
            many = first(many)
            for start in range(0, len(many), size):
                yield many[start : start + size]


def _has_rows(rows: Relation) -> bool:
    return len(rows.limit(1)) > 0
