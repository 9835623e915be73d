"""SQLite files as extracts: one sink a table, all tables of a file on one connection."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from demo_company.sinks import Columns


class Database:
    """A new SQLite file. `indexes` are made at the end; the same rows in the same order give the same bytes."""

    def __init__(self, inbox: Path, name: str, script: str, indexes: Sequence[str]) -> None:
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        self.name = name
        self._indexes = indexes
        self._connection = sqlite3.connect(inbox / name, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(script)

    def insert(self, table: str, columns: Columns) -> None:
        """Add rows to a table."""
        marks = ", ".join("?" * len(columns))
        self._connection.execute("BEGIN")
        self._connection.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", zip(*columns.values(), strict=True)
        )
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Make the indexes and end the file."""
        for statement in self._indexes:
            self._connection.execute(statement)
        self._connection.close()


class TableSink:
    """One table of a database as a sink; the day stands in a column of the rows, a query decides on their order."""

    numbers_rows = False

    def __init__(self, database: Database, table: str) -> None:
        self.database = database
        self._table = table

    def write(self, day: str, columns: Columns) -> str:
        """Add the rows of a day."""
        self.database.insert(self._table, columns)
        return f"{self.database.name}@{day}"

    def close(self) -> None:
        """End the database."""
        self.database.close()
