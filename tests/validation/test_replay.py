"""A refused row is open, goes through, or is given up; its state follows from what was and what is."""

import pytest
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import QUARANTINE, duckdb_schema
from scv_assets.validation.replay import quarantine_state


def rows(con: Connection, *states: tuple[int, str, str]) -> Relation:
    """Rows of (row number, row as delivered, status)."""
    values = ", ".join(
        f"('shop', 'a.csv', {n}, 'bad', 'n', 'x', '{row}', DATE '2026-09-01', '{s}')" for n, row, s in states
    )
    columns = ", ".join(f'"{name}"' for name in duckdb_schema(QUARANTINE))
    if not states:
        return con.sql(f"SELECT * FROM (VALUES ('','',0::BIGINT,'','','','',NULL::DATE,'')) t({columns}) LIMIT 0")
    return con.sql(f"SELECT * FROM (VALUES {values}) t({columns})")


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        ([], [(1, "r", "open")], [(1, "open")]),
        ([(1, "r", "open")], [(1, "r", "open")], [(1, "open")]),
        ([(1, "r", "open")], [], [(1, "replayed")]),
        ([(1, "r", "replayed")], [], [(1, "replayed")]),
        ([(1, "r", "replayed")], [(1, "r", "open")], [(1, "open")]),
        ([(1, "r", "discarded")], [(1, "r", "open")], [(1, "discarded")]),
        ([(1, "r", "discarded")], [], [(1, "discarded")]),
        ([(1, "r", "discarded")], [(1, "another", "open")], [(1, "open")]),
        (
            [(1, "r", "open"), (2, "s", "discarded")],
            [(3, "t", "open")],
            [(1, "replayed"), (2, "discarded"), (3, "open")],
        ),
    ],
)
def test_the_state_of_a_refused_row(
    con: Connection, before: list[tuple[int, str, str]], now: list[tuple[int, str, str]], after: list[tuple[int, str]]
) -> None:
    state = quarantine_state(con, rows(con, *before), rows(con, *now))
    assert state.project("row_number, status").fetchall() == after
    assert state.columns == list(duckdb_schema(QUARANTINE))


def test_looking_twice_changes_nothing(con: Connection) -> None:
    previous, current = rows(con, (1, "r", "open"), (2, "s", "discarded")), rows(con, (3, "t", "open"))
    once = quarantine_state(con, previous, current).to_arrow_table()
    assert quarantine_state(con, con.from_arrow(once), current).to_arrow_table().equals(once)
