"""Declarative automation: when an asset of the customer view is computed without anybody asking.

It is computed once something it depends on has changed, nothing it depends on is under way, and the blocking checks
of what it depends on hold. A check is evaluated with what it judges: Dagster asks for none by itself, and a blocking
one that was not evaluated since its asset changed holds back all that follows. Why not what Dagster has ready:

- `eager()`: under extracts by day `any_deps_missing` holds for ever, a source has no delivery on most days; and a
  blocking check has to hold back later runs too.
- `since_last_handled()`: it forgets a delivery that comes in between the request of a run and the next look at it. A
  run too many finds nothing new; a delivery too few is found by nobody.
- `any_deps_updated()`: it takes what a run of the whole view did, step by step, for so many changes.
"""

from collections.abc import Sequence

import dagster as dg
from dagster_shared.record import replace

from schedules.jobs import VIEW_TAGS

_DEPS_CHANGED = dg.AutomationCondition.any_deps_match(
    (dg.AutomationCondition.newly_updated() & ~dg.AutomationCondition.executed_with_tags(tag_keys=set(VIEW_TAGS)))
    | dg.AutomationCondition.will_be_requested()
).with_label("any_deps_changed_outside_a_run_of_the_view")
_HANDLED = (dg.AutomationCondition.newly_requested() & ~_DEPS_CHANGED) | dg.AutomationCondition.initial_evaluation()

JUDGED_CHANGED = (
    _DEPS_CHANGED.since(_HANDLED)
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("what it judges changed")

CHANGED = (JUDGED_CHANGED & dg.AutomationCondition.all_deps_blocking_checks_passed()).with_label(
    "something it depends on changed"
)


def automated(assets: Sequence[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """Return the assets, those of the view with their automation condition; a sensor asks for deliveries."""

    def conditioned(spec: dg.AssetSpec) -> dg.AssetSpec:
        is_delivery = spec.tags.get("scv/delivery") == "yes"
        if spec.partitions_def is not None or is_delivery:
            return spec
        return spec.replace_attributes(automation_condition=CHANGED)

    mapped = dg.map_asset_specs(conditioned, assets)
    return [asset for asset in mapped if isinstance(asset, dg.AssetsDefinition)]


def automated_checks(checks: Sequence[dg.AssetChecksDefinition]) -> list[dg.AssetChecksDefinition]:
    """Return the checks with their automation condition."""
    return [
        dg.AssetChecksDefinition.create(
            keys_by_input_name=check.keys_by_input_name,
            node_def=check.op,
            check_specs_by_output_name={
                output: replace(spec, automation_condition=JUDGED_CHANGED)
                for output, spec in check.check_specs_by_output_name.items()
            },
            can_subset=False,
        )
        for check in checks
    ]
