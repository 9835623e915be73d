"""The golden tables as they are published."""

from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection

from resources.store.tables import CONTACT_POINT, FIELD_PROVENANCE, GOLDEN_PROFILE, HOUSEHOLD, duckdb_schema
from scv_assets.golden.build import Golden, build
from tests.golden.tables import (
    ADDRESS,
    SILENCE,
    Row,
    consent_state,
    crosswalk,
    day,
    messages,
    overrides,
    policy,
    records,
    relation,
    rows_of,
    trust,
)
from tests.in_memory import connected

ANN = {"email": "ann@example.be", "phone": "+32475123456"}
KOUTER = {"street": "Kouter", "house_number": "1", "postcode": "9000", "city": "Gent", "country": "BE"}
SHIPPED = policy("stewards_override", "valid", "most_recent", groups={"address": ADDRESS})


@pytest.fixture
def con() -> Connection:
    return connected()


def golden(
    con: Connection,
    rows: list[dict[str, Any]],
    *,
    owners: dict[tuple[str, str], str] | None = None,
    allowed: tuple[Row, ...] = (),
    sent: tuple[Row, ...] = (),
    said: tuple[Row, ...] = (),
    silence: tuple[Row, ...] | None = None,
) -> Golden:
    held = records(con, rows)
    return build(
        con,
        records=held,
        crosswalk=crosswalk(con, held, owners),
        trust=trust(con),
        overrides=overrides(con, *said),
        consent_state=consent_state(con, *allowed),
        message_events=messages(con, *sent),
        policy=SHIPPED,
        silence=None if silence is None else relation(con, SILENCE, silence),
    )


def test_what_comes_out_is_exactly_the_published_tables(con: Connection) -> None:
    made = golden(con, [{**ANN, **KOUTER, "last_name": "Peeters"}])
    for found, table in (
        (made.profile, GOLDEN_PROFILE),
        (made.provenance, FIELD_PROVENANCE),
        (made.contact_points, CONTACT_POINT),
        (made.households, HOUSEHOLD),
    ):
        assert dict(zip(found.columns, map(str, found.types), strict=True)) == duckdb_schema(table)


def test_a_profile_counts_every_record_and_knows_when_it_was_first_and_last_heard_of(con: Connection) -> None:
    rows: list[dict[str, Any]] = [
        {"city": "Gent"},
        {"source": "pos"},
        {"source": "pos", "is_deleted": True, "source_key": "x"},
        {},
    ]
    owners = {("crm", "1"): "C1", ("pos", "2"): "C1", ("pos", "x"): "C1", ("crm", "4"): "C2"}
    first, second = rows_of(golden(con, rows, owners=owners).profile)
    assert (first["source_count"], first["record_count"]) == (2, 3)
    assert (first["created_at"], first["updated_at"]) == (day(1), day(3))
    assert (second["customer_id"], second["record_count"], second["lifecycle_segment"]) == ("C2", 1, None)


def test_a_customer_with_nothing_but_deleted_records_keeps_id_and_counts_and_cannot_be_reached(con: Connection) -> None:
    gone: list[dict[str, Any]] = [{**ANN, **KOUTER, "is_deleted": True}, {**ANN, "source": "pos", "is_deleted": True}]
    made = golden(con, gone, said=({"field": "first_name", "value": "Anna"},))
    (profile,) = rows_of(made.profile)
    assert {name for name, value in profile.items() if value is not None and value is not False} == {
        *("customer_id", "source_count", "record_count", "created_at", "updated_at", "is_deleted")
    }
    assert [found.fetchall() for found in (made.provenance, made.contact_points, made.households)] == [[], [], []]
    (back,) = rows_of(golden(con, [*gone, {**ANN, "source": "web"}]).profile)
    assert (back["is_deleted"], back["is_contactable_email"], back["record_count"]) == (False, True, 3)


def test_contact_points_are_all_that_the_records_hold_with_the_golden_one_marked(con: Connection) -> None:
    rows: list[dict[str, Any]] = [
        {**ANN, **KOUTER},
        {"email": "ann@example.be", "source": "web"},
        {"email": "ann@work", "phone": "+33145728391", "source": "web"},
        {"street": "Rue Neuve", "house_number": "2", "city": "Lille", "country": "FR", "updated_at": day(0)},
        {"email": "old@example.be", "is_deleted": True},
    ]
    points = {(row["kind"], row["value"]): row for row in rows_of(golden(con, rows).contact_points)}
    assert {key: (row["is_valid"], row["is_primary"], row["sources"]) for key, row in points.items()} == {
        ("email", "ann@example.be"): (True, True, ["crm", "web"]),
        ("email", "ann@work"): (False, False, ["web"]),
        ("phone", "+32475123456"): (True, False, ["crm"]),
        ("phone", "+33145728391"): (True, True, ["web"]),
        ("post", "Kouter 1, 9000 Gent, BE"): (True, True, ["crm"]),
        ("post", "2 Rue Neuve, Lille, FR"): (False, False, ["crm"]),
    }


def test_an_address_that_a_steward_set_is_a_contact_point_of_the_steward(con: Connection) -> None:
    made = golden(con, [ANN], said=({"field": "email", "value": "new@example.be"},))
    points = {row["value"]: row for row in rows_of(made.contact_points) if row["kind"] == "email"}
    assert points["new@example.be"]["sources"] == ["steward"]
    assert [value for value, row in points.items() if row["is_primary"]] == ["new@example.be"]


