import json
from datetime import date
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection

from scv_assets.standardisation.mapping import person_schema, wanted_columns
from scv_assets.standardisation.persons import standardised
from tests.standardisation.tables import Row, dicts, relation

DAY = "2026-01-10"


def standard(con: Connection, *rows: Row, namespaces: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return delivered person records in normal form, by key."""
    delivered = relation(
        con,
        wanted_columns("person", namespaces),
        [{"_day": DAY, "_row_number": 1, "source_key": "1", **row} for row in rows],
    )
    with standardised(con, delivered, namespaces, ("BE", "FR")) as done:
        assert dict(zip(done.columns, map(str, done.types), strict=True)) == person_schema()
        return sorted(dicts(done), key=lambda row: str(row["source_key"]))


def test_values_are_standard_and_raw_ones_stay_beside(con: Connection) -> None:
    (row,) = standard(
        con,
        {"first_name": "MARIE", "last_name": "VAN DER BERG", "email": "Marie@X.BE", "phone": "0475/12.34.56"}
        | {
            "street": "Hoogstr. 12/4",
            "postcode": "1000.0",
            "city": "BRUSSEL",
            "country": "België",
            "language": "Nederlands",
        }
        | {"birth_on": "1980-01-01"},
    )
    assert (row["first_name"], row["last_name"]) == ("Marie", "van der Berg")
    assert (row["email"], row["phone"]) == ("marie@x.be", "+32475123456")
    assert (row["street"], row["house_number"], row["postcode"], row["city"]) == (
        "Hoogstraat",
        "12 bus 4",
        "1000",
        "Brussel",
    )
    assert (row["country"], row["language"], row["birth_on"]) == ("BE", "nl", date(1980, 1, 1))
    assert (row["raw_last_name"], row["raw_phone"], row["raw_street"]) == (
        "VAN DER BERG",
        "0475/12.34.56",
        "Hoogstr. 12/4",
    )
    assert (row["raw_country"], row["raw_birth_on"]) == ("België", "1980-01-01")


def test_an_invalid_value_is_null_and_its_raw_text_is_kept(con: Connection) -> None:
    (row,) = standard(con, {"email": "marie", "phone": "0000000000", "birth_on": "1900-01-01", "country": "Narnia"})
    assert (row["email"], row["phone"], row["birth_on"], row["country"]) == (None, None, None, None)
    assert (row["raw_email"], row["raw_phone"], row["raw_birth_on"]) == ("marie", "0000000000", "1900-01-01")
    assert row["identifiers"] == "{}"


def test_the_records_country_reads_its_phone_and_postcode(con: Connection) -> None:
    rows = standard(
        con,
        {"source_key": "1", "country": "FR", "postcode": "1000", "phone": "612345678"},
        {"source_key": "2", "country": "Belgique", "postcode": "1000", "phone": "475123456"},
        {"source_key": "3", "country": None, "postcode": "B-1000", "phone": "0475 12 34 56"},
        {"source_key": "4", "address": "Rue Haute 5, 1000 Bourg en Bresse, France", "phone": "612345678"},
    )
    assert [(r["country"], r["postcode"], r["phone"]) for r in rows] == [
        ("FR", "01000", "+33612345678"),
        ("BE", "1000", "+32475123456"),
        ("BE", "1000", "+32475123456"),
        ("FR", "01000", "+33612345678"),
    ]


def test_names_in_one_field_or_two(con: Connection) -> None:
    rows = standard(
        con,
        {"source_key": "1", "full_name": "DUPONT Marie"},
        {"source_key": "2", "last_name": "Dupont, Marie"},
        {"source_key": "3", "first_name": "Marie", "last_name": "Dupont", "full_name": "M Dupont"},
        {"source_key": "4", "last_name": "Dupont Martin"},
        {"source_key": "5", "last_name": "Dupont", "full_name": "Marie Dupont"},
    )
    assert [(r["first_name"], r["last_name"]) for r in rows] == [
        ("Marie", "Dupont"),
        ("Marie", "Dupont"),
        ("Marie", "Dupont"),
        (None, "Dupont Martin"),
        ("Marie", "Dupont"),
    ]


def test_an_address_in_one_field_fills_the_parts_that_are_missing(con: Connection) -> None:
    (row,) = standard(con, {"address": "Rue Haute 12 bte 3, 1000 Bruxelles", "country": "BE", "city": "IXELLES"})
    assert (row["street"], row["house_number"], row["postcode"], row["city"]) == (
        "Rue Haute",
        "12 bte 3",
        "1000",
        "Ixelles",
    )
    assert row["raw_address"] == "Rue Haute 12 bte 3, 1000 Bruxelles"


def test_nobody_is_born_after_the_extract(con: Connection) -> None:
    rows = standard(con, {"source_key": "1", "birth_on": "2026-01-11"}, {"source_key": "2", "birth_on": DAY})
    assert [row["birth_on"] for row in rows] == [None, date(2026, 1, 10)]


def test_email_and_phone_are_identifiers_beside_the_mapped_ones(con: Connection) -> None:
    (row,) = standard(
        con,
        {
            "email": "A@X.be",
            "phone": "0475123456",
            "identifier:loyalty_card": "N° 12 34",
            "identifier:cookie_id": "Ab==",
        },
        namespaces=("cookie_id", "loyalty_card"),
    )
    assert json.loads(row["identifiers"]) == {
        "cookie_id": "Ab==",
        "email": "a@x.be",
        "loyalty_card": "1234",
        "phone": "+32475123456",
    }


@pytest.mark.parametrize(
    ("field", "mapped", "held"),
    [
        ("a@x.be", "b@x.be", ["a@x.be", "b@x.be"]),
        ("a@x.be", "A@x.be", "a@x.be"),
        (None, "b@x.be", "b@x.be"),
        ("a@x.be", "no", "a@x.be"),
    ],
)
def test_two_emails_of_one_record_are_both_held(con: Connection, field: str | None, mapped: str, held: object) -> None:
    (row,) = standard(con, {"email": field, "identifier:email": mapped}, namespaces=("email",))
    assert json.loads(row["identifiers"])["email"] == held


def test_hostile_text_is_only_text(con: Connection) -> None:
    (row,) = standard(
        con, {"last_name": "'; DROP TABLE x; --", "email": "<script>", "street": "=1+1", "city": "\u202eabc"}
    )
    assert (row["raw_last_name"], row["raw_email"], row["raw_street"]) == ("'; DROP TABLE x; --", "<script>", "=1+1")
    assert row["last_name"] == "Drop Table X"
