from collections.abc import Sequence

import pytest
from duckdb import DuckDBPyConnection as Connection

from scv_assets.standardisation.name_order import in_their_order
from scv_assets.standardisation.whole_names import person_name
from tests.standardisation.tables import Row, dicts, persons

GIVEN = ["Marie", "Jean", "Francis", "Sofie"]
FAMILY = ["Dupont", "Janssens", "Peeters", "Müller"]


def parted(first: str, last: str) -> Row:
    return {"first_name": first, "last_name": last, "raw_first_name": first, "raw_last_name": last}


def whole(name: str, source: str = "erp") -> Row:
    found = person_name(name)
    return {"source": source, "raw_full_name": name, "first_name": found.first_name, "last_name": found.last_name}


PARTED = [parted(first, last) for first in GIVEN for last in FAMILY]


def ordered(con: Connection, rows: Sequence[Row]) -> list[tuple[str | None, str | None]]:
    """Return first and last name of the whole names among the rows, as they come out."""
    numbered = [{"_day": "2026-01-01", **row, "source_key": f"{i:03}"} for i, row in enumerate(rows)]
    found = dicts(in_their_order(con, persons(con, numbered)))
    assert len(found) == len(rows)
    return [
        (r["first_name"], r["last_name"])
        for r in sorted(found, key=lambda r: str(r["source_key"]))
        if r["raw_full_name"]
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dupont Francis", ("Francis", "Dupont")),
        ("MUELLER MARIE", ("Marie", "Mueller")),
        ("Francis Dupont", ("Francis", "Dupont")),
        ("Dupont Rare", ("Dupont", "Rare")),
        ("Rare Names", ("Rare", "Names")),
        ("Marie Jean", ("Marie", "Jean")),
        ("DUPONT Rare", ("Rare", "Dupont")),
    ],
)
def test_a_name_is_turned_only_where_its_words_say_so(con: Connection, name: str, expected: tuple[str, str]) -> None:
    assert ordered(con, [*PARTED, whole(name)]) == [expected]


def test_undecided_names_follow_the_convention_of_their_source(con: Connection) -> None:
    decided = [whole(f"{last} {first}") for first in GIVEN for last in FAMILY] * 2
    many = [whole(f"{last} {first}-{i}") for i, (first, last) in enumerate([("Marie", "Dupont")] * 3)]
    names = {(first, last) for first, last in ordered(con, [*PARTED, *decided, *many, whole("Rare Names")])}
    assert ("Rare", "Names") in names
    more = [parted(f"{first}a", f"{last}a") for first in GIVEN for last in FAMILY]
    also = [whole(f"{last}a {first}a") for first in GIVEN for last in FAMILY]
    found = ordered(con, [*PARTED, *more, *decided, *also, whole("Rare Names"), whole("Rare Names", "service")])
    assert found[-2:] == [("Names", "Rare"), ("Rare", "Names")]


def test_names_in_fields_of_their_own_are_never_turned(con: Connection) -> None:
    swapped = {**parted("Dupont", "Marie"), "raw_full_name": "Dupont Marie"}
    assert ordered(con, [*PARTED, swapped]) == [("Dupont", "Marie")]


def test_without_parted_names_nothing_is_turned(con: Connection) -> None:
    assert ordered(con, [whole("Dupont Francis")]) == [("Dupont", "Francis")]
