from duckdb import DuckDBPyConnection as Connection

from scv_assets.standardisation.swapped import likely_swapped
from tests.standardisation.tables import Row, relation

SCHEMA = {"source": "VARCHAR", "source_key": "VARCHAR", "first_name": "VARCHAR", "last_name": "VARCHAR"}


def swapped(con: Connection, *rows: tuple[str | None, str | None]) -> list[str]:
    named: list[Row] = [
        {"source": "crm", "source_key": str(i), "first_name": first, "last_name": last}
        for i, (first, last) in enumerate(rows)
    ]
    return [row[1] for row in likely_swapped(con, relation(con, SCHEMA, named)).fetchall()]


BASE = [("Marie", "Dupont")] * 30 + [("Étienne", "Müller")] * 30


def test_a_record_with_both_names_in_the_wrong_field_is_shown(con: Connection) -> None:
    assert swapped(con, *BASE, ("Dupont", "Marie"), ("MUELLER", "Etienne")) == ["60", "61"]


def test_one_name_alone_is_never_enough(con: Connection) -> None:
    assert swapped(con, *BASE, ("Dupont", "Rare"), ("Rare", "Marie"), ("Dupont", None)) == []


def test_names_that_are_both_are_left_alone(con: Connection) -> None:
    both = [("Martin", "Thomas"), ("Thomas", "Martin")] * 20
    assert swapped(con, *both) == []


def test_few_records_say_nothing(con: Connection) -> None:
    assert swapped(con, ("Marie", "Dupont"), ("Dupont", "Marie")) == []
