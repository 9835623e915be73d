"""What speaks against the messages that are about to leave, asked of the store as it is at that moment."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.engine import reading
from resources.store.publish import base
from resources.store.tables import OUTBOX, duckdb_schema
from resources.store.unloading import relation
from scv_assets.activation.delivery import consent_now
from scv_assets.activation.destinations.outcomes import Message
from scv_assets.golden.run import SILENCE_PATH, SILENCE_SCHEMA
from scv_assets.home import Home


class Admission:
    """Asks of messages whether they may be sent, of the store as it is now: read anew whenever it was published."""

    def __init__(self, _home: Home, lake: Lake, engine: sa.Engine) -> None:
        self._lake = lake
        self._engine = engine
        self._con = lake.connect()
        self._seen: str | None = None
        self._view: dict[str, Relation] = {}

    def __call__(self, messages: Sequence[Message], at: datetime) -> dict[str, str]:
        """Return key -> reason of the messages that may not be sent."""
        standing = base(self._engine)
        if standing != self._seen:
            self._view = {name: relation(self._con, self._engine, name) for name in consent_now.TABLES}
            self._view["silence"] = self._lake.scan(self._con, SILENCE_PATH, SILENCE_SCHEMA)
            self._seen = standing
        rows = _outbox_rows(self._con, self._engine, [message.idempotency_key for message in messages])
        found = consent_now.refusals(self._con, self._view, rows, at).fetchall()
        return {key: reason for key, reason, _ in found}

    def close(self) -> None:
        """Let go of what was read."""
        self._con.close()


def _outbox_rows(con: Connection, engine: sa.Engine, keys: Sequence[str]) -> Relation:
    """Return these rows of the outbox, with the types of `duckdb_schema`."""
    query = sa.select(OUTBOX).where(OUTBOX.c.idempotency_key.in_(keys)).order_by(OUTBOX.c.idempotency_key)
    with reading(engine) as connection:
        rows = connection.execute(query).mappings().all()
    schema = duckdb_schema(OUTBOX)
    table = pa.table({name: pa.array([_plain(row[name]) for row in rows], pa.string()) for name in schema})
    con.register("outbox_rows", table)
    casts = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in schema.items())
    return con.sql(f"SELECT {casts} FROM outbox_rows")


def _plain(value: object) -> str | None:
    return None if value is None else str(value)
