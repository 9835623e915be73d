"""Delivery -> raw rows -> lake: every column as text as delivered, with file, row number and time of arrival.

A day is one partition of `sources/<source>`, replaced whole when its delivery's content or the contract's extract part
changes, and only then. A refused delivery leaves the day's last good rows; what left the inbox stays in the lake.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from resources.lake import Lake, Part, fingerprint
from scv_assets import stages
from scv_assets.errors import DeliveryRefused
from scv_assets.home import Home
from scv_assets.sources.contract import Contract, ReaderName
from scv_assets.sources.deliveries import Delivery, deliveries
from scv_assets.sources.readers.csv_files import read_csv
from scv_assets.sources.readers.excel_files import read_excel
from scv_assets.sources.readers.http_pages import read_http
from scv_assets.sources.readers.json_files import read_json
from scv_assets.sources.readers.jsonl_files import read_jsonl
from scv_assets.sources.readers.parquet_files import read_parquet
from scv_assets.sources.readers.reading import MALFORMED, Reader, Reading
from scv_assets.sources.readers.sql_queries import read_sql
from scv_assets.sources.refusals import Refusal, remember, remembered

READERS: Mapping[ReaderName, Reader] = MappingProxyType(
    {
        "csv": read_csv,
        "jsonl": read_jsonl,
        "json": read_json,
        "parquet": read_parquet,
        "excel": read_excel,
        "sql": read_sql,
        "http": read_http,
    }
)


DAYS_A_COMMIT = 30
ROWS_A_COMMIT = 500_000


@dataclass
class Extraction:
    """What `extract_days` did. `removed`: days whose delivery left the inbox; their rows stay in the lake.

    `rows`: raw rows that the lake now holds of the days asked for.
    """

    written: list[date] = field(default_factory=list)
    unchanged: list[date] = field(default_factory=list)
    refused: list[DeliveryRefused] = field(default_factory=list)
    removed: list[date] = field(default_factory=list)
    rows: int = 0


def extract(home: Home, contract: Contract, delivery: Delivery) -> pa.Table:
    """Return the raw rows of a delivery, in its order: every column of the contract as text, and `ROW_COLUMNS`.

    What the contract ignores is there too, under the extract's own name. `_row_number` counts data rows from 1;
    `_malformed` holds the text of a row that could not be taken apart (its columns are null then).

    Raises `DeliveryRefused` for what is wrong with the whole of it, `SourceUnavailable` for what may pass,
    `SourceContractError` where the contract's query does not fit the database.
    """
    is_file = contract.extract.path is not None
    reading = Reading(
        contract=contract,
        day=delivery.day,
        file=delivery.file,
        path=home.inbox / delivery.file if is_file else None,
        inbox=home.inbox,
    )
    batches = list(READERS[contract.extract.reader](reading))
    schema = pa.schema([(name, pa.string()) for name in (*reading.columns, MALFORMED)])
    rows = pa.Table.from_batches(batches, schema=schema)
    if contract.delivery == "snapshot" and not rows.num_rows:
        raise reading.refused("the snapshot has no row; it would delete every record of the source")
    return _with_origin(rows, delivery)


def extract_days(home: Home, contract: Contract, days: Collection[date], lake: Lake) -> Extraction:
    """Bring the lake's raw rows of these days up to date with the inbox, one delivery at a time.

    Raises `SourceUnavailable` or `SourceContractError` where a server, or the query, stands in the way; the days read
    before it are kept.
    """
    work = _Work(home, contract, lake)
    found: list[Delivery] = []
    try:
        found = deliveries(home, contract, days)
        work.refusals.pop("", None)
    except DeliveryRefused as refusal:
        work.refuse("", refusal, mark="")
        return work.finish(days, None)
    try:
        for delivery in found:
            work.take(delivery)
    finally:
        work.commit()
    return work.finish(days, found)


class _Work:
    """One pass over a source's deliveries; days that were read become current some at a time, as a commit costs too."""

    def __init__(self, home: Home, contract: Contract, lake: Lake) -> None:
        self._home = home
        self._contract = contract
        self._lake = lake
        self._dataset = stages.raw_path(contract.source)
        self._staged: dict[str, Part] = {}
        self._before = remembered(lake, contract.source)
        self.refusals = dict(self._before)
        self.done = Extraction()

    def take(self, delivery: Delivery) -> None:
        """Read a delivery unless its rows are current, or it was refused and has not changed since."""
        day, mark = delivery.day.isoformat(), made_from(self._contract, delivery)
        if self._lake.is_current(self._dataset, mark, day):
            self.refusals.pop(day, None)
            self.done.unchanged.append(delivery.day)
            return
        known = self.refusals.get(day)
        if known is not None and known.fingerprint == mark:
            self.done.refused.append(known.to_error())
            return
        try:
            rows = extract(self._home, self._contract, delivery)
        except DeliveryRefused as refusal:
            self.refuse(day, refusal, mark)
            return
        self._staged[day] = self._lake.stage(self._dataset, rows, made_from=mark)
        self.refusals.pop(day, None)
        self.done.written.append(delivery.day)
        if len(self._staged) >= DAYS_A_COMMIT or sum(part.rows for part in self._staged.values()) >= ROWS_A_COMMIT:
            self.commit()

    def refuse(self, day: str, refusal: DeliveryRefused, mark: str) -> None:
        """Remember a refusal; the lake keeps the day's last good rows."""
        self.refusals[day] = Refusal(self._contract.source, day, refusal.file, mark, refusal.reason)
        self.done.refused.append(refusal)

    def commit(self) -> None:
        """Make the days read so far current, and what was refused remembered."""
        if self._staged:
            self._lake.commit(self._dataset, self._staged)
            self._staged = {}
        if self.refusals != self._before:
            remember(self._lake, self._contract.source, self.refusals)
            self._before = dict(self.refusals)

    def finish(self, days: Collection[date], found: list[Delivery] | None) -> Extraction:
        """Return what was done; `found` is None where the source could not say what it has."""
        self.commit()
        asked = {day.isoformat() for day in days}
        parts = {day: part for day, part in self._lake.parts(self._dataset).items() if day in asked}
        self.done.rows = sum(part.rows for part in parts.values())
        if found is not None:
            gone = set(parts) - {delivery.day.isoformat() for delivery in found}
            self.done.removed = [date.fromisoformat(day) for day in sorted(gone)]
        return self.done


