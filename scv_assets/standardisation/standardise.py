"""A source's typed days become its canonical days in the lake, anew where rows, contract or this code changed.

Days are read in batches of about `BATCH_ROWS` rows: many small days in one pass, a big day alone.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, Part, fingerprint
from resources.store.tombstones import NOTHING_ERASED, Tombstones
from scv_assets.canonical import KINDS, PERSON
from scv_assets.home import Home
from scv_assets.sources.contract import Contract
from scv_assets.stages import canonical_path, code_version, quarantine_path, typed_path
from scv_assets.standardisation.erased import (
    days_with_erased,
    is_withdrawn,
    say_withdrawn,
    withdraw,
    without_erased,
)
from scv_assets.standardisation.mapping import identifier_namespaces, kind_schema, mapped
from scv_assets.standardisation.persons import standardised
from scv_assets.standardisation.purging import purge
from scv_assets.validation.schema import typed_schema
from scv_assets.validation.validate import refused_days, validate_days

BATCH_ROWS = 250_000


@dataclass
class StandardisationResult:
    """What was done: days written, days that were current, typed rows read, canonical rows written by kind."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    rows_in: int = 0
    rows: dict[str, int] = field(default_factory=dict)


def standardise_days(
    home: Home,
    contract: Contract,
    days: Collection[date] | None,
    lake: Lake,
    erased: Tombstones = NOTHING_ERASED,
) -> StandardisationResult:
    """Write the canonical records of a source's days (None: all), one part a kind and day; current days are skipped.

    A day whose typed rows are gone loses its canonical ones. A day without any record of a kind gets an empty part.
    Nothing of an erased person is in any day, current ones included.
    """
    if not erased.is_empty:
        _purge(home, contract, lake, erased)
    kinds = tuple(contract.maps)
    typed = lake.parts(typed_path(contract.source))
    chosen = None if days is None else {day.isoformat() for day in days}
    stale = [day for day in stale_days(home, contract, lake) if chosen is None or day in chosen]
    present = [day for day in stale if day in typed]
    result = StandardisationResult(rows=dict.fromkeys(kinds, 0))
    result.unchanged = [day for day in typed if (chosen is None or day in chosen) and day not in stale]
    for batch in _batches(present, typed):
        made_from = {day: _made_from(home, contract, typed[day]) for day in batch}
        with lake.connect() as con:
            rows = lake.scan(con, typed_path(contract.source), typed_schema(contract), batch)
            for kind in kinds:
                parts = _staged(con, home, contract, kind, rows, lake, made_from, erased)
                lake.commit(canonical_path(kind, contract.source), parts)
                result.rows[kind] += sum(part.rows for part in parts.values())
        result.rows_in += sum(typed[day].rows for day in batch)
        result.written += batch
    gone = [day for day in stale if day not in typed]
    for kind in kinds if gone else ():
        lake.commit(canonical_path(kind, contract.source), {}, removed=gone)
    result.written += gone
    return result


def _purge(home: Home, contract: Contract, lake: Lake, erased: Tombstones) -> None:
    """Take erased people out of all that the lake keeps of the source's deliveries.

    Looked at are the days that are new, and once after each erasure those that name anybody and those that have, or may
    have, refused rows. The days of which anything was taken out are stale from then on.
    """
    days = set(stale_days(home, contract, lake))
    is_done = is_withdrawn(lake, contract, erased)
    named: set[str] = set()
    hit: list[str] = []
    with lake.connect() as con:
        laid = erased.laid(con)
        if not is_done:
            named = days_with_erased(con, lake, contract, laid)
            days |= named | lake.parts(quarantine_path(contract.source)).keys() | set(refused_days(contract, lake))
        typed = lake.parts(typed_path(contract.source))
        for batch in _batches(sorted(days & typed.keys()), typed):
            hit += purge(con, lake, contract, batch, laid, has_contacts=not is_done)
        hit += purge(con, lake, contract, sorted(days - typed.keys()), laid, has_contacts=not is_done)
        if hit:
            validate_days(home, contract, [date.fromisoformat(day) for day in hit], lake)
        if not is_done:
            withdraw(con, lake, contract, named, laid)
            say_withdrawn(lake, contract, erased)


def stale_days(home: Home, contract: Contract, lake: Lake) -> list[str]:
    """Return the days (ISO) whose canonical records are missing, made from something else, or to be removed."""
    typed = lake.parts(typed_path(contract.source))
    held = {kind: lake.parts(canonical_path(kind, contract.source)) for kind in contract.maps}
    known = sorted({*typed, *(day for parts in held.values() for day in parts)})
    return [day for day in known if not _is_current(home, contract, day, typed, held)]


def _is_current(
    home: Home, contract: Contract, day: str, typed: Mapping[str, Part], held: Mapping[str, Mapping[str, Part]]
) -> bool:
    if day not in typed:
        return False
    made_from = _made_from(home, contract, typed[day])
    return all(day in parts and parts[day].made_from == made_from for parts in held.values())


def _made_from(home: Home, contract: Contract, typed: Part) -> str:
    return fingerprint(typed.content, contract.fingerprint, _countries(home), code_version("standardisation"))


def _countries(home: Home) -> tuple[str, ...]:
    """Return the countries in which a phone without prefix is looked for: that of phones first."""
    return tuple(dict.fromkeys((home.settings.phone_country, *home.settings.countries)))


def _batches(days: Sequence[str], typed: Mapping[str, Part]) -> Iterator[list[str]]:
    batch: list[str] = []
    for day in days:
        if batch and sum(typed[one].rows for one in batch) + typed[day].rows > BATCH_ROWS:
            yield batch
            batch = []
        batch.append(day)
    if batch:
        yield batch


def _staged(
    con: Connection,
    home: Home,
    contract: Contract,
    kind: str,
    typed: Relation,
    lake: Lake,
    made_from: Mapping[str, str],
    erased: Tombstones,
) -> dict[str, Part]:
    """Write the parts of one kind for the days of a batch; they count once committed."""
    dataset = canonical_path(kind, contract.source)
    columns = ", ".join(f'"{name}"' for name in kind_schema(kind))
    order = ", ".join(["_day", *(f'"{name}"' for name in KINDS[kind].key)])
    with _records(con, home, contract, kind, typed) as records:
        if not erased.is_empty:
            records = without_erased(con, contract.source, kind, records, erased.laid(con))
        ordered = con.sql(f"SELECT {columns} FROM records ORDER BY {order}")
        if len(made_from) == 1:
            return {day: lake.stage(dataset, ordered, made_from=source) for day, source in made_from.items()}
        table = ordered.to_arrow_table()
    return {day: lake.stage(dataset, _of_day(table, day), made_from=source) for day, source in made_from.items()}


def _records(
    con: Connection, home: Home, contract: Contract, kind: str, typed: Relation
) -> AbstractContextManager[Relation]:
    records = mapped(con, contract, kind, typed)
    if kind != PERSON.name:
        return nullcontext(records)
    return standardised(con, records, identifier_namespaces(contract), _countries(home))


def _of_day(table: pa.Table, day: str) -> pa.Table:
    """Return one day's rows of a table sorted by day."""
    days = table.column("_day")
    before = pc.sum(pc.less(days, date.fromisoformat(day))).as_py() or 0
    count = pc.sum(pc.equal(days, date.fromisoformat(day))).as_py() or 0
    return table.slice(before, count).combine_chunks()
