"""What is wrong with a row, in words: a fault is a sentence about one column of one row.

Table: `_id` (row), `place` (position of the column in its contract), `column`, `problem` (column and sentence, holds no
value: for counting), `reason` (the same with the value, unless the column holds personal data), `value`.
"""

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection

from scv_assets.sources.contract import Column
from scv_assets.sql_quoting import identifier, literal
from scv_assets.validation.conversions import TEXT_TYPES

FAULTS = pa.schema(
    [
        ("_id", pa.int64()),
        ("place", pa.int64()),
        ("column", pa.string()),
        ("problem", pa.string()),
        ("reason", pa.string()),
        ("value", pa.string()),
    ]
)
EMPTY = "required but empty"
#: Characters of a value that a reason quotes, and that the quarantine shows beside the whole row.
QUOTED = 60
SHOWN = 200
#: A NUL cannot be stored everywhere; it is shown as its symbol. The row's JSON keeps it escaped.
VISIBLE_NUL = "␀"


def no_faults() -> pa.Table:
    """Return an empty table of faults."""
    return FAULTS.empty_table()


def faults_of(con: Connection, column: Column, place: int, found: pa.Table, texts: pa.Table) -> pa.Table:
    """Return the faults of one column: `found` has `_id`, `sentence`; `texts` has `_id` and the column as delivered."""
    text = identifier(column.name)
    shown = f"replace(t.{text}, chr(0), {literal(VISIBLE_NUL)})"
    return (
        con.sql(
            f"""
        SELECT f._id, CAST({place} AS BIGINT) AS place, {literal(column.name)} AS "column",
            {literal(column.name + ": ")} || f.sentence AS problem,
            {literal(column.name + ": ")} || {_subject(column, shown)} || f.sentence AS reason,
            CASE WHEN f.sentence <> {literal(EMPTY)} THEN left({shown}, {SHOWN}) END AS value
        FROM found AS f JOIN texts AS t ON t._id = f._id
        ORDER BY f._id, f.sentence
        """
        )
        .to_arrow_table()
        .cast(FAULTS)
    )


def _subject(column: Column, shown: str) -> str:
    cut = f"CASE WHEN length({shown}) > {QUOTED} THEN left({shown}, {QUOTED}) || '…' ELSE {shown} END"
    if column.pii:
        subject = "'the value '"
    elif column.type in TEXT_TYPES:
        subject = f"'''' || {cut} || ''' '"
    else:
        subject = f"CASE WHEN starts_with(f.sentence, 'is not ') THEN '''' || {cut} || ''' ' ELSE {cut} || ' ' END"
    return f"CASE WHEN f.sentence = {literal(EMPTY)} THEN '' ELSE {subject} END"


def without_empty_of_unread(con: Connection, judged: pa.Table, unread: pa.Table) -> pa.Table:
    """Return the judged faults without the required values that are empty only because their text could not be read."""
    return (
        con.sql(
            f"""
        SELECT j.* FROM judged AS j ANTI JOIN unread AS u
            ON u._id = j._id AND u.place = j.place AND ends_with(j.problem, {literal(": " + EMPTY)})
        ORDER BY j._id, j.place, j.problem
        """
        )
        .to_arrow_table()
        .cast(FAULTS)
    )
