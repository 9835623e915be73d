"""The night: every source's extract of the business day that has just ended."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from schedules.jobs import EXTRACT_JOB
from scv_assets.home import Home

HOUR, MINUTE = 2, 30


def schedules(home: Home) -> list[dg.ScheduleDefinition]:
    """Return the nightly schedule, in the company's time zone."""

    @dg.schedule(
        name="nightly_extract",
        job=EXTRACT_JOB,
        cron_schedule=f"{MINUTE} {HOUR} * * *",
        execution_timezone=home.settings.time_zone,
        description="Yesterday's extracts; the customer view follows by declarative automation",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def nightly_extract(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        today = context.scheduled_execution_time.astimezone(ZoneInfo(home.settings.time_zone)).date()
        yesterday = today - timedelta(days=1)
        first, last = home.settings.start_on, home.settings.end_on or date.max
        if not first <= yesterday <= last:
            return dg.SkipReason(f"{yesterday} is no day of this company: scv.yaml says start_on and end_on")
        return dg.RunRequest(run_key=yesterday.isoformat(), partition_key=yesterday.isoformat())

    return [nightly_extract]
