"""The store's door: what it says when it cannot be opened, and what its transactions promise."""

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from resources.store import engine as engine_module
from resources.store.engine import open_store, reading, writing
from resources.store.migrations import migrate
from resources.store.tables import HOUSEHOLD, PUBLICATION
from scv_assets.errors import ConfigError, StoreUnavailable
from tests.postgresql_server import PostgresqlServer


def _household(name: str) -> sa.Insert:
    return sa.insert(HOUSEHOLD).values(household_id=name, basis="address_and_name")


def _count(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(HOUSEHOLD)).scalar_one())


def test_sqlite_is_opened_in_wal_with_foreign_keys_and_patience(tmp_path: Path) -> None:
    engine = open_store(f"sqlite:///{tmp_path / 'scv.db'}")
    with reading(engine) as connection:
        values = {p: connection.exec_driver_sql(f"PRAGMA {p}").scalar_one() for p in ("journal_mode", "busy_timeout")}
        assert values == {"journal_mode": "wal", "busy_timeout": engine_module.WAIT_SECONDS * 1000}
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 1
    engine.dispose()


def test_a_missing_folder_is_told_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"missing/scv.db cannot be used now .* make its folder"):
        open_store(f"sqlite:///{tmp_path / 'missing' / 'scv.db'}")


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "scv.db").write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(StoreUnavailable, match="not a SQLite database"):
        open_store(f"sqlite:///{tmp_path / 'scv.db'}")


def test_an_unreachable_server_is_told_without_the_password() -> None:
    with pytest.raises(StoreUnavailable) as told:
        open_store("postgresql://scv:s3cret@127.0.0.1:1/customers?sslpassword=s3cret")
    assert "postgresql://127.0.0.1:1/customers" in str(told.value)
    assert "s3cret" not in repr(told.value)


@pytest.mark.parametrize("url", ["mysql://host/db", "no url at all", "postgresql://scv:s3@cret@host/db", "sqlit:///x"])
def test_a_url_that_cannot_be_meant_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigError) as told:
        open_store(url)
    assert "s3" not in str(told.value)
    assert "cret" not in str(told.value)


@pytest.mark.server
def test_a_database_that_is_not_utf8_is_refused(postgresql_server: PostgresqlServer) -> None:
    url = postgresql_server.create_database("latin", encoding="LATIN1")
    with pytest.raises(ConfigError, match="ENCODING 'UTF8'"):
        open_store(url)
    postgresql_server.drop_database("latin")


@pytest.mark.server
def test_a_database_that_does_not_exist_is_told(postgresql_server: PostgresqlServer) -> None:
    with pytest.raises(StoreUnavailable, match="create it on the server"):
        open_store(postgresql_server.url("nowhere"))


def test_tables_that_are_not_there_yet_are_told(store_url: str) -> None:
    engine = open_store(store_url)
    with pytest.raises(StoreUnavailable, match="holds no tables yet"), reading(engine) as connection:
        _count(connection)
    engine.dispose()


def test_two_reads_of_one_reading_are_of_one_moment(store: sa.Engine) -> None:
    with reading(store) as connection:
        before = _count(connection)
        with writing(store, PUBLICATION) as other:
            other.execute(_household("a"))
        assert _count(connection) == before == 0
    with reading(store) as connection:
        assert _count(connection) == 1


def test_what_fails_inside_writing_leaves_nothing(store: sa.Engine) -> None:
    def fail() -> None:
        with writing(store, PUBLICATION) as connection:
            connection.execute(_household("a"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with reading(store) as connection:
        assert _count(connection) == 0


def test_a_second_writer_waits_for_the_first(store: sa.Engine) -> None:
    order: list[str] = []
    inside = threading.Event()

    def first() -> None:
        with writing(store, PUBLICATION) as connection:
            inside.set()
            connection.execute(_household("a"))
            threading.Event().wait(0.3)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait()
    with writing(store, PUBLICATION) as connection:
        order.append("second")
        assert _count(connection) == 1
    thread.join()
    assert order == ["first", "second"]


def test_a_writer_that_waits_too_long_is_told_to_try_again(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "WAIT_SECONDS", 1)
    engine = open_store(store_url)
    migrate(engine)
    told = pytest.raises(StoreUnavailable, match="another process is writing to it; try again")
    with writing(engine, PUBLICATION), told, writing(engine, PUBLICATION):
        pass
    engine.dispose()


def test_a_full_disk_is_told_as_such(store: sa.Engine) -> None:
    full = sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
    if store.dialect.name != "sqlite":
        pytest.skip("SQLite's words")
    with pytest.raises(StoreUnavailable, match="free space on its disk"), reading(store):
        raise full


@pytest.mark.server
def test_a_store_that_goes_away_and_comes_back(postgresql_server: PostgresqlServer, postgresql_url: str) -> None:
    engine = open_store(postgresql_url)
    migrate(engine)
    with writing(engine, PUBLICATION) as connection:
        connection.execute(_household("a"))

    def write_across_a_stop() -> None:
        with writing(engine, PUBLICATION) as connection:
            connection.execute(_household("lost"))
            postgresql_server.stop()
            connection.execute(_household("never"))

    with pytest.raises(StoreUnavailable):
        write_across_a_stop()
    with pytest.raises(StoreUnavailable, match="see that it runs, then try again"), reading(engine) as connection:
        _count(connection)
    postgresql_server.start()
    with reading(engine) as connection:
        assert _count(connection) == 1
    engine.dispose()
