"""The last asset: the store holds the view."""

from collections.abc import Set as AbstractSet

import dagster as dg

from resources import clock
from resources.lake import Lake
from resources.store.tombstones import NOTHING_ERASED, Tombstones, tombstones
from scv_assets import stages
from scv_assets.asset_metadata import lineage_markdown
from scv_assets.faults import translated
from scv_assets.home import Home
from scv_assets.progress import step
from scv_assets.publication.publish_view import ViewTurn, publish_view
from scv_assets.standardisation import standardise
from scv_assets.standardisation.erased import is_withdrawn
from scv_assets.validation import validate as validation

STAGE = "publication"


def publication_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the publication asset."""

    @dg.asset(
        key=[STAGE, "store"],
        deps=[dg.AssetKey([stage, table]) for table, stage in stages.PUBLISHED.items()],
        group_name=STAGE,
        description="Every published table, in one transaction: readers see all of before or all of after",
        kinds={"sqlalchemy", "sql"},
        pool="store",
        required_resource_keys={"lake", "store", "view_lock"},
    )
    def store(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        lake, engine = context.resources.lake, context.resources.store
        with translated(), step(STAGE, "store") as work:
            is_all = is_brought_up_to_date(home, lake, context.run.asset_selection, tombstones(engine, namespaces=None))
            seen: ViewTurn = context.resources.view_lock
            counts = publish_view(lake, engine, seen=seen, is_all=is_all, now=clock.now(), run_id=context.run.run_id)
            changed = sum(count.inserted + count.updated + count.deleted for count in counts.values())
            work.rows_in = sum(part.rows for table in counts if (part := lake.part(stages.published_path(table))))
            work.rows_out, work.is_unchanged = changed, changed == 0
        rows = [
            (table, *(str(n) for n in (count.inserted, count.updated, count.deleted, count.unchanged)))
            for table, count in sorted(counts.items())
        ]
        titles = ("table", "inserted", "updated", "deleted", "unchanged")
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": work.rows_in,
                "rows_changed": changed,
                "changes": lineage_markdown(rows, titles),
            }
        )

    return [store]


def is_brought_up_to_date(
    home: Home, lake: Lake, selected: AbstractSet[dg.AssetKey] | None, erased: Tombstones = NOTHING_ERASED
) -> bool:
    """Tell whether a run of the selected assets (none: of all) leaves nothing of the view behind its inputs."""
    if not selected:
        return True
    if not {dg.AssetKey([stage, table]) for table, stage in stages.PUBLISHED.items()} <= selected:
        return False
    contracts = home.contracts.values()
    if not all(is_withdrawn(lake, contract, erased) for contract in contracts):
        return False
    return not any(validation.stale_days(home, c, lake) or standardise.stale_days(home, c, lake) for c in contracts)
