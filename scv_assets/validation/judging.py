"""The judge: typed values before the pandera schema of their columns; its failure cases become faults."""

import warnings
from collections.abc import Mapping

import pandera.pandas as pa
import pyarrow
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection as Connection
from pandera.errors import SchemaErrors

from scv_assets.sources.contract import Column
from scv_assets.validation.faults import EMPTY, faults_of, no_faults
from scv_assets.validation.schema import frame, value_schema

#: Rows judged at once: what a frame of them takes bounds the memory.
ROWS_AT_ONCE = 250_000

_FAILURES = pyarrow.schema([("_id", pyarrow.int64()), ("column", pyarrow.string()), ("sentence", pyarrow.string())])


def judge(
    con: Connection, columns: Mapping[str, Column], key: tuple[str, ...], values: pyarrow.Table, texts: pyarrow.Table
) -> pyarrow.Table:
    """Return the faults of typed values. `texts` says what was delivered, for the reasons.

    A required value that is null although a text was delivered counts too: see `without_empty_of_unread`.
    """
    rules = value_schema(columns, key)
    starts = range(0, values.num_rows, ROWS_AT_ONCE)
    failures = pyarrow.concat_tables(
        [_FAILURES.empty_table(), *(_failures(rules, values.slice(start, ROWS_AT_ONCE)) for start in starts)]
    )
    faults = [no_faults()]
    for place, column in enumerate(columns.values()):
        found = failures.filter(pc.equal(failures["column"], column.name))
        if found.num_rows:
            faults.append(faults_of(con, column, place, found, texts))
    return pyarrow.concat_tables(faults)


def _failures(rules: pa.DataFrameSchema, values: pyarrow.Table) -> pyarrow.Table:
    """Return the failure cases (`_id`, `column`, `sentence`) of one frame."""
    try:
        with warnings.catch_warnings():
            # pandera concatenates its failure cases in a way that pandas 2 announces to change; ours hold either way
            warnings.filterwarnings("ignore", "The behavior of DataFrame concatenation", FutureWarning)
            rules.validate(frame(values).set_index("_id"), lazy=True, inplace=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        if cases["index"].isna().any():
            raise  # a column's type is wrong as a whole: a defect here, not in the data
        sentences = cases["check"].where(cases["check"] != "not_nullable", EMPTY)
        found = {"_id": cases["index"].tolist(), "column": cases["column"].tolist(), "sentence": sentences.tolist()}
        return pyarrow.table(found, schema=_FAILURES)
    return _FAILURES.empty_table()
