"""Consent and quality, from the lake to the lake."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, fingerprint
from resources.store.tables import CROSSWALK, CUSTOMER_REDIRECT, duckdb_schema
from scv_assets import stages
from scv_assets.golden.run import SILENCE_PATH
from scv_assets.governance.consent import consent_events, consent_state
from scv_assets.governance.purposes import consent_policy, silence
from scv_assets.home import Home
from scv_assets.refresh import Refreshed, refresh
from scv_assets.standardisation.interactions import latest
from scv_assets.standardisation.reading import canonical, canonical_content

STAGE = "governance"
POLICY = "governance.yaml"
EVENT, STATE = stages.published_path("consent_event"), stages.published_path("consent_state")
OUTPUTS = {"consent_event": EVENT, "consent_state": STATE, "silence": SILENCE_PATH}


def keep_consent(home: Home, lake: Lake) -> Refreshed:
    """Write the consent ledger, its state by customer, and what silence means."""
    made_from = fingerprint(
        canonical_content(home, lake, ("consent", "message_event")),
        lake.content(*(stages.published_path(table) for table in ("crosswalk", "customer_redirect"))),
        home.fingerprint(POLICY),
        stages.code_version("standardisation", STAGE),
    )

    def compute(con: Connection) -> dict[str, Relation]:
        policy = consent_policy(home.document(POLICY))
        events = consent_events(
            con,
            consents=latest(con, "consent", canonical(con, home, lake, "consent")),
            messages=latest(con, "message_event", canonical(con, home, lake, "message_event")),
        )
        crosswalk, redirects = (
            lake.scan(con, stages.published_path(table.name), duckdb_schema(table))
            for table in (CROSSWALK, CUSTOMER_REDIRECT)
        )
        state = consent_state(con, events=events, crosswalk=crosswalk, redirects=redirects, policy=policy)
        return {EVENT: events, STATE: state, SILENCE_PATH: silence(con, policy)}

    return refresh(lake, list(OUTPUTS.values()), made_from, compute)
