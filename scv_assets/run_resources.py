"""What the assets are given: the lake, the store (migrated), and the lock under which the view is computed."""

import fcntl
from collections.abc import Iterator
from typing import Any

import dagster as dg
import sqlalchemy as sa

from resources.lake import Lake
from resources.store.engine import open_store
from resources.store.migrations import migrate
from scv_assets.home import Home
from scv_assets.publication.publish_view import ViewTurn, turn


def resources(home: Home) -> dict[str, Any]:
    """Return Dagster resources for a company."""

    @dg.resource(description="Parquet files of the company")
    def lake(_context: dg.InitResourceContext) -> Lake:
        return home.lake()

    @dg.resource(description="Published tables, at the current schema version")
    def store(_context: dg.InitResourceContext) -> Iterator[sa.Engine]:
        engine = open_store(home.settings.store_url)
        migrate(engine)
        yield engine
        engine.dispose()

    @dg.resource(
        required_resource_keys={"store"},
        description="One run at a time computes the view; a second waits, then finds everything current. "
        "Its value is what the run saw when its turn came",
    )
    def view_lock(context: dg.InitResourceContext) -> Iterator[ViewTurn]:
        folder = home.root / ".locks"
        folder.mkdir(exist_ok=True)
        with (folder / "view").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield turn(home, home.lake(), context.resources.store)

    return {"lake": lake, "store": store, "view_lock": view_lock}
