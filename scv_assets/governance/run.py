"""Consent and quality, from the lake to the lake."""

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, fingerprint
from resources.store.tables import CONSENT_EVENT, CROSSWALK, CUSTOMER_REDIRECT, SOURCE_RECORD, duckdb_schema
from resources.store.tombstones import tombstones
from resources.store.unloading import relation
from scv_assets import stages
from scv_assets.golden.run import SILENCE_PATH
from scv_assets.governance.consent import consent_events, consent_state
from scv_assets.governance.purposes import consent_policy, declared_purposes, silence
from scv_assets.home import Home
from scv_assets.identity.forgotten import without_erased
from scv_assets.refresh import Refreshed, refresh
from scv_assets.standardisation.interactions import latest
from scv_assets.standardisation.reading import canonical, canonical_content

STAGE = "governance"
POLICY = "governance.yaml"
EVENT, STATE = stages.published_path("consent_event"), stages.published_path("consent_state")
PURPOSE = stages.published_path("consent_purpose")
OUTPUTS = {"consent_event": EVENT, "consent_state": STATE, "consent_purpose": PURPOSE, "silence": SILENCE_PATH}
#: whose a word is, and what became of the record that it was said on
_OWNERS = (CROSSWALK, CUSTOMER_REDIRECT, SOURCE_RECORD)


def keep_consent(home: Home, lake: Lake, store: sa.Engine, *, decisions: str) -> Refreshed:
    """Write the consent ledger with what people said on customers, its state, the purposes, and what silence means.

    `decisions`: `decisions.decisions_made`; a word that was said in a preference centre is one.
    """
    made_from = fingerprint(
        canonical_content(home, lake, ("consent", "message_event")),
        lake.content(*(stages.published_path(table.name) for table in _OWNERS)),
        home.fingerprint(POLICY),
        decisions,
        stages.code_version("standardisation", "interactions", STAGE),
    )

    def compute(con: Connection) -> dict[str, Relation]:
        policy = consent_policy(home.document(POLICY))
        told = consent_events(
            con,
            consents=latest(con, "consent", canonical(con, home, lake, "consent")),
            messages=latest(con, "message_event", canonical(con, home, lake, "message_event")),
        )
        said = relation(con, store, CONSENT_EVENT.name, CONSENT_EVENT.c.customer_id.is_not(None))
        crosswalk, redirects, records = (
            lake.scan(con, stages.published_path(table.name), duckdb_schema(table)) for table in _OWNERS
        )
        left_over = without_erased(con, said, crosswalk, tombstones(store))
        events = con.sql("FROM told UNION ALL FROM left_over ORDER BY event_id")
        owners = {"crosswalk": crosswalk, "redirects": redirects, "records": records}
        state = consent_state(con, events=events, policy=policy, **owners)
        purposes = declared_purposes(con, policy)
        return {EVENT: events, STATE: state, PURPOSE: purposes, SILENCE_PATH: silence(con, policy)}

    return refresh(lake, list(OUTPUTS.values()), made_from, compute)
