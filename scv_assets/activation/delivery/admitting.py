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
from resources.store.tables import CONSENT_EVENT, OUTBOX, duckdb_schema
from resources.store.tombstones import CUSTOMER, tombstones
from scv_assets.activation.admission import refusals
from scv_assets.activation.destinations.outcomes import Message
from scv_assets.activation.reasons import ERASED
from scv_assets.activation.run import load_campaigns
from scv_assets.activation.view import View, store_view
from scv_assets.home import Home

_Seen = tuple[str, int, int]


class Admission:
    """Asks of messages whether they may be sent.

    The store is read anew whenever it was published, somebody's word on consent came in, or a message was cancelled.
    """

    def __init__(self, home: Home, lake: Lake, engine: sa.Engine) -> None:
        self._policy, self._time_zone = load_campaigns(home), home.settings.time_zone
        self._lake, self._engine = lake, engine
        self._con = lake.connect()
        self._seen: _Seen | None = None
        self._view: View | None = None

    def __call__(self, messages: Sequence[Message], at: datetime) -> dict[str, str]:
        """Return key -> reason of the messages that may not be sent."""
        rows = _outbox_rows(self._con, self._engine, [message.idempotency_key for message in messages])
        found = refusals(self._con, self._view_now(), rows, at).fetchall()
        return {key: reason for key, reason, _ in found} | self._erased(messages)

    def _erased(self, messages: Sequence[Message]) -> dict[str, str]:
        """Return the messages to customers who asked to be forgotten, published still or not."""
        erased = tombstones(self._engine, namespaces=(CUSTOMER,))
        if erased.is_empty:
            return {}
        return {one.idempotency_key: ERASED for one in messages if erased.hold(CUSTOMER, one.customer_id)}

    def _view_now(self) -> View:
        standing = _standing(self._engine)
        if self._view is None or standing != self._seen:
            self._view = store_view(self._con, self._engine, self._lake, self._policy, time_zone=self._time_zone)
            self._seen = standing
        return self._view

    def close(self) -> None:
        """Let go of what was read."""
        self._con.close()


def _standing(engine: sa.Engine) -> _Seen:
    words = sa.select(sa.func.count()).select_from(CONSENT_EVENT)
    cancelled = sa.select(sa.func.count()).select_from(OUTBOX).where(OUTBOX.c.status == "cancelled")
    with reading(engine) as connection:
        return base(engine), int(connection.scalar(words) or 0), int(connection.scalar(cancelled) or 0)


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
