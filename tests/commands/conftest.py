"""The companies in which commands are typed."""

from pathlib import Path

import pytest

from tests.commands.customers import lay_company
from tests.pipeline.company import Company


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company whose store holds Anna and Bart; not to be changed."""
    return lay_company(tmp_path_factory.mktemp("known") / "company")


@pytest.fixture
def changeable(known: Company, tmp_path: Path) -> Company:
    """A copy of it, to be changed."""
    return known.copied(tmp_path / "company")
