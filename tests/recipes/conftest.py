"""The companies of the recipes, each laid and run once a session."""

import pytest

from tests.recipes.following import Followed, follow, public_data


@pytest.fixture(scope="session")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """The gift retailer after its first run; not to be changed."""
    public_data("online_retail")
    return follow("online_retail", tmp_path_factory.mktemp("online_retail"))


@pytest.fixture(scope="session")
def five_systems(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """The company of five systems after its first run; not to be changed."""
    public_data("kanoniv")
    return follow("kanoniv", tmp_path_factory.mktemp("kanoniv"))
