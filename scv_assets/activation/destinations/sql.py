"""A database of the company's own (the warehouse), by SQLAlchemy: all changes of a sync in one transaction.

The tables are made where they are missing: the key, and a column an attribute, all text.
Messages go into `scv_message`, whose key is theirs: the same one twice is one row.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.destinations.interface import Changes
from scv_assets.activation.destinations.outcomes import DELIVERED, Message, Outcome, Tally
from scv_assets.activation.destinations.settings import ObjectSettings
from scv_assets.errors import ConfigError, DestinationUnavailable

BATCH_ROWS = 5_000
MESSAGES = "scv_message"


class Database:
    """One database."""

    messages_at_once = 1_000

    def __init__(self, name: str, address: str, where: str, tally: Tally) -> None:
        self._name = name
        self.tally = tally
        try:
            self._engine = sa.create_engine(address, hide_parameters=True)
        except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError):
            raise ConfigError(
                "the address of the database cannot be used; write it like postgresql+psycopg2://user:password@host/name"
                " and install its driver",
                where=where,
            ) from None

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def take(self, con: Connection, changes: Mapping[str, Changes]) -> None:
        """Write and remove in one transaction."""
        with self._writing() as connection:
            for change in changes.values():
                table = _table(change.settings)
                table.create(connection, checkfirst=True)
                _delete(connection, table, change.settings.key, change.removed)
                _replace(connection, table, change.settings, change.written)

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Add the messages that are not there yet."""
        with self._writing() as connection:
            table = _message_table()
            table.create(connection, checkfirst=True)
            keys = [message.idempotency_key for message in messages]
            there = set(connection.scalars(sa.select(table.c.idempotency_key).where(table.c.idempotency_key.in_(keys))))
            new = [_row(message) for message in messages if message.idempotency_key not in there]
            if new:
                connection.execute(sa.insert(table), new)
        return [Outcome(DELIVERED) for _ in messages]

    def ask(self, message: Message) -> Outcome | None:
        """Look for the message's row."""
        table = _message_table()
        with self._writing() as connection:
            table.create(connection, checkfirst=True)
            found = connection.scalar(
                sa.select(table.c.idempotency_key).where(table.c.idempotency_key == message.idempotency_key)
            )
        return Outcome(DELIVERED) if found else None

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        self.tally.count("transaction")
        try:
            with self._engine.begin() as connection:
                yield connection
        except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
            raise DestinationUnavailable(
                f"{self._name}: the database does not take it now ({type(error.orig).__name__}); try again later"
            ) from None
        except sa.exc.SQLAlchemyError as error:
            raise DestinationUnavailable(
                f"{self._name}: the database refuses it ({type(error).__name__}); see that its tables are ours"
            ) from None


def _table(settings: ObjectSettings) -> sa.Table:
    columns = [sa.Column(name, sa.Text()) for name in settings.fields.values()]
    return sa.Table(settings.table, sa.MetaData(), sa.Column(settings.key, sa.String(512), primary_key=True), *columns)


def _message_table() -> sa.Table:
    key = sa.Column("idempotency_key", sa.String(512), primary_key=True)
    names = ("campaign", "customer_id", "channel", "payload")
    return sa.Table(MESSAGES, sa.MetaData(), key, *(sa.Column(name, sa.Text()) for name in names))


def _row(message: Message) -> dict[str, Any]:
    payload = json.dumps(dict(message.payload), sort_keys=True, ensure_ascii=False)
    names = ("idempotency_key", "campaign", "customer_id", "channel")
    return {**{name: getattr(message, name) for name in names}, "payload": payload}


def _delete(connection: sa.Connection, table: sa.Table, key: str, keys: Relation) -> None:
    statement = sa.delete(table).where(table.c[key] == sa.bindparam("gone"))
    for rows in _batches(keys.project("key")):
        connection.execute(statement, [{"gone": row[0]} for row in rows])


def _replace(connection: sa.Connection, table: sa.Table, settings: ObjectSettings, written: Relation) -> None:
    statement = sa.delete(table).where(table.c[settings.key] == sa.bindparam("gone"))
    for rows in _batches(written.project("key, payload")):
        connection.execute(statement, [{"gone": key} for key, _ in rows])
        values = [{settings.key: key, **_texts(json.loads(payload))} for key, payload in rows]
        connection.execute(sa.insert(table), values)


def _texts(payload: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: None if value is None else _text(value) for name, value in payload.items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _batches(rows: Relation) -> Iterator[list[tuple[Any, ...]]]:
    with rows.to_arrow_reader(BATCH_ROWS) as reader:
        for batch in reader:
            if batch.num_rows:
                yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
