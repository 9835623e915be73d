"""Dagster's run history: files are kept open, few of them, and none that is no more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from resources.run_history import MOST_OPEN, QuickSqliteEventLogStorage

COUNT = sa.text("SELECT count(*) FROM event_logs")
EVENT = sa.text("INSERT INTO event_logs (run_id, event, timestamp) VALUES ('one', '{}', '2026-11-20 03:00:00')")


@pytest.fixture
def history(tmp_path: Path) -> Iterator[QuickSqliteEventLogStorage]:
    storage = QuickSqliteEventLogStorage(str(tmp_path))
    yield storage
    storage.dispose()


def count(history: QuickSqliteEventLogStorage, run: str) -> int:
    with history.run_connection(run) as connection:
        return int(connection.scalar(COUNT))


def write(history: QuickSqliteEventLogStorage, run: str) -> None:
    with history.run_connection(run) as connection:
        connection.execute(EVENT)


def test_what_is_written_is_there_for_others_at_once(history: QuickSqliteEventLogStorage, tmp_path: Path) -> None:
    write(history, "one")
    other = QuickSqliteEventLogStorage(str(tmp_path))
    assert count(other, "one") == 1
    write(other, "one")
    assert count(history, "one") == 2
    other.dispose()


def test_a_file_that_was_removed_is_made_anew(history: QuickSqliteEventLogStorage, tmp_path: Path) -> None:
    write(history, "one")
    for file in tmp_path.glob("one.db*"):
        file.unlink()
    assert count(history, "one") == 0
    write(history, "one")
    assert count(history, "one") == 1


def test_a_file_that_another_process_made_anew_is_the_one_that_is_read(
    history: QuickSqliteEventLogStorage, tmp_path: Path
) -> None:
    write(history, "one")
    for file in tmp_path.glob("one.db*"):
        file.rename(tmp_path / f"old_{file.name}")
    other = QuickSqliteEventLogStorage(str(tmp_path))
    write(other, "one")
    write(other, "one")
    assert count(history, "one") == 2
    write(history, "one")
    assert count(other, "one") == 3
    other.dispose()


def test_however_many_runs_are_looked_at_few_files_are_open(history: QuickSqliteEventLogStorage) -> None:
    for run in range(3 * MOST_OPEN):
        write(history, f"run_{run}")
    opened = {file.resolve().name for file in Path("/proc/self/fd").iterdir() if file.resolve().suffix == ".db"}
    assert len({name for name in opened if name.startswith("run_")}) <= MOST_OPEN
    assert all(count(history, f"run_{run}") == 1 for run in range(3 * MOST_OPEN))
