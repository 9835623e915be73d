"""The company that a command is about, and its store, whose tables are there from then on."""

from pathlib import Path

import sqlalchemy as sa

from resources.store.engine import open_store
from resources.store.migrations import migrate
from scv_assets.home import Home, load_home


def opened(path: Path) -> tuple[Home, sa.Engine]:
    """Return the company in a folder and its store, brought to today's tables.

    Raises `ConfigError`, `StoreUnavailable`.
    """
    home = load_home(path)
    store = open_store(home.settings.store_url)
    migrate(store)
    return home, store
