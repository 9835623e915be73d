"""Deliveries between the nights: what was published, what is due, and what is to be tried again."""

from datetime import UTC

import dagster as dg

from resources import clock
from resources.store.engine import open_store
from schedules.jobs import DELIVER
from scv_assets.activation.delivery.run import waiting
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.errors import ScvError
from scv_assets.home import Home

INTERVAL_SECONDS = 60
#: a delivery that failed is not asked for again before
REST_SECONDS = 600.0
_UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def delivery_sensor(home: Home) -> list[dg.SensorDefinition]:
    """Return the sensor of a company that has destinations."""
    if not company_destinations(home):
        return []

    @dg.sensor(
        job_name=DELIVER,
        name="deliveries",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sees what destinations do not have yet, and messages that are due, and delivers them",
    )
    def deliveries(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if (reason := _rests(context.instance)) is not None:
            return dg.SkipReason(reason)
        try:
            names = waiting_now(home)
        except ScvError as error:
            return dg.SkipReason(str(error))
        if not names:
            return dg.SkipReason("Every destination has what it is to have")
        return dg.RunRequest(asset_selection=[dg.AssetKey(["activation", name]) for name in names])

    return [deliveries]


def waiting_now(home: Home) -> list[str]:
    """Return the destinations for which there is something to do now."""
    store = open_store(home.settings.store_url)
    try:
        return waiting(home, home.lake(), store, clock.now())
    finally:
        store.dispose()


def _rests(instance: dg.DagsterInstance) -> str | None:
    """Return why no delivery is asked for: one is under way, or the last one has just failed."""
    if instance.get_run_records(dg.RunsFilter(job_name=DELIVER, statuses=_UNDER_WAY), limit=1):
        return "A delivery is under way"
    for record in instance.get_run_records(dg.RunsFilter(job_name=DELIVER), limit=1):
        is_failed = record.dagster_run.status == dg.DagsterRunStatus.FAILURE
        if is_failed and record.end_time and _timestamp() - record.end_time < REST_SECONDS:
            return "The last delivery failed; it is asked for again ten minutes after"
    return None


def _timestamp() -> float:
    return clock.now().replace(tzinfo=UTC).timestamp()
