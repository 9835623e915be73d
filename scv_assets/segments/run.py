"""The segments stage, from the lake to the lake."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, fingerprint
from resources.store.engine import reading
from resources.store.tables import (
    ATTRIBUTION,
    CART,
    CONSENT_EVENT,
    CROSSWALK,
    CUSTOMER_ORDER,
    CUSTOMER_TRAIT,
    GOLDEN_PROFILE,
    MESSAGE_EVENT,
    METADATA,
    PASSAGE_FACTOR,
    RECORD_IDENTIFIER,
    SEGMENT_DEFINITION,
    SEGMENT_MEMBERSHIP,
    SOURCE_RECORD,
    TICKET,
    TRANSITION_MATRIX,
    VISIT,
    duckdb_schema,
)
from resources.store.tombstones import tombstones
from scv_assets import stages
from scv_assets.home import Home
from scv_assets.identity.forgotten import without_erased
from scv_assets.refresh import Refreshed, refresh
from scv_assets.segments.activity import SegmentInputs, gone
from scv_assets.segments.attribution import attribution
from scv_assets.segments.build import Recorded, build
from scv_assets.segments.definitions import refuse_silent_changes
from scv_assets.segments.figures import Figures, of_attribution, of_definitions, of_passages, of_traits
from scv_assets.segments.last_run import ENGINE, PRINTS, last_published, last_run
from scv_assets.segments.matrix import whole_time
from scv_assets.segments.pictures import MatrixPicture, lay_out
from scv_assets.segments.policy import load_policy
from scv_assets.sql_quoting import literal

STAGE = "segments"
POLICY = "segments.yaml"
LIFECYCLE = "lifecycle"
#: published table -> dataset
OUTPUTS: dict[str, str] = {
    table: stages.published_path(table)
    for table in (
        "customer_trait",
        "segment_membership",
        "overlapping_membership",
        "segment_definition",
        "segment_transition",
        "passage_factor",
        "transition_matrix",
    )
}
ATTRIBUTED = stages.published_path("attribution")
PROFILE = stages.published_path("golden_profile")
GOLDEN = stages.lake_path("golden", "profile")

_INPUTS: dict[str, sa.Table] = {
    "orders": CUSTOMER_ORDER,
    "visits": VISIT,
    "carts": CART,
    "tickets": TICKET,
    "messages": MESSAGE_EVENT,
    "consents": CONSENT_EVENT,
    "identifiers": RECORD_IDENTIFIER,
    "records": SOURCE_RECORD,
    "crosswalk": CROSSWALK,
}


@dataclass(frozen=True)
class SegmentRun:
    """What the stage made, and the day at whose end its traits hold."""

    refreshed: Refreshed
    as_of_on: date


def last_business_day(home: Home, lake: Lake) -> date:
    """Return the newest day of which an extract is in the lake (the company's first day where there is none)."""
    days = [day for source in home.contracts for day in lake.parts(stages.raw_path(source))]
    return date.fromisoformat(max(days)) if days else home.settings.start_on


def segment(
    home: Home, lake: Lake, store: sa.Engine, *, now: datetime, may_change_silently: bool = False
) -> SegmentRun:
    """Write traits, membership, definitions, transitions and matrix where something they are made of changed.

    Raises `ConfigError` where a rule changed and its version did not (unless it is only tried out).
    """
    policy = load_policy(home.document(POLICY))
    if not may_change_silently:
        refuse_silent_changes(home.document(POLICY), policy, store)
    as_of_on = last_business_day(home, lake)
    settings = home.settings
    made_with = fingerprint(
        home.fingerprint(POLICY),
        [str(settings.start_on), settings.time_zone, ENGINE],
        stages.code_version("interactions", STAGE),
    )
    made_from = fingerprint(
        lake.content(*(stages.published_path(table.name) for table in _INPUTS.values())), str(as_of_on), made_with
    )

    def compute(con: Connection) -> dict[str, Relation]:
        inputs = {
            name: lake.scan(con, stages.published_path(table.name), duckdb_schema(table))
            for name, table in _INPUTS.items()
        }
        made = build(
            con,
            SegmentInputs(**inputs, gone=gone(con, inputs["records"], inputs["crosswalk"])),
            policy,
            recorded=_without_erased(con, last_published(con, lake, store), inputs["crosswalk"], store),
            time_zone=settings.time_zone,
            first_on=settings.start_on,
            as_of_on=as_of_on,
            now=now,
            horizon=_horizon(store),
            last=last_run(con, lake, store, OUTPUTS, made_with),
        )
        members = (made.membership, made.overlapping, made.definitions)
        tables = (made.traits, *members, made.transitions, made.factors, made.matrix)
        prints = made.prints.project(f"*, '{made_with}' AS made_with")
        return {**dict(zip(OUTPUTS.values(), tables, strict=True)), PRINTS: prints}

    return SegmentRun(refresh(lake, [*OUTPUTS.values(), PRINTS], made_from, compute), as_of_on)


def attribute(home: Home, lake: Lake) -> Refreshed:
    """Write the credit of every order."""
    tables = {name: _INPUTS[name] for name in ("orders", "visits", "messages")}
    made_from = fingerprint(
        lake.content(*(stages.published_path(table.name) for table in tables.values())),
        home.fingerprint(POLICY),
        stages.code_version("interactions", STAGE),
    )

    def compute(con: Connection) -> dict[str, Relation]:
        inputs = {
            name: lake.scan(con, stages.published_path(table.name), duckdb_schema(table))
            for name, table in tables.items()
        }
        return {ATTRIBUTED: attribution(con, **inputs, policy=load_policy(home.document(POLICY)))}

    return refresh(lake, [ATTRIBUTED], made_from, compute)


def add_segment(home: Home, lake: Lake) -> Refreshed:
    """Write the golden profile with the lifecycle segment of the day; the last piece of a published profile."""
    membership = OUTPUTS["segment_membership"]
    made_from = fingerprint(lake.content(GOLDEN, membership), stages.code_version(STAGE))

    def compute(con: Connection) -> dict[str, Relation]:
        profiles = lake.scan(con, GOLDEN, duckdb_schema(GOLDEN_PROFILE))
        members = lake.scan(con, membership, duckdb_schema(SEGMENT_MEMBERSHIP))
        return {
            PROFILE: con.sql(f"""
                SELECT profiles.* REPLACE (members.segment AS lifecycle_segment)
                FROM profiles LEFT JOIN members ON members.customer_id = profiles.customer_id
                    AND members.segmentation = '{LIFECYCLE}' AND superseded_at IS NULL AND valid_to IS NULL
                ORDER BY profiles.customer_id
            """)
        }

    return refresh(lake, [PROFILE], made_from, compute)


#: what the UI tells of a table
_TOLD: Mapping[str, Callable[[Connection, Relation, str], Figures]] = {
    CUSTOMER_TRAIT.name: of_traits,
    SEGMENT_DEFINITION.name: lambda con, rows, _: of_definitions(con, rows),
    PASSAGE_FACTOR.name: lambda con, rows, _: of_passages(con, rows),
    ATTRIBUTION.name: of_attribution,
}


def figures(home: Home, lake: Lake, table: str) -> Figures | None:
    """Return what is to be told of a published table beside its rows, or None where there is nothing."""
    if table not in _TOLD:
        return None
    with lake.connect() as con:
        rows = lake.scan(con, stages.published_path(table), duckdb_schema(METADATA.tables[table]))
        found = _TOLD[table](con, rows, home.settings.currency)
    return found if found.rows else None


def pictures(home: Home, lake: Lake) -> dict[str, MatrixPicture]:
    """Return the lifecycle's matrix of the last month and of the whole time, laid out; none where there is none."""
    policy = load_policy(home.document(POLICY))
    lifecycle = next((s for s in policy.segmentations if s.name == LIFECYCLE), policy.segmentations[0])
    with lake.connect() as con:
        matrix = lake.scan(con, OUTPUTS["transition_matrix"], duckdb_schema(TRANSITION_MATRIX))
        periods = con.sql(f"""
            SELECT DISTINCT period_start, period_end FROM matrix WHERE segmentation = {literal(lifecycle.name)}
        """).fetchall()
        months = [(end, start) for start, end in periods if start.day == 1 and (end - start).days >= 27]
        wanted = {}
        if periods:
            wanted["whole_time"] = whole_time(min(start for start, _ in periods), max(end for _, end in periods))
        if months:
            end, start = max(months)
            wanted["last_month"] = (start, end)
        return {name: lay_out(con, matrix, lifecycle, start, end) for name, (start, end) in wanted.items()}


def _without_erased(con: Connection, recorded: Recorded, crosswalk: Relation, store: sa.Engine) -> Recorded:
    """Return the history without customers who asked to be forgotten: of these no day stays on record."""
    erased = tombstones(store)
    membership, overlapping = (
        without_erased(con, rows, crosswalk, erased) for rows in (recorded.membership, recorded.overlapping)
    )
    return replace(recorded, membership=membership, overlapping=overlapping)


def _horizon(store: sa.Engine) -> date | None:
    """Return the last day that was known when the membership was last published."""
    with reading(store) as connection:
        last: date | None = connection.scalar(sa.select(sa.func.max(CUSTOMER_TRAIT.c.as_of_on)))
    return last
