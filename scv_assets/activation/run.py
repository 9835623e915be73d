"""The activation stage, from the lake to the lake: what this run decides is published with everything else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, fingerprint
from resources.store.engine import reading
from resources.store.tables import CAMPAIGN_METRIC, METADATA, OUTBOX, SUPPRESSION, duckdb_schema
from resources.store.unloading import relation, unload_from
from scv_assets import stages
from scv_assets.activation.decide import decide
from scv_assets.activation.local_time import end_of_day, literal
from scv_assets.activation.material import Material
from scv_assets.activation.metrics import campaign_metrics, days_to_measure
from scv_assets.activation.past_messages import owned
from scv_assets.activation.policy import POLICY, CampaignPolicy
from scv_assets.activation.policy_reading import read_campaigns
from scv_assets.activation.view import TABLES, history, lake_view
from scv_assets.golden.run import SILENCE_PATH
from scv_assets.home import Home
from scv_assets.refresh import Refreshed, refresh
from scv_assets.segments.activity import SegmentInputs, activity
from scv_assets.segments.policy import load_policy
from scv_assets.segments.run import POLICY as SEGMENTS
from scv_assets.segments.run import last_business_day

STAGE = "activation"
#: published table -> dataset
OUTPUTS: dict[str, str] = {
    table: stages.published_path(table) for table in ("outbox", "suppression", "campaign_metric")
}
#: the messages of before this run, each under today's customer and without what it says: for the checks
PAST = stages.lake_path(STAGE, "past_messages")

_READ = (
    *TABLES.values(),
    "golden_profile",
    "field_provenance",
    "cart",
    "visit",
    "segment_transition",
    "record_identifier",
    "source_record",
)
#: a day on which the clock is put back
_LONGEST_DAY = timedelta(hours=25)
_SUPPRESSED = ("campaign", "customer_id", "occurrence", "subject", "decided_at", "reason")


@dataclass(frozen=True)
class ActivationRun:
    """What the stage made, and the instant (UTC) at which it decided."""

    refreshed: Refreshed
    decided_at: datetime


def load_campaigns(home: Home) -> CampaignPolicy:
    """Return the company's campaigns; none where it has no campaigns.yaml. Raises `ConfigError`."""
    if not home.has(POLICY):
        return CampaignPolicy()
    return read_campaigns(home.document(POLICY), load_policy(home.document(SEGMENTS)))


def decision_instant(home: Home, lake: Lake, now: datetime) -> datetime:
    """Return when a run decides: the end of the last business day in the lake, or now where that is still to come."""
    return min(now, end_of_day(last_business_day(home, lake), home.settings.time_zone))


def decide_campaigns(home: Home, lake: Lake, store: sa.Engine, *, now: datetime) -> ActivationRun:
    """Write what is decided now, what is not sent, and the day's metrics, where something they are made of changed."""
    at = decision_instant(home, lake, now)
    as_of_on = last_business_day(home, lake)
    policy = load_campaigns(home)
    made_from = fingerprint(
        lake.content(SILENCE_PATH, *(stages.published_path(table) for table in _READ)),
        home.fingerprint(POLICY, SEGMENTS),
        [str(at), str(as_of_on), str(home.settings.start_on), home.settings.time_zone, home.settings.currency],
        _outbox_state(store),
        stages.code_version("interactions", "segments", STAGE),
    )

    def compute(con: Connection) -> dict[str, Relation]:
        past = history(con, store)
        material = gather(con, home, lake, policy, outbox=past)
        decided = decide(con, material, suppressed=_suppressed(con, store, policy, at), at=at)
        recorded = relation(con, store, CAMPAIGN_METRIC.name)
        metrics = campaign_metrics(
            con,
            material,
            at=at,
            as_of_on=as_of_on,
            days=days_to_measure(recorded, home.settings.time_zone, start_on=home.settings.start_on, as_of_on=as_of_on),
            recorded=recorded,
            decided=past.project("campaign, created_at").union(decided.messages.project("campaign, created_at")),
            suppressions=_all_told(con, store, policy, at, decided.suppressions),
        )
        columns = "idempotency_key, campaign, customer_id, occurrence, status, created_at"
        before = owned(con, material.view).project(columns).order("idempotency_key")
        return {
            OUTPUTS["outbox"]: decided.messages,
            OUTPUTS["suppression"]: decided.suppressions,
            OUTPUTS["campaign_metric"]: metrics,
            PAST: before,
        }

    return ActivationRun(refresh(lake, [*OUTPUTS.values(), PAST], made_from, compute), at)


