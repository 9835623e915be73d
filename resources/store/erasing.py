"""Carrying erasures out in the store: in the transaction that publishes a view without the erased customers.

A request takes effect with the first publish that holds none of its records; one that was entered while a run was under
way waits for the next. What becomes of it after that (destinations, the lake, the rest of the proof) is governance's.
"""

import contextlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection

from resources.store.engine import reading
from resources.store.erasures import REQUESTED, RUNNING
from resources.store.redaction import KEPT_WITHOUT, Record, counts, former_ids, people, redact, still_there
from resources.store.tables import CROSSWALK, ERASURE_REQUEST, IDENTITY_EVENT
from resources.store.tombstones import RECORD, Tombstones, hashed, record_value
from resources.store.unloading import unload_from

_r = ERASURE_REQUEST.c


def has_requests(engine: sa.Engine) -> bool:
    """Tell whether a request waits for a publish."""
    with reading(engine) as connection:
        return connection.scalar(sa.select(_r.request_id).where(_r.status == REQUESTED).limit(1)) is not None


@contextlib.contextmanager
def erasing(con: Connection, connection: sa.Connection, now: datetime) -> Iterator[None]:
    """Swap the tables inside, and all else that hangs on erased customers goes in the same transaction."""
    asked = _asked(connection)
    if not asked.requests:
        yield
        return
    known = _known(con, connection, asked)
    with people(connection, known.records, known.customers):
        before = counts(connection)
    yield
    with people(connection, known.records, known.customers):
        records_there, customers_there = still_there(connection)
    standing = {hashed(asked.salt, RECORD, record_value(*one)) for one in records_there}
    done = [request for request, hashes in asked.requests.items() if not hashes & standing]
    gone = known.of({one for request in done for one in asked.requests[request]}, asked.salt)
    with people(connection, gone.records, gone.without(customers_there)):
        redact(connection, now)
        after = counts(connection)
    proof = json.dumps(_proof(before, after, len(done)), sort_keys=True)
    for request in done:
        chosen = sa.update(ERASURE_REQUEST).where(_r.request_id == request)
        connection.execute(chosen.values(status=RUNNING, proof=proof))


@dataclass(frozen=True)
class _Asked:
    """The requests that have not taken effect, each with the hashes of its records."""

    salt: str
    requests: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class _Known:
    """The erased as the store knows them, in the clear and in memory only.

    `owners`: source record -> its customer (null: it left the crosswalk); `former`: id merged away -> customer.
    """

    owners: Mapping[Record, str | None]
    former: Mapping[str, str]

    @property
    def records(self) -> set[Record]:
        return set(self.owners)

    @property
    def customers(self) -> set[str]:
        return self.without(())

    def without(self, there: Collection[str]) -> set[str]:
        """Return the ids of customers who are not there any more, and of those that were merged into these."""
        former = {old for old, customer in self.former.items() if customer not in there}
        return ({one for one in self.owners.values() if one is not None} | former) - set(there)

    def of(self, hashes: Collection[str], salt: str) -> "_Known":
        """Return those of whom a record has one of these hashes."""
        owners = {
            one: owner for one, owner in self.owners.items() if hashed(salt, RECORD, record_value(*one)) in hashes
        }
        customers = set(owners.values())
        return _Known(owners, {old: customer for old, customer in self.former.items() if customer in customers})


def _asked(connection: sa.Connection) -> _Asked:
    rows = connection.execute(sa.select(_r.request_id, _r.subject, _r.salt).where(_r.status == REQUESTED)).all()
    requests = {one.request_id: frozenset(json.loads(one.subject)[RECORD]) for one in rows}
    return _Asked(rows[0].salt if rows else "", requests)


def _known(con: Connection, connection: sa.Connection, asked: _Asked) -> _Known:
    """Return them by the crosswalk, and where a record left it meanwhile by the events of its id."""
    wanted = frozenset[str]().union(*asked.requests.values())
    laid = Tombstones(asked.salt, {RECORD: wanted}).laid(con)
    owners: dict[Record, str | None] = {}
    for table in (CROSSWALK, IDENTITY_EVENT):
        if len(owners) < len(wanted):
            name = unload_from(con, connection, table.name, columns=("source", "source_key", "customer_id"))
            rows = con.table(name).filter(laid.record("source", "source_key"))
            named = rows.project("source, source_key, customer_id").fetchall()
            con.execute(f"DROP TABLE {name}")
            for source, key, customer in named:
                owners.setdefault((source, key), customer if table is CROSSWALK else None)
    with people(connection, owners, {owner for owner in owners.values() if owner is not None}):
        return _Known(owners, former_ids(connection))


def _proof(before: Mapping[str, int], after: Mapping[str, int], requests: int) -> dict[str, Any]:
    """Return what a proof says of the store: tables, rows that went or lost the person, rows that are left."""
    told = {name: rows for name, rows in before.items() if rows}
    return {
        "requests_of_this_run": requests,
        "store": {
            "looked_through": sorted(before),
            "removed": {name: rows for name, rows in told.items() if name not in KEPT_WITHOUT},
            "made_anonymous": {name: rows for name, rows in told.items() if name in KEPT_WITHOUT},
            "found": {name: rows for name, rows in after.items() if rows},
        },
    }
