"""Each distinct value once: a Python function over the different values of columns, joined back as a small table.

A base of a million rows holds far fewer different postcodes, names or even e-mails; nothing here loops over rows.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

#: Values taken into Python at once; bounds the memory of a column of long texts.
CHUNK = 100_000
_NUMBERS = count()


@dataclass(frozen=True)
class Lookup:
    """What a function makes of the distinct combinations of some columns.

    `function` takes one text (or None) a column and returns one value a field of `results`; it is not asked where all
    of `columns` but those in `beside` (which only help to read the others, such as a country) are null.
    """

    columns: tuple[str, ...]
    results: tuple[str, ...]
    function: Callable[..., Sequence[Any]]
    beside: tuple[str, ...] = ()
    is_date: bool = False


@contextmanager
def kept(con: Connection, relation: Relation) -> Iterator[Relation]:
    """Hold a relation's rows in a table of the connection (on disk past its memory), so that they are computed once."""
    name = f"kept_{next(_NUMBERS)}"
    con.sql("SELECT * FROM relation").create(name)
    try:
        yield con.table(name)
    finally:
        con.execute(f"DROP TABLE {name}")


def distinct_results(con: Connection, rows: Relation, lookup: Lookup) -> pa.Table:
    """Return the distinct combinations of the lookup's columns with its results. Grain: one row a combination."""
    listed = ", ".join(f'"{column}"' for column in lookup.columns)
    something = " OR ".join(f'"{column}" IS NOT NULL' for column in lookup.columns if column not in lookup.beside)
    distinct = con.sql(f"SELECT DISTINCT {listed} FROM rows WHERE {something}").to_arrow_table()
    made = pa.date32() if lookup.is_date else pa.string()
    schema = pa.schema([*((name, pa.string()) for name in lookup.columns), *((name, made) for name in lookup.results)])
    batches = [_computed(batch, schema, lookup) for batch in distinct.to_batches(max_chunksize=CHUNK)]
    return pa.Table.from_batches(batches, schema=schema)


def _computed(batch: pa.RecordBatch, schema: pa.Schema, lookup: Lookup) -> pa.RecordBatch:
    given = [column.to_pylist() for column in batch.columns]
    made = [lookup.function(*values) for values in zip(*given, strict=True)]
    results = zip(*made, strict=True) if made else ((),) * len(lookup.results)
    arrays = [column.cast(pa.string()) for column in batch.columns]
    arrays += [pa.array(values, schema.field(name).type) for name, values in zip(lookup.results, results, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


@contextmanager
def looked_up(con: Connection, rows: Relation, lookups: dict[str, Lookup]) -> Iterator[str]:
    """Give the FROM clause that puts the lookups' results beside the rows of a relation that is called `rows` there.

    In it a row is `r`, and each lookup goes by its name.
    """
    with ExitStack() as stack:
        joins = ["rows r"]
        for name, lookup in lookups.items():
            table = f"lookup_{next(_NUMBERS)}"
            con.register(table, distinct_results(con, rows, lookup))
            stack.callback(con.unregister, table)
            same = " AND ".join(f'r."{c}" IS NOT DISTINCT FROM {name}."{c}"' for c in lookup.columns)
            joins.append(f"LEFT JOIN {table} {name} ON {same}")
        yield "\n".join(joins)