def test_a_bounced_address_gives_way_to_one_that_works(con: Connection) -> None:
    rows = [{"email": "works@example.be"}, {"email": "gone@example.be"}]
    made = golden(con, rows, sent=({"kind": "bounced", "person_key": "2"},))
    assert made.profile.project("email, is_contactable_email").fetchall() == [("works@example.be", True)]
    (told,) = rows_of(made.provenance)
    assert told["rule"] == "valid"


REACHED = ("is_contactable_email", "is_contactable_phone", "is_contactable_post")


#: what is known of a customer, what it said, what was sent to it -> whether it is reached by e-mail, phone, post
CASES: dict[str, tuple[Row, tuple[Row, ...], tuple[Row, ...], tuple[bool, ...]]] = {
    "no address": ({}, (), (), (False, False, False)),
    "nothing said": ({**ANN, **KOUTER}, (), (), (True, True, True)),
    "malformed": ({"email": "ann@example", "phone": "12", "street": "Kouter"}, (), (), (False, False, False)),
    "an address without a city": ({**KOUTER, "city": None}, (), (), (False, False, False)),
    "bounced": (ANN, (), ({"kind": "bounced"},), (False, True, False)),
    "e-mail refused": (ANN, ({"channel": "email", "is_granted": False},), (), (False, True, False)),
    "SMS refused": (ANN, ({"channel": "sms", "is_granted": False},), (), (True, False, False)),
    "a no to SMS holds for the number": (
        ANN,
        ({"channel": "sms", "is_granted": False}, {"channel": "phone", "is_granted": True}),
        (),
        (True, False, False),
    ),
    "another purpose": (
        ANN,
        ({"channel": "email", "is_granted": False, "purpose": "profiling"},),
        (),
        (True, True, False),
    ),
    "somebody else's no": (
        ANN,
        ({"channel": "email", "is_granted": False, "customer_id": "somebody"},),
        (),
        (True, True, False),
    ),
}


def test_contactable_is_a_working_address_and_no_refusal(con: Connection) -> None:
    rows: list[dict[str, Any]] = []
    allowed: list[Row] = []
    sent: list[Row] = []
    for case, (row, said, messages_, _) in CASES.items():
        mailbox = {"email": f"{len(rows)}.{row['email']}"} if "email" in row else {}
        rows.append({**row, **mailbox, "source_key": case})
        allowed += [{"customer_id": case, **one} for one in said]
        sent += [{"person_key": case, **one} for one in messages_]
    owners = {("crm", case): case for case in CASES}
    made = golden(con, rows, owners=owners, allowed=tuple(allowed), sent=tuple(sent))
    found = {
        customer: reached
        for customer, *reached in made.profile.project(f"customer_id, {', '.join(REACHED)}").fetchall()
    }
    assert found == {case: list(expected) for case, (*_, expected) in CASES.items()}


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ((), (False, False, True)),
        (({"channel": "email", "is_granted": True},), (True, False, True)),
        (({"channel": "phone", "is_granted": True},), (False, True, True)),
        (({"channel": "post", "is_granted": False},), (False, False, False)),
    ],
)
def test_where_nothing_was_said_the_companys_default_holds(
    con: Connection, allowed: tuple[Row, ...], expected: tuple[bool, ...]
) -> None:
    defaults = tuple(
        {"channel": channel, "purpose": "marketing", "is_granted": channel == "post"}
        for channel in ("email", "sms", "phone", "post")
    )
    made = golden(con, [{**ANN, **KOUTER}], allowed=allowed, silence=defaults)
    assert made.profile.project(", ".join(REACHED)).fetchall() == [expected]


def test_people_who_live_together_share_the_household_on_their_profiles(con: Connection) -> None:
    rows = [{**KOUTER, "last_name": "Peeters"}, {**KOUTER, "last_name": "peeters"}, {"last_name": "Peeters"}]
    owners = {("crm", str(number)): f"C{number}" for number in (1, 2, 3)}
    made = golden(con, rows, owners=owners)
    ((household_id, customers, basis),) = made.households.fetchall()
    assert (customers, basis) == ('["C1","C2"]', "address_and_name")
    assert made.profile.project("household_id").fetchall() == [(household_id,), (household_id,), (None,)]


def test_every_customer_with_a_record_has_one_profile_and_nobody_else_has(con: Connection) -> None:
    rows = [{"city": "Gent"}, {"city": "Lille"}, {"city": "Paris"}]
    made = golden(con, rows, owners={("crm", "1"): "C2", ("crm", "2"): "C1"})
    assert made.profile.project("customer_id, city").fetchall() == [("C1", "Lille"), ("C2", "Gent")]


@pytest.mark.slow
def test_building_twice_gives_the_same_bytes(con: Connection) -> None:
    rows = [{**ANN, **KOUTER, "last_name": "Peeters"}, {"email": "b@example.be"}, {**KOUTER, "last_name": "Peeters"}]
    owners = {("crm", str(number)): f"C{number % 2}" for number in (1, 2, 3)}
    once, again = golden(con, rows, owners=owners), golden(con, rows, owners=owners)
    for name in ("profile", "provenance", "contact_points", "households"):
        assert getattr(once, name).fetchall() == getattr(again, name).fetchall()
