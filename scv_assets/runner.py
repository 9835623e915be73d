"""Running the whole view from the command line, through Dagster, so that the UI shows every run afterwards.

The extract job runs over each stretch of days that is stale, the customer-view job once at the end, both in this
process. A delivery that is refused holds back its own day only; what could be brought in goes on.
"""

import fcntl
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa

from schedules.jobs import CUSTOMER_VIEW, DELIVER, EXTRACT
from schedules.sensors import RANGE_END, RANGE_START
from scv_assets.abandoned_runs import close_abandoned, process_tag
from scv_assets.definitions import build_defs
from scv_assets.errors import RunHistoryUnavailable
from scv_assets.home import Home
from scv_assets.progress import planned

HOME_VARIABLE = "DAGSTER_HOME"
_LAPTOP = Path(__file__).with_name("dagster_laptop.yaml")
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Outcome:
    """What a run did: whether every step passed, what failed or deserves a look and why, and how long it took."""

    is_success: bool
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    run_ids: list[str] = field(default_factory=list)


@contextmanager
def dagster_instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """Open Dagster over its own folder (`DAGSTER_HOME`, else `.dagster` in the company's), made ready for a laptop.

    Processes that come first at the same moment take turns: each would make Dagster's tables. Raises
    `RunHistoryUnavailable` where Dagster's storage fails meanwhile.
    """
    folder = Path(os.environ.get(HOME_VARIABLE) or home.root / ".dagster").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[HOME_VARIABLE] = str(folder)
    try:
        with (folder / ".opening").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            _make_ready(folder)
            instance = dg.DagsterInstance.get()
        with instance:
            yield instance
    except (sa.exc.OperationalError, OSError) as error:
        said = str(getattr(error, "orig", error)).splitlines()[0]
        raise RunHistoryUnavailable(
            f"{folder}: Dagster's run history cannot be kept ({said}); free space or bring its server back, and run"
            " again: what was finished stays"
        ) from error


def _make_ready(folder: Path) -> None:
    settings = folder / "dagster.yaml"
    if not settings.exists():
        beside = settings.with_suffix(".tmp")
        beside.write_text(_LAPTOP.read_text())
        beside.replace(settings)
    seen = folder / ".nux" / "nux.yaml"
    if not seen.exists():
        seen.parent.mkdir(exist_ok=True)
        seen.write_text("seen: 1\n")


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
    definitions = build_defs(home)
    results: list[dg.ExecuteInProcessResult] = []
    with dagster_instance(home) as instance:
        close_abandoned(instance)
        stale = list(stretches(days))
        planned(len(stale) * _steps(definitions, EXTRACT) + _steps(definitions, CUSTOMER_VIEW))
        for first, last in stale:
            tags = {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}
            results.append(_execute(definitions, EXTRACT, instance, tags))
        results.append(_execute(definitions, CUSTOMER_VIEW, instance, {}))
    return _outcome(results, started)


def run_deliveries(home: Home, names: Sequence[str]) -> Outcome:
    """Deliver to these destinations."""
    started = time.perf_counter()
    definitions = build_defs(home)
    with dagster_instance(home) as instance:
        assets = [dg.AssetKey(["activation", name]) for name in names]
        result = _execute(definitions, DELIVER, instance, {}, assets)
    return _outcome([result], started)


def _steps(definitions: dg.Definitions, job: str) -> int:
    """Return how many steps (`progress`) a run of a job tells of: one for each computation of assets, none a check."""
    layer = definitions.resolve_job_def(job).asset_layer
    return len({layer.get_op_output_handle(key).node_handle for key in layer.executable_asset_keys})


def _outcome(results: Sequence[dg.ExecuteInProcessResult], started: float) -> Outcome:
    failures = [failure for result in results for failure in _failures(result)]
    warnings = [told for result in results for told in _broken_claims(result, dg.AssetCheckSeverity.WARN)]
    run_ids = [result.run_id for result in results]
    return Outcome(not failures, failures, warnings, time.perf_counter() - started, run_ids)


def _execute(
    definitions: dg.Definitions,
    job: str,
    instance: dg.DagsterInstance,
    tags: dict[str, str],
    assets: Sequence[dg.AssetKey] | None = None,
) -> dg.ExecuteInProcessResult:
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    return definitions.resolve_job_def(job).execute_in_process(
        instance=instance,
        run_config=_QUIET,
        tags={**tags, **process_tag()},
        raise_on_error=False,
        asset_selection=assets,
    )


def _failures(result: dg.ExecuteInProcessResult) -> list[str]:
    failures = []
    for event in result.filter_events(lambda event: event.is_step_failure):
        failure = event.step_failure_data
        if failure.error is not None and failure.error.cls_name == "DagsterAssetCheckFailedError":
            continue  # the check itself is told below, with its name
        told = failure.user_failure_data.description if failure.user_failure_data else None
        failures.append(told or _innermost(failure.error) or event.message or "")
    failures += _broken_claims(result, dg.AssetCheckSeverity.ERROR)
    return failures if failures or result.success else _outside_of_steps(result)


def _outside_of_steps(result: dg.ExecuteInProcessResult) -> list[str]:
    """Return why a run failed before any of its steps did: a setting or the store stood in the way."""
    errors = [getattr(event.event_specific_data, "error", None) for event in result.all_events]
    told = [_innermost(error).splitlines()[0].split("Error: ", 1)[-1] for error in errors if error is not None]
    return list(dict.fromkeys(told[:1])) or [f"the run {result.run_id} failed; Dagster's UI has its log (scv dev)"]


def _broken_claims(result: dg.ExecuteInProcessResult, severity: dg.AssetCheckSeverity) -> list[str]:
    broken = []
    for event in result.filter_events(lambda event: event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        check = event.asset_check_evaluation_data
        if not check.passed and check.severity == severity:
            why = "; ".join(str(value.value) for value in check.metadata.values())
            broken.append(f"{check.asset_key.to_user_string()}: {check.check_name}: {why}")
    return broken


def _innermost(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else ""
