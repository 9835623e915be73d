"""Writes a whole company folder: YAML, `inbox/` with fourteen sources, `truth/`.

People are made in chunks of 20,000, each from its own random streams, and appended to the files of their days: memory
does not grow with the company.
"""

import json
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path

from demo_company.channels import CHANNELS
from demo_company.chunk import PEOPLE_PER_CHUNK, Chunk, make_chunk, tell_people
from demo_company.feed import Feed
from demo_company.period import Period
from demo_company.truth import Truth

TEMPLATE = Path(__file__).parent / "company"
TIME_ZONE = "Europe/Brussels"
MARK = "generation.json"

Progress = Callable[[int, int], None]


class FolderInUse(Exception):
    """The folder holds a company that was not generated; it is left alone."""


@dataclass
class GenerationReport:
    """What was written: rows, bad rows and person records by source, bytes in the inbox, seconds taken."""

    people: int
    start_on: date
    end_on: date
    rows: dict[str, int] = field(default_factory=dict)
    bad_rows: dict[str, int] = field(default_factory=dict)
    person_records: dict[str, int] = field(default_factory=dict)
    inbox_bytes: int = 0
    seconds: float = 0.0


def generate(
    folder: Path, *, seed: int, people: int, days: int, end_on: date, progress: Progress | None = None
) -> GenerationReport:
    """Write a company of so many people over the `days` days that end on `end_on`; the same arguments, the same bytes.

    A folder that was generated before is written anew, another one must not have an inbox yet. `progress` is called
    with the people done and the people asked for.

    Raises:
        FolderInUse: the folder has an inbox that this function did not write.
        ValueError: people or days are not positive.
    """
    if people < 1 or days < 1:
        raise ValueError("a company needs at least one person and one day")
    began = time.monotonic()
    _clear(folder)
    period = Period(end_on - timedelta(days=days - 1), days, TIME_ZONE)
    _lay_yaml(folder, period)
    feeds, records = _write_extracts(folder, seed, people, period, progress)
    report = GenerationReport(
        people,
        period.start_on,
        period.end_on,
        {name: feed.rows for name, feed in feeds.items()},
        {name: feed.bad_rows for name, feed in feeds.items()},
        records,
        sum(path.stat().st_size for path in (folder / "inbox").rglob("*") if path.is_file()),
    )
    _leave_mark(folder, seed, report)
    report.seconds = time.monotonic() - began
    return report


def _write_extracts(
    folder: Path, seed: int, people: int, period: Period, progress: Progress | None
) -> tuple[dict[str, Feed], dict[str, int]]:
    """Write inbox and truth; return every source's feed, closed, and how many person records each source has."""
    with ExitStack() as open_files:
        truth = Truth(folder / "truth")
        open_files.callback(truth.close)
        feeds: dict[str, Feed] = {}
        for name, channel in CHANNELS.items():
            feeds[name] = channel.open_feed(folder / "inbox", period, truth)
            open_files.callback(feeds[name].close)
        for index, first in enumerate(range(0, people, PEOPLE_PER_CHUNK)):
            _write_chunk(make_chunk(seed, index, min(PEOPLE_PER_CHUNK, people - first), period), feeds, truth)
            if progress is not None:
                progress(min(first + PEOPLE_PER_CHUNK, people), people)
    return feeds, dict(truth.records)


def _write_chunk(chunk: Chunk, feeds: Mapping[str, Feed], truth: Truth) -> None:
    tell_people(chunk, truth)
    for name, channel in CHANNELS.items():
        channel.emit(chunk, feeds[name])


def _clear(folder: Path) -> None:
    """Take away what an earlier generation wrote; refuse where something else did."""
    inbox, truth = folder / "inbox", folder / "truth"
    if inbox.exists() and any(inbox.iterdir()) and not (truth / MARK).exists():
        raise FolderInUse(f"{folder}: its inbox was not generated; choose another folder or empty the inbox")
    for old in (inbox, truth):
        shutil.rmtree(old, ignore_errors=True)
        old.mkdir(parents=True)
    (truth / MARK).write_text('{"is_complete": false}\n', encoding="utf-8")


def _lay_yaml(folder: Path, period: Period) -> None:
    """Copy the company's YAML, with the period's days in place."""
    for source in sorted(TEMPLATE.rglob("*.yaml")):
        text = source.read_text(encoding="utf-8")
        last = f"{period.end_on.year}-12-31"
        text = text.replace("${start_on}", period.start_on.isoformat()).replace("${end_on}", last)
        target = folder / source.relative_to(TEMPLATE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def _leave_mark(folder: Path, seed: int, report: GenerationReport) -> None:
    facts = {name: value for name, value in asdict(report).items() if name != "seconds"}
    text = json.dumps({"is_complete": True, "seed": seed, **facts}, indent=2, default=str)
    (folder / "truth" / MARK).write_text(text + "\n", encoding="utf-8")
