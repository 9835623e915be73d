"""One asset a kind of interaction: its records of all sources under their customer."""

from typing import Any

import dagster as dg

from scv_assets import stages
from scv_assets.asset_metadata import Lineage, lineage_markdown, published_description, published_metadata
from scv_assets.canonical import KINDS
from scv_assets.faults import translated
from scv_assets.home import Home
from scv_assets.interactions.run import NEEDS, TABLES, attach_kind
from scv_assets.progress import step

STAGE = "interactions"


def interaction_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the asset of every kind of interaction."""
    return [_interaction(home, kind, table) for kind, table in TABLES.items()]


def _lineage(home: Home, kind: str, table: str) -> Lineage:
    sources = [contract for contract in home.contracts.values() if kind in contract.maps]
    lineage: dict[str, Any] = {}
    for field in KINDS[kind].fields:
        origins = [("standardisation", c.source, f"{kind}.{field}") for c in sources if (kind, field) in c.lineage()]
        if origins:
            lineage[field] = origins
    if "person_key" in KINDS[kind].fields:
        lineage["customer_id"] = [("identity", "crosswalk", "customer_id"), *lineage.get("person_key", [])]
    return lineage


def _interaction(home: Home, kind: str, table: str) -> dg.AssetsDefinition:
    sources = [c.source for c in home.contracts.values() if kind in c.maps]

    @dg.asset(
        key=[STAGE, table],
        deps=[
            dg.AssetKey(["identity", "crosswalk"]),
            *(dg.AssetKey(["standardisation", source]) for source in sources),
            *(dg.AssetKey([STAGE, needed]) for needed in NEEDS.get(kind, ())),
        ],
        group_name=STAGE,
        description=published_description(table),
        kinds={"duckdb", "parquet"},
        metadata=published_metadata(table, _lineage(home, kind, table)),
        code_version=stages.code_version(STAGE),
        required_resource_keys={"lake", "view_lock"},
    )
    def interaction(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with translated(), step(STAGE, table) as work:
            done = attach_kind(home, context.resources.lake, kind)
            work.rows_in = work.rows_out = done.rows
            work.is_unchanged = not done.is_computed
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": done.rows,
                "without_customer": lineage_markdown(
                    [(source, why, str(rows)) for source, why, rows in done.unattached], ("source", "why", "rows")
                ),
            }
        )

    return interaction
