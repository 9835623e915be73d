"""Running the whole view from the command line, through Dagster, so that the UI shows every run afterwards.

The extract job runs over each stretch of days that is stale, the customer-view job once at the end, both in this
process. A delivery that is refused holds back its own day only; what could be brought in goes on.
"""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from schedules.jobs import CUSTOMER_VIEW, EXTRACT
from schedules.sensors import RANGE_END, RANGE_START
from scv_assets.definitions import build_defs
from scv_assets.home import Home

HOME_VARIABLE = "DAGSTER_HOME"
_LAPTOP = Path(__file__).with_name("dagster_laptop.yaml")
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Outcome:
    """What a run did: whether every step passed, what failed and why, and how long it took."""

    is_success: bool
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    run_ids: list[str] = field(default_factory=list)


def dagster_home(home: Home) -> Path:
    """Return Dagster's own folder (`DAGSTER_HOME`, else `.dagster` in the company's), made ready for a laptop."""
    folder = Path(os.environ.get(HOME_VARIABLE) or home.root / ".dagster").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "dagster.yaml"
    if not settings.exists():
        settings.write_text(_LAPTOP.read_text())
    seen = folder / ".nux" / "nux.yaml"
    if not seen.exists():
        seen.parent.mkdir(exist_ok=True)
        seen.write_text("seen: 1\n")
    os.environ[HOME_VARIABLE] = str(folder)
    return folder


def stretches(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of every unbroken row of days."""
    start: date | None = None
    last: date | None = None
    for day in sorted(set(days)):
        if last is not None and start is not None and day > last + timedelta(days=1):
            yield start, last
            start = day
        start = start or day
        last = day
    if start is not None and last is not None:
        yield start, last


def run_view(home: Home, days: Sequence[date]) -> Outcome:
    """Bring in the extracts of these days, then compute and publish the customer view."""
    started = time.perf_counter()
    dagster_home(home)
    definitions = build_defs(home)
    failures: list[str] = []
    run_ids: list[str] = []
    with dg.DagsterInstance.get() as instance:
        _close_abandoned(instance)
        for first, last in stretches(days):
            tags = {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}
            result = _execute(definitions, EXTRACT, instance, tags)
            failures += _failures(result)
            run_ids.append(result.run_id)
        result = _execute(definitions, CUSTOMER_VIEW, instance, {})
        failures += _failures(result)
        run_ids.append(result.run_id)
    return Outcome(not failures, failures, time.perf_counter() - started, run_ids)


def _execute(definitions: dg.Definitions, job: str, instance: dg.DagsterInstance, tags: dict[str, str]) -> Any:
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    return definitions.resolve_job_def(job).execute_in_process(
        instance=instance, run_config=_QUIET, tags={**tags, "scv/pid": str(os.getpid())}, raise_on_error=False
    )


def _failures(result: Any) -> list[str]:
    failures = []
    for event in result.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data
            told = failure.user_failure_data.description if failure.user_failure_data else None
            failures.append(told or _innermost(failure.error) or event.message or "")
        elif (
            event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
            and not event.asset_check_evaluation_data.passed
        ):
            check = event.asset_check_evaluation_data
            why = "; ".join(str(value.value) for value in check.metadata.values())
            failures.append(f"{check.asset_key.to_user_string()}: {check.check_name}: {why}")
    return failures


def _innermost(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else ""


def _close_abandoned(instance: dg.DagsterInstance) -> None:
    """Mark as failed the runs of a process that is gone: a kill leaves them as started for ever."""
    running = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    for run in instance.get_runs(running):
        pid = run.tags.get("scv/pid")
        if pid is not None and not Path(f"/proc/{pid}").exists():
            instance.report_run_failed(
                run, "its process was ended before it finished; the next run has gone on from there"
            )
