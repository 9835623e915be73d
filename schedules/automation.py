"""Declarative automation: when an asset of the customer view is computed without anybody asking.

It is computed once something it depends on has changed, nothing it depends on is under way, and the blocking checks
of what it depends on hold. Not `eager()` as it stands: under extracts by day, `any_deps_missing` would hold for ever
(a source has no delivery on most days), and the check condition must reach over runs.
"""

from collections.abc import Sequence

import dagster as dg

CHANGED = (
    dg.AutomationCondition.any_deps_updated().since_last_handled()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
    & dg.AutomationCondition.all_deps_blocking_checks_passed()
).with_label("something it depends on changed")


def automated(assets: Sequence[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """Return the assets, those after the extracts with their automation condition."""
    mapped = dg.map_asset_specs(
        lambda spec: spec if spec.partitions_def is not None else spec.replace_attributes(automation_condition=CHANGED),
        assets,
    )
    return [asset for asset in mapped if isinstance(asset, dg.AssetsDefinition)]
