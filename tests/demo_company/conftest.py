"""One generated company for the whole folder's tests: the size and seed of the committed one."""

from pathlib import Path

import pytest

from scv_assets.home import Home, load_home
from tests.demo_company.company import COMMITTED, Company, generated


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The demo company, generated anew."""
    return generated(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def home(company: Company) -> Home:
    """The generated company as the pipeline loads it."""
    return load_home(company.folder)


@pytest.fixture(scope="session")
def committed() -> Path:
    """The company that stands in the repository."""
    return COMMITTED
