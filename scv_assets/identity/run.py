"""The identity stage, from the lake and the published state to the lake."""

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, fingerprint
from resources.store.tables import SOURCE_RECORD, duckdb_schema
from resources.store.tombstones import tombstones
from resources.store.unloading import relation
from scv_assets import stages
from scv_assets.errors import ModelRefused
from scv_assets.home import Home
from scv_assets.identity import training_request
from scv_assets.identity.forgotten import without_forgotten
from scv_assets.identity.model import Model
from scv_assets.identity.pair_levels import PAIR_LEVELS
from scv_assets.identity.policy_reading import read_policy
from scv_assets.identity.resolve import Counted, PreviousState, Resolution, resolve
from scv_assets.refresh import refresh
from scv_assets.standardisation.fold import IDENTIFIER_SCHEMA

STAGE = "identity"
POLICY = "matching.yaml"
MODEL = "identity/model.json"
COUNTS = "identity/counts.json"
LEVELS = stages.lake_path(STAGE, "pair_level")
#: published table -> dataset
OUTPUTS: dict[str, str] = {
    table: stages.published_path(table)
    for table in ("record_identifier", "match_edge", "crosswalk", "customer_redirect", "identity_event", "review_task")
}


@dataclass(frozen=True)
class IdentityRun:
    """What a run came to; `counts` are those of the last computed run, for people to look at."""

    counts: Counted
    is_computed: bool

    def number(self, name: str) -> int:
        """Return one count."""
        value = self.counts.get(name, 0)
        return int(value) if not isinstance(value, dict) else 0

    def histogram(self, name: str) -> dict[str, int]:
        """Return one distribution."""
        value = self.counts.get(name, {})
        return value if isinstance(value, dict) else {}


def identify(home: Home, lake: Lake, store: sa.Engine, *, decisions: str, now: datetime, run_id: str) -> IdentityRun:
    """Write the identity tables where records, identifiers, judgements, policy or code changed."""
    inputs = [stages.published_path("source_record"), stages.lake_path("standardisation", "identifier")]
    made_from = fingerprint(
        lake.content(*inputs),
        home.fingerprint(POLICY),
        home.settings.engine,
        decisions,
        training_request.asked(lake),
        stages.code_version("standardisation", STAGE),
    )

    def compute(con: Connection) -> dict[str, Relation]:
        request = training_request.asked(lake)
        found = _resolve(con, home, lake, store, now=now, run_id=run_id)
        # before the tables are current: a run that is killed in between would leave them without their model
        lake.replace_text(MODEL, found.model.to_json())
        training_request.done(lake, request)
        lake.replace_text(COUNTS, json.dumps(found.counts, sort_keys=True))
        return {
            OUTPUTS["record_identifier"]: found.record_identifier,
            OUTPUTS["match_edge"]: found.match_edge,
            OUTPUTS["crosswalk"]: found.crosswalk,
            OUTPUTS["customer_redirect"]: found.customer_redirect,
            OUTPUTS["identity_event"]: found.new_events,
            OUTPUTS["review_task"]: found.review_task,
            LEVELS: found.pair_levels,
        }

    done = refresh(lake, [*OUTPUTS.values(), LEVELS], made_from, compute)
    counts: Counted = json.loads(lake.read_text(COUNTS) or "{}")
    return IdentityRun(counts, done.is_computed)


def _resolve(con: Connection, home: Home, lake: Lake, store: sa.Engine, *, now: datetime, run_id: str) -> Resolution:
    has_levels = lake.part(LEVELS) is not None
    tables = (relation(con, store, table) for table in ("crosswalk", "customer_redirect", "review_task"))
    records = lake.scan(con, stages.published_path("source_record"), duckdb_schema(SOURCE_RECORD))
    previous, forgotten = without_forgotten(con, PreviousState(*tables), records, tombstones(store))
    return resolve(
        con,
        records,
        lake.scan(con, stages.lake_path("standardisation", "identifier"), IDENTIFIER_SCHEMA),
        relation(con, store, "judgement"),
        previous,
        read_policy(home.document(POLICY)),
        model=None if training_request.is_due(lake) else trained_model(lake),
        now=now,
        run_id=run_id,
        pair_cache=lake.scan(con, LEVELS, PAIR_LEVELS) if has_levels else None,
        forgotten=forgotten,
        engine=home.settings.engine_address,
    )


def trained_model(lake: Lake) -> Model | None:
    """Return the trained model; None where there is none, or one that another version wrote: it is trained anew."""
    text = lake.read_text(MODEL)
    if text is None:
        return None
    try:
        return Model.from_json(text)
    except ModelRefused:
        return None
