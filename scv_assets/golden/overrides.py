"""Stewards' overrides: a golden field set by hand, as an append-only log tells it.

The log's rows are (customer_id, field, value, decided_by, decided_at). The latest word on a customer's field is in
force: a text sets the field, an empty text blanks it, null takes the override back and the rules decide again.
An override of one field of a group is laid over the record that survived; the others stay that record's.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import GOLDEN_FIELDS
from scv_assets.errors import ConfigError
from scv_assets.golden.policy import SurvivorshipPolicy
from scv_assets.sql_quoting import literals

#: The columns of the log, as DuckDB types.
SCHEMA = {
    "customer_id": "VARCHAR",
    "field": "VARCHAR",
    "value": "VARCHAR",
    "decided_by": "VARCHAR",
    "decided_at": "TIMESTAMP",
}


def nothing_overridden(con: Connection) -> Relation:
    """Return an empty log."""
    return con.sql("SELECT " + ", ".join(f"NULL::{type_} AS {name}" for name, type_ in SCHEMA.items()) + " LIMIT 0")


def redirected(con: Connection, *, overrides: Relation, redirects: Relation) -> Relation:
    """Return the log with ids that were merged away replaced by those that live on (customer_redirect)."""
    return con.sql("""
        SELECT coalesce(redirect.customer_id, log.customer_id) AS customer_id, field, value, decided_by, decided_at
        FROM overrides AS log LEFT JOIN redirects AS redirect ON redirect.old_customer_id = log.customer_id
    """)


def in_force(con: Connection, *, overrides: Relation, customers: Relation, policy: SurvivorshipPolicy) -> Relation:
    """Return the latest override of each field, one row a (customer_id, field); null means that it is to be blank.

    An override of a customer who is not among `customers` waits; one of a field whose rules do not begin with
    `stewards_override` does not apply.
    Raises `ConfigError` where the log names no golden field, or gives a birth date that is none.
    """
    _refuse_unusable(con, overrides)
    overridable = literals(sorted(policy.overridable) or [""])
    return con.sql(f"""
        WITH latest AS (
            SELECT customer_id, field, value, decided_by, decided_at
            FROM overrides SEMI JOIN customers USING (customer_id)
            WHERE field IN {overridable}
            QUALIFY row_number() OVER (
                PARTITION BY customer_id, field ORDER BY decided_at DESC, decided_by, value NULLS FIRST) = 1
        )
        SELECT customer_id, field,
            CASE WHEN field = 'birth_on' THEN (nullif(value, '')::DATE)::VARCHAR ELSE nullif(value, '') END AS value,
            decided_by, decided_at
        FROM latest WHERE value IS NOT NULL
    """)


def _refuse_unusable(con: Connection, overrides: Relation) -> None:
    counted = con.sql(f"""
        SELECT count(*) FILTER (field NOT IN {literals(GOLDEN_FIELDS)}),
            count(*) FILTER (field = 'birth_on' AND value <> '' AND try_cast(value AS DATE) IS NULL)
        FROM overrides
    """).fetchall()
    unknown, undated = counted[0]
    if unknown:
        raise ConfigError(f"stewards' overrides: {unknown} name no golden field; use {', '.join(GOLDEN_FIELDS)}")
    if undated:
        raise ConfigError(f"stewards' overrides: {undated} birth dates cannot be read; write them YYYY-MM-DD")
