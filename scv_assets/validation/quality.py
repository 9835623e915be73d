"""The quality audit: what every channel's data is worth, measured on what the lake holds now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.tables import QUALITY_METRIC, duckdb_schema, key_columns
from scv_assets import stages
from scv_assets.sources.contract import Column, Contract
from scv_assets.validation import measures
from scv_assets.validation.measures import RECORD, Measure
from scv_assets.validation.schema import typed_schema


@dataclass(frozen=True)
class Audited:
    """The relations that an audit looks at: columns of `source_record`, `crosswalk` and `quarantine`."""

    records: Relation
    crosswalk: Relation
    quarantine: Relation


def quality_metrics(
    con: Connection, contracts: Mapping[str, Contract], lake: Lake, audited: Audited, measured_on: date
) -> Relation:
    """Return `quality_metric` as of a day; grain (source, field, metric, measured_on), in that order.

    `value` is numerator / denominator, null where there was nothing to measure; days for freshness_days.
    """
    found = [*_of_persons(con, contracts, audited), *_of_lake(con, contracts, lake, audited, measured_on)]
    rows = [
        {
            "source": one.source,
            "field": one.field,
            "metric": one.metric,
            "measured_on": measured_on,
            "value": one.numerator / one.denominator if one.denominator else None,
            "numerator": float(one.numerator),
            "denominator": float(one.denominator),
        }
        for one in found
    ]
    schema = duckdb_schema(QUALITY_METRIC)
    measured = pa.Table.from_pylist(rows, schema=pa.schema([(name, _ARROW[type_]) for name, type_ in schema.items()]))
    columns = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in schema.items())
    return con.sql(f"SELECT {columns} FROM measured ORDER BY {', '.join(key_columns(QUALITY_METRIC))}")


_ARROW = {"VARCHAR": pa.string(), "DATE": pa.date32(), "DOUBLE": pa.float64()}


def _of_persons(con: Connection, contracts: Mapping[str, Contract], audited: Audited) -> list[Measure]:
    fields = {source: measures.person_fields(contract) for source, contract in contracts.items()}
    return [
        *measures.of_records(con, audited.records, fields),
        *measures.of_duplicates(con, audited.records, audited.crosswalk),
    ]


def _of_lake(
    con: Connection, contracts: Mapping[str, Contract], lake: Lake, audited: Audited, measured_on: date
) -> Iterator[Measure]:
    parts = {source: lake.parts(stages.typed_path(source)) for source in contracts}
    rows = {source: sum(part.rows for part in days.values()) for source, days in parts.items()}
    yield from measures.of_quarantine(con, audited.quarantine, rows)
    for source, contract in contracts.items():
        if parts[source]:
            age = (measured_on - date.fromisoformat(max(parts[source]))).days
            yield Measure(source, RECORD, "freshness_days", age, 1)
        if not measures.person_fields(contract):
            typed = lake.scan(con, stages.typed_path(source), typed_schema(contract))
            yield from measures.of_columns(con, source, contract.columns, typed)
        for path, column in _pointing(contract):
            yield _orphans(con, contracts, lake, source, path, column)


def _pointing(contract: Contract) -> Iterator[tuple[tuple[str, ...], Column]]:
    """Give the columns that point to another source, those of lists' elements too, each with its path."""
    for column in contract.columns.values():
        for path, one in [
            ((column.name,), column),
            *(((column.name, n), inner) for n, inner in column.columns.items()),
        ]:
            if one.references is not None:
                yield path, one


def _orphans(
    con: Connection, contracts: Mapping[str, Contract], lake: Lake, source: str, path: tuple[str, ...], column: Column
) -> Measure:
    assert column.references is not None
    target = column.references.source

    def typed(of: str, name: str) -> Relation:
        return lake.scan(con, stages.typed_path(of), {name: typed_schema(contracts[of])[name]})

    values = measures.values_of(con, typed(source, path[0]), *path)
    referenced = measures.values_of(con, typed(target, column.references.column), column.references.column)
    return measures.of_orphans(con, source, ".".join(path), values, referenced)
