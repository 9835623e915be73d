"""Who lives with whom."""

import json
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.store.tables import CONTACT_POINT, GOLDEN_FIELDS, HOUSEHOLD, duckdb_schema
from scv_assets.golden.households import households, residents
from tests.golden.tables import relation
from tests.in_memory import connected

FIELDS = {"customer_id": "VARCHAR", **dict.fromkeys(GOLDEN_FIELDS, "VARCHAR"), "birth_on": "DATE"}
KOUTER = {"street": "Kouter", "house_number": "1", "postcode": "9000"}

Person = dict[str, Any]


def lives_at_kouter(name: str | None, phone: str | None = None, **fields: Any) -> Person:
    return {**KOUTER, "last_name": name, "phone": phone, **fields}


def found_among(*people: Person, max_people: int = 12) -> list[tuple[str, list[str]]]:
    """Return the households of the people, who are customers 1, 2, …, as (basis, customers)."""
    rows = [{"customer_id": str(number), **person} for number, person in enumerate(people, start=1)]
    with connected() as con:
        fields = relation(con, FIELDS, rows)
        phones = [
            {"customer_id": row["customer_id"], "kind": "phone", "value": phone}
            for row in rows
            for phone in str(row["phone"]).split()
            if row.get("phone")
        ]
        points = relation(con, duckdb_schema(CONTACT_POINT), phones)
        living = residents(con, fields=fields, contact_points=points, max_people=max_people)
        found = households(con, living)
        assert dict(zip(found.columns, map(str, found.types), strict=True)) == duckdb_schema(HOUSEHOLD)
        return sorted((basis, json.loads(customers)) for _, customers, basis in found.fetchall())


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([lives_at_kouter("Peeters")], []),
        ([lives_at_kouter("Peeters"), lives_at_kouter("PÉETERS")], [("address_and_name", ["1", "2"])]),
        ([lives_at_kouter("De Smet"), lives_at_kouter("Desmet")], [("address_and_name", ["1", "2"])]),
        ([lives_at_kouter("Peeters"), lives_at_kouter("Dupont")], []),
        ([lives_at_kouter("Peeters"), lives_at_kouter("Peeters", house_number="1 A")], []),
        ([lives_at_kouter("Peeters", house_number=None)] * 2, []),
        ([lives_at_kouter(None)] * 2, []),
        ([lives_at_kouter("Peeters", "+1"), lives_at_kouter("Dupont", "+1")], [("address_and_phone", ["1", "2"])]),
        ([lives_at_kouter(None, "+1"), lives_at_kouter(None, "+1")], [("address_and_phone", ["1", "2"])]),
        ([lives_at_kouter("Peeters", "+1"), lives_at_kouter("Dupont", "+1", street="Veldstraat")], []),
    ],
    ids=[
        "one alone",
        "one name",
        "one name, written apart",
        "neighbours",
        "another box",
        "a street is no house",
        "no name is no common name",
        "one phone",
        "one phone and no names",
        "one phone in two houses",
    ],
)
def test_people_of_one_address_with_a_common_name_or_phone(
    people: list[Person], expected: list[tuple[str, list[str]]]
) -> None:
    assert found_among(*people) == expected


def test_a_couple_of_two_names_and_their_child_are_one_household() -> None:
    family = [lives_at_kouter("Peeters", "+1"), lives_at_kouter("Dupont", "+2 +1"), lives_at_kouter("Dupont")]
    assert found_among(*family) == [("address_and_name", ["1", "2", "3"])]


def test_phones_chain_through_everybody_who_shares_one() -> None:
    chain = [
        lives_at_kouter("A", "+1"),
        lives_at_kouter("B", "+1 +2"),
        lives_at_kouter("C", "+2 +3"),
        lives_at_kouter("D", "+3"),
    ]
    assert found_among(*chain) == [("address_and_phone", ["1", "2", "3", "4"])]


def test_a_tower_of_many_names_has_its_families_apart() -> None:
    tower = [lives_at_kouter(name) for name in ("A", "B", "C", "D", "E") * 2]
    assert found_among(*tower) == sorted(("address_and_name", sorted([str(n), str(n + 5)])) for n in range(1, 6))


def test_a_phone_of_more_people_than_a_household_holds_ties_nobody() -> None:
    people = [lives_at_kouter(name, "+1") for name in ("A", "B", "C", "D")]
    assert found_among(*people, max_people=3) == []


def test_a_name_of_more_people_than_a_household_holds_is_a_building() -> None:
    assert found_among(*[lives_at_kouter("Peeters")] * 4, max_people=3) == []


def test_what_phones_tie_into_a_building_falls_back_to_its_names() -> None:
    people = [
        lives_at_kouter("A", "+1"),
        lives_at_kouter("B", "+1 +2"),
        lives_at_kouter("C", "+2"),
        lives_at_kouter("A"),
    ]
    assert found_among(*people, max_people=3) == [("address_and_name", ["1", "4"])]


def test_the_id_tells_no_name_and_no_address_and_outlives_a_move_in() -> None:
    def the_id(*people: Person) -> str:
        rows = [{"customer_id": str(number), **person} for number, person in enumerate(people)]
        with connected() as con:
            points = relation(con, duckdb_schema(CONTACT_POINT), [])
            fields = relation(con, FIELDS, rows)
            living = residents(con, fields=fields, contact_points=points, max_people=12)
            ((household_id,),) = living.project("household_id").distinct().fetchall()
            return str(household_id)

    two = the_id(*[lives_at_kouter("Peeters")] * 2)
    assert two == the_id(*[lives_at_kouter("Peeters")] * 3)
    assert len(two) == 21
    assert set(two[1:]) <= set("0123456789abcdef")


person = st.builds(
    lives_at_kouter,
    st.sampled_from([None, "A", "B", "C"]),
    st.sampled_from([None, "+1", "+2", "+1 +2", "+3"]),
    house_number=st.sampled_from(["1", "2"]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(person, min_size=1, max_size=9), st.integers(2, 6))
def test_nobody_is_in_two_households_and_none_is_too_large_or_alone(people: list[Person], max_people: int) -> None:
    found = found_among(*people, max_people=max_people)
    everybody = [customer for _, customers in found for customer in customers]
    assert len(everybody) == len(set(everybody))
    for _, customers in found:
        assert 2 <= len(customers) <= max_people
        assert customers == sorted(customers)
        assert len({people[int(customer) - 1]["house_number"] for customer in customers}) == 1


@settings(max_examples=25, deadline=None)
@given(st.lists(person, min_size=1, max_size=9))
def test_households_are_the_connected_components_of_common_names_and_phones(people: list[Person]) -> None:
    graph: nx.Graph[Any] = nx.Graph()
    for number, one in enumerate(people, start=1):
        door = one["house_number"]
        traits = [("name", door, one["last_name"])] if one["last_name"] else []
        traits += [("phone", door, phone) for phone in str(one["phone"] or "").split()]
        graph.add_edges_from((str(number), trait) for trait in traits)
    components = [sorted(node for node in part if isinstance(node, str)) for part in nx.connected_components(graph)]
    assert sorted(customers for _, customers in found_among(*people)) == sorted(c for c in components if len(c) > 1)
