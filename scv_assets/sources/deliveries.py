"""What has been delivered: one delivery a source and business day, with a fingerprint of its content.

A file, a query's version or an API's day is one delivery. The same content delivered again has the same fingerprint;
a late or corrected one has another. Days outside the company's range, and files that no contract describes, are no
deliveries: `strangers` tells of them. Hidden files and `*.part`, `*.tmp` are uploads under way and are passed over.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from resources import clock
from resources.lake import fingerprint
from scv_assets.home import Home
from scv_assets.sources.contract import Contract
from scv_assets.sources.contract_reading import DATE
from scv_assets.sources.fingerprints import Fingerprints
from scv_assets.sources.readers import http_pages, sql_queries
from scv_assets.sources.readers.options import HttpOptions, SqlOptions

_DAY = r"(\d{4}-\d{2}-\d{2})"
_UNDER_WAY = (".part", ".tmp")


@dataclass(frozen=True, order=True)
class Delivery:
    """One source's extract of one day. `file` is its path inside the inbox, or what was asked of the server.

    `arrived_at`: the file's time of modification (naive UTC); for a server the end of the day, which it does not tell.
    """

    source: str
    day: date
    file: str
    fingerprint: str
    arrived_at: datetime


@dataclass(frozen=True, order=True)
class Stranger:
    """A file of the inbox that no delivery takes up, and why."""

    file: str
    reason: str


def deliveries(home: Home, contract: Contract, days: Collection[date] | None = None) -> list[Delivery]:
    """Return a source's deliveries within the company's days, sorted by day; `days` restricts them.

    Raises `SourceUnavailable` where a server does not answer and `DeliveryRefused` where a database file is damaged.
    """
    wanted = None if days is None else set(days)
    last = last_day(home)

    def is_wanted(day: date) -> bool:
        return home.settings.start_on <= day <= last and (wanted is None or day in wanted)

    options = contract.extract.options
    if isinstance(options, SqlOptions):
        return sorted(_sql(home, contract, options, is_wanted))
    if isinstance(options, HttpOptions):
        return sorted(_http(home, contract, options, is_wanted))
    memory = Fingerprints(home.lake())
    found = [
        Delivery(contract.source, day, name, memory.of(path, name), _modified_at(path))
        for name, path, day in _files(home.inbox, contract)
        if day is not None and is_wanted(day)
    ]
    memory.save()
    return sorted(found)


def last_day(home: Home) -> date:
    """Return the last business day that is taken in: `end_on`, or without it yesterday, since today is not over."""
    return home.settings.end_on or _today(home) - timedelta(days=1)


def strangers(home: Home) -> list[Stranger]:
    """Return the inbox's files that no delivery takes up: described by no contract, or of a day outside the range."""
    found: list[Stranger] = []
    taken: set[str] = set()
    for contract in home.contracts.values():
        database = sql_queries.database_file(contract, home.inbox)
        if database is not None and database.is_relative_to(home.inbox):
            taken |= _sidecars(database, home.inbox)
        for name, _, day in _files(home.inbox, contract):
            taken.add(name)
            if day is None:
                found.append(Stranger(name, "its name holds no day of the calendar; name it YYYY-MM-DD"))
            elif not home.settings.start_on <= day <= last_day(home):
                found.append(Stranger(name, _outside(home, day)))
    others = [name for name, _ in _walk(home.inbox, home.inbox) if name not in taken]
    found += [Stranger(name, "no contract describes it; write one under sources/, or move it away") for name in others]
    return sorted(found)


def _files(inbox: Path, contract: Contract) -> Iterator[tuple[str, Path, date | None]]:
    """Give (name, path, day) of the files that a contract's path describes; day None: no such day in the calendar."""
    pattern = contract.extract.path
    if pattern is None:
        return
    if contract.extract.day is not None:
        if (inbox / pattern).is_file():
            yield pattern, inbox / pattern, contract.extract.day
        return
    before, _, after = pattern.partition(DATE)
    matcher = re.compile(re.escape(before) + _DAY + re.escape(after))
    fixed = inbox / Path(before + "x").parent
    for name, path in _walk(fixed, inbox, is_deep="/" in after):
        found = matcher.fullmatch(name)
        if found is not None:
            yield name, path, _calendar_day(found.group(1))


def _walk(folder: Path, inbox: Path, *, is_deep: bool = True) -> Iterator[tuple[str, Path]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name.endswith(_UNDER_WAY):
            continue
        path = folder / entry.name
        if entry.is_file():
            yield path.relative_to(inbox).as_posix(), path
        elif is_deep and entry.is_dir(follow_symlinks=False):
            yield from _walk(path, inbox)


def _sql(home: Home, contract: Contract, options: SqlOptions, is_wanted: Callable[[date], bool]) -> Iterator[Delivery]:
    query = sql_queries.Query(contract, home.inbox)
    for day, version in query.versions():
        if is_wanted(day):
            mark = fingerprint("sql", options.query, version)
            yield Delivery(contract.source, day, query.label(day), mark, _end_of(day, home))


def _http(
    home: Home, contract: Contract, options: HttpOptions, is_wanted: Callable[[date], bool]
) -> Iterator[Delivery]:
    today = _today(home)
    for day in _http_days(home, contract, today):
        if is_wanted(day):
            is_settled = (today - day).days > options.revisit_days
            mark = fingerprint("http", repr(options), day, None if is_settled else today)
            yield Delivery(contract.source, day, http_pages.label(options, day), mark, _end_of(day, home))


def _http_days(home: Home, contract: Contract, today: date) -> list[date]:
    if contract.extract.day is not None:
        return [contract.extract.day]
    last = min(today - timedelta(days=1), last_day(home))
    count = (last - home.settings.start_on).days + 1
    return [home.settings.start_on + timedelta(days=offset) for offset in range(count)]


def _today(home: Home) -> date:
    return clock.now().replace(tzinfo=UTC).astimezone(ZoneInfo(home.settings.time_zone)).date()


def _outside(home: Home, day: date) -> str:
    if home.settings.end_on is None and day >= home.settings.start_on:
        return "its day is not over yet; it is taken in the day after"
    return "its day is outside start_on and end_on of scv.yaml"


def _sidecars(database: Path, inbox: Path) -> set[str]:
    names = [database.name, *(f"{database.name}-{part}" for part in ("wal", "shm", "journal"))]
    return {(database.parent / name).relative_to(inbox).as_posix() for name in names}


def _calendar_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _modified_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).replace(tzinfo=None, microsecond=0)


def _end_of(day: date, home: Home) -> datetime:
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(home.settings.time_zone))
    return midnight.astimezone(UTC).replace(tzinfo=None)
