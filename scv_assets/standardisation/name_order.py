"""Whole names whose order nothing shows, read in the order that the company's own data shows.

"Dupont Francis" may be read either way. Where other records have given and family name in fields of their own, most
words are seen far more often in one than in the other; and a system that writes the family name first does so
throughout, so that its undecided names follow the decided ones. No list of names is brought along.
"""

import math

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.standardisation.distinct import Lookup, distinct_results, looked_up
from scv_assets.standardisation.folding import folded
from scv_assets.standardisation.whole_names import person_name

#: How much likelier one order must be than the other before a name is decided (odds of its two words together).
LEAST_ODDS = 20
#: A source has a convention where at least so many of its names are decided, and so large a share of them alike.
LEAST_DECIDED = 20
LEAST_SHARE = 0.95

_IS_WHOLE = "raw_first_name IS NULL AND raw_last_name IS NULL AND raw_full_name IS NOT NULL"


def in_their_order(con: Connection, persons: Relation) -> Relation:
    """Return the person records with first and last name of whole names in the order that the data shows.

    `persons` has `source` and the columns of `person_schema()`, given name first where a whole name shows no order;
    all else comes back as it is, in no set order.
    """
    turned = _family_name_first(con, persons)
    names = ", ".join(f"COALESCE(t.{name}, p.{name}) AS {name}" for name in ("first_name", "last_name"))
    return con.sql(
        f"""
        SELECT p.* REPLACE ({names})
        FROM persons p
        LEFT JOIN turned t ON t.source = p.source AND t.raw_full_name = p.raw_full_name
            AND p.raw_first_name IS NULL AND p.raw_last_name IS NULL
        """
    )


def words_seen(con: Connection, records: Relation) -> pa.Table:
    """Return how often each folded word is a given and a family name where the source parts them.

    Columns word, as_given, as_family. `records` has source, source_key, first_name, last_name; each different name of
    a record counts once, so that a daily snapshot weighs no more than one delivery.
    """
    rows = con.sql("SELECT DISTINCT source, source_key, first_name, last_name FROM records")
    lookups = {
        "given": Lookup(("first_name",), ("word",), lambda v: (folded(v),)),
        "family": Lookup(("last_name",), ("word",), lambda v: (folded(v),)),
    }
    with looked_up(con, rows, lookups) as joined:
        return con.sql(
            f"""
            WITH named AS (SELECT given.word AS given_word, family.word AS family_word FROM {joined})
            SELECT word, count(*) FILTER (WHERE is_given) AS as_given, count(*) FILTER (WHERE NOT is_given) AS as_family
            FROM (SELECT given_word AS word, TRUE AS is_given FROM named
                  UNION ALL SELECT family_word, FALSE FROM named)
            WHERE word IS NOT NULL GROUP BY word ORDER BY word
            """
        ).to_arrow_table()


def _readings(name: str) -> tuple[str | None, ...]:
    """Read a name both ways; nothing where it shows its order or has one part only."""
    given_first, family_first = person_name(name), person_name(name, family_first=True)
    parts = (given_first.first_name, given_first.last_name, family_first.first_name, family_first.last_name)
    if given_first == family_first or None in parts:
        return (None,) * 6
    return (*map(folded, parts), family_first.first_name, family_first.last_name)


_READ = ("a_given", "a_family", "b_given", "b_family", "first_name", "last_name")


def _family_name_first(con: Connection, persons: Relation) -> Relation:
    """Return the (source, raw_full_name) to be read family name first, with first and last name in that order."""
    parted = con.sql("SELECT * FROM persons WHERE raw_first_name IS NOT NULL AND raw_last_name IS NOT NULL")
    seen = words_seen(con, parted)
    whole = con.sql(f"SELECT DISTINCT source, raw_full_name FROM persons WHERE {_IS_WHOLE}")
    readings = distinct_results(con, whole, Lookup(("raw_full_name",), _READ, _readings))
    evidence = f"{_odds('b_given', 'b_family')} - ({_odds('a_given', 'a_family')})"
    joins = " ".join(f"LEFT JOIN seen {word} ON {word}.word = r.{word}" for word in _READ[:4])
    bound = 2 * math.log(LEAST_ODDS)
    return con.sql(
        f"""
        WITH weighed AS (
            SELECT w.source, w.raw_full_name, r.first_name, r.last_name, {evidence} AS for_family_first
            FROM whole w JOIN readings r ON r.raw_full_name = w.raw_full_name {joins}
            WHERE r.first_name IS NOT NULL
        ), conventions AS (
            SELECT source, count(*) FILTER (WHERE for_family_first >= {bound}) AS decided,
                count(*) FILTER (WHERE for_family_first <= -{bound}) AS against
            FROM weighed GROUP BY source
        )
        SELECT source, raw_full_name, first_name, last_name
        FROM weighed JOIN conventions USING (source)
        WHERE for_family_first >= {bound}
           OR (for_family_first > -{bound} AND decided >= {LEAST_DECIDED}
               AND decided >= {LEAST_SHARE} * (decided + against))
        """
    )


def _odds(given: str, family: str) -> str:
    """Return the SQL of the log odds that both words stand where they belong, half a sighting added to every count."""
    return (
        f"ln((COALESCE({given}.as_given, 0) + 0.5) / (COALESCE({given}.as_family, 0) + 0.5))"
        f" + ln((COALESCE({family}.as_family, 0) + 0.5) / (COALESCE({family}.as_given, 0) + 0.5))"
    )
