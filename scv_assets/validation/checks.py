"""Blocking checks: nothing goes on that its contract does not allow."""

import dagster as dg

from resources.lake import Lake
from scv_assets.faults import translated
from scv_assets.home import Home
from scv_assets.sources.contract import Contract
from scv_assets.validation.assets import CONFORMS
from scv_assets.validation.conformity import offending_rows


def validation_checks(home: Home) -> list[dg.AssetChecksDefinition]:
    """Return the check of every source's typed rows."""
    return [_conforms(contract) for contract in home.contracts.values()]


def _conforms(contract: Contract) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(["validation", contract.source]),
        name=CONFORMS,
        description="Every typed row passes its contract's pandera schema: types, keys, ranges, categories",
        blocking=True,
        required_resource_keys={"lake"},
    )
    def conforms(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        lake: Lake = context.resources.lake
        with translated():
            judged, offending = offending_rows(contract, lake)
        return dg.AssetCheckResult(
            passed=not offending,
            metadata={"days_judged": judged, "offending": ", ".join(offending) or "none"},
        )

    return conforms
