"""What must hold of the tables that are about to be published: asked of the new relations, before anything is written.

Every claim counts the rows that break it; nothing of a row is told, only how many and what to do.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.loading import listed, quoted
from resources.store.tables import key_columns
from scv_assets.errors import PublishRefused

INTERACTIONS = ("customer_order", "visit", "cart", "ticket", "message_event")


@dataclass(frozen=True)
class Claim:
    """A rule across tables: `broken` is a query over them that gives the rows that break it."""

    tables: tuple[str, ...]
    broken: str
    message: str


CLAIMS: tuple[Claim, ...] = (
    Claim(
        ("crosswalk", "golden_profile"),
        "SELECT 1 FROM crosswalk LEFT JOIN golden_profile USING (customer_id) WHERE golden_profile.customer_id IS NULL",
        "records in crosswalk have a customer that golden_profile does not have",
    ),
    Claim(
        ("crosswalk", "golden_profile"),
        "SELECT 1 FROM golden_profile ANTI JOIN crosswalk USING (customer_id)",
        "customers in golden_profile have no record in crosswalk",
    ),
    Claim(
        ("customer_redirect",),
        "SELECT 1 FROM customer_redirect SEMI JOIN customer_redirect AS next"
        " ON customer_redirect.customer_id = next.old_customer_id",
        "redirects in customer_redirect lead to an id that is itself redirected",
    ),
    *(
        Claim(
            (table, "golden_profile"),
            f"SELECT 1 FROM {table} ANTI JOIN golden_profile USING (customer_id) WHERE {table}.customer_id IS NOT NULL",
            f"rows in {table} have a customer that golden_profile does not have",
        )
        for table in INTERACTIONS
    ),
)


def claimed_tables(changed: Iterable[str]) -> set[str]:
    """Return the tables that must be looked at where these change."""
    return {name for claim in CLAIMS if set(claim.tables) & set(changed) for name in claim.tables}


def audit(con: Connection, changed: Mapping[str, sa.Table], relations: Mapping[str, Relation]) -> None:
    """Raise `PublishRefused` where a changed table's rows are not sound or a claim that touches it is broken.

    Sound: the key is there and unique, and every day and instant is one that a program can read (years 1 to 9999).

    `relations` holds every changed table and every one of `claimed_tables`.
    """
    problems = [problem for name, table in changed.items() for problem in _row_problems(con, table, relations[name])]
    for claim in CLAIMS:
        if set(claim.tables) & set(changed):
            scope = ", ".join(f"{quoted(name)} AS (FROM audited_{name})" for name in claim.tables)
            for name in claim.tables:
                con.register(f"audited_{name}", relations[name])
            count = _count(con, f"WITH {scope} SELECT count(*) FROM ({claim.broken})")
            for name in claim.tables:
                con.unregister(f"audited_{name}")
            if count:
                problems.append(f"{count:,} {claim.message}")
    if problems:
        raise PublishRefused(
            f"nothing was published: {'; '.join(problems)}; the last good state stays, see the assets that made these"
        )


def _row_problems(con: Connection, table: sa.Table, rows: Relation) -> Iterator[str]:
    keys = key_columns(table)
    missing = " OR ".join(f"{quoted(key)} IS NULL" for key in keys)
    without_key = _count(con, f"SELECT count(*) FROM rows WHERE {missing}", rows)
    if without_key:
        yield f"{without_key:,} rows in {table.name} have no {' or '.join(keys)}"
    twice = _count(con, f"SELECT count(*) - count(DISTINCT ({listed(keys)})) FROM rows", rows)
    if twice:
        yield f"{twice:,} rows in {table.name} have the same {', '.join(keys)} as another"
    dated = [column.name for column in table.columns if isinstance(column.type, sa.Date | sa.DateTime)]
    for name in dated:
        far = f"NOT isfinite({quoted(name)}) OR year({quoted(name)}) NOT BETWEEN 1 AND 9999"
        beyond = _count(con, f"SELECT count(*) FROM rows WHERE {far}", rows)
        if beyond:
            yield f"{beyond:,} rows in {table.name} have a {name} beyond the years 1 to 9999"


def _count(con: Connection, query: str, rows: Relation | None = None) -> int:
    return int(con.sql(query).fetchall()[0][0])
