"""Canonical interactions become published ones: each under its customer, none lost.

Here: the customer of a record (crosswalk on source and person key), the published columns, and the count of what has
no customer yet. Not here: which version of a record is the newest (standardisation), who is who (identity).
"""

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import (
    CART,
    CUSTOMER_ORDER,
    MESSAGE_EVENT,
    ORDER_LINE,
    TICKET,
    VISIT,
    duckdb_schema,
    key_columns,
)

#: Kind of canonical record -> the table that publishes it.
PUBLISHED_AS: dict[str, sa.Table] = {
    "order": CUSTOMER_ORDER,
    "order_line": ORDER_LINE,
    "visit": VISIT,
    "cart": CART,
    "ticket": TICKET,
    "message_event": MESSAGE_EVENT,
}

#: Columns that are more than the record's field of the same name.
_DERIVED = {
    "customer_id": "crosswalk.customer_id",
    "is_return": "coalesce(records.is_return, records.gross_cents < 0, false)",
}


def attach(con: Connection, kind: str, records: Relation, crosswalk: Relation) -> Relation:
    """Return the records of one kind in their published columns, under the customer that the crosswalk names.

    `records`: newest canonical records, one row a (source, key of the kind); `crosswalk`: one row a (source,
    source_key). As many rows come out as go in, sorted by key. `customer_id` is null where the record names no person,
    or one that is unknown. An order line has no customer of its own: it is its order's.
    """
    table = PUBLISHED_AS[kind]
    schema = duckdb_schema(table)
    columns = ", ".join(
        f'CAST({_DERIVED.get(name, f"records.{name}")} AS {type_}) AS "{name}"' for name, type_ in schema.items()
    )
    owner = (
        "LEFT JOIN crosswalk ON crosswalk.source = records.source AND crosswalk.source_key = records.person_key"
        if "person_key" in schema
        else ""
    )
    return con.sql(f"SELECT {columns} FROM records {owner} ORDER BY {_key(table)}")


def unattached_counts(con: Connection, kind: str, attached: Relation) -> Relation:
    """Count the published interactions of one kind that have no customer; one row a (kind, source, why).

    `why` is `anonymous` (the record names no person) or `unknown person` (it names one that no source knows).
    """
    if "customer_id" not in duckdb_schema(PUBLISHED_AS[kind]):
        return con.sql("SELECT '' AS kind, '' AS source, '' AS why, 0::BIGINT AS interactions LIMIT 0")
    return con.sql(
        f"""
        SELECT '{kind}' AS kind, source,
               CASE WHEN person_key IS NULL THEN 'anonymous' ELSE 'unknown person' END AS why,
               count(*) AS interactions
        FROM attached WHERE customer_id IS NULL
        GROUP BY ALL ORDER BY source, why
        """
    )


def _key(table: sa.Table) -> str:
    return ", ".join(f'"{name}"' for name in key_columns(table))
