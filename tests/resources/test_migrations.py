"""The schema through time: what the revisions make is what `tables.py` describes."""

import multiprocessing
import sys

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from resources.store.engine import open_store, writing_schema
from resources.store.migrations import config, migrate, newest, revision
from resources.store.tables import METADATA
from scv_assets.errors import ConfigError


def _differences(engine: sa.Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))


def _migrate(url: str) -> None:
    engine = open_store(url)
    migrate(engine)
    engine.dispose()


def test_the_revisions_make_exactly_the_tables_that_are_described(store: sa.Engine) -> None:
    assert _differences(store) == []


def test_comments_of_tables_and_columns_reach_the_database(store: sa.Engine) -> None:
    if store.dialect.name != "postgresql":
        pytest.skip("SQLite keeps no comments")
    inspector = sa.inspect(store)
    for table in METADATA.tables.values():
        assert inspector.get_table_comment(table.name)["text"] == table.comment
        assert all(column["comment"] for column in inspector.get_columns(table.name))


def test_migrating_twice_is_migrating_once(store: sa.Engine) -> None:
    assert revision(store) == newest()
    migrate(store)
    assert revision(store) == newest()


def test_the_newest_revision_is_alembics_head() -> None:
    assert ScriptDirectory.from_config(config()).get_heads() == [newest()]


def test_down_to_nothing_and_up_again(store: sa.Engine) -> None:
    with writing_schema(store) as connection:
        command.downgrade(config(connection), "base")
    assert set(sa.inspect(store).get_table_names()) == {"alembic_version"}
    migrate(store)
    assert _differences(store) == []


def test_a_migration_that_fails_leaves_the_store_as_it_was(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_store(store_url)

    def broken(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("alembic.operations.Operations.create_index", broken)
        with pytest.raises(RuntimeError):
            migrate(engine)
    assert sa.inspect(engine).get_table_names() == []
    migrate(engine)
    assert _differences(engine) == []
    engine.dispose()


@pytest.mark.slow
def test_processes_that_migrate_at_once_take_turns(store_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_migrate, args=(store_url,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4, sys.stderr
    engine = open_store(store_url)
    assert _differences(engine) == []
    engine.dispose()


def test_a_store_of_a_newer_version_is_refused(store: sa.Engine) -> None:
    with store.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="made by a newer version"):
        migrate(store)
