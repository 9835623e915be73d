"""The whole view over the demo company: first run, a run without news, one more day.

    python -m benchmarks.whole_view [--people 2000] [--days 90] [--home DIR]

Each run is a process of its own, timed from outside with its peak memory, as a user would see it.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from benchmarks.table import print_table
from scv_assets.company import DEMO


def measured(home: Path, *arguments: str) -> tuple[float, float, int]:
    """Run `scv …` on a home; return wall seconds, peak memory in GB, exit code."""
    before = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "scv_assets", *arguments],
        env={**os.environ, "SCV_HOME": str(home), "DAGSTER_HOME": str(home / ".dagster")},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - before, usage.ru_maxrss / 1e6, os.waitstatus_to_exitcode(status)


def copied(source: Path, target: Path) -> Path:
    """Copy a company's folder without what the pipeline made in it."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("lake", "scv.db*", ".dagster", ".locks", "truth"))
    return target


def hold_back(home: Path, day: date, beside: Path) -> None:
    """Move one day's files out of the inbox."""
    for file in sorted((home / "inbox").rglob(f"*{day.isoformat()}*")):
        place = beside / file.relative_to(home)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, place)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, help="generate a company of this size instead of the committed one")
    options.add_argument("--days", type=int, default=90)
    options.add_argument("--last-day", type=date.fromisoformat, default=date(2026, 11, 20))
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rows = []
        if given.people:
            made = measured(
                root,
                "generate",
                str(root / "made"),
                "--people",
                str(given.people),
                "--days",
                str(given.days),
                "--end-on",
                given.last_day.isoformat(),
            )
            rows.append((f"generate {given.people:,} people", f"{made[0]:.0f} s, {made[1]:.2f} GB", "minutes, bounded"))
        home = copied(root / "made" if given.people else DEMO, root / "home")
        beside = root / "later"
        hold_back(home, given.last_day, beside)
        first = measured(home, "run")
        again = measured(home, "run")
        shutil.copytree(beside, home, dirs_exist_ok=True)
        day = measured(home, "run")
        rows += [
            (f"{given.days - 1} days, first run", f"{first[0]:.1f} s, {first[1]:.2f} GB", "90 s, 1.5 GB"),
            ("again, without news", f"{again[0]:.1f} s, {again[1]:.2f} GB", "10 s"),
            ("one more day", f"{day[0]:.1f} s, {day[1]:.2f} GB", "with the day, not with the 90"),
            ("one more day / first run", f"{day[0] / first[0]:.2f}", ""),
            ("exit codes", f"{first[2]}, {again[2]}, {day[2]}", "0, 0, 0"),
            ("one day's share", f"{timedelta(days=1) / timedelta(days=given.days):.3f}", ""),
        ]
        print_table("The whole view", rows)
        print(f"\npeak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
