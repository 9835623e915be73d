"""Segments: traits, membership, transitions, matrix in one step; then the golden profile with its segment."""

from typing import Any

import dagster as dg

from resources import clock
from resources.lake import Lake
from resources.store.tables import GOLDEN_PROFILE
from scv_assets import stages
from scv_assets.asset_metadata import (
    Lineage,
    field_origins,
    inline_png,
    lineage_markdown,
    published_description,
    published_metadata,
)
from scv_assets.faults import translated
from scv_assets.home import Home
from scv_assets.interactions.run import TABLES as INTERACTIONS
from scv_assets.progress import step
from scv_assets.segments.pictures import matrix_markdown, matrix_png
from scv_assets.segments.run import ATTRIBUTED, OUTPUTS, PROFILE, add_segment, attribute, figures, pictures, segment

STAGE = "segments"

_ORDER = ("interactions", "customer_order")
_TRAIT_ORIGINS: Lineage = {
    "customer_id": [("identity", "crosswalk", "customer_id")],
    "orders_count": [(*_ORDER, "order_id"), (*_ORDER, "status"), (*_ORDER, "is_return")],
    "spend_cents": [(*_ORDER, "gross_cents")],
    "first_order_at": [(*_ORDER, "ordered_at")],
    "last_order_at": [(*_ORDER, "ordered_at")],
    "average_basket_cents": [(*_ORDER, "gross_cents")],
    "recency_days": [(*_ORDER, "ordered_at")],
    "rfm": [(*_ORDER, "ordered_at"), (*_ORDER, "gross_cents")],
    "preferred_channel": [(*_ORDER, "channel")],
    "channels": [(*_ORDER, "channel"), ("interactions", "visit", "channel")],
    "visits_count": [("interactions", "visit", "visit_id")],
    "dormant_days": [(*_ORDER, "ordered_at"), ("interactions", "visit", "started_at")],
    "expected_purchases_90d": [(*_ORDER, "ordered_at")],
    "expected_value_90d_cents": [(*_ORDER, "ordered_at"), (*_ORDER, "gross_cents")],
    "churn_risk": [(*_ORDER, "ordered_at")],
    "open_complaints_count": [("interactions", "ticket", "status"), ("interactions", "ticket", "kind")],
}
_LINEAGE: dict[str, Lineage] = {
    "customer_trait": _TRAIT_ORIGINS,
    "segment_membership": {
        "customer_id": [("identity", "crosswalk", "customer_id")],
        "segment": [
            *((STAGE, "customer_trait", column) for column in ("orders_count", "spend_cents", "orders_count_365d")),
            ("identity", "record_identifier", "first_seen_at"),
        ],
    },
    "overlapping_membership": {
        "customer_id": [("identity", "crosswalk", "customer_id")],
        "segment": [(STAGE, "customer_trait", column) for column in ("orders_count", "spend_cents", "visits_count")],
    },
    "segment_definition": {},
    "segment_transition": {
        "to_segment": [(STAGE, "segment_membership", "segment")],
        "from_segment": [(STAGE, "segment_membership", "segment")],
        "channel": [(*_ORDER, "channel"), ("interactions", "visit", "channel")],
    },
    "passage_factor": {
        "factor": [(STAGE, "segment_transition", "factor")],
        "channel": [(STAGE, "segment_transition", "channel")],
        "moves": [(STAGE, "segment_transition", "customer_id")],
    },
    "transition_matrix": {
        "from_segment": [(STAGE, "segment_membership", "segment")],
        "to_segment": [(STAGE, "segment_membership", "segment")],
        "customers": [(STAGE, "segment_membership", "customer_id")],
    },
}


