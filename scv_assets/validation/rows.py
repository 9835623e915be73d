"""Every raw row of many days becomes a typed row or a refused row, never both, never neither.

`validate` is the whole of it: texts are cleaned, read as their columns' types, judged by the contract's schema, held
against the key; then days with too large a share of bad rows are refused whole. Pure: relations in, tables out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import QUARANTINE, duckdb_schema
from scv_assets.errors import DeliveryRefused
from scv_assets.sources.contract import Contract
from scv_assets.sql_quoting import identifier, literal
from scv_assets.validation.blanks import meaningful
from scv_assets.validation.faults import FAULTS, SHOWN, VISIBLE_NUL, no_faults, without_empty_of_unread
from scv_assets.validation.judging import judge
from scv_assets.validation.keys import IDENTICAL, repeated
from scv_assets.validation.lists import read_list
from scv_assets.validation.reading import Reading, read
from scv_assets.validation.refusal import DayCount, refusal
from scv_assets.validation.schema import PROVENANCE, typed_schema, unique_columns

MALFORMED = "_malformed"
#: of a raw row from which an erased person was taken: `order` (an order is left of it), `all` (nothing is), `refused`
#: (nothing is, and it had been refused, alone or with its day: it still counts as such, and is not told)
ERASED = "_erased"
_CUT = "the row cannot be taken apart"


@dataclass(frozen=True)
class Validated:
    """What became of the rows of some days.

    `rows`: columns of `typed_schema`, ordered by day, file and row number; `refused`: columns of `quarantine`, same
    order. Neither holds rows of the `refused_days`. `counts` has every day, refused ones too.
    """

    rows: pa.Table
    refused: pa.Table
    counts: Mapping[date, DayCount]
    refused_days: tuple[DeliveryRefused, ...]


def validate(con: Connection, contract: Contract, raw: Relation) -> Validated:
    """Return the typed and the refused rows of one or more whole days of a source.

    `raw`: every column as text, `_day`, `_file`, `_row_number`, `_arrived_at`, and `_malformed` where a row could not
    be taken apart; key (`_day`, `_file`, `_row_number`). A key that comes again is looked for within its day. Of what
    an erased person left (`_erased`) nothing is at fault: it was judged while it was whole.
    """
    texts = _texts(con, contract, raw)
    reading = _read(con, contract, texts)
    faults = pa.concat_tables([_malformed(con, texts), *_faults_of_whole_rows(con, contract, texts, reading)])
    for place, names in enumerate(unique_columns(contract), start=len(contract.columns)):
        accepted = con.sql("SELECT _id FROM texts ANTI JOIN faults USING (_id)").to_arrow_table()
        faults = pa.concat_tables([faults, repeated(con, names, place, texts, accepted)])
    faults = _of_whole_people(con, faults, texts)
    counts = _counts(con, texts, faults)
    refusals = {day: refusal(contract, day, count) for day, count in counts.items()}
    refused_days = {day: error for day, error in refusals.items() if error is not None}
    kept = pa.table({"_day": pa.array([day for day in counts if day not in refused_days], pa.date32())})
    return Validated(
        _typed_rows(con, contract, texts, reading.values, faults, kept),
        _refused_rows(con, contract, raw, texts, faults, kept),
        counts,
        tuple(refused_days.values()),
    )


def _texts(con: Connection, contract: Contract, raw: Relation) -> pa.Table:
    """Return the rows numbered (`_id`), with their provenance and each column's trimmed text (null: nothing)."""
    marks = ", ".join(
        name if name in raw.columns else f"CAST(NULL AS VARCHAR) AS {name}" for name in (MALFORMED, ERASED)
    )
    columns = "".join(
        f", {meaningful(identifier(name), column.nulls)} AS {identifier(name)}"
        for name, column in contract.columns.items()
    )
    provenance = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, (type_, _) in PROVENANCE.items())
    return con.sql(
        f"""
        SELECT row_number() OVER (ORDER BY _day, _file, _row_number) AS _id, {provenance}, {marks}{columns}
        FROM raw
        ORDER BY _id
        """
    ).to_arrow_table()


def _read(con: Connection, contract: Contract, texts: pa.Table) -> Reading:
    reading = read(con, contract.columns, texts)
    for place, column in enumerate(contract.columns.values()):
        if column.type == "list":
            lists = read_list(con, column, place, reading.values)
            index = reading.values.column_names.index(column.name)
            values = reading.values.set_column(index, column.name, lists.values.column(column.name))
            reading = Reading(values, pa.concat_tables([reading.faults, lists.faults]))
    return reading


def _malformed(con: Connection, texts: pa.Table) -> pa.Table:
    shown = f"left(replace({MALFORMED}, chr(0), {literal(VISIBLE_NUL)}), {SHOWN})"
    return (
        con.sql(
            f"""
        SELECT _id, CAST(-1 AS BIGINT) AS place, CAST(NULL AS VARCHAR) AS "column", '{_CUT}' AS problem,
            '{_CUT}' AS reason, {shown} AS value
        FROM texts WHERE {MALFORMED} IS NOT NULL ORDER BY _id
        """
        )
        .to_arrow_table()
        .cast(FAULTS)
    )


