"""`scv run`: see what is stale; where nothing is, say so without starting Dagster; else run, and sum up."""

import time
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from resources.lake import Lake
from resources.store.engine import open_store
from resources.store.migrations import migrate
from scv_assets.commands.delivering import deliver_waiting
from scv_assets.commands.invocation import typed
from scv_assets.commands.listing import listing, shown, whole
from scv_assets.commands.refused import standing_refusals
from scv_assets.errors import ConfigError, DeliveryRefused, SourceUnavailable
from scv_assets.home import Home, load_home
from scv_assets.numbers_told import counted
from scv_assets.progress import Listener, Planned, Step, UnderWay
from scv_assets.publication.publish_view import is_current
from scv_assets.sources.extraction import stale_days
from scv_assets.summary import print_summary, read_summary, store_place

#: how Dagster calls Ctrl-C
_INTERRUPTED = "DagsterExecutionInterruptedError"


def run_command(path: Path, days: tuple[date | None, date | None], console: Console) -> bool:
    """Bring in what is stale (between the days, if given), publish, sum up; False where something failed."""
    started = time.perf_counter()
    _check_order(days)
    home = load_home(path)
    lake = home.lake()
    store = open_store(home.settings.store_url)
    migrate(store)
    lake.sweep()
    stale, unreachable = _stale(home, lake, days)
    if not stale and not unreachable and is_current(home, lake, store):
        console.print(
            f"Nothing new: every delivery of {len(home.contracts)} sources is in, and what is published is current."
        )
        failures, warnings = list[str](), list[str]()
    else:
        failures, warnings = _run(home, stale, console)
    delivered, undelivered = deliver_waiting(home, lake, store, console)
    failures, warnings = [*failures, *undelivered], [*warnings, *delivered]
    refused = standing_refusals(home, lake)
    failures = [failure for failure in failures if not any(told in failure for told in refused)]
    failures += [*(told for told in unreachable if told not in failures), *refused]
    _sum_up(home, store, console)
    for warning in warnings:
        console.print(Text("warning: ", style="yellow").append_text(shown(warning)), soft_wrap=True)
    for failure in dict.fromkeys(failures):
        console.print(Text("refused or failed: ", style="red").append_text(shown(failure)), soft_wrap=True)
    console.print(f"{time.perf_counter() - started:.1f} s in all")
    return not failures


def _stale(home: Home, lake: Lake, days: tuple[date | None, date | None]) -> tuple[list[date], list[str]]:
    """Return the days that any source has to bring in, and what cannot be reached now: the other sources go on."""
    stale: set[date] = set()
    unreachable: list[str] = []
    for contract in home.contracts.values():
        try:
            stale |= {day for day in stale_days(home, contract, lake) if _within(day, days)}
        except (SourceUnavailable, DeliveryRefused) as error:
            unreachable.append(f"{contract.source}: {error}")
    return sorted(stale), unreachable


def _check_order(days: tuple[date | None, date | None]) -> None:
    first, last = days
    if first and last and first > last:
        raise ConfigError(f"--from {first} is after --to {last}")


def _within(day: date, days: tuple[date | None, date | None]) -> bool:
    first, last = days
    return (first is None or day >= first) and (last is None or day <= last)


def _run(home: Home, stale: list[date], console: Console) -> tuple[list[str], list[str]]:
    """Return what failed and what deserves a look."""
    if stale:
        console.print(f"{counted(len(stale), 'day')} of deliveries to bring in ({stale[0]} to {stale[-1]})")
    from scv_assets.runner import run_view  # imports Dagster: two seconds that a run without news does not pay

    columns = (TextColumn("{task.description:<38}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", total=None)
        teller = _Teller(progress, task)
        with teller.listening():
            outcome = run_view(home, stale)
        if any(_INTERRUPTED in failure for failure in outcome.failures):
            raise KeyboardInterrupt
        progress.update(task, description="done", completed=progress.tasks[0].total)
        teller.print_stages()
    return outcome.failures, outcome.warnings


class _Teller(Listener):
    """Moves the bar on at every step, and prints a line a stage in the end."""

    def __init__(self, progress: Progress, task: object) -> None:
        super().__init__()
        self._progress = progress
        self._task = task
        self._steps: dict[str, list[Step]] = {}

    def on_plan(self, plan: Planned) -> None:
        """Lay out the bar."""
        self._progress.update(self._task, total=plan.steps)  # type: ignore[arg-type]

    def on_step(self, step: Step) -> None:
        """Take in one step."""
        self._steps.setdefault(step.stage, []).append(step)
        self._progress.update(self._task, advance=1, description=f"{step.stage}/{step.name}")  # type: ignore[arg-type]

    def on_the_way(self, work: UnderWay) -> None:
        """Say how far it is."""
        told = f"{work.stage}: {work.done:,} of {work.total:,} {work.things}"
        self._progress.update(self._task, description=told)  # type: ignore[arg-type]

    def print_stages(self) -> None:
        """Print what each stage did, in the order in which they came."""
        figures = [Column(name, justify="right") for name in ("rows in", "out", "refused", "seconds", "unchanged")]
        table = listing("What was done", whole("stage"), *figures)
        for stage, steps in self._steps.items():
            rows_in, rows_out, refused = (
                sum(getattr(step, name) for step in steps) for name in ("rows_in", "rows_out", "rows_refused")
            )
            unchanged = sum(step.is_unchanged for step in steps)
            still = f"{unchanged} of {len(steps)}" if unchanged else ""
            seconds = f"{sum(step.seconds for step in steps):.1f}"
            table.add_row(stage, f"{rows_in:,}", f"{rows_out:,}", f"{refused:,}", seconds, still)
        self._progress.console.print(table, highlight=False)


def _sum_up(home: Home, store: sa.Engine, console: Console) -> None:
    print_summary(
        console,
        read_summary(store),
        title=f"{home.settings.name}: the customer view",
        next_steps=[
            (
                "the graph, every table and column, in the browser",
                f"{typed(home.root, 'dev')}  (http://127.0.0.1:3000)",
            ),
            ("a customer from every side", typed(home.root, "profile <e-mail, phone, card or customer id>")),
            ("the questions for a steward, side by side", typed(home.root, "review")),
            ("what was refused, row by row", typed(home.root, "quarantine list")),
            ("the tables, for any SQL or BI tool", store_place(home.settings.store_url)),
        ],
    )
