"""Given and family names that stand in each other's field, told by the data itself.

No list of names is brought along: a word that a company's own records have as a given name a hundred times and as a
family name once is a given name there. Nothing is swapped back: the record is shown, and identity may compare
crosswise.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.standardisation.distinct import Lookup, looked_up
from scv_assets.standardisation.folding import folded
from scv_assets.standardisation.name_order import words_seen

#: How often a word must have been seen in all, and how many times more often in the other field than in its own.
LEAST_SEEN = 10
LEAST_RATIO = 20


def likely_swapped(con: Connection, records: Relation, *, seen: int = LEAST_SEEN, ratio: int = LEAST_RATIO) -> Relation:
    """Return the records whose two names both belong in the other field, sorted by key.

    Columns: source, source_key, `first_name_as_family`, `last_name_as_given` (how often each is seen where it belongs).
    Both must have been seen at least `seen` times in all and `ratio` times more often in the other field: one rare name
    is never enough. `records` has source, source_key, first_name, last_name, as `source_record`.
    """
    seen_words = words_seen(con, records)
    rows = records
    with looked_up(con, rows, {"given": _folded("first_name"), "family": _folded("last_name")}) as joined:
        named = con.sql(
            f"SELECT r.source, r.source_key, given.word AS first_word, family.word AS last_word FROM {joined}"
        ).to_arrow_table()
    return con.sql(
        f"""
        SELECT n.source, n.source_key, f.as_family AS first_name_as_family, l.as_given AS last_name_as_given
        FROM named n JOIN seen_words f ON f.word = n.first_word JOIN seen_words l ON l.word = n.last_word
        WHERE f.as_given + f.as_family >= {seen} AND f.as_family >= {ratio} * f.as_given
          AND l.as_given + l.as_family >= {seen} AND l.as_given >= {ratio} * l.as_family
        ORDER BY n.source, n.source_key
        """
    )


def _folded(column: str) -> Lookup:
    return Lookup((column,), ("word",), lambda value: (folded(value),))
