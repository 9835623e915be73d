"""Small questions to the store, for a terminal, a page or a notebook: each answer is of one moment.

Everything a person types goes in as a parameter, never as text of a statement. Bulk reads into DuckDB are `relation`;
one customer's whole view is `profile`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from resources.store.engine import reading
from resources.store.profile import profile
from resources.store.tables import (
    CONTACT_POINT,
    CROSSWALK,
    CUSTOMER_REDIRECT,
    GOLDEN_PROFILE,
    METADATA,
    RECORD_IDENTIFIER,
)
from resources.store.unloading import relation, store_table
from scv_assets.errors import NotFound

__all__ = ["counts", "customer", "profile", "relation", "table_frame"]


def table_frame(
    engine: sa.Engine,
    table: str,
    where: Mapping[str, Any] | None = None,
    *,
    columns: Sequence[str] | None = None,
    limit: int | None = None,
) -> pd.DataFrame:
    """Return rows of a table in the order of its key.

    `where` is column -> value; a list means any of them, None means null. Raises `NotFound` for a table or a column
    that is none.
    """
    found = store_table(table)
    chosen = [_column(found, name) for name in columns] if columns is not None else list(found.columns)
    query = sa.select(*chosen).order_by(*found.primary_key.columns)
    for name, value in (where or {}).items():
        column = _column(found, name)
        is_many = isinstance(value, list | tuple | set | frozenset)
        query = query.where(column.in_(list(value)) if is_many else column.is_not_distinct_from(value))
    with reading(engine) as connection:
        rows = connection.execute(query.limit(limit)).all()
    return pd.DataFrame.from_records([tuple(row) for row in rows], columns=[column.name for column in chosen])


def counts(engine: sa.Engine) -> dict[str, int]:
    """Return the rows of every table, by name."""
    with reading(engine) as connection:
        return {
            name: int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
            for name, table in sorted(METADATA.tables.items())
        }


def customer(engine: sa.Engine, *spellings: str) -> list[str]:
    """Return the customers that any of the spellings of one identifier leads to, by id; empty where none does.

    An identifier is a customer_id (one that was merged away too), an e-mail address, a phone number, a loyalty card or
    any other identifier on a record, a record's source_key, or `source/source_key`. The caller gives the normal forms
    beside what was typed: `customer(engine, "02 123 45 67", "+3221234567")`.
    """
    searched = [spelling for spelling in spellings if spelling]
    pairs = [tuple(spelling.split("/", 1)) for spelling in searched if "/" in spelling]
    record = sa.and_(
        CROSSWALK.c.source == RECORD_IDENTIFIER.c.source, CROSSWALK.c.source_key == RECORD_IDENTIFIER.c.source_key
    )
    queries = [
        sa.select(GOLDEN_PROFILE.c.customer_id).where(GOLDEN_PROFILE.c.customer_id.in_(searched)),
        sa.select(CUSTOMER_REDIRECT.c.customer_id).where(CUSTOMER_REDIRECT.c.old_customer_id.in_(searched)),
        sa.select(CONTACT_POINT.c.customer_id).where(CONTACT_POINT.c.value.in_(searched)),
        sa.select(CROSSWALK.c.customer_id)
        .join(RECORD_IDENTIFIER, record)
        .where(RECORD_IDENTIFIER.c.value.in_(searched)),
        sa.select(CROSSWALK.c.customer_id).where(CROSSWALK.c.source_key.in_(searched)),
        *(
            sa.select(CROSSWALK.c.customer_id).where(CROSSWALK.c.source == source, CROSSWALK.c.source_key == key)
            for source, key in pairs
        ),
    ]
    with reading(engine) as connection:
        found = {str(value) for query in queries for value in connection.execute(query).scalars() if value is not None}
    return sorted(found)


def _column(table: sa.Table, name: str) -> sa.Column[Any]:
    if name not in table.columns:
        raise NotFound(f"{table.name} has no column {name!r}; it has {', '.join(table.columns.keys())}")
    return table.columns[name]
