"""Companies to run: made once for all processes of a test run, copied for each of them and for each test."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

import scv_assets.dagster_notices  # noqa: F401
from tests.made_once import MadeOnce
from tests.pipeline.company import Company, Told, make_demo
from tests.pipeline.shop import open_shop


@pytest.fixture(scope="session")
def demo(made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A demo company of fourteen sources that has not run yet; not to be changed."""

    def make(folder: Path) -> None:
        make_demo(folder)

    return Company(made_once("small_demo", make)).copied(tmp_path_factory.mktemp("demo") / "company")


@pytest.fixture(scope="session")
def first_run(made_once: MadeOnce, demo: Company, tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Told]:
    """The demo company after its first run, and what the run said; not to be changed."""

    def run(folder: Path) -> None:
        told = demo.copied(folder / "company", is_fresh=True).scv("run")
        (folder / "told.json").write_text(json.dumps(asdict(told)))

    folder = made_once("first_run", run)
    company = Company(folder / "company").copied(tmp_path_factory.mktemp("run") / "company")
    return company, Told(**json.loads((folder / "told.json").read_text()))


@pytest.fixture(scope="session")
def published_demo(first_run: tuple[Company, Told]) -> Company:
    """The demo company after its first run; not to be changed."""
    company, told = first_run
    assert told.code == 0, told.text
    return company


@pytest.fixture
def demo_copy(published_demo: Company, tmp_path: Path) -> Company:
    """A copy of the demo company after its first run, to be changed."""
    return published_demo.copied(tmp_path / "company")


@pytest.fixture(scope="session")
def published_shop(made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The corner shop after its first run; not to be changed."""

    def run(folder: Path) -> None:
        open_shop(folder).must_run()

    folder = made_once("published_shop", run)
    return Company(folder).copied(tmp_path_factory.mktemp("shop") / "company")


@pytest.fixture
def shop(published_shop: Company, tmp_path: Path) -> Company:
    """A copy of the corner shop after its first run, to be changed."""
    return published_shop.copied(tmp_path / "company")


@pytest.fixture
def new_shop(tmp_path: Path) -> Company:
    """A corner shop that has not run yet."""
    return open_shop(tmp_path / "company")
