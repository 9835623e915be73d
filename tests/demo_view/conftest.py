"""The committed demo company, run once as a user would (or, with `SCV_DEMO_RUN`, a folder where it was)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from resources.store.engine import open_store
from resources.store.reading import table_frame
from scv_assets.company import DEMO
from tests.made_once import MadeOnce

Frames = Callable[[str], pd.DataFrame]


@pytest.fixture(scope="session")
def demo(made_once: MadeOnce) -> Path:
    kept = os.environ.get("SCV_DEMO_RUN")
    return Path(kept) if kept else made_once("committed_demo", _run)


def _run(home: Path) -> None:
    shutil.copytree(DEMO, home, ignore=shutil.ignore_patterns("lake", "scv.db*", ".dagster", ".locks"))
    environment = {**os.environ, "SCV_HOME": str(home), "DAGSTER_HOME": str(home / ".dagster")}
    subprocess.run([sys.executable, "-m", "scv_assets", "run"], env=environment, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def table(demo: Path) -> Frames:
    """Read a published table."""
    store = open_store(f"sqlite:///{demo / 'scv.db'}")
    return lambda name: table_frame(store, name)


@pytest.fixture(scope="session")
def truth() -> Frames:
    """Read a table of the truth, which the pipeline never sees."""
    return lambda name: pd.read_parquet(DEMO / "truth" / f"{name}.parquet")


@pytest.fixture(scope="session")
def who(table: Frames, truth: Frames) -> pd.DataFrame:
    """Every person record with the customer that it was given and the person that it is."""
    return table("crosswalk").merge(truth("who_is_who"), on=["source", "source_key"], how="outer", indicator=True)
