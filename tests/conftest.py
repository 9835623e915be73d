"""Fixtures of the whole test-suite: stores to test against, SQLite and PostgreSQL alike."""

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from resources.store.engine import open_store
from resources.store.migrations import migrate
from tests.made_once import MadeOnce, made_once_in
from tests.postgresql_server import PostgresqlServer, binaries

_NUMBER = itertools.count(1)

#: The same examples every time, so that a failure is a failure for everybody; `thorough` looks for new ones.
settings.register_profile(
    "steady", derandomize=True, deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark property tests, so that `make fast` can leave them to `make test`."""
    for item in items:
        if isinstance(item, pytest.Function) and getattr(item.obj, "is_hypothesis_test", False):
            item.add_marker(pytest.mark.property)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> MadeOnce:
    """Make a folder by its name, once for all processes of a test run; not to be changed."""
    base = tmp_path_factory.getbasetemp()
    return made_once_in(base if worker_id == "master" else base.parent)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A running server, started once a session (a test that stops it must start it again)."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    server = PostgresqlServer(programs)
    yield server
    server.remove()


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """The URL of an empty database of its own."""
    name = f"test_{next(_NUMBER)}"
    yield postgresql_server.create_database(name)
    postgresql_server.drop_database(name)


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.server)]


@pytest.fixture(params=BOTH)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store: a test that takes it runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'scv.db'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store with all its tables, empty: migrated once a session, to be copied."""
    path = tmp_path_factory.mktemp("store") / "scv.db"
    _migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def empty_database(postgresql_server: PostgresqlServer) -> str:
    """The name of a PostgreSQL database with all tables, empty: migrated once a session, to be copied."""
    _migrated(postgresql_server.create_database("empty"))
    return "empty"


@pytest.fixture(params=BOTH)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An open store with all its tables, empty: once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("empty_store"), tmp_path / "scv.db")
        engine = open_store(f"sqlite:///{tmp_path / 'scv.db'}")
        yield engine
        engine.dispose()
        return
    template: str = request.getfixturevalue("empty_database")
    server: PostgresqlServer = request.getfixturevalue("postgresql_server")
    name = f"test_{next(_NUMBER)}"
    engine = open_store(server.create_database(name, template=template))
    yield engine
    engine.dispose()
    server.drop_database(name)


def _migrated(url: str) -> None:
    engine = open_store(url)
    migrate(engine)
    engine.dispose()