def _faults_of_whole_rows(con: Connection, contract: Contract, texts: pa.Table, reading: Reading) -> list[pa.Table]:
    """Return what could not be read and what the schema refuses, of the rows that could be taken apart."""
    judged = judge(con, contract.columns, contract.key, reading.values, texts)
    unread = reading.faults
    found = pa.concat_tables([unread, without_empty_of_unread(con, judged, unread)])
    whole = f"SELECT f.* FROM found AS f JOIN texts AS t ON t._id = f._id WHERE t.{MALFORMED} IS NULL"
    return [no_faults(), con.sql(whole).to_arrow_table().cast(FAULTS)]


def _of_whole_people(con: Connection, faults: pa.Table, texts: pa.Table) -> pa.Table:
    """Return the faults of rows from which nobody was taken."""
    whole = f"SELECT f.* FROM faults AS f JOIN texts AS t ON t._id = f._id WHERE t.{ERASED} IS NULL"
    return con.sql(whole).to_arrow_table().cast(FAULTS) if texts.column(ERASED).null_count < len(texts) else faults


def _counts(con: Connection, texts: pa.Table, faults: pa.Table) -> dict[date, DayCount]:
    days = con.sql(
        f"""
        WITH refused AS (
            SELECT _id, bool_or(NOT ends_with(problem, {literal(IDENTICAL)})) AS is_bad FROM faults GROUP BY _id
        )
        SELECT t._day, count(*), count(r._id), count(*) FILTER (r.is_bad OR t.{ERASED} = 'refused'),
            min(t._file), count(DISTINCT t._file)
        FROM texts AS t LEFT JOIN refused AS r ON r._id = t._id
        GROUP BY t._day ORDER BY t._day
        """
    ).fetchall()
    problems: dict[date, dict[str, tuple[int, int]]] = {}
    for day, problem, rows, first in con.sql(
        """
        SELECT t._day, f.problem, count(DISTINCT f._id), min(t._row_number)
        FROM faults AS f JOIN texts AS t ON t._id = f._id
        GROUP BY t._day, f.problem ORDER BY t._day, count(DISTINCT f._id) DESC, f.problem
        """
    ).fetchall():
        problems.setdefault(day, {})[problem] = (rows, first)
    return {
        day: DayCount(rows_in, rows_refused, bad, file, files, problems.get(day, {}))
        for day, rows_in, rows_refused, bad, file, files in days
    }


def _typed_rows(
    con: Connection, contract: Contract, texts: pa.Table, values: pa.Table, faults: pa.Table, kept: pa.Table
) -> pa.Table:
    origin = ", ".join(f"t.{name}" for name in PROVENANCE)
    columns = "".join(
        f", CAST(v.{identifier(name)} AS {type_}) AS {identifier(name)}"
        for name, type_ in typed_schema(contract).items()
        if name not in PROVENANCE
    )
    return con.sql(
        f"""
        SELECT {origin}{columns}
        FROM values AS v JOIN texts AS t ON t._id = v._id SEMI JOIN kept ON kept._day = t._day
            ANTI JOIN faults AS f ON f._id = v._id
        WHERE coalesce(t.{ERASED}, 'order') = 'order'
        ORDER BY v._id
        """
    ).to_arrow_table()


def _refused_rows(
    con: Connection, contract: Contract, raw: Relation, texts: pa.Table, faults: pa.Table, kept: pa.Table
) -> pa.Table:
    """One row a refused row: the first column at fault gives column and value, the reason tells all."""
    delivered = ", ".join(
        f"{identifier(name)}: r.{identifier(name)}" for name in raw.columns if not name.startswith("_")
    )
    cut = f"to_json({{{MALFORMED}: t.{MALFORMED}}})"
    row = f"CASE WHEN t.{MALFORMED} IS NULL THEN to_json({{{delivered}}}) ELSE {cut} END"
    types = duckdb_schema(QUARANTINE)
    columns = ", ".join(f"CAST({identifier(name)} AS {type_}) AS {identifier(name)}" for name, type_ in types.items())
    return con.sql(
        f"""
        WITH told AS (
            SELECT _id, string_agg(reason, '; ' ORDER BY place, reason) AS reason,
                arg_min(COALESCE("column", ''), (place, reason)) AS "column",
                arg_min(COALESCE(value, ''), (place, reason)) AS value
            FROM faults GROUP BY _id
        ), refused AS (
            SELECT {literal(contract.source)} AS source, t._file AS file, t._row_number AS row_number, told.reason,
                NULLIF(told."column", '') AS "column", NULLIF(told.value, '') AS value,
                CAST({row} AS VARCHAR) AS row, t._day AS extracted_on, 'open' AS status, told._id
            FROM told JOIN texts AS t ON t._id = told._id SEMI JOIN kept ON kept._day = t._day
            JOIN raw AS r ON r._file = t._file AND r._row_number = t._row_number AND CAST(r._day AS DATE) = t._day
        )
        SELECT {columns} FROM refused ORDER BY _id
        """
    ).to_arrow_table()
