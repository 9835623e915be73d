"""Validation over the lake: the raw days of a source become typed days and days of quarantine.

Only what is stale is computed: a day is current while its raw rows, what the contract says of its columns and this
stage's code are what it was made from. Days are validated some hundred thousand rows at a time and written one file a
day. A refused day leaves its last good rows where they are; its refusal is remembered, so that it is told again
without being computed again.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, Part, fingerprint
from scv_assets import stages
from scv_assets.errors import DeliveryRefused
from scv_assets.home import Home
from scv_assets.sources.contract import Contract
from scv_assets.sql_quoting import identifier
from scv_assets.validation.refusals import RefusedDay, remember, remembered
from scv_assets.validation.rows import ERASED, MALFORMED, Validated, validate

#: Raw rows validated at once; a day is never parted, so that its keys are judged as a whole.
ROWS_AT_ONCE = 250_000


@dataclass
class ValidationResult:
    """What validating some days came to. Counts are of the days computed now; `reasons` hold no values.

    `rows_in` is `rows_out + rows_refused` and the rows of days refused now.
    """

    written: list[date] = field(default_factory=list)
    unchanged: list[date] = field(default_factory=list)
    removed: list[date] = field(default_factory=list)
    refused_days: list[DeliveryRefused] = field(default_factory=list)
    rows_in: int = 0
    rows_out: int = 0
    rows_refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Standing:
    """Where a source's days stand. `made_from`: raw day -> what its typed rows would be made from now."""

    raw: Mapping[str, Part]
    typed: Mapping[str, Part]
    refused: Mapping[str, RefusedDay]
    made_from: Mapping[str, str]

    def is_refused(self, day: str) -> bool:
        """Tell whether exactly these raw rows were refused under exactly these rules."""
        return day in self.refused and self.refused[day].made_from == self.made_from.get(day)

    def is_current(self, day: str) -> bool:
        """Tell whether the typed rows are those of the raw rows."""
        return day in self.typed and self.typed[day].made_from == self.made_from.get(day)

    @property
    def gone(self) -> list[str]:
        """Days of which there are typed rows or a refusal, but no raw rows any more."""
        return sorted((self.typed.keys() | self.refused.keys()) - self.raw.keys())

    @property
    def stale(self) -> list[str]:
        """Days to compute."""
        return [day for day in self.raw if not self.is_current(day) and not self.is_refused(day)]


def stale_days(home: Home, contract: Contract, lake: Lake) -> list[date]:
    """Return the days for which `validate_days` has something to do; a refused day is none until something changes."""
    standing = _standing(contract, lake)
    return sorted(map(date.fromisoformat, (*standing.stale, *standing.gone)))


def refused_days(contract: Contract, lake: Lake) -> list[str]:
    """Return the days (ISO) whose newest delivery is refused."""
    standing = _standing(contract, lake)
    return [day for day in standing.raw if standing.is_refused(day)]


def typed_days(contract: Contract, lake: Lake) -> set[str]:
    """Return the days (ISO) of which the typed rows are those of the raw rows; of a refused delivery they are not."""
    standing = _standing(contract, lake)
    return {day for day in standing.raw if standing.is_current(day)}


def validate_days(home: Home, contract: Contract, days: Collection[date] | None, lake: Lake) -> ValidationResult:
    """Bring days of a source (None: all) up to date in the lake, and tell what became of their rows.

    A day whose raw rows are gone loses its typed rows. Raises `LakeError` where the lake cannot be written.
    """
    standing = _standing(contract, lake)
    asked = {*standing.raw, *standing.gone} if days is None else {day.isoformat() for day in days}
    held = [day for day in standing.raw if day in asked and standing.is_refused(day)]
    gone = [day for day in standing.gone if day in asked]
    result = ValidationResult(
        unchanged=[
            date.fromisoformat(d) for d in standing.raw if d in asked and standing.is_current(d) and d not in held
        ],
        removed=[date.fromisoformat(day) for day in gone],
        refused_days=[standing.refused[day].error(contract.source, day) for day in held],
    )
    _commit(contract, lake, {}, {}, gone)
    refused = {day: one for day, one in standing.refused.items() if day not in asked or day in held}
    stale = {day: standing.raw[day] for day in standing.stale if day in asked}
    if stale:
        with lake.connect() as con:
            for batch in _batches(stale):
                validated = validate(con, contract, _raw_rows(con, contract, lake, batch))
                refused |= _write(contract, lake, {day: standing.made_from[day] for day in batch}, validated)
                _add(result, validated, batch)
    if refused != standing.refused:
        remember(lake, contract.source, refused)
    result.refused_days.sort(key=lambda error: error.day)
    return result


