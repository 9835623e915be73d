"""The only place where everything is put together: `build_defs(home)`, and `defs` of the company in `SCV_HOME`."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

import scv_assets.dagster_notices  # noqa: F401  (before anything that Dagster would give notice of)
from schedules.automation import automated, automated_checks
from schedules.jobs import DELIVER_JOB, JOBS
from schedules.nightly import schedules
from schedules.policy_diff import policy_diff_job
from schedules.sensors import sensors
from scv_assets.activation.assets import activation_assets
from scv_assets.activation.checks import activation_checks
from scv_assets.activation.delivery.assets import delivery_assets
from scv_assets.asset_metadata import owned_and_tagged
from scv_assets.company import company_home
from scv_assets.golden.assets import golden_assets
from scv_assets.governance.assets import governance_assets
from scv_assets.governance.checks import governance_checks
from scv_assets.governance.erasure.assets import erasure_assets
from scv_assets.home import Home, load_home
from scv_assets.identity.assets import identity_assets
from scv_assets.identity.checks import identity_checks
from scv_assets.interactions.assets import interaction_assets
from scv_assets.interactions.checks import interaction_checks
from scv_assets.publication.assets import publication_assets
from scv_assets.run_resources import resources
from scv_assets.segments.assets import segment_assets
from scv_assets.segments.checks import segment_checks
from scv_assets.sources.assets import source_assets
from scv_assets.standardisation.assets import standardisation_assets
from scv_assets.validation.assets import validation_assets
from scv_assets.validation.checks import validation_checks


def build_defs(home: Home, overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Return everything Dagster needs to run one company; `overrides` replaces resources (tests)."""
    deliveries = delivery_assets(home)
    assets = [
        *source_assets(home),
        *validation_assets(home),
        *standardisation_assets(home),
        *identity_assets(home),
        *golden_assets(home),
        *interaction_assets(home),
        *segment_assets(home),
        *activation_assets(home),
        *governance_assets(home),
        *publication_assets(home),
        *erasure_assets(home),
        *deliveries,
    ]
    checks = [
        *validation_checks(home),
        *identity_checks(),
        *interaction_checks(home),
        *segment_checks(home),
        *activation_checks(home),
        *governance_checks(home),
    ]
    return dg.Definitions(
        assets=automated(owned_and_tagged(home, assets)),
        asset_checks=automated_checks(checks),
        resources={**resources(home), **(overrides or {})},
        jobs=[*JOBS, *([DELIVER_JOB] if deliveries else []), policy_diff_job(home)],
        schedules=schedules(home),
        sensors=sensors(home),
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Load the company's definitions (called by Dagster, not at import)."""
    return build_defs(load_home(company_home()))
