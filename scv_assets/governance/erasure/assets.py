"""The last asset of a run: what became of the requests to be forgotten, and the check that they are carried out."""

import dagster as dg

from resources import clock
from scv_assets import stages
from scv_assets.activation.delivery.erasing import settle
from scv_assets.asset_metadata import PERSONAL_DATA
from scv_assets.faults import translated
from scv_assets.governance.erasure.proof import prove_erasures
from scv_assets.governance.erasure.standing import standing
from scv_assets.home import Home
from scv_assets.progress import step

STAGE, NAME = "governance", "erasure"
COMPLETE = "erasures_are_complete"


def erasure_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the asset."""
    key = dg.AssetKey([STAGE, NAME])

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(["publication", "store"])],
        group_name=STAGE,
        description="Requests to be forgotten: whether each is carried out, and the proof (scv erase --list)",
        kinds={"sqlalchemy", "duckdb"},
        tags={PERSONAL_DATA: "none"},
        code_version=stages.code_version(STAGE),
        required_resource_keys={"lake", "store", "view_lock"},
        check_specs=[
            dg.AssetCheckSpec(
                COMPLETE,
                asset=key,
                description="Nothing of anybody who was erased is published or was found, in whichever place",
            )
        ],
    )
    def erasure(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        lake, store = context.resources.lake, context.resources.store
        with translated(), step(STAGE, NAME) as work:
            work.rows_in = prove_erasures(home, lake, store)
            completed = settle(home, store, clock.now())
            with lake.connect() as con:
                now = standing(con, store)
            work.is_unchanged = not completed
        return dg.MaterializeResult(
            metadata={"requested": now.requested, "running": now.running, "completed": now.completed},
            check_results=[dg.AssetCheckResult(check_name=COMPLETE, passed=not now.found, metadata={"told": now.told})],
        )

    return [erasure]
