"""What must hold of profiles and consent before they are published."""

import dagster as dg
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.tables import CONSENT_EVENT, CROSSWALK, GOLDEN_PROFILE, duckdb_schema
from scv_assets import stages
from scv_assets.claims import claim
from scv_assets.governance.consent import undeclared
from scv_assets.governance.purposes import consent_policy
from scv_assets.governance.run import POLICY
from scv_assets.home import Home


def governance_checks(home: Home) -> list[dg.AssetChecksDefinition]:
    """Return the checks of profiles and consent."""

    def undeclared_purposes(con: Connection, lake: Lake) -> Relation:
        events = lake.scan(con, stages.published_path("consent_event"), duckdb_schema(CONSENT_EVENT))
        return undeclared(con, events=events, policy=consent_policy(home.document(POLICY)))

    return [
        claim(
            ("golden", "profile"),
            "one_profile_a_customer",
            "Every customer has exactly one golden profile",
            _without_profile,
            is_blocking=True,
        ),
        claim(
            ("governance", "consent_event"),
            "purposes_are_declared",
            "Every consent is of a purpose and channel that governance.yaml declares; others decide nothing",
            undeclared_purposes,
            is_blocking=False,
        ),
    ]


def _without_profile(con: Connection, lake: Lake) -> Relation:
    customers = lake.scan(con, stages.published_path("crosswalk"), duckdb_schema(CROSSWALK))
    profiles = lake.scan(con, stages.lake_path("golden", "profile"), duckdb_schema(GOLDEN_PROFILE))
    return con.sql("""
        SELECT customer_id FROM (SELECT DISTINCT customer_id FROM customers) AS c
        FULL JOIN profiles USING (customer_id)
        GROUP BY customer_id HAVING count(*) > 1 OR count(record_count) = 0
    """)