def made_from(contract: Contract, delivery: Delivery) -> str:
    """Return the fingerprint of a day's raw rows: the delivery's content, how the contract reads it, and this code."""
    return fingerprint(delivery.fingerprint, contract.extract_fingerprint, stages.code_version("sources"))


def stale_days(home: Home, contract: Contract, lake: Lake) -> list[date]:
    """Return the days for which `extract_days` has something to do: a delivery that is new, changed or mended.

    What was refused and has not changed since is left out. A database that turns out damaged gives the first day, so
    that its refusal is told once.

    Raises `SourceUnavailable` or `SourceContractError` as `deliveries` does.
    """
    refusals = remembered(lake, contract.source)
    parts = lake.parts(stages.raw_path(contract.source))
    try:
        found = deliveries(home, contract)
    except DeliveryRefused:
        return [] if "" in refusals else [home.settings.start_on]
    if "" in refusals:
        return [delivery.day for delivery in found]
    marks = {delivery.day: made_from(contract, delivery) for delivery in found}
    return [day for day, mark in marks.items() if _is_stale(mark, parts.get(str(day)), refusals.get(str(day)))]


def _is_stale(mark: str, part: Part | None, refusal: Refusal | None) -> bool:
    if part is not None and part.made_from == mark:
        return refusal is not None
    return refusal is None or refusal.fingerprint != mark


def refusals(home: Home, lake: Lake) -> list[Refusal]:
    """Return every delivery that stands refused, sorted by source and day; not one whose file was taken away."""
    return sorted(
        one
        for contract in home.contracts.values()
        for one in remembered(lake, contract.source).values()
        if contract.extract.path is None or (home.inbox / one.file).exists()
    )


def _with_origin(rows: pa.Table, delivery: Delivery) -> pa.Table:
    count = rows.num_rows
    origin = {
        "_file": pa.repeat(pa.scalar(delivery.file, pa.string()), count),
        "_row_number": pa.array(np.arange(1, count + 1, dtype=np.int64)),
        "_arrived_at": pa.repeat(pa.scalar(delivery.arrived_at, pa.timestamp("us")), count),
    }
    for name, values in origin.items():
        rows = rows.append_column(name, values)
    return rows
