"""The night: every source's extract of the business day that has just ended."""

from typing import Any

import dagster as dg

from schedules.jobs import EXTRACT_JOB

HOUR, MINUTE = 2, 30


def schedules() -> list[Any]:
    """Return the nightly schedule, in the company's time zone."""
    return [
        dg.build_schedule_from_partitioned_job(
            EXTRACT_JOB,
            name="nightly_extract",
            hour_of_day=HOUR,
            minute_of_hour=MINUTE,
            description="Yesterday's extracts; the customer view follows by declarative automation",
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
    ]
