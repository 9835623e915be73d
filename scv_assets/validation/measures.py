"""How each quality of a channel is measured: a numerator, a denominator, in SQL over all sources at once.

Person fields are measured on the living records (`source_record`, latest version): what a source maps is what it is
measured by. A field counts as delivered where anything stood in it, as valid where standardisation could use it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.sources.contract import Contract
from scv_assets.sql_quoting import identifier, literal

RECORD = "(record)"

#: Field of a person -> the column that keeps what was delivered for it, where there is one.
DELIVERED: Mapping[str, tuple[str, ...]] = {
    "first_name": ("raw_first_name", "raw_full_name"),
    "last_name": ("raw_last_name", "raw_full_name"),
    "birth_on": ("raw_birth_on",),
    "email": ("raw_email",),
    "phone": ("raw_phone",),
    "street": ("raw_street", "raw_address"),
    "house_number": (),
    "postcode": ("raw_postcode", "raw_address"),
    "city": ("raw_city", "raw_address"),
    "country": ("raw_country",),
    "language": (),
}
#: A field that is made of another one: a whole name gives first and last name.
_PARTS: Mapping[str, tuple[str, ...]] = {
    "full_name": ("first_name", "last_name"),
    "address": ("street", "house_number", "postcode", "city"),
    "street": ("street", "house_number"),
}
#: Fields that belong to one person, so that two records with the same value are worth a look.
_IDENTIFYING = ("email", "phone")
_REACHED_BY = {
    "email": "email IS NOT NULL",
    "phone": "phone IS NOT NULL",
    "post": "street IS NOT NULL AND postcode IS NOT NULL AND city IS NOT NULL",
}


@dataclass(frozen=True, order=True)
class Measure:
    """One measured quality of a source's field."""

    source: str
    field: str
    metric: str
    numerator: float
    denominator: float


def person_fields(contract: Contract) -> tuple[str, ...]:
    """Return the fields of `source_record` that a source can fill, by its maps."""
    mapped = {target for kind, target in contract.lineage() if kind == "person"}
    filled = {part for target in mapped for part in _PARTS.get(target, (target,))}
    return tuple(field for field in DELIVERED if field in filled)


def of_records(con: Connection, records: Relation, fields: Mapping[str, Sequence[str]]) -> list[Measure]:
    """Return completeness, validity, uniqueness and contactability of each source's person records.

    `records` has the columns of `source_record`; `fields` says by source which of them it can fill.
    """
    asked = {field: _told(field) for field in DELIVERED}
    figures = {
        **{(field, "completeness"): (f"count(*) FILTER ({told})", "count(*)") for field, told in asked.items()},
        **{
            (field, "validity"): (f"count({field}) FILTER ({told})", f"count(*) FILTER ({told})")
            for field, told in asked.items()
            if DELIVERED[field]
        },
        **{(field, "uniqueness"): (f"count(DISTINCT {field})", f"count({field})") for field in _IDENTIFYING},
        **{
            (by, "contactability_rate"): (f"count(*) FILTER ({holds})", "count(*)")
            for by, holds in {**_REACHED_BY, RECORD: " OR ".join(f"({h})" for h in _REACHED_BY.values())}.items()
        },
    }
    selected = ", ".join(f"{numerator}, {denominator}" for numerator, denominator in figures.values())
    measures = []
    for source, *counts in con.sql(
        f"SELECT source, {selected} FROM records WHERE NOT COALESCE(is_deleted, false) GROUP BY source"
    ).fetchall():
        pairs = zip(counts[::2], counts[1::2], strict=True)
        for (field, metric), (numerator, denominator) in zip(figures, pairs, strict=True):
            if metric == "contactability_rate" or field in fields.get(source, ()):
                measures.append(Measure(source, field, metric, numerator, denominator))
    return measures


def _told(field: str) -> str:
    columns = (field, *DELIVERED[field])
    return " OR ".join(f"{column} IS NOT NULL" for column in columns)


