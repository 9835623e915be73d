"""How requests stand, and what must hold of them: an erased record is not published, and nothing was found of it."""

from dataclasses import dataclass

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection

from resources.store.engine import reading
from resources.store.erasures import COMPLETED, REQUESTED, RUNNING, requests, unacknowledged
from resources.store.tables import CROSSWALK
from resources.store.tombstones import RECORD, Tombstones
from resources.store.unloading import unload_from


@dataclass(frozen=True)
class Standing:
    """Requests by status; `found`: rows that name erased people though nobody acknowledged it, by where."""

    requested: int
    running: int
    completed: int
    found: dict[str, int]

    @property
    def told(self) -> str:
        """Say what is wrong, or that nothing is."""
        where = ", ".join(f"{rows:,} in {place}" for place, rows in sorted(self.found.items()))
        if not where:
            return "nothing of erased people was found that is not acknowledged"
        return f"rows that name erased people: {where}; take them out and run again (scv erase --list)"


def standing(con: Connection, store: sa.Engine) -> Standing:
    """Return how requests stand now: what the proofs found, and what is published again."""
    every = requests(store)
    effective = [one for one in every if one.status in {RUNNING, COMPLETED}]
    found: dict[str, int] = {}
    for request in effective:
        for name, rows in unacknowledged(request.proof).items():
            found[name] = max(rows, found.get(name, 0))
    if effective:
        records = frozenset[str]().union(*(one.subject[RECORD] for one in effective))
        laid = Tombstones(effective[0].salt, {RECORD: records}).laid(con)
        with reading(store) as connection:
            published = con.table(unload_from(con, connection, CROSSWALK.name, columns=("source", "source_key")))
        back = len(published.filter(laid.record("source", "source_key")))
        found |= {CROSSWALK.name: back} if back else {}
    requested, running, completed = (
        sum(one.status == status for one in every) for status in (REQUESTED, RUNNING, COMPLETED)
    )
    return Standing(requested, running, completed, found)
