"""Campaign decisions in one step: the outbox, what was suppressed, and how coherent it all is."""

from collections.abc import Sequence
from typing import Any

import dagster as dg
from duckdb import DuckDBPyConnection as Connection

from resources import clock
from resources.lake import Lake
from resources.store.tables import CAMPAIGN_METRIC, OUTBOX, SUPPRESSION, duckdb_schema
from scv_assets import stages
from scv_assets.activation.reasons import REASONS
from scv_assets.activation.run import OUTPUTS, decide_campaigns
from scv_assets.asset_metadata import Lineage, lineage_markdown, published_description, published_metadata
from scv_assets.faults import translated
from scv_assets.home import Home
from scv_assets.progress import step

STAGE = "activation"

_DEPS = (
    ("identity", "crosswalk"),
    ("identity", "customer_redirect"),
    ("identity", "record_identifier"),
    ("standardisation", "source_record"),
    ("governance", "consent_event"),
    ("governance", "consent_state"),
    ("golden", "contact_point"),
    ("golden", "field_provenance"),
    ("interactions", "customer_order"),
    ("interactions", "order_line"),
    ("interactions", "visit"),
    ("interactions", "cart"),
    ("interactions", "ticket"),
    ("interactions", "message_event"),
    ("segments", "golden_profile"),
    ("segments", "segment_membership"),
    ("segments", "segment_transition"),
)
_CUSTOMER = [("identity", "crosswalk", "customer_id")]
_OCCASION = [
    ("segments", "segment_membership", "valid_from"),
    ("interactions", "cart", "cart_id"),
    ("segments", "golden_profile", "birth_on"),
]
_AGAINST = [
    ("interactions", "customer_order", "ordered_at"),
    ("interactions", "order_line", "product_id"),
    ("interactions", "ticket", "closed_at"),
    ("governance", "consent_state", "is_granted"),
    ("golden", "contact_point", "is_valid"),
]
_LINEAGE: dict[str, Lineage] = {
    "outbox": {
        "customer_id": _CUSTOMER,
        "occurrence": _OCCASION,
        "channel": [("governance", "consent_state", "is_granted"), ("golden", "contact_point", "is_valid")],
        "payload": [
            ("golden", "contact_point", "value"),
            ("segments", "golden_profile", "first_name"),
            ("segments", "golden_profile", "language"),
            ("interactions", "cart", "lines"),
            ("interactions", "order_line", "product_name"),
        ],
        "source": [("golden", "field_provenance", "source")],
        "source_key": [("golden", "field_provenance", "source_key")],
    },
    "suppression": {"customer_id": _CUSTOMER, "occurrence": _OCCASION, "reason": _AGAINST},
    "campaign_metric": {"value": [*_AGAINST, ("interactions", "cart", "last_touched_at")]},
}


def activation_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the assets of campaign decisions."""

    @dg.multi_asset(
        name="campaign_decisions",
        specs=[
            dg.AssetSpec(
                [STAGE, table],
                deps=[dg.AssetKey(key) for key in _DEPS],
                description=published_description(table),
                kinds={"duckdb", "parquet"},
                metadata=published_metadata(table, _LINEAGE[table]),
                code_version=stages.code_version("interactions", "segments", STAGE),
                group_name=STAGE,
            )
            for table in OUTPUTS
        ],
        required_resource_keys={"lake", "store", "view_lock"},
    )
    def campaign_decisions(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
        lake = context.resources.lake
        with translated(), step(STAGE, "outbox") as work:
            run = decide_campaigns(home, lake, context.resources.store, now=clock.now())
            done = run.refreshed
            work.rows_in = work.rows_out = done.rows(OUTPUTS["outbox"])
            work.rows_refused = done.rows(OUTPUTS["suppression"])
            work.is_unchanged = not done.is_computed
        with translated(), lake.connect() as con:
            told = {table: report(con, lake) for table, report in _REPORTS.items()}
        for table, dataset in OUTPUTS.items():
            count = "dagster/row_count" if table == CAMPAIGN_METRIC.name else "decided_in_this_run"
            metadata: dict[str, Any] = {
                count: done.rows(dataset),
                "decided_as_of": f"{run.decided_at:%Y-%m-%d %H:%M} UTC",
                "by_campaign": told[table],
            }
            yield dg.MaterializeResult(asset_key=dg.AssetKey([STAGE, table]), metadata=metadata)

    return [campaign_decisions]


def _messages(con: Connection, lake: Lake) -> dg.MetadataValue[Any]:
    outbox = lake.scan(con, OUTPUTS["outbox"], duckdb_schema(OUTBOX))
    rows = outbox.aggregate("campaign, channel, destination, count(*)").order("ALL").fetchall()
    return _table(rows, ("campaign", "channel", "destination", "messages"), "No message was decided in this run.")


def _suppressions(con: Connection, lake: Lake) -> dg.MetadataValue[Any]:
    suppression = lake.scan(con, OUTPUTS["suppression"], duckdb_schema(SUPPRESSION))
    what = "campaign, reason, CASE subject WHEN '' THEN 'message' ELSE 'item' END, count(*)"
    rows = [
        (campaign, f"{of}: {REASONS.get(reason, reason)}", times)
        for campaign, reason, of, times in suppression.aggregate(what).order("ALL").fetchall()
    ]
    return _table(rows, ("campaign", "not sent because", "times"), "Nothing was held back in this run.")


def _metrics(con: Connection, lake: Lake) -> dg.MetadataValue[Any]:
    metric = lake.scan(con, OUTPUTS["campaign_metric"], duckdb_schema(CAMPAIGN_METRIC))
    sums = "campaign, metric, sum(numerator)::BIGINT, sum(denominator)::BIGINT, min(measured_on), max(measured_on)"
    rows = [
        (campaign, _WORDS.get(metric, metric), f"{of:,} of {among:,}", f"{first} to {last}")
        for campaign, metric, of, among, first, last in metric.aggregate(sums, "campaign, metric")
        .order("ALL")
        .fetchall()
    ]
    return _table(rows, ("campaign", "what", "messages", "days"), "No day was measured yet.")


def _table(rows: Sequence[tuple[object, ...]], titles: tuple[str, ...], without: str) -> dg.MetadataValue[Any]:
    """Return the rows as a table; where there is none, `without`."""
    if not rows:
        return dg.MetadataValue.text(without)
    return lineage_markdown([[str(value) for value in row] for row in rows], titles)


#: metric -> what a marketer calls it
_WORDS = {
    "incoherence_rate": "contradict what is known",
    "incoherence_rate_without_reconciliation": "would, without reconciliation",
    "sent": "sent",
    "suppressed": "held back",
    "held_out": "held out, to measure by",
}
_REPORTS = {"outbox": _messages, "suppression": _suppressions, "campaign_metric": _metrics}
