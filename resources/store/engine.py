"""The store's door: opening it by URL and its two kinds of transaction.

`reading` is one snapshot: whatever is read inside it is of one moment, in the middle of a publish too. `writing` is
one transaction, with one writer at a time for what it locks. Everything that goes wrong between the driver and the
server becomes `StoreUnavailable`, in words that hold neither a password nor a row.

SQLite: WAL, so that readers never wait for a writer; the driver's own transaction handling is switched off because it
opens none before a SELECT, which would make two reads two snapshots. PostgreSQL: psycopg2, in UTC, UTF-8 only.
"""

import contextlib
import re
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from scv_assets.errors import ConfigError, StoreUnavailable

WAIT_SECONDS = 30
_WRITES = "scv_writes"
_SCHEMA_LOCK = 7_267_001  # any number that nothing else in the database locks
_PRAGMAS = ("synchronous = NORMAL", "foreign_keys = ON", "cache_size = -65536", "journal_size_limit = 67108864")


def open_store(url: str) -> sa.Engine:
    """Return an engine on the store and make sure that it answers.

    `sqlite:////absolute/path.db` or `postgresql://user:password@host/database`.

    Raises `ConfigError` where the URL cannot be meant, `StoreUnavailable` where nothing answers.
    """
    engine = _engine(url)
    with connected(engine) as connection:
        if is_postgresql(engine):
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
            if encoding != "UTF8":
                raise ConfigError(f"{place(engine)} is encoded in {encoding}; create the database with ENCODING 'UTF8'")
    return engine


def is_postgresql(engine: sa.Engine | sa.Connection) -> bool:
    """Tell whether the store is a PostgreSQL database (and not a SQLite file)."""
    return engine.dialect.name == "postgresql"


def place(engine: sa.Engine) -> str:
    """Return where the store is, for a message: never with user, password or options."""
    url = engine.url
    if url.get_backend_name() == "sqlite":
        return f"the store {url.database or '(in memory)'}"
    port = f":{url.port}" if url.port else ""
    return f"the store {url.get_backend_name()}://{url.host or 'localhost'}{port}/{url.database or ''}"


@contextlib.contextmanager
def connected(engine: sa.Engine, **options: Any) -> Iterator[sa.Connection]:
    """Give a transaction with these execution options; what the driver refuses becomes `StoreUnavailable`."""
    try:
        with engine.connect() as raw:
            connection = raw.execution_options(**options) if options else raw
            with connection.begin():
                yield connection
    except (sa.exc.DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        told = _unavailable(engine, error)
        if told is None:
            raise
        raise told from None  # what the driver says beyond its first line may quote a row


@contextlib.contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give one snapshot: every read inside sees all of the last publish or all of the one before, never a mixture."""
    options: dict[str, Any] = {}
    if is_postgresql(engine):
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with connected(engine, **options) as connection:
        yield connection


@contextlib.contextmanager
def writing(engine: sa.Engine, locks: sa.Table) -> Iterator[sa.Connection]:
    """Give one transaction that no other writer of `locks` shares; readers go on reading.

    SQLite has one writer for the whole file. A writer that waits longer than `WAIT_SECONDS` gets `StoreUnavailable`.
    """
    with connected(engine, **{_WRITES: True}) as connection:
        if is_postgresql(engine):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
            connection.exec_driver_sql(f"LOCK TABLE {locks.name} IN SHARE ROW EXCLUSIVE MODE")
        yield connection


@contextlib.contextmanager
def writing_schema(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give one transaction in which the schema may change; a second process that wants the same waits its turn."""
    with connected(engine, **{_WRITES: True}) as connection:
        if is_postgresql(engine):
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
        yield connection


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        backend = parsed.get_backend_name()
    except sa.exc.ArgumentError:
        raise ConfigError("the store's URL cannot be read; write it like sqlite:////path/to/scv.db") from None
    if "@" in (parsed.host or ""):
        raise ConfigError("the store's URL has an @ too many; write an @ of the password as %40")
    if backend == "sqlite":
        engine = sa.create_engine(parsed, hide_parameters=True, connect_args={"timeout": WAIT_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if backend == "postgresql":
        try:
            return sa.create_engine(
                parsed.set(drivername="postgresql+psycopg2"),
                hide_parameters=True,
                pool_pre_ping=True,
                connect_args={
                    "connect_timeout": 10,
                    "client_encoding": "utf8",
                    "application_name": "scv",
                },
            )
        except ModuleNotFoundError as error:
            raise ConfigError("PostgreSQL needs psycopg2: pip install 'single-customer-view[postgres]'") from error
    raise ConfigError(f"a store cannot be {backend!r}; use sqlite:////path/to/scv.db or postgresql://host/database")


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    # Switching to WAL does not wait for the lock as everything else does: two first processes at once need a retry.
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: sa.Connection) -> None:
    mode = "IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")


#: What a driver says -> what a person can do about it.
_HINTS = (
    ("is locked|lock timeout", "another process is writing to it; try again when that has ended"),
    ("disk is full", "free space on its disk and run again"),
    ("no space left", "free space on its disk and run again"),
    ("disk i/o error", "its disk is full or failing; free space and run again"),
    ("readonly", "it may only be read; mend the permissions of the file and its folder"),
    ("unable to open", "the file cannot be opened; make its folder or mend the permissions"),
    ("not a database", "the file is not a SQLite database; move it away or restore it"),
    ("malformed", "the file is damaged; restore it, or remove it and run again"),
    ("no such table", "it holds no tables yet; run `scv run` first"),
    ("relation .* does not exist", "it holds no tables yet; run `scv run` first"),
    ("(database|role) .* does not exist", "create it on the server, or mend the store's URL"),
    ("authentication failed", "the server refused user or password; set them in the store's URL"),
)


def _unavailable(engine: sa.Engine, error: Exception) -> StoreUnavailable | None:
    driver = engine.dialect.loaded_dbapi
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    is_lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    said = (str(cause).strip() or type(cause).__name__).splitlines()[0]
    hint = next((hint for sign, hint in _HINTS if re.search(sign, said.lower())), "")
    if not (is_lost or hint or isinstance(cause, driver.OperationalError | driver.InterfaceError)):
        return None
    return StoreUnavailable(
        f"{place(engine)} cannot be used now ({said}); {hint or 'see that it runs, then try again'}"
    )
