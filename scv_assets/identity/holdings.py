"""Who holds which identifier: those of all records, e-mails and phones among them, with all spellings of one as one."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.identity.arrays import NULL, Codes, Numbers
from scv_assets.identity.columns import Column
from scv_assets.identity.distinct_numbers import distinct
from scv_assets.identity.records import Contact, Records
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
    row = found["row"].to_numpy()
    record = np.full(len(identifiers), NULL, dtype=np.int32)
    record[row] = found["record"].to_numpy()
    number, values = _values(identifiers["namespace"], identifiers["value"], record, records.contacts)
    is_matched = record >= 0
    held = distinct(number[is_matched] * np.int64(max(records.count, 1)) + record[is_matched])
    value = held // max(records.count, 1)
    is_held = np.zeros(values.num_rows, dtype=bool)
    is_held[value] = True
    place = np.where(is_held, np.cumsum(is_held) - 1, NULL)
    return Holdings(place[value], held - value * records.count, values.filter(pa.array(is_held)), place[number])


def _values(
    namespaces: pa.ChunkedArray, values: pa.ChunkedArray, record: Codes, contacts: Mapping[str, Contact]
) -> tuple[Numbers, pa.Table]:
    """Return which value each row holds, and the values: all spellings of an identifier are one.

    `record`: who holds each row, -1 for nobody who is matched.
    """
    spaces, texts = Column.of_arrow(namespaces), values.combine_chunks()
    names = [str(name) for name in spaces.values]
    rows = [np.flatnonzero(spaces.codes == code) for code in range(len(names))]

    def held(name: str, which: Numbers) -> Column:
        told = texts.take(pa.array(which))
        return _known(name, told, contacts[name], record[which]) if name in contacts else _shared(name, told)

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


def _known(name: str, told: pa.StringArray, contact: Contact, record: Codes) -> Column:
    """Return what all spellings of each text share: of most it is known, because their records tell the same."""
    place, shared = (np.append(column.codes, np.int32(NULL))[record] for column in contact)
    own = contact.told.texts.take(pa.array(place, mask=place < 0))
    is_own = pc.fill_null(pc.equal(told, own), False).to_numpy(zero_copy_only=False)
    if is_own.all():
        return Column(shared, contact.shared.texts)
    others = _shared(name, told.filter(pa.array(~is_own)))
    shared[~is_own] = others.codes + len(contact.shared.texts)
    return Column.of_choices(pa.concat_arrays([contact.shared.texts, others.texts]), shared)


def _shared(name: str, told: pa.StringArray) -> Column:
    """Return what all spellings of each text share."""
    spelt = Column.of_arrow(pa.chunked_array([told]))
    return spelt.mapped(partial(matching_keys, name)) if name in SPELLINGS else spelt
