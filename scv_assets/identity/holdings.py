"""Who holds which identifier: those of all records, e-mails and phones among them, with all spellings of one as one."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.identity.records import NULL, Column, Numbers, Records, distinct
from scv_assets.standardisation.identifiers import SPELLINGS, matching_keys


@dataclass(frozen=True)
class Holdings:
    """Who holds what: row i says that `record[i]` holds the value number `value[i]`; sorted by value, record.

    Spellings of one mailbox (`standardisation.identifiers.matching_keys`) are one value.

    `values` is an Arrow table, one row a value: namespace, value. A value's number is its row. `of_rows`: the value of
    each identifier that was told, in the order in which they came; -1 where no record that is matched holds it.
    """

    value: Numbers
    record: Numbers
    values: pa.Table
    of_rows: Numbers

    @cached_property
    def namespaces(self) -> Column:
        """The namespace of each value."""
        return Column.of_arrow(self.values["namespace"])


def all_identifiers(con: Connection, records: Relation, identifiers: Relation) -> pa.Table:
    """Return every identifier of every record, those that are fields of the record among them, by their key.

    Of a field that the identifiers tell of (standardisation keeps each value since the day on which the record first
    held it) their instants hold; of any other there is no more than the record's own.
    """
    return con.sql("""
        WITH told AS (
            SELECT source, source_key, namespace, value, first_seen_at, last_seen_at
            FROM identifiers SEMI JOIN records USING (source, source_key)
        ), fields AS (
            SELECT source, source_key, unnest(['email', 'phone']) AS namespace, unnest([email, phone]) AS value,
                   first_seen_at, coalesce(updated_at, first_seen_at) AS last_seen_at
            FROM records
        ), untold AS (
            FROM fields ANTI JOIN told USING (source, source_key, namespace, value)
        )
        FROM (FROM told UNION ALL FROM untold)
        WHERE trim(value) <> ''
        ORDER BY source, source_key, namespace, value
    """).to_arrow_table()


def holdings(con: Connection, identifiers: pa.Table, records: Records) -> Holdings:
    """Return who holds what, for the records that are matched.

    `identifiers`: source, source_key, namespace, value, each once. `number` of a row is the value that it holds.
    """
    keys = records.keys
    rows = identifiers.select(["source", "source_key"]).append_column("row", pa.array(np.arange(len(identifiers))))
    found = con.sql("SELECT record, row FROM rows JOIN keys USING (source, source_key)").to_arrow_table()
    record, row = (found[name].to_numpy() for name in ("record", "row"))
    number, values = _values(identifiers["namespace"], identifiers["value"])
    held = distinct(number[row] * np.int64(max(records.count, 1)) + record)
    value = held // max(records.count, 1)
    is_held = np.zeros(values.num_rows, dtype=bool)
    is_held[value] = True
    place = np.where(is_held, np.cumsum(is_held) - 1, NULL)
    return Holdings(place[value], held - value * records.count, values.filter(pa.array(is_held)), place[number])


def _values(namespaces: pa.ChunkedArray, values: pa.ChunkedArray) -> tuple[Numbers, pa.Table]:
    """Return which value each row holds, and the values: all spellings of an identifier are one."""
    spaces, texts = Column.of_arrow(namespaces), values.combine_chunks()
    names = [str(name) for name in spaces.values]
    rows = [np.flatnonzero(spaces.codes == code) for code in range(len(names))]

    def held(name: str, which: Numbers) -> Column:
        spelt = Column.of_arrow(pa.chunked_array([texts.take(pa.array(which))]))
        return spelt.mapped(partial(matching_keys, name)) if name in SPELLINGS else spelt

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        columns = list(pool.map(held, names, rows))
    counts = [len(column.texts) for column in columns]
    number = np.empty(len(texts), dtype=np.int64)
    for which, column, before in zip(rows, columns, np.cumsum([0, *counts]), strict=False):
        number[which] = column.codes + before
    table = pa.table(
        {
            "namespace": spaces.texts.take(pa.array(np.repeat(np.arange(len(names)), counts))),
            "value": pa.concat_arrays([column.texts for column in columns] or [texts]),
        }
    )
    return number, table
