"""A company's folder under test: what a user types in it, and what it publishes."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import sqlalchemy as sa

from demo_company.generate import generate
from resources.lake import Lake, Part
from resources.store.engine import open_store, reading
from resources.store.tables import METADATA
from scv_assets import cli
from scv_assets.home import Home, load_home
from scv_assets.stages import PUBLISHED, raw_path

ROOT = Path(__file__).parents[2]
#: one instant for every run, so that what two runs publish can be compared to the byte
NOW = "2026-10-11T03:00:00"
SEED, PEOPLE, DAYS, END_ON = 5, 80, 10, date(2026, 10, 10)
#: what the pipeline makes in a folder
MADE = ("lake", "scv.db*", ".dagster", ".locks")

Row = dict[str, Any]
Tables = dict[str, list[Row]]


@dataclass(frozen=True)
class Told:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All that was said."""
        return self.out + self.err


@dataclass(frozen=True)
class Company:
    """A folder; `scv` types a command in this process, `process` in one of its own."""

    root: Path

    @property
    def home(self) -> Home:
        """The folder, loaded anew."""
        return load_home(self.root)

    @property
    def lake(self) -> Lake:
        """Its lake."""
        return self.home.lake()

    def scv(self, *arguments: str, **environment: str) -> Told:
        """Type `scv …`; whatever is no refusal told to a person comes through as an exception."""
        out, err = io.StringIO(), io.StringIO()
        variables = {**self._variables(), **environment}
        code = 0
        with (
            mock.patch.dict(os.environ, variables),
            mock.patch.object(sys, "argv", ["scv", *arguments]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                cli.main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0
        return Told(code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Start `python -m scv_assets …` as a process of its own."""
        return self.python("-m", "scv_assets", *arguments, **environment)

    def python(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Start any Python program in the company's environment."""
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **self._variables(), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def process(self, *arguments: str, **environment: str) -> Told:
        """Run `python -m scv_assets …` to its end."""
        return ended(self.start(*arguments, **environment))

    def _variables(self) -> Mapping[str, str]:
        return {
            "SCV_HOME": str(self.root),
            "DAGSTER_HOME": str(self.root / ".dagster"),
            "SCV_NOW": NOW,
            "COLUMNS": "220",
            "NO_COLOR": "1",
        }

    def must_run(self) -> str:
        """Run, see that it ended well, and return what it said."""
        told = self.scv("run")
        assert told.code == 0, told.text
        return told.out

    @contextlib.contextmanager
    def store(self) -> Iterator[sa.Engine]:
        """Open its store."""
        engine = open_store(self.home.settings.store_url)
        try:
            yield engine
        finally:
            engine.dispose()

    def rows(self, table: str) -> list[Row]:
        """Return the published rows of a table, in the order of its key."""
        return self.tables([table])[table]

    def tables(self, names: Collection[str] = tuple(PUBLISHED)) -> Tables:
        """Return published tables whole, each in the order of its key, from one snapshot."""
        with self.store() as engine, reading(engine) as connection:
            return {
                name: [
                    dict(row)
                    for row in connection.execute(
                        sa.select(METADATA.tables[name]).order_by(*METADATA.tables[name].primary_key.columns)
                    ).mappings()
                ]
                for name in names
            }

    def inbox(self, name: str) -> Path:
        """Return a place in the inbox."""
        return self.root / "inbox" / name

    def deliver(self, name: str, content: str | bytes) -> Path:
        """Put a file into the inbox."""
        path = self.inbox(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def replace(self, name: str, old: str, new: str) -> None:
        """Change a word of one of the folder's YAML files."""
        path = self.root / name
        text = path.read_text()
        assert old in text, f"{name} does not say {old!r}"
        path.write_text(text.replace(old, new))

    def raw_files(self, source: str) -> dict[str, Part]:
        """Return the lake's file of each day of a source's extracts."""
        return self.lake.parts(raw_path(source))

    def copied(self, folder: Path, *, is_fresh: bool = False) -> "Company":
        """Copy the folder, with what the pipeline made or (`is_fresh`) without; times of arrival stay."""
        ignored = shutil.ignore_patterns(*MADE) if is_fresh else shutil.ignore_patterns(".tmp")
        shutil.copytree(self.root, folder, ignore=ignored)
        return Company(folder)


def ended(process: "subprocess.Popen[str]") -> Told:
    """Wait for a process and return how it ended."""
    out, err = process.communicate()
    return Told(process.returncode, out, err)


def make_demo(folder: Path) -> Company:
    """Generate a small demo company of fourteen sources."""
    generate(folder, seed=SEED, people=PEOPLE, days=DAYS, end_on=END_ON)
    return Company(folder)


def without(tables: Tables, *columns: str) -> Tables:
    """Return the tables without some columns (`run_id`: which run it was that learnt something)."""
    return {
        table: [{name: value for name, value in row.items() if name not in columns} for row in rows]
        for table, rows in tables.items()
    }


def differing(left: Tables, right: Tables, *columns: str) -> list[str]:
    """Return the tables whose rows differ, the columns apart."""
    mine, theirs = without(left, *columns), without(right, *columns)
    return sorted(name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name))
