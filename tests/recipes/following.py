"""Follows a recipe as a user does: the commands of its page, typed in a shell, and a look at what is published then."""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from resources.lake import Lake
from resources.store.engine import open_store, reading
from scv_assets.home import Home, load_home

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "docs" / "recipes"
VARIABLE = "SCV_PUBLIC_DATA"
#: what could lead a run away from the folder that the page lays, or give it another clock
_OTHERS = frozenset({"SCV_HOME", "SCV_NOW", "DAGSTER_HOME"})


def public_data(folder: str) -> Path:
    """Return a folder of the public data, or skip the test where it is not there."""
    path = Path(os.environ.get(VARIABLE) or ROOT.parent / "shared" / "data").resolve() / folder
    if not path.is_dir():
        pytest.skip(f"the public data set '{folder}' is not here; {VARIABLE} names the folder that holds it")
    return path


def commands(recipe: str) -> str:
    """Return the first block of code of a recipe's page."""
    page = (RECIPES / recipe / "README.md").read_text(encoding="utf-8")
    block = re.search(r"(?:^ {4}.*\n)+", page, re.MULTILINE)
    assert block is not None, f"the page of {recipe} shows no commands"
    return re.sub(r"^ {4}", "", block[0], flags=re.MULTILINE)


@dataclass(frozen=True)
class Followed:
    """A company that was laid and has run; `peak_mb` is the memory of its largest process."""

    root: Path
    said: str
    seconds: float
    peak_mb: float

    @property
    def home(self) -> Home:
        """The company's folder, loaded."""
        return load_home(self.root)

    @property
    def lake(self) -> Lake:
        """Its lake."""
        return self.home.lake()

    def query(self, sql: str) -> pd.DataFrame:
        """Ask the published tables."""
        store = open_store(self.home.settings.store_url)
        try:
            with reading(store) as connection:
                return pd.read_sql_query(sa.text(sql), connection)
        finally:
            store.dispose()

    def scv(self, *arguments: str) -> str:
        """Type another command, and return what it said."""
        command = [sys.executable, "-m", "scv_assets", *arguments]
        variables = _environment(self.root.parent) | {"SCV_HOME": str(self.root)}
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def follow(recipe: str, folder: Path, **settings: str) -> Followed:
    """Type the commands of a recipe's page in a new folder; a setting replaces the word of the line `NAME=word`."""
    script = commands(recipe)
    for name, value in settings.items():
        script = re.sub(rf"^{name}=.*$", f"{name}={value}", script, flags=re.MULTILINE)
    laid = re.search(r"^scv init (\S+)$", script, re.MULTILINE)
    assert laid is not None, f"the page of {recipe} lays no company"
    _stand_in(folder)
    started = time.perf_counter()
    with (folder / "said.txt").open("w") as out:
        typed = subprocess.Popen(
            ["sh", "-e", "-c", script], cwd=folder, env=_environment(folder), stdout=out, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(typed.pid, 0)
    typed.returncode = os.waitstatus_to_exitcode(status)
    said = (folder / "said.txt").read_text()
    assert typed.returncode == 0, said
    return Followed(folder / laid[1], said, time.perf_counter() - started, used.ru_maxrss / 1024)


def _stand_in(folder: Path) -> None:
    """Make a folder look like the root of the repository with its environment switched on."""
    (folder / "docs").symlink_to(ROOT / "docs")
    programs = folder / "bin"
    programs.mkdir()
    for name, arguments in (("scv", "-m scv_assets"), ("python", "")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        program.chmod(0o755)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OTHERS}
    data = Path(kept.get(VARIABLE) or ROOT.parent / "shared" / "data").resolve()
    path = f"{folder / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept | {"PATH": path, "PYTHONPATH": str(ROOT), VARIABLE: str(data), "COLUMNS": "200", "NO_COLOR": "1"}
