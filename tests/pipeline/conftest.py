"""Companies to run: made once a session, copied for each test."""

from pathlib import Path

import pytest

import scv_assets.dagster_notices  # noqa: F401
from tests.pipeline.company import Company, Told, make_demo
from tests.pipeline.shop import open_shop


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A demo company of fourteen sources that has not run yet; not to be changed."""
    return make_demo(tmp_path_factory.mktemp("demo") / "company")


@pytest.fixture(scope="session")
def first_run(demo: Company, tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Told]:
    """The demo company after its first run, and what the run said; not to be changed."""
    company = demo.copied(tmp_path_factory.mktemp("run") / "company", is_fresh=True)
    return company, company.scv("run")


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
def published_shop(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The corner shop after its first run; not to be changed."""
    shop = open_shop(tmp_path_factory.mktemp("shop") / "company")
    shop.must_run()
    return shop


@pytest.fixture
def shop(published_shop: Company, tmp_path: Path) -> Company:
    """A copy of the corner shop after its first run, to be changed."""
    return published_shop.copied(tmp_path / "company")


@pytest.fixture
def new_shop(tmp_path: Path) -> Company:
    """A corner shop that has not run yet."""
    return open_shop(tmp_path / "company")
