"""A database -> raw rows, by SQLAlchemy: one query for a day, one that tells which days there are.

A SQLite file of the inbox is opened read-only; a server's transaction is read-only where it knows of such.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.pool import NullPool

from scv_assets.environment import expand
from scv_assets.errors import ConfigError, DeliveryRefused, ScvError, SourceContractError, SourceUnavailable
from scv_assets.sources.contract import Contract
from scv_assets.sources.fingerprints import hash_file
from scv_assets.sources.readers.exact_text import exact_texts
from scv_assets.sources.readers.headers import match_header
from scv_assets.sources.readers.options import SqlOptions
from scv_assets.sources.readers.reading import BATCH_ROWS, Batches, Reading, to_batch

_SQLITE = "sqlite:///"
_UNREADABLE = ("not a database", "malformed", "decode to utf-8")
_PASSING = ("unable to open", "locked", "busy", "disk i/o")


def read_sql(reading: Reading) -> Batches:
    """Yield the rows that the query gives for the delivery's day."""
    query = Query(reading.contract, reading.inbox)
    with query.connection(reading.day) as connection:
        result = connection.execution_options(yield_per=BATCH_ROWS).execute(*query.for_day(reading.day))
        names = match_header(reading, list(result.keys()), place="the query's result")
        for rows in result.partitions():
            texts = {name: exact_texts(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
            yield to_batch(reading, texts, [None] * len(rows))


def database_file(contract: Contract, inbox: Path) -> Path | None:
    """Return the SQLite file of a contract's URL (a relative one is inside the company's folder), or None for a server.

    Raises `ConfigError` where the URL names a variable that is not set.
    """
    options = contract.extract.options
    if not isinstance(options, SqlOptions) or not options.url.startswith(_SQLITE):
        return None
    url = expand(options.url, contract.where("extract", "options", "url"))
    return inbox.parent / url.removeprefix(_SQLITE).replace("{inbox}", str(inbox))


class Query:
    """A contract's query and its database."""

    def __init__(self, contract: Contract, inbox: Path) -> None:
        options = contract.extract.options
        assert isinstance(options, SqlOptions)
        self._contract = contract
        self._options = options
        self._file = database_file(contract, inbox)
        self._inbox = inbox

    def label(self, day: date) -> str:
        """Return what a day's rows are called: the database without its password, and the day."""
        if self._file is not None and self._file.is_relative_to(self._inbox):
            return f"{self._file.relative_to(self._inbox).as_posix()}@{day}"
        try:
            url = sa.make_url(self._options.url)
        except exc.ArgumentError:
            return f"{self._contract.source}@{day}"
        return f"{url.host or self._contract.source}/{url.database or ''}@{day}"

    def versions(self) -> list[tuple[date, str]]:
        """Return the days that there are with a version of each one's rows; none while a SQLite file is not there.

        Raises as `connection` does.
        """
        if self._file is not None and not self._file.is_file():
            return []
        day = self._contract.extract.day
        if self._options.versions is None:
            assert day is not None
            return [(day, hash_file(self._file) if self._file is not None else "once")]
        with self.connection(day) as connection:
            rows = connection.execute(sa.text(self._options.versions)).all()
        found = [self._version(tuple(row)) for row in rows]
        if len({day for day, _ in found}) < len(found):
            raise self._misfit("the query gives a day more than once; group it by day", "versions")
        return found

    def for_day(self, day: date) -> tuple[sa.TextClause, dict[str, Any]]:
        """Return the query and its parameter."""
        if ":day" not in self._options.query:
            return sa.text(self._options.query), {}
        return sa.text(self._options.query), {"day": day.isoformat() if self._file is not None else day}

    @contextmanager
    def connection(self, day: date | None) -> Iterator[sa.Connection]:
        """Give a read-only connection.

        Raises `SourceUnavailable` where the server does not answer, `SourceContractError` where a query names what the
        database does not have, `DeliveryRefused` where a SQLite file is damaged or its text is no UTF-8.
        """
        engine = self._engine()
        try:
            with engine.connect().execution_options(postgresql_readonly=True) as connection:
                yield connection
        except exc.DBAPIError as error:
            raise self._translated(error, day) from error
        except exc.SQLAlchemyError as error:
            raise self._misfit(f"the query cannot be run ({type(error).__name__})") from error
        finally:
            engine.dispose()

    def _misfit(self, message: str, option: str = "query") -> SourceContractError:
        return SourceContractError(message, where=self._contract.where("extract", "options", option))

    def _engine(self) -> sa.Engine:
        where = self._contract.where("extract", "options", "url")
        if self._file is not None:
            address = f"file:{quote(str(self._file))}?mode=ro"
            return sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool)
        try:
            url = sa.make_url(expand(self._options.url, where))
            if url.drivername == "postgresql":
                url = url.set(drivername="postgresql+psycopg2")
            return sa.create_engine(url, poolclass=NullPool)
        except (exc.ArgumentError, exc.NoSuchModuleError):
            raise ConfigError(
                "the url is none that SQLAlchemy knows, for instance postgresql://…", where=where
            ) from None
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"the driver '{error.name}' is not installed; install the extra 'postgres'", where=where
            ) from None

    def _version(self, row: tuple[Any, ...]) -> tuple[date, str]:
        try:
            day, version = row
            day = day.date() if isinstance(day, datetime) else day
            return (day if isinstance(day, date) else date.fromisoformat(str(day))), str(version)
        except ValueError:
            message = "the query must give two columns: the day (YYYY-MM-DD) and a version of its rows"
            raise self._misfit(message, "versions") from None

    def _translated(self, error: exc.DBAPIError, day: date | None) -> ScvError:
        said = str(error.orig).splitlines()[0] if str(error.orig) else type(error.orig).__name__
        if self._file is None:
            if isinstance(error, exc.OperationalError | exc.InterfaceError):
                return SourceUnavailable(
                    f"source '{self._contract.source}': the database does not answer; try again later"
                )
            return self._misfit(f"the database refuses the query ({said})")
        name = self._file.name
        if any(word in said.lower() for word in _UNREADABLE):
            return DeliveryRefused(
                f"the SQLite file is damaged or holds text that is no UTF-8 ({said.split(' with ')[0]})",
                source=self._contract.source,
                day=day.isoformat() if day is not None else "",
                file=name,
            )
        if any(word in said.lower() for word in _PASSING):
            return SourceUnavailable(f"{name}: the SQLite file cannot be opened now ({said}); try again")
        return self._misfit(f"the database refuses the query ({said})")
