"""What must hold of customer ids before anything is built on them."""

import dagster as dg
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.tables import CROSSWALK, CUSTOMER_REDIRECT, SOURCE_RECORD, duckdb_schema
from scv_assets import stages
from scv_assets.claims import claim

_CROSSWALK = ("identity", "crosswalk")


def identity_checks() -> list[dg.AssetChecksDefinition]:
    """Return the checks of the identity stage."""
    return [
        claim(
            _CROSSWALK,
            "every_record_has_one_customer",
            "Each source record has exactly one customer, and no customer is without a record",
            _without_customer,
            is_blocking=True,
        ),
        claim(
            ("identity", "customer_redirect"),
            "redirects_lead_to_living_customers",
            "An id that was merged away leads straight to a customer who lives, and is nobody's id any more",
            _stray_redirects,
            is_blocking=True,
        ),
    ]


def _without_customer(con: Connection, lake: Lake) -> Relation:
    records = lake.scan(con, stages.published_path("source_record"), duckdb_schema(SOURCE_RECORD))
    crosswalk = lake.scan(con, stages.published_path("crosswalk"), duckdb_schema(CROSSWALK))
    return con.sql("""
        SELECT source, source_key FROM records FULL JOIN crosswalk USING (source, source_key)
        GROUP BY ALL HAVING count(*) > 1 OR count(customer_id) = 0 OR count(content_hash) = 0
    """)


def _stray_redirects(con: Connection, lake: Lake) -> Relation:
    redirects = lake.scan(con, stages.published_path("customer_redirect"), duckdb_schema(CUSTOMER_REDIRECT))
    crosswalk = lake.scan(con, stages.published_path("crosswalk"), duckdb_schema(CROSSWALK))
    return con.sql("""
        SELECT old_customer_id FROM redirects
        WHERE customer_id NOT IN (SELECT customer_id FROM crosswalk)
            OR old_customer_id IN (SELECT customer_id FROM crosswalk)
    """)
