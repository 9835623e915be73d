"""A second look at what goes on: the typed rows in the lake before their contract's whole pandera schema.

Validation has let through only what passes; this looks at what was really written, keys included, but for orders
whose erased buyer was taken out. A day that has passed is remembered by its content, so that only new and changed days
are looked at.
"""

import json
from collections.abc import Iterator, Mapping

import pandera.errors

from resources.lake import Lake, Part, fingerprint
from scv_assets import stages
from scv_assets.sources.contract import Contract
from scv_assets.validation.rows import ERASED
from scv_assets.validation.schema import frame, schema, typed_schema

ROWS_AT_ONCE = 250_000
_MARKS = {"_file": "VARCHAR", "_row_number": "BIGINT", ERASED: "VARCHAR"}


def offending_rows(contract: Contract, lake: Lake) -> tuple[int, list[str]]:
    """Return how many days were looked at, and what is wrong in them: `day: column check` each, without values."""
    parts = lake.parts(stages.typed_path(contract.source))
    place = f"{stages.typed_path(contract.source)}/_conforms.json"
    known: dict[str, str] = json.loads(lake.read_text(place) or "{}")
    marks = {day: fingerprint(part.content, contract.fingerprint) for day, part in parts.items()}
    fresh = {day: part for day, part in parts.items() if known.get(day) != marks[day]}
    offending: list[str] = []
    rules = schema(contract)
    for batch in _batches(fresh):
        with lake.connect() as con:
            typed = lake.scan(con, stages.typed_path(contract.source), typed_schema(contract), batch)
            raw = lake.scan(con, stages.raw_path(contract.source), _MARKS, batch).filter(f"{ERASED} IS NOT NULL")
            rows = con.sql("FROM typed ANTI JOIN raw USING (_file, _row_number)").to_arrow_table()
        try:
            rules.validate(frame(rows), lazy=True)
        except pandera.errors.SchemaErrors as errors:
            cases = errors.failure_cases[["column", "check"]].drop_duplicates()
            offending += [
                f"{batch[0]} to {batch[-1]}: {column} {check}" for column, check in cases.itertuples(index=False)
            ]
    if not offending and fresh:
        lake.replace_text(place, json.dumps(marks))
    return len(fresh), offending


def _batches(parts: Mapping[str, Part]) -> Iterator[list[str]]:
    batch: list[str] = []
    rows = 0
    for day, part in parts.items():
        if batch and rows + part.rows > ROWS_AT_ONCE:
            yield batch
            batch, rows = [], 0
        batch.append(day)
        rows += part.rows
    if batch:
        yield batch
