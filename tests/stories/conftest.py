"""The corner shop in which the stories play."""

from pathlib import Path

import pytest

from tests.pipeline.company import Company
from tests.stories.shop import open_for_stories


@pytest.fixture
def shop(tmp_path: Path) -> Company:
    """The corner shop with its followers and its service desk, before its first day."""
    return open_for_stories(tmp_path / "company")