def segment_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the segment assets."""
    return [_segments(home), _attribution(home), _profile(home)]


def _segments(home: Home) -> dg.AssetsDefinition:
    deps = [
        dg.AssetKey(key)
        for key in (
            ("identity", "crosswalk"),
            ("identity", "record_identifier"),
            ("governance", "consent_event"),
            *(("interactions", table) for table in INTERACTIONS.values()),
        )
    ]

    @dg.multi_asset(
        name="segmentation",
        specs=[
            dg.AssetSpec(
                [STAGE, table],
                deps=deps,
                description=published_description(table),
                kinds={"duckdb", "parquet"},
                metadata=published_metadata(table, _LINEAGE[table]),
                code_version=stages.code_version(STAGE),
                group_name=STAGE,
            )
            for table in OUTPUTS
        ],
        required_resource_keys={"lake", "store", "view_lock"},
    )
    def segmentation(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
        lake = context.resources.lake
        with translated(), step(STAGE, "segment_membership") as work:
            done = segment(home, lake, context.resources.store, now=clock.now()).refreshed
            work.rows_in, work.rows_out = done.rows(OUTPUTS["customer_trait"]), done.rows(OUTPUTS["segment_membership"])
            work.is_unchanged = not done.is_computed
        for table, dataset in OUTPUTS.items():
            metadata: dict[str, Any] = {"dagster/row_count": done.rows(dataset), **_figures(home, lake, table)}
            if table == "transition_matrix":
                for name, picture in pictures(home, lake).items():
                    metadata[name] = dg.MetadataValue.md(matrix_markdown(picture))
                    metadata[f"{name}_heat_map"] = inline_png(picture.title, matrix_png(picture))
            yield dg.MaterializeResult(asset_key=dg.AssetKey([STAGE, table]), metadata=metadata)

    return segmentation


def _attribution(home: Home) -> dg.AssetsDefinition:
    table = "attribution"
    lineage: Lineage = {
        "credit_cents": [(*_ORDER, "gross_cents")],
        "channel": [("interactions", "visit", "channel"), ("interactions", "message_event", "channel")],
        "campaign": [("interactions", "visit", "campaign"), ("interactions", "message_event", "campaign")],
    }

    @dg.asset(
        key=[STAGE, table],
        deps=[dg.AssetKey(["interactions", name]) for name in ("customer_order", "visit", "message_event")],
        group_name=STAGE,
        description=published_description(table),
        kinds={"duckdb", "parquet"},
        metadata=published_metadata(table, lineage),
        code_version=stages.code_version(STAGE),
        required_resource_keys={"lake", "view_lock"},
    )
    def attributed(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with translated(), step(STAGE, table) as work:
            done = attribute(home, context.resources.lake)
            work.rows_out, work.is_unchanged = done.rows(ATTRIBUTED), not done.is_computed
        told = _figures(home, context.resources.lake, table)
        return dg.MaterializeResult(metadata={"dagster/row_count": done.rows(ATTRIBUTED), **told})

    return attributed


def _figures(home: Home, lake: Lake, table: str) -> dict[str, Any]:
    told = figures(home, lake, table)
    return {"figures": lineage_markdown(told.rows, told.titles)} if told is not None else {}


def _profile(home: Home) -> dg.AssetsDefinition:
    table = "golden_profile"
    lineage = {
        column.name: [("golden", "profile", column.name)]
        for column in GOLDEN_PROFILE.columns
        if column.name != "lifecycle_segment"
    }
    lineage["lifecycle_segment"] = [(STAGE, "segment_membership", "segment")]

    @dg.asset(
        key=[STAGE, table],
        deps=[dg.AssetKey(["golden", "profile"]), dg.AssetKey([STAGE, "segment_membership"])],
        group_name=STAGE,
        description=published_description(table),
        kinds={"duckdb", "parquet"},
        metadata={**published_metadata(table, lineage), "lineage": field_origins(home)},
        code_version=stages.code_version(STAGE),
        required_resource_keys={"lake", "view_lock"},
    )
    def golden_profile(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with translated(), step(STAGE, table) as work:
            done = add_segment(home, context.resources.lake)
            work.rows_in = work.rows_out = done.rows(PROFILE)
            work.is_unchanged = not done.is_computed
        return dg.MaterializeResult(metadata={"dagster/row_count": done.rows(PROFILE)})

    return golden_profile
