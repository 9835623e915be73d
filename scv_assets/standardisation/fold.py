"""From the records of every day to the newest version of each: `source_record`, and every identifier it ever held.

A later day's record replaces the whole earlier one. Sources of events (`accumulate`) complete it instead, a group of
fields at a time, so that a new street never keeps an old house number. A record that the source has deleted or merged
away, or that is gone from the newest snapshot, keeps its row and is marked.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.standardisation.mapping import person_schema

#: The columns of `sources`, one row a source: `newest_day` is the day of its newest extract.
SOURCES_SCHEMA: dict[str, str] = {
    "source": "VARCHAR",
    "delivery": "VARCHAR",
    "accumulate": "BOOLEAN",
    "newest_day": "DATE",
}
IDENTIFIER_SCHEMA: dict[str, str] = {
    "source": "VARCHAR",
    "source_key": "VARCHAR",
    "namespace": "VARCHAR",
    "value": "VARCHAR",
    "first_seen_at": "TIMESTAMP",
    "last_seen_at": "TIMESTAMP",
}
_PLACE = ("street", "house_number", "postcode", "city", "country")
#: A postal address that reaches somebody, told while the source did not call the record deleted.
_HAS_ADDRESS = (
    "p.street IS NOT NULL AND p.postcode IS NOT NULL AND p.city IS NOT NULL AND NOT COALESCE(p.is_deleted, FALSE)"
)
#: Fields that are true together; an accumulating source's newest group with anything in it wins as a whole.
_GROUPS: tuple[tuple[str, ...], ...] = (
    ("first_name", "last_name", "raw_first_name", "raw_last_name", "raw_full_name"),
    ("birth_on", "raw_birth_on"),
    ("email", "raw_email"),
    ("phone", "raw_phone"),
    (*_PLACE, "raw_street", "raw_address", "raw_postcode", "raw_city", "raw_country"),
    ("language",),
    ("merged_into",),
    ("is_deleted",),
)  # fmt: skip
_HASHED = ("first_name", "last_name", "birth_on", "email", "phone", *_PLACE, "language", "merged_into")


def source_records(con: Connection, persons: Relation, sources: Relation) -> Relation:
    """Return the newest version of every person record, exactly as `source_record` is published, sorted by key.

    `persons` has `source` and the columns of `person_schema()`, one row a (source, `_day`, source_key); `sources` has
    those of `SOURCES_SCHEMA`. A record that says nothing of when it changed was updated at the start of its day (UTC).
    """
    identifiers = record_identifiers(con, persons)
    newest = _newest(con, persons, sources)
    hashed = ", ".join(
        f"CAST({name} AS VARCHAR)" for name in (*(f"n.{name}" for name in _HASHED), "n.is_gone", "i.held")
    )
    columns = {name: f"n.{name}" for name in duckdb_schema(SOURCE_RECORD)}
    columns |= {
        "updated_at": "COALESCE(n.updated_at, CAST(n.last_day AS TIMESTAMP))",
        "first_seen_at": "CAST(n.first_day AS TIMESTAMP)",
        "address_first_seen_at": "CAST(n.address_day AS TIMESTAMP)",
        "content_hash": f"sha256(CAST(to_json([{hashed}]) AS VARCHAR))[:32]",
        "is_deleted": "n.is_gone",
    }
    listed = ", ".join(
        f"CAST({sql} AS {duckdb_schema(SOURCE_RECORD)[name]}) AS {name}" for name, sql in columns.items()
    )
    return con.sql(
        f"""
        WITH held AS (
            SELECT source, source_key, to_json(list([namespace, value] ORDER BY namespace, value)) AS held
            FROM identifiers GROUP BY source, source_key
        )
        SELECT {listed} FROM newest n
        LEFT JOIN held i ON i.source = n.source AND i.source_key = n.source_key
        ORDER BY n.source, n.source_key
        """
    )


def record_identifiers(con: Connection, persons: Relation) -> Relation:
    """Return every identifier that a record ever held while its source did not call it deleted, sorted by key.

    Columns of `IDENTIFIER_SCHEMA`; first and last seen are the starts (UTC) of the days of the extracts.
    Grain: (source, source_key, namespace, value).
    """
    return con.sql(
        """
        WITH entries AS (
            SELECT source, source_key, _day,
                unnest(map_entries(CAST(CAST(identifiers AS JSON) AS MAP(VARCHAR, JSON)))) AS entry
            FROM persons WHERE NOT COALESCE(is_deleted, FALSE) AND identifiers <> '{}'
        ), valued AS (
            SELECT source, source_key, _day, entry.key AS namespace,
                unnest(CASE json_type(entry.value) WHEN 'ARRAY' THEN json_extract_string(entry.value, '$[*]')
                       ELSE [json_extract_string(entry.value, '$')] END) AS value
            FROM entries
        )
        SELECT source, source_key, namespace, value,
            CAST(min(_day) AS TIMESTAMP) AS first_seen_at, CAST(max(_day) AS TIMESTAMP) AS last_seen_at
        FROM valued WHERE value IS NOT NULL
        GROUP BY source, source_key, namespace, value
        ORDER BY source, source_key, namespace, value
        """
    )


def _newest(con: Connection, persons: Relation, sources: Relation) -> Relation:
    fields = [
        name
        for name in person_schema()
        if name not in {"_day", "_row_number", "source_key", "updated_at", "identifiers"}
    ]
    whole = "{" + ", ".join(f"'{name}': p.{name}" for name in fields) + "}"
    replaced = ", ".join(f"whole.{name} AS {name}" for name in fields)
    groups = ", ".join(f"{_newest_group(group)} AS group_{i}" for i, group in enumerate(_GROUPS))
    completed = ", ".join(f"group_{i}.{name} AS {name}" for i, group in enumerate(_GROUPS) for name in group)
    days = (
        f"min(p._day) AS first_day, max(p._day) AS last_day, min(p._day) FILTER (WHERE {_HAS_ADDRESS}) AS address_day"
    )
    by_name = ", ".join(fields)
    return con.sql(
        f"""
        WITH versions AS (
            SELECT p.source, p.source_key, {days},
                arg_max({whole}, p._day) AS whole, arg_max({{'at': p.updated_at}}, p._day).at AS updated_at
            FROM persons p JOIN sources s ON s.source = p.source AND NOT s.accumulate GROUP BY p.source, p.source_key
        ), accumulated AS (
            SELECT p.source, p.source_key, {days}, {groups},
                max(COALESCE(p.updated_at, CAST(p._day AS TIMESTAMP))) AS updated_at
            FROM persons p JOIN sources s ON s.source = p.source AND s.accumulate GROUP BY p.source, p.source_key
        ), together AS (
            SELECT source, source_key, first_day, last_day, address_day, updated_at, {replaced} FROM versions
            UNION ALL BY NAME
            SELECT source, source_key, first_day, last_day, address_day, updated_at, {completed} FROM accumulated
        )
        SELECT t.source, t.source_key, first_day, last_day, address_day, updated_at, {by_name},
            COALESCE(is_deleted, FALSE) OR merged_into IS NOT NULL
                OR (s.delivery = 'snapshot' AND last_day < s.newest_day) AS is_gone
        FROM together t JOIN sources s ON s.source = t.source
        """
    )


def _newest_group(group: tuple[str, ...]) -> str:
    packed = "{" + ", ".join(f"'{name}': p.{name}" for name in group) + "}"
    something = " OR ".join(f"p.{name} IS NOT NULL" for name in group)
    return f"arg_max({packed}, p._day) FILTER (WHERE {something})"