def messages_due(home: Home, lake: Lake, store: sa.Engine, *, now: datetime) -> dict[str, int]:
    """Return how many messages each campaign decides at the decision instant, as if none of that instant were yet.

    Nothing is written: for comparing two views of the same company.
    """
    policy, at = load_campaigns(home), decision_instant(home, lake, now)
    with lake.connect() as con:
        before = history(con, store).filter(f"created_at < {literal(at)}")
        material = gather(con, home, lake, policy, outbox=before)
        decided = decide(con, material, suppressed=_suppressed(con, store, policy, at), at=at)
        counts = dict(decided.messages.aggregate("campaign, count(*)", "campaign").fetchall())
    return {campaign.name: int(counts.get(campaign.name, 0)) for campaign in policy.campaigns}


def gather(con: Connection, home: Home, lake: Lake, policy: CampaignPolicy, *, outbox: Relation | None) -> Material:
    """Return what decisions look at, out of the lake; `outbox`: the messages of before (`view.history`)."""
    found = {
        table: lake.scan(con, stages.published_path(table), duckdb_schema(METADATA.tables[table])) for table in _READ
    }
    view = lake_view(con, lake, policy, time_zone=home.settings.time_zone, outbox=outbox)
    inputs = SegmentInputs(
        orders=view.orders,
        visits=found["visit"],
        carts=found["cart"],
        tickets=view.tickets,
        messages=view.message_events,
        consents=view.consent_events,
        identifiers=found["record_identifier"],
        records=found["source_record"],
        crosswalk=view.crosswalk,
        gone=found["golden_profile"].filter("is_deleted").project("customer_id"),
    )
    segments = load_policy(home.document(SEGMENTS))
    return Material(
        view,
        profiles=found["golden_profile"],
        provenance=found["field_provenance"],
        articles=view.lines,
        carts=found["cart"],
        transitions=found["segment_transition"],
        activity=activity(con, inputs, segments, home.settings.time_zone),
        currency=home.settings.currency,
    )


def _outbox_state(store: sa.Engine) -> list[tuple[str, ...]]:
    """Return what of the outbox decisions hang on: how many messages there are, and how many were cancelled."""
    query = sa.select(OUTBOX.c.status == "cancelled", sa.func.count(), sa.func.max(OUTBOX.c.created_at))
    with reading(store) as connection:
        rows = connection.execute(query.group_by(OUTBOX.c.status == "cancelled")).all()
    return sorted(tuple(str(value) for value in row) for row in rows)


def _suppressed(con: Connection, store: sa.Engine, policy: CampaignPolicy, at: datetime) -> Relation:
    """Return the suppressions of occasions that can still be due, and those of the day."""
    longest = max([_LONGEST_DAY, *(c.valid_for for c in policy.campaigns)])
    where = SUPPRESSION.c.decided_at >= at - longest
    with reading(store) as connection:
        return con.table(unload_from(con, connection, "suppression", columns=_SUPPRESSED, where=where))


def _all_told(con: Connection, store: sa.Engine, policy: CampaignPolicy, at: datetime, new: Relation) -> Relation:
    columns = "campaign, subject, reason, decided_at"
    return _suppressed(con, store, policy, at).project(columns).union(new.project(columns))
