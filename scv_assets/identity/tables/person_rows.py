"""The rows of a table as person records in normal form: what `resolve` takes, with the row's number as the key."""

from dataclasses import dataclass
from datetime import date

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.identity.tables.days import LIVING_SINCE, day_order, is_of_the_past, iso_day
from scv_assets.identity.tables.reading import ROW
from scv_assets.identity.tables.recognition import LOOKED_AT, TableColumns, Values
from scv_assets.sql_quoting import identifier
from scv_assets.standardisation.distinct import Lookup, looked_up
from scv_assets.standardisation.mapping import identifier_column, person_schema, wanted_columns
from scv_assets.standardisation.persons import standardised

SOURCE = "table"

_SEEN = "TIMESTAMP '1970-01-01'"
_PLACE = ("street", "house_number", "postcode", "city", "country")
_DIGITS = "regexp_replace(raw_phone, '[^0-9+]', '', 'g')"


@dataclass(frozen=True)
class PersonRows:
    """`records` as source_record has them (source `table`, the row's number as source_key), their `identifiers`."""

    records: Relation
    identifiers: Relation


def looked_at(con: Connection, given: Relation, *, without: str | None = None) -> list[Values]:
    """Return what stands in each column of a table, `row` and one that is not to be looked at left out.

    The sample is spread evenly over the different values.
    """
    found = []
    for name in given.columns:
        if name in (ROW, without):
            continue
        column = identifier(name)
        rows, filled, distinct = con.sql(
            f"SELECT count(*), count({column}), count(DISTINCT {column}) FROM given"
        ).fetchall()[0]
        sample = con.sql(f"""
            SELECT {column} FROM (
                SELECT DISTINCT {column}, row_number() OVER (ORDER BY {column}) AS place
                FROM (SELECT DISTINCT {column} FROM given WHERE {column} IS NOT NULL)
            ) WHERE place % greatest({distinct} // {LOOKED_AT}, 1) = 0 ORDER BY {column} LIMIT {LOOKED_AT}
        """).fetchall()
        found.append(Values(name, tuple(str(row[0]) for row in sample), rows, filled, distinct))
    return found


def person_rows(
    con: Connection, rows: Relation, columns: TableColumns, countries: tuple[str, ...], as_of: date
) -> PersonRows:
    """Return the rows in normal form.

    `countries` (ISO 3166-1 alpha-2): where a phone without a prefix is looked for. A number that no plan knows is kept
    as its digits: two rows may still share it. A birth date after `as_of` is none, nor is one before 1900, save in a
    column of people of the past.
    """
    namespaces = tuple(sorted(columns.identifiers))
    born = _born(con, rows, columns)
    with (
        looked_up(con, rows, _days(born, columns)) as joined,
        standardised(con, con.sql(_persons_sql(columns, namespaces, joined, as_of)), namespaces, countries) as persons,
    ):
        kept = con.from_arrow(persons.to_arrow_table())
    return PersonRows(_records(con, kept, keeps_past=is_of_the_past(born)), _identifiers(con, kept))


def _born(con: Connection, given: Relation, columns: TableColumns) -> tuple[str, ...]:
    """Return a sample of the birth dates, as they are written."""
    name = columns.fields.get("birth_on")
    if name is None:
        return ()
    (values,) = looked_at(con, given.project(f"{ROW}, {identifier(name)}"))
    return values.sample


def _days(born: tuple[str, ...], columns: TableColumns) -> dict[str, Lookup]:
    """Return the look-up of birth dates, in the order in which the column writes them."""
    if "birth_on" not in columns.fields:
        return {}
    order = day_order(born) or "ymd"
    return {"days": Lookup((columns.fields["birth_on"],), ("day",), lambda value: (iso_day(value, order),))}


def _persons_sql(columns: TableColumns, namespaces: tuple[str, ...], joined: str, as_of: date) -> str:
    values = {name: f"r.{identifier(column)}" for name, column in columns.fields.items()}
    if "birth_on" in values:
        values["birth_on"] = "days.day"
    values |= {identifier_column(name): f"r.{identifier(column)}" for name, column in columns.identifiers.items()}
    values |= {
        "_day": f"DATE '{as_of.isoformat()}'",
        "_row_number": f"r.{ROW}",
        "source_key": f"lpad(CAST(r.{ROW} AS VARCHAR), 12, '0')",
    }
    wanted = wanted_columns("person", namespaces)
    listed = ", ".join(
        f"CAST({values.get(name, 'NULL')} AS {type_}) AS {identifier(name)}" for name, type_ in wanted.items()
    )
    return f"SELECT {listed} FROM {joined}"


def _records(con: Connection, persons: Relation, *, keeps_past: bool) -> Relation:
    schema, known = duckdb_schema(SOURCE_RECORD), person_schema()
    hashed = ", ".join(
        f"CAST({name} AS VARCHAR)"
        for name in ("first_name", "last_name", "birth_on", "email", "raw_phone", *_PLACE, "identifiers")
    )
    given = {name: name for name in schema if name in known}
    given |= {
        "source": f"'{SOURCE}'",
        "phone": f"coalesce(phone, CASE WHEN length({_DIGITS}) > 5 THEN {_DIGITS} END)",
        "first_seen_at": _SEEN,
        "is_deleted": "false",
        "merged_into": "NULL",
        "content_hash": f"sha256(CAST(to_json([{hashed}]) AS VARCHAR))[:32]",
    }
    if keeps_past:
        long_ago = f"CASE WHEN raw_birth_on < '{LIVING_SINCE}' THEN raw_birth_on END"
        given["birth_on"] = f"coalesce(birth_on, TRY_CAST({long_ago} AS DATE))"
    listed = ", ".join(f"CAST({given.get(name, 'NULL')} AS {type_}) AS {name}" for name, type_ in schema.items())
    return con.from_arrow(con.sql(f"SELECT {listed} FROM persons ORDER BY source_key").to_arrow_table())


def _identifiers(con: Connection, persons: Relation) -> Relation:
    """Return a row an identifier; e-mail and phone are fields of the record, which `resolve` adds by itself."""
    return con.from_arrow(
        con.sql(f"""
        WITH entries AS (
            SELECT source_key, unnest(map_entries(CAST(CAST(identifiers AS JSON) AS MAP(VARCHAR, JSON)))) AS entry
            FROM persons WHERE identifiers <> '{{}}'
        )
        SELECT '{SOURCE}' AS source, source_key, entry.key AS namespace, json_extract_string(entry.value, '$') AS value,
               {_SEEN} AS first_seen_at, {_SEEN} AS last_seen_at
        FROM entries WHERE entry.key NOT IN ('email', 'phone')
        ORDER BY source_key, namespace
    """).to_arrow_table()
    )
