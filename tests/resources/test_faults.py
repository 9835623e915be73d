"""Kills, full disks and concurrent readers: what is published is whole, and the last good state stays."""

import contextlib
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from resources.lake import Lake
from resources.store.engine import open_store, reading
from resources.store.migrations import migrate
from resources.store.tables import CROSSWALK, CUSTOMER_ORDER, GOLDEN_PROFILE
from scv_assets.errors import LakeError, StoreUnavailable
from tests.postgresql_server import PostgresqlServer
from tests.resources.published_company import customers, everything, held, lay, publish_all

ROOT = Path(__file__).parents[2]


def _run(*arguments: str) -> None:
    command = [sys.executable, "-m", "tests.resources.killed_publisher", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_publish_killed_anywhere_and_repeated_equals_an_undisturbed_one(store_url: str, tmp_path: Path) -> None:
    _run(store_url, str(tmp_path / "lake"), "20261120", "14")


@pytest.mark.slow
def test_a_reader_sees_whole_states_while_publishers_are_killed(store: sa.Engine, tmp_path: Path) -> None:
    url = store.url.render_as_string(hide_password=False)
    publishing = threading.Thread(target=_run, args=(url, str(tmp_path / "lake"), "7", "5"))
    publishing.start()
    reads = 0
    while publishing.is_alive():
        with reading(store) as connection:
            profiles = set(connection.execute(sa.select(GOLDEN_PROFILE.c.customer_id)).scalars())
            records = set(connection.execute(sa.select(CROSSWALK.c.customer_id)).scalars())
            buyers = set(connection.execute(sa.select(CUSTOMER_ORDER.c.customer_id)).scalars())
            versions = set(connection.execute(sa.select(CUSTOMER_ORDER.c.gross_cents)).scalars())
        assert profiles == records == buyers
        assert len(versions) <= 1
        reads += 1
    publishing.join()
    assert reads > 10


@contextlib.contextmanager
def _full_disk(largest_file: int) -> Iterator[None]:
    """Let no file grow beyond a size: what a full disk does to whoever writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_on_a_full_disk_the_lake_keeps_its_last_state_and_leaves_no_litter(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    with lake.connect() as con:
        lake.write("golden/x", con.sql("SELECT 1 AS a"), made_from="1")
        before = sorted(path for path in (tmp_path / "lake" / "golden").rglob("*"))
        large = con.sql("SELECT md5(CAST(range AS VARCHAR)) AS a FROM range(100000) ORDER BY a")
        for rows in (large, large.to_arrow_table()):
            with _full_disk(50_000), pytest.raises(LakeError, match=r"golden/x: cannot be written .* free space"):
                lake.write("golden/x", rows, made_from="2")
        with _full_disk(0), pytest.raises(LakeError, match="cannot be written"):
            lake.write("golden/x", con.sql("SELECT 2 AS a"), made_from="2")
        assert sorted(path for path in (tmp_path / "lake" / "golden").rglob("*")) == before
        assert lake.scan(con, "golden/x", {"a": "BIGINT"}).fetchall() == [(1,)]
        lake.write("golden/x", large, made_from="2")
        assert lake.scan(con, "golden/x", {"a": "VARCHAR"}).limit(1).fetchall() != []


@pytest.mark.slow
def test_on_a_full_disk_sqlite_keeps_its_last_state(tmp_path: Path) -> None:
    store, lake = open_store(f"sqlite:///{tmp_path / 'scv.db'}"), Lake(tmp_path / "lake")
    migrate(store)
    lay(lake, customers("ada"))
    publish_all(store, lake)
    before = everything(store)
    lay(lake, customers(*(f"c{n:06}" for n in range(60_000))))
    with _full_disk(2_000_000), pytest.raises(StoreUnavailable, match="free space"):
        publish_all(store, lake)
    assert everything(store) == before
    assert publish_all(store, lake)["golden_profile"].inserted == 60_000
    store.dispose()


@pytest.mark.server
def test_a_server_that_stops_before_a_publish_is_told_and_published_to_after(
    postgresql_server: PostgresqlServer, postgresql_url: str, tmp_path: Path
) -> None:
    store, lake = open_store(postgresql_url), Lake(tmp_path / "lake")
    migrate(store)
    lay(lake, customers("ada"))
    publish_all(store, lake)
    lay(lake, customers("ada", "bea"))
    postgresql_server.stop()
    with pytest.raises(StoreUnavailable, match="see that it runs, then try again"):
        publish_all(store, lake)
    postgresql_server.start()
    assert publish_all(store, lake)["golden_profile"].inserted == 1
    assert [row["customer_id"] for row in held(store, "golden_profile")] == ["ada", "bea"]
    store.dispose()
