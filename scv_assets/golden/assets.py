"""Golden profiles: one step, four assets."""

from typing import Any

import dagster as dg

from resources.store.tables import GOLDEN_FIELDS
from scv_assets import stages
from scv_assets.asset_metadata import Lineage, lineage_markdown, published_description, published_metadata
from scv_assets.decisions import decisions_made
from scv_assets.faults import translated
from scv_assets.golden.lineage import PROFILE
from scv_assets.golden.lineage import table as lineage_table
from scv_assets.golden.run import OUTPUTS, make_golden
from scv_assets.home import Home
from scv_assets.progress import step

STAGE = "golden"

_RECORD = ("standardisation", "source_record")
_CROSSWALK = ("identity", "crosswalk", "customer_id")
#: tables that this stage reads or makes, and where they are in the graph
_STAGE_OF = {
    "source_record": "standardisation",
    "crosswalk": "identity",
    "consent_state": "governance",
    "contact_point": STAGE,
    "household": STAGE,
}
_PROFILE: Lineage = {
    column: [(_STAGE_OF[table], table, name) for table, name in origin.columns if table in _STAGE_OF]
    for column, origin in PROFILE.items()
}
_LINEAGE: dict[str, Lineage] = {
    "profile": _PROFILE,
    "field_provenance": {
        "customer_id": [_CROSSWALK],
        "value": [(*_RECORD, field) for field in GOLDEN_FIELDS],
        "source": [(*_RECORD, "source")],
        "source_key": [(*_RECORD, "source_key")],
        "observed_at": [(*_RECORD, "updated_at")],
    },
    "contact_point": {
        "customer_id": [_CROSSWALK],
        "value": [(*_RECORD, field) for field in ("email", "phone", "street", "house_number", "postcode", "city")],
    },
    "household": {
        "customer_ids": [_CROSSWALK],
        "basis": [(*_RECORD, field) for field in ("street", "house_number", "postcode", "last_name", "phone")],
    },
}


def golden_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the golden profile with its provenance, contact points and households."""
    deps = [
        dg.AssetKey(key)
        for key in (
            _RECORD,
            ("identity", "crosswalk"),
            ("governance", "consent_state"),
            *(("standardisation", c.source) for c in home.contracts.values() if "message_event" in c.maps),
        )
    ]

    @dg.multi_asset(
        name="golden",
        specs=[
            dg.AssetSpec(
                [STAGE, name],
                deps=deps,
                description="The golden profile before its segment is known"
                if name == "profile"
                else published_description(name),
                kinds={"duckdb", "parquet"},
                metadata=published_metadata("golden_profile" if name == "profile" else name, _LINEAGE[name]),
                code_version=stages.code_version(STAGE),
                group_name=STAGE,
            )
            for name in OUTPUTS
        ],
        required_resource_keys={"lake", "store", "view_lock"},
    )
    def golden(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
        lake, store = context.resources.lake, context.resources.store
        with translated(), step(STAGE, "golden_profile") as work:
            done = make_golden(home, lake, store, decisions=decisions_made(store))
            work.rows_in = done.records
            work.rows_out, work.is_unchanged = done.refreshed.rows(OUTPUTS["profile"]), not done.refreshed.is_computed
        for name, dataset in OUTPUTS.items():
            metadata: dict[str, Any] = {"dagster/row_count": done.refreshed.rows(dataset)}
            if name == "profile":
                metadata["where_each_field_comes_from"] = dg.MetadataValue.md(lineage_table())
            if name == "field_provenance":
                metadata["winners"] = lineage_markdown(done.winners, ("field", "source", "rule", "customers"))
            yield dg.MaterializeResult(asset_key=dg.AssetKey([STAGE, name]), metadata=metadata)

    return [golden]
