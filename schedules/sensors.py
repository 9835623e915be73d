"""Sensors: a delivery that arrived, late or corrected; a run that failed; the automation of the view."""

from collections.abc import Iterable
from datetime import date

import dagster as dg

from resources.lake import fingerprint
from schedules.deliveries import delivery_sensor
from schedules.jobs import DELIVERIES, EXTRACT, EXTRACTS, VIEW_TAGS
from scv_assets.errors import DeliveryRefused, SourceUnavailable
from scv_assets.home import Home
from scv_assets.sources.contract import Contract
from scv_assets.sources.deliveries import deliveries
from scv_assets.sources.extraction import stale_days
from scv_assets.stages import raw_path

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
INTERVAL_SECONDS = 60
#: past this many days a source is brought in by one run over the range instead of one run a day
RANGE_FROM_DAYS = 5


def sensors(home: Home) -> list[dg.SensorDefinition]:
    """Return the sensors of a company."""
    return [_inbox(home), _failures(), _automation(), *delivery_sensor(home)]


def _inbox(home: Home) -> dg.SensorDefinition:
    @dg.sensor(
        job_name=EXTRACT,
        name="inbox",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sees a new, late or corrected delivery and brings in its day; what depends on it follows",
    )
    def inbox(_context: dg.SensorEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        requests = list(inbox_requests(home))
        return requests or dg.SkipReason("Every delivery in the inbox has been brought in")

    return inbox


def inbox_requests(home: Home) -> Iterable[dg.RunRequest]:
    """Yield a run for every day newly delivered.

    A key is asked for once, for ever. It names the content, what the lake has instead and when the file came: a
    correction runs, and so does the first content when it comes back.
    """
    for contract in home.contracts.values():
        versions = _stale_versions(home, contract)
        if not versions:
            continue
        stale = sorted(versions)
        asset = dg.AssetKey(["sources", contract.source])
        if len(stale) >= RANGE_FROM_DAYS:
            yield dg.RunRequest(
                run_key=f"{contract.source}:{fingerprint(sorted((str(d), sorted(v)) for d, v in versions.items()))}",
                asset_selection=[asset],
                tags={
                    RANGE_START: min(stale).isoformat(),
                    RANGE_END: max(stale).isoformat(),
                    "scv/source": contract.source,
                },
            )
            continue
        for day in stale:
            yield dg.RunRequest(
                run_key=f"{contract.source}:{day}:{fingerprint(sorted(versions[day]))}",
                partition_key=day.isoformat(),
                asset_selection=[asset],
                tags={"scv/source": contract.source},
            )


def _stale_versions(home: Home, contract: Contract) -> dict[date, list[str]]:
    """Return what names a source's stale days; none where it cannot be reached or read now (the run tells)."""
    lake = home.lake()
    held = lake.parts(raw_path(contract.source))
    try:
        stale = stale_days(home, contract, lake)
        versions: dict[date, list[str]] = {day: [] for day in stale}
        for delivery in deliveries(home, contract, stale) if stale else ():
            replaced = held.get(delivery.day.isoformat())
            named = delivery.fingerprint, replaced.made_from if replaced else "", delivery.arrived_at
            versions[delivery.day].append(fingerprint(*named))
    except (DeliveryRefused, SourceUnavailable):
        return {}
    return versions


def _failures() -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="failed_runs",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of a failed run where people look (the log, and SCV_ALERT_URL where it is set)",
    )
    def failed_runs(context: dg.RunFailureSensorContext) -> None:
        notify_failure(context)

    return failed_runs


def notify_failure(context: dg.RunFailureSensorContext) -> None:
    """Log the failure, and post it where the company wants it."""
    from resources.notifications import notify

    run = context.dagster_run
    message = f"run {run.run_id} of {run.job_name} failed: {context.failure_event.message}"
    context.log.error(message)
    notify(message)


def _automation() -> dg.SensorDefinition:
    return dg.AutomationConditionSensorDefinition(
        "customer_view_automation",
        target=dg.AssetSelection.all() - EXTRACTS - DELIVERIES,
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
        run_tags=VIEW_TAGS,
        description="Computes what depends on a change, and only that",
    )
