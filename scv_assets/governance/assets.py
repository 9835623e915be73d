"""Consent ledger and state; the quality audit of every channel."""

import dagster as dg

from scv_assets import stages
from scv_assets.asset_metadata import Lineage, inline_png, published_description, published_metadata
from scv_assets.decisions import decisions_made
from scv_assets.faults import translated
from scv_assets.governance.audit import measure_quality
from scv_assets.governance.run import OUTPUTS, keep_consent
from scv_assets.home import Home
from scv_assets.progress import step

STAGE = "governance"


def governance_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the governance assets."""
    return [_consent(home), _quality(home)]


def _consent_lineage(home: Home) -> dict[str, Lineage]:
    origins = {
        "granted": [
            ("standardisation", c.source, f"{kind}.{field}")
            for c in home.contracts.values()
            for kind, field in c.lineage()
            if (kind, field) in {("consent", "granted"), ("message_event", "kind")}
        ],
        "occurred_at": [
            ("standardisation", c.source, f"{kind}.{field}")
            for c in home.contracts.values()
            for kind, field in c.lineage()
            if kind in {"consent", "message_event"} and field == "occurred_at"
        ],
    }
    return {
        "consent_event": origins,
        "consent_state": {
            "customer_id": [("identity", "crosswalk", "customer_id")],
            "is_granted": [(STAGE, "consent_event", "granted")],
        },
        "consent_purpose": {},
    }


def _consent(home: Home) -> dg.AssetsDefinition:
    telling = [c.source for c in home.contracts.values() if {"consent", "message_event"} & set(c.maps)]
    lineage = _consent_lineage(home)
    tables = ("consent_event", "consent_state", "consent_purpose")

    @dg.multi_asset(
        name="consent",
        specs=[
            dg.AssetSpec(
                [STAGE, table],
                deps=[
                    dg.AssetKey(["identity", "crosswalk"]),
                    dg.AssetKey(["identity", "customer_redirect"]),
                    dg.AssetKey(["standardisation", "source_record"]),
                    *(dg.AssetKey(["standardisation", source]) for source in telling),
                ],
                description=published_description(table),
                kinds={"duckdb", "parquet"},
                metadata=published_metadata(table, lineage[table]),
                code_version=stages.code_version("interactions", STAGE),
                group_name=STAGE,
            )
            for table in tables
        ],
        required_resource_keys={"lake", "store", "view_lock"},
    )
    def consent(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
        with translated(), step(STAGE, "consent_state") as work:
            lake, store = context.resources.lake, context.resources.store
            done = keep_consent(home, lake, store, decisions=decisions_made(store))
            work.rows_in, work.rows_out = done.rows(OUTPUTS["consent_event"]), done.rows(OUTPUTS["consent_state"])
            work.is_unchanged = not done.is_computed
        for table in tables:
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey([STAGE, table]), metadata={"dagster/row_count": done.rows(OUTPUTS[table])}
            )

    return consent


def _quality(home: Home) -> dg.AssetsDefinition:
    @dg.asset(
        key=[STAGE, "quality_metric"],
        deps=[
            dg.AssetKey(["validation", "quarantine"]),
            dg.AssetKey(["standardisation", "source_record"]),
            dg.AssetKey(["identity", "crosswalk"]),
            *(dg.AssetKey(["validation", source]) for source in home.contracts),
        ],
        group_name=STAGE,
        description=published_description("quality_metric"),
        kinds={"duckdb", "parquet"},
        metadata=published_metadata("quality_metric", {}),
        code_version=stages.code_version("validation", STAGE),
        required_resource_keys={"lake", "view_lock"},
    )
    def quality_metric(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with translated(), step(STAGE, "quality_metric") as work:
            done = measure_quality(home, context.resources.lake)
            work.rows_out, work.is_unchanged = done.rows, not done.is_computed
        picture = (
            dg.MetadataValue.md("no person record yet")
            if done.picture is None
            else inline_png("Completeness by channel", done.picture)
        )
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": done.rows,
                "audit_by_channel": dg.MetadataValue.md(done.report),
                "completeness": picture,
            }
        )

    return quality_metric