def of_duplicates(con: Connection, records: Relation, crosswalk: Relation) -> list[Measure]:
    """Return how many records of a source are of a customer it has already, and how many customers others have too."""
    inside = con.sql(
        """
        SELECT c.source, count(*) - count(DISTINCT c.customer_id), count(*)
        FROM crosswalk AS c JOIN records AS r USING (source, source_key)
        WHERE NOT COALESCE(r.is_deleted, false)
        GROUP BY c.source
        """
    ).fetchall()
    between = con.sql(
        """
        WITH base AS (
            SELECT DISTINCT c.source, c.customer_id
            FROM crosswalk AS c JOIN records AS r USING (source, source_key)
            WHERE NOT COALESCE(r.is_deleted, false)
        ), size AS (SELECT source, count(*) AS customers FROM base GROUP BY source),
        shared AS (
            SELECT a.source, b.source AS other, count(*) AS customers
            FROM base AS a JOIN base AS b USING (customer_id)
            GROUP BY ALL
        )
        SELECT a.source, b.source, COALESCE(s.customers, 0), a.customers
        FROM size AS a JOIN size AS b ON a.source <> b.source
        LEFT JOIN shared AS s ON s.source = a.source AND s.other = b.source
        """
    ).fetchall()
    return [Measure(source, RECORD, "intra_base_duplicate_rate", *counts) for source, *counts in inside] + [
        Measure(source, other, "inter_base_duplicate_rate", *counts) for source, other, *counts in between
    ]


def of_quarantine(con: Connection, quarantine: Relation, typed_rows: Mapping[str, int]) -> list[Measure]:
    """Return the share of each source's rows that is refused now: of all, and by the column that is at fault."""
    refused = con.sql(
        f"""
        SELECT source, COALESCE("column", '{RECORD}') AS field, count(*), GROUPING("column") = 1 AS is_total
        FROM quarantine WHERE status = 'open'
        GROUP BY GROUPING SETS ((source), (source, "column"))
        """
    ).fetchall()
    totals = {source: rows for source, _, rows, is_total in refused if is_total}
    by_column = [(source, field, rows) for source, field, rows, is_total in refused if not is_total and field != RECORD]
    whole = [(source, RECORD, totals.get(source, 0)) for source in typed_rows]
    return [
        Measure(source, field, "quarantine_rate", rows, typed_rows[source] + totals.get(source, 0))
        for source, field, rows in (*whole, *by_column)
        if source in typed_rows and typed_rows[source] + totals.get(source, 0)
    ]


def of_columns(con: Connection, source: str, columns: Iterable[str], typed: Relation) -> list[Measure]:
    """Return the completeness of the columns of a source that has no person records."""
    names = list(columns)
    counts = ", ".join(f"count({identifier(name)})" for name in names)
    rows, *filled = con.sql(f"SELECT count(*), {counts} FROM typed").fetchall()[0]
    return [
        Measure(source, name, "completeness", count, rows) for name, count in zip(names, filled, strict=True) if rows
    ]


def of_orphans(con: Connection, source: str, field: str, values: Relation, referenced: Relation) -> Measure:
    """Return the share of the values (one column, `value`) that the referenced ones do not have."""
    orphans, told = con.sql(
        """
        SELECT count(*) FILTER (r.value IS NULL), count(*)
        FROM values AS v LEFT JOIN (SELECT DISTINCT value FROM referenced) AS r ON r.value = v.value
        WHERE v.value IS NOT NULL
        """
    ).fetchall()[0]
    return Measure(source, field, "orphan_rate", orphans, told)


def values_of(con: Connection, typed: Relation, column: str, inner: str | None = None) -> Relation:
    """Return one column of typed rows as text (`value`); `inner` is a field of the elements of a list column."""
    name = identifier(column)
    if inner is None:
        return con.sql(f"SELECT CAST({name} AS VARCHAR) AS value FROM typed")
    path = literal('$."' + inner.replace('"', '\\"') + '"')
    elements = f"""SELECT unnest(from_json({name}, '["JSON"]')) AS element FROM typed"""
    return con.sql(f"SELECT element ->> {path} AS value FROM ({elements})")