def _standing(contract: Contract, lake: Lake) -> _Standing:
    raw = lake.parts(stages.raw_path(contract.source))
    rules = fingerprint(
        contract.source, contract.key, repr(list(contract.columns.values())), contract.max_share, contract.ignore
    )
    code = stages.code_version("validation")
    return _Standing(
        raw=raw,
        typed=lake.parts(stages.typed_path(contract.source)),
        refused=remembered(lake, contract.source),
        made_from={day: fingerprint(part.content, rules, code) for day, part in raw.items()},
    )


def _batches(parts: Mapping[str, Part]) -> Iterator[list[str]]:
    """Give the days in order, as many at a time as hold `ROWS_AT_ONCE`, and at least one."""
    batch: list[str] = []
    rows = 0
    for day in sorted(parts):
        if batch and rows + parts[day].rows > ROWS_AT_ONCE:
            yield batch
            batch, rows = [], 0
        batch.append(day)
        rows += parts[day].rows
    if batch:
        yield batch


def _raw_rows(con: Connection, contract: Contract, lake: Lake, days: Sequence[str]) -> Relation:
    """Return the raw rows of days with their day; a column that was not extracted then is null."""
    dataset = stages.raw_path(contract.source)
    files = [lake.files(dataset, [day])[0] for day in days]
    parts = con.read_parquet(list(dict.fromkeys(files)), filename=True, union_by_name=True)
    day_of = pa.table({"filename": files, "day": list(days)})
    texts = (*contract.columns, *contract.ignored_columns, MALFORMED, ERASED)
    present = set(parts.columns)
    columns = ", ".join(
        identifier(name) if name in present else f"CAST(NULL AS VARCHAR) AS {identifier(name)}" for name in texts
    )
    return con.sql(
        f"""
        SELECT {columns}, _file, _row_number, _arrived_at, CAST(day_of.day AS DATE) AS _day
        FROM parts JOIN day_of USING (filename)
        """
    )


def _write(contract: Contract, lake: Lake, made_from: Mapping[str, str], validated: Validated) -> dict[str, RefusedDay]:
    """Write the days of a batch, one file a day, and return those that are refused."""
    refused = {
        error.day: RefusedDay(error.file, made_from[error.day], error.reason) for error in validated.refused_days
    }
    written = {day: mark for day, mark in made_from.items() if day not in refused}
    typed_path, quarantine_path = stages.typed_path(contract.source), stages.quarantine_path(contract.source)
    typed = {
        day: lake.stage(typed_path, _of_day(validated.rows, "_day", day), made_from=mark)
        for day, mark in written.items()
    }
    bad = {day: _of_day(validated.refused, "extracted_on", day) for day in written}
    quarantine = {
        day: lake.stage(quarantine_path, rows, made_from=written[day]) for day, rows in bad.items() if rows.num_rows
    }
    _commit(contract, lake, typed, quarantine, [day for day, rows in bad.items() if not rows.num_rows])
    return refused


def _commit(
    contract: Contract, lake: Lake, typed: Mapping[str, Part], quarantine: Mapping[str, Part], clean: Sequence[str]
) -> None:
    """Switch days over. The quarantine goes first: a day counts as done by its typed rows.

    `clean` days have no row in quarantine any more; those that have no typed rows here either are gone.
    """
    known = lake.parts(stages.quarantine_path(contract.source))
    cleared = [day for day in clean if day in known]
    if quarantine or cleared:
        lake.commit(stages.quarantine_path(contract.source), quarantine, removed=cleared)
    gone = [day for day in clean if day not in typed]
    if typed or gone:
        lake.commit(stages.typed_path(contract.source), typed, removed=gone)


def _of_day(rows: pa.Table, column: str, day: str) -> pa.Table:
    """Return the rows of one day of a table in order of days, laid out alike whatever else the table holds."""
    days = rows.column(column).to_numpy()
    first, last = (
        np.searchsorted(days, np.datetime64(day), side="left"),
        np.searchsorted(days, np.datetime64(day), side="right"),
    )
    return rows.slice(int(first), int(last - first)).combine_chunks()


def _add(result: ValidationResult, validated: Validated, batch: Sequence[str]) -> None:
    refused = {error.day for error in validated.refused_days}
    result.refused_days += validated.refused_days
    result.written += [date.fromisoformat(day) for day in batch if day not in refused]
    result.rows_out += validated.rows.num_rows
    result.rows_refused += validated.refused.num_rows
    for count in validated.counts.values():
        result.rows_in += count.rows_in
        result.reasons.update({problem: rows for problem, (rows, _) in count.problems.items()})
