"""The golden stage, from the lake to the lake."""

from dataclasses import dataclass

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, fingerprint
from resources.store.tables import (
    CONSENT_STATE,
    CROSSWALK,
    CUSTOMER_REDIRECT,
    FIELD_PROVENANCE,
    SOURCE_RECORD,
    duckdb_schema,
)
from resources.store.unloading import relation
from scv_assets import stages
from scv_assets.golden.build import build
from scv_assets.golden.overrides import redirected
from scv_assets.golden.policy import survivorship_policy
from scv_assets.home import Home
from scv_assets.refresh import Refreshed, refresh
from scv_assets.standardisation.interactions import latest
from scv_assets.standardisation.reading import canonical, canonical_content

STAGE = "golden"
POLICY = "survivorship.yaml"
#: what holds where a person said nothing, as governance wrote it into the lake
SILENCE_PATH = stages.lake_path("governance", "silence")
SILENCE_SCHEMA = {"channel": "VARCHAR", "purpose": "VARCHAR", "is_granted": "BOOLEAN"}
#: asset -> dataset in the lake
OUTPUTS: dict[str, str] = {
    name: stages.lake_path(STAGE, name) for name in ("profile", "field_provenance", "contact_point", "household")
}


@dataclass(frozen=True)
class GoldenRun:
    """What the golden stage made; `winners`: (field, source, rule, customers) of the most frequent deciders."""

    refreshed: Refreshed
    records: int
    winners: list[tuple[str, str, str, str]]


def make_golden(home: Home, lake: Lake, store: sa.Engine, *, decisions: str) -> GoldenRun:
    """Write profiles, provenance, contact points and households where something they are made of changed."""
    inputs = [
        stages.published_path(table) for table in ("source_record", "crosswalk", "consent_state", "customer_redirect")
    ]
    made_from = fingerprint(
        lake.content(*inputs, SILENCE_PATH),
        canonical_content(home, lake, ("message_event",)),
        home.fingerprint(POLICY),
        [(contract.source, contract.trust) for contract in home.contracts.values()],
        decisions,
        stages.code_version("standardisation", STAGE),
    )
    done = refresh(lake, list(OUTPUTS.values()), made_from, lambda con: _compute(con, home, lake, store))
    with lake.connect() as con:
        provenance = lake.scan(con, OUTPUTS["field_provenance"], duckdb_schema(FIELD_PROVENANCE))
        winners = con.sql(
            "SELECT field, source, rule, count(*) AS customers FROM provenance GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    records = lake.part(stages.published_path("source_record"))
    return GoldenRun(
        done, records.rows if records else 0, [(row[0], row[1] or "", row[2], f"{row[3]:,}") for row in winners]
    )


def _compute(con: Connection, home: Home, lake: Lake, store: sa.Engine) -> dict[str, Relation]:
    records, crosswalk, consent_state, redirects = (
        lake.scan(con, stages.published_path(table.name), duckdb_schema(table))
        for table in (SOURCE_RECORD, CROSSWALK, CONSENT_STATE, CUSTOMER_REDIRECT)
    )
    policy = survivorship_policy(home.document(POLICY), sources=set(home.contracts))
    golden = build(
        con,
        records=records,
        crosswalk=crosswalk,
        trust=trust_of(con, home),
        overrides=redirected(con, overrides=_overrides(con, store), redirects=redirects),
        consent_state=consent_state,
        message_events=latest(con, "message_event", canonical(con, home, lake, "message_event")),
        policy=policy,
        silence=lake.scan(con, SILENCE_PATH, SILENCE_SCHEMA),
    )
    return {
        OUTPUTS["profile"]: golden.profile,
        OUTPUTS["field_provenance"]: golden.provenance,
        OUTPUTS["contact_point"]: golden.contact_points,
        OUTPUTS["household"]: golden.households,
    }


def _overrides(con: Connection, store: sa.Engine) -> Relation:
    """Return the stewards' words that are in force; one that leaves a field empty is an empty text."""
    log = relation(con, store, "golden_override")
    return con.sql("""
        SELECT customer_id, field, coalesce(value, '') AS value, decided_by, decided_at
        FROM log WHERE revoked_at IS NULL
    """)


def trust_of(con: Connection, home: Home) -> Relation:
    """Return how far each source is trusted: one row a source."""
    rows = ", ".join(f"('{c.source}', {float(c.trust)}::DOUBLE)" for c in home.contracts.values())
    return con.sql(f"SELECT * FROM (VALUES {rows}) AS told(source, trust)")
