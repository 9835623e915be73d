"""What destinations have, as the store remembers it: `sync_state`, written in the deliveries' own transactions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from duckdb import DuckDBPyRelation as Relation

from resources.store.engine import reading, writing
from resources.store.tables import SYNC_STATE
from scv_assets.activation.destinations.outcomes import Record, Result

SYNCED, REJECTED, IN_DOUBT, LEFT_OUT = "synced", "rejected", "in_doubt", "left_out"
BATCH_ROWS = 10_000
_KEYS_A_STATEMENT = 500

_s = SYNC_STATE.c


def intend(engine: sa.Engine, destination: str, object_: str, keys: Sequence[str]) -> None:
    """Say that these objects, which the destination does not have, are about to be sent.

    Whatever happens then, the next run knows that they may be there: it sends them, or removes them where meanwhile
    the destination is not to have them.
    """
    rows = [
        {
            "destination": destination,
            "object": object_,
            "key": key,
            "payload_hash": "",
            "status": IN_DOUBT,
            "attempts": 0,
        }
        for key in keys
    ]
    if rows:
        with writing(engine, SYNC_STATE) as connection:
            _replace(connection, destination, object_, rows)


def keep(
    engine: sa.Engine,
    destination: str,
    object_: str,
    results: Sequence[tuple[Record, Result]],
    now: datetime,
) -> None:
    """Write down what became of records."""
    rows = [
        {
            "destination": destination,
            "object": object_,
            "key": record.key,
            "payload_hash": record.payload_hash,
            "synced_at": now,
            "status": SYNCED if result.reason is None else REJECTED,
            "reason": result.reason,
            "attempts": 0 if result.reason is None else 1,
            "receipt": result.receipt or record.receipt,
        }
        for record, result in results
    ]
    with writing(engine, SYNC_STATE) as connection:
        _replace(connection, destination, object_, rows)


def forget(engine: sa.Engine, destination: str, object_: str, keys: Iterable[str]) -> None:
    """Write down that the destination no longer has these objects."""
    if not (gone := list(keys)):
        return
    with writing(engine, SYNC_STATE) as connection:
        _delete(connection, destination, object_, gone)


def keep_whole(
    engine: sa.Engine, destination: str, changes: Sequence[tuple[str, Relation, Relation]], now: datetime
) -> None:
    """Write down that all changes were taken: (object, written, removed), in one transaction."""
    with writing(engine, SYNC_STATE) as connection:
        for object_, written, removed in changes:
            for batch in _batches(removed.project("key")):
                _delete(connection, destination, object_, [row[0] for row in batch])
            for batch in _batches(written.project("key, payload_hash, receipt")):
                common = {"destination": destination, "object": object_, "synced_at": now, "status": SYNCED}
                rows = [
                    {**common, "key": key, "payload_hash": hash_, "attempts": 0, "receipt": receipt}
                    for key, hash_, receipt in batch
                ]
                _replace(connection, destination, object_, rows)


def leave_out(engine: sa.Engine, destination: str, object_: str, reasons: Mapping[str, str], now: datetime) -> None:
    """Say of exactly these objects (key -> why) that the destination does not have them beside another one.

    One that it has still, because it could not be removed, is none of them yet. Where nothing changed nothing is
    written.
    """
    mine = sa.and_(_s.destination == destination, _s.object == object_)
    with writing(engine, SYNC_STATE) as connection:
        known = connection.execute(sa.select(_s.key, _s.status, _s.reason).where(mine)).all()
        before = {key: reason for key, status, reason in known if status == LEFT_OUT}
        there = {key for key, status, _ in known if status != LEFT_OUT}
        _delete(connection, destination, object_, [key for key in before if reasons.get(key) != before[key]])
        new = [key for key in reasons if key not in there and before.get(key) != reasons[key]]
        common = {"destination": destination, "object": object_, "synced_at": now, "status": LEFT_OUT, "attempts": 0}
        rows = [{**common, "key": key, "reason": reasons[key]} for key in new]
        if rows:
            connection.execute(sa.insert(SYNC_STATE), rows)


def has_any(engine: sa.Engine, destination: str) -> bool:
    """Tell whether the destination has, or may have, any object."""
    with reading(engine) as connection:
        return connection.scalar(sa.select(_s.key).where(_s.destination == destination).limit(1)) is not None


def unsettled(engine: sa.Engine, destination: str) -> int:
    """Return how many objects are in doubt, or are to be sent again."""
    query = sa.select(sa.func.count()).where(_s.destination == destination, _s.payload_hash == "")
    with reading(engine) as connection:
        return int(connection.execute(query).scalar_one())


def not_there(engine: sa.Engine, destination: str) -> frozenset[str]:
    """Return the customers whose profile the destination refused: nothing of theirs can hang on it."""
    query = sa.select(_s.key).where(_s.destination == destination, _s.object == "profile", _s.status != SYNCED)
    with reading(engine) as connection:
        return frozenset(connection.scalars(query))


def rejected(engine: sa.Engine, destination: str | None, limit: int) -> list[dict[str, Any]]:
    """Return what destinations refused, and what was left out, in the order of the key."""
    is_missing = _s.status.in_((REJECTED, LEFT_OUT))
    query = sa.select(SYNC_STATE).where(is_missing).order_by(_s.destination, _s.object, _s.key).limit(limit)
    if destination:
        query = query.where(_s.destination == destination)
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def rejected_count(engine: sa.Engine, destination: str) -> int:
    """Return how many objects a destination refused that stand so."""
    query = sa.select(sa.func.count()).where(_s.destination == destination, _s.status == REJECTED)
    with reading(engine) as connection:
        return int(connection.execute(query).scalar_one())


def retry_rejected(engine: sa.Engine, destination: str | None) -> int:
    """Let what was refused be sent again as it is; return how many objects."""
    chosen = [_s.status == REJECTED] + ([_s.destination == destination] if destination else [])
    with writing(engine, SYNC_STATE) as connection:
        return connection.execute(sa.update(SYNC_STATE).where(*chosen).values(payload_hash="")).rowcount


def _replace(connection: sa.Connection, destination: str, object_: str, rows: list[dict[str, Any]]) -> None:
    _delete(connection, destination, object_, [row["key"] for row in rows])
    if rows:
        connection.execute(sa.insert(SYNC_STATE), rows)


def _delete(connection: sa.Connection, destination: str, object_: str, keys: list[str]) -> None:
    for start in range(0, len(keys), _KEYS_A_STATEMENT):
        some = keys[start : start + _KEYS_A_STATEMENT]
        connection.execute(
            sa.delete(SYNC_STATE).where(_s.destination == destination, _s.object == object_, _s.key.in_(some))
        )


def _batches(rows: Relation) -> Iterable[list[tuple[Any, ...]]]:
    with rows.to_arrow_reader(BATCH_ROWS) as reader:
        for batch in reader:
            if batch.num_rows:
                yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
