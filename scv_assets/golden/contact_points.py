"""Contact points: every way in which a customer can be reached, and whether it can be used."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.golden.survivorship import STEWARD
from scv_assets.golden.validity import is_complete_address, is_email, is_phone, postal_line


def contact_points(con: Connection, *, speaking: Relation, fields: Relation, unusable: Relation) -> Relation:
    """Return the addresses of each customer: one row a (customer_id, kind, value), as contact_point, in no order.

    In: the records that speak (`members`), the golden `fields`, `unusable` (kind, value). A golden value that no
    record holds was set by a steward, who is then its source.
    """
    return con.sql(f"""
        WITH held AS (
            {_addresses("speaking", source="source", is_golden="false")}
            UNION ALL
            {_addresses("fields", source="NULL", is_golden="true")}
        ), point AS (
            SELECT customer_id, kind, value, bool_or(is_usable) AS is_usable, bool_or(is_golden) AS is_primary,
                list_sort(list_distinct(list(source))) AS sources
            FROM held WHERE value IS NOT NULL GROUP BY ALL
        )
        SELECT customer_id, kind, value, is_usable AND unusable.value IS NULL AS is_valid, is_primary,
            to_json(if(len(sources) > 0, sources, ['{STEWARD}']))::VARCHAR AS sources
        FROM point LEFT JOIN unusable USING (kind, value)
    """)


def _addresses(rows: str, *, source: str, is_golden: str) -> str:
    kinds = {
        "email": ("held.email", is_email("held.email")),
        "phone": ("held.phone", is_phone("held.phone")),
        "post": (postal_line("held"), is_complete_address("held")),
    }
    return " UNION ALL ".join(
        f"SELECT customer_id, '{kind}' AS kind, {value} AS value, {is_usable} AS is_usable, {source} AS source,"
        f" {is_golden} AS is_golden FROM {rows} AS held"
        for kind, (value, is_usable) in kinds.items()
    )
