"""The store's schema through time: Alembic revisions in `versions`, run by `migrate` from inside the package.

No `alembic.ini` and no command of its own: whoever opens the store brings it to the newest revision, and two
processes that do so at once take turns (PostgreSQL: an advisory lock; SQLite: the write lock of the file).
Each revision runs in one transaction. The tables themselves are described in `resources.store.tables`; a test holds
both together.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from resources.store.engine import connected, place, writing_schema
from scv_assets.errors import ConfigError

FOLDER = Path(__file__).parent


def migrate(engine: sa.Engine) -> None:
    """Bring the store's schema to the newest revision; nothing happens where it is there already.

    Raises `ConfigError` where the store was made by a newer version of this project.
    """
    if revision(engine) == newest():
        return
    with writing_schema(engine) as connection:
        try:
            command.upgrade(config(connection), "head")
        except CommandError as error:
            raise ConfigError(f"{place(engine)} was made by a newer version; upgrade this project ({error})") from error


def revision(engine: sa.Engine) -> str | None:
    """Return the revision that the store is at, or None where it holds no tables yet."""
    with connected(engine) as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def newest() -> str:
    """Return the newest revision that this version of the project knows."""
    return max(file.stem.split("_")[0] for file in (FOLDER / "versions").glob("[0-9]*.py"))


def config(connection: sa.Connection | None = None) -> Config:
    """Return Alembic's configuration for this package, running on the connection."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made
