import json
from datetime import date, timedelta
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.standardisation.fold import IDENTIFIER_SCHEMA, record_identifiers, source_records
from tests.standardisation.tables import Row, at, dicts, persons, sources

D1, D2, D3 = "2026-01-01", "2026-01-02", "2026-01-03"


def folded(con: Connection, rows: list[Row], *of: Row) -> list[dict[str, Any]]:
    return dicts(source_records(con, persons(con, rows), sources(con, *of)))


def test_the_columns_are_those_of_the_published_table(con: Connection) -> None:
    found = source_records(con, persons(con, [{"_day": D1}]), sources(con))
    assert dict(zip(found.columns, map(str, found.types), strict=True)) == duckdb_schema(SOURCE_RECORD)
    held = record_identifiers(con, persons(con, [{"_day": D1}]))
    assert dict(zip(held.columns, map(str, held.types), strict=True)) == IDENTIFIER_SCHEMA


def test_a_later_record_replaces_the_whole_earlier_one(con: Connection) -> None:
    rows: list[Row] = [
        {"_day": D1, "first_name": "Marie", "email": "a@x.be", "updated_at": "2025-12-31 10:00:00"},
        {"_day": D2, "first_name": "Marie", "last_name": "Dupont"},
    ]
    (record,) = folded(con, rows)
    assert (record["last_name"], record["email"]) == ("Dupont", None)
    assert record["first_seen_at"] == at("2026-01-01")
    assert record["updated_at"] == at("2026-01-02")


def test_a_late_file_of_an_older_day_does_not_override_a_newer_one(con: Connection) -> None:
    newer: Row = {"_day": D2, "email": "new@x.be"}
    before = folded(con, [newer])
    (after,) = folded(con, [newer, {"_day": D1, "email": "old@x.be"}])
    assert after["email"] == before[0]["email"] == "new@x.be"
    assert after["first_seen_at"] == at("2026-01-01")


def test_an_accumulating_source_completes_a_record_a_group_of_fields_at_a_time(con: Connection) -> None:
    rows: list[Row] = [
        {"_day": D1, "email": "a@x.be", "street": "Rue Haute", "house_number": "12", "city": "Bruxelles"},
        {"_day": D2, "first_name": "Marie", "street": "Rue Basse"},
        {"_day": D3, "phone": "+32475123456"},
    ]
    (record,) = folded(con, rows, {"accumulate": True})
    assert (record["first_name"], record["email"], record["phone"]) == ("Marie", "a@x.be", "+32475123456")
    assert (record["street"], record["house_number"], record["city"]) == ("Rue Basse", None, None)
    assert record["updated_at"] == at("2026-01-03")


@pytest.mark.parametrize("accumulate", [False, True])
def test_an_address_is_known_since_the_first_day_on_which_it_was_whole(con: Connection, *, accumulate: bool) -> None:
    rows: list[Row] = [
        {"_day": D1, "street": "Rue Haute", "city": "Bruxelles"},
        {"_day": D2, "street": "Rue Haute", "postcode": "1000", "city": "Bruxelles"},
        {"_day": D3, "street": "Rue Basse", "postcode": "1000", "city": "Bruxelles"},
    ]
    (record,) = folded(con, rows, {"accumulate": accumulate})
    assert (record["first_seen_at"], record["address_first_seen_at"]) == (at("2026-01-01"), at("2026-01-02"))
    (without,) = folded(con, rows[:1], {"accumulate": accumulate})
    assert without["address_first_seen_at"] is None


def test_what_is_gone_from_the_newest_snapshot_is_deleted_and_keeps_its_row(con: Connection) -> None:
    rows: list[Row] = [
        {"_day": D1, "source_key": "1", "email": "a@x.be"},
        {"_day": D1, "source_key": "2"},
        {"_day": D2, "source_key": "2"},
    ]
    found = folded(con, rows, {"delivery": "snapshot", "newest_day": D2})
    assert [(r["source_key"], r["is_deleted"], r["email"]) for r in found] == [
        ("1", True, "a@x.be"),
        ("2", False, None),
    ]


def test_what_an_increment_does_not_repeat_is_not_deleted(con: Connection) -> None:
    (record,) = folded(con, [{"_day": D1}], {"delivery": "increment", "newest_day": D3})
    assert record["is_deleted"] is False


def test_a_record_is_deleted_where_its_source_says_so_or_merges_it_away(con: Connection) -> None:
    rows: list[Row] = [
        {"_day": D1, "source_key": "1", "is_deleted": True},
        {"_day": D1, "source_key": "2", "merged_into": "3"},
        {"_day": D1, "source_key": "3", "is_deleted": True},
        {"_day": D2, "source_key": "3", "is_deleted": False},
    ]
    assert [(r["source_key"], r["is_deleted"], r["merged_into"]) for r in folded(con, rows)] == [
        ("1", True, None),
        ("2", True, "3"),
        ("3", False, None),
    ]


def test_every_identifier_is_kept_with_its_first_and_last_day(con: Connection) -> None:
    rows: list[Row] = [
        {"_day": D1, "identifiers": '{"email":"a@x.be","phone":"+32475123456"}'},
        {"_day": D2, "identifiers": '{"email":["b@x.be","a@x.be"]}'},
        {"_day": D3, "identifiers": '{"email":"c@x.be"}', "is_deleted": True},
    ]
    found = record_identifiers(con, persons(con, rows)).fetchall()
    one, two = at("2026-01-01"), at("2026-01-02")
    assert found == [
        ("crm", "1", "email", "a@x.be", one, two),
        ("crm", "1", "email", "b@x.be", two, two),
        ("crm", "1", "phone", "+32475123456", one, one),
    ]


def test_the_hash_changes_with_what_counts_and_with_nothing_else(con: Connection) -> None:
    base: Row = {"_day": D1, "first_name": "Marie", "identifiers": '{"crm_id":"1"}'}

    def hashed(**change: object) -> str:
        return str(folded(con, [{**base, **change}])[0]["content_hash"])

    same = [
        hashed(),
        hashed(_day=D2),
        hashed(updated_at="2026-01-01 10:00:00"),
        hashed(raw_first_name="MARIE"),
        hashed(_row_number=9),
    ]
    other = [
        hashed(first_name="Anne"),
        hashed(first_name=None, last_name="Marie"),
        hashed(identifiers='{"crm_id":"2"}'),
        hashed(is_deleted=True),
    ]
    assert len(set(same)) == 1
    assert len({*same, *other}) == 5


def test_sources_do_not_touch_each_other(con: Connection) -> None:
    rows: list[Row] = [
        {"_day": D1, "source": "crm", "email": "a@x.be"},
        {"_day": D2, "source": "app", "phone": "+32475123456"},
    ]
    found = folded(con, rows, {"source": "crm"}, {"source": "app", "accumulate": True})
    assert [(r["source"], r["email"], r["phone"]) for r in found] == [
        ("app", None, "+32475123456"),
        ("crm", "a@x.be", None),
    ]


#: The connection serves every example: nothing of one stays in it for the next.
SLOW = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
_DAYS = st.integers(0, 5).map(lambda n: (date(2026, 1, 1) + timedelta(days=n)).isoformat())
_NAMES = st.sampled_from([None, "Marie", "Anne"])
_HELD = st.sampled_from(["{}", '{"email":"a@x.be"}', '{"email":["a@x.be","b@x.be"],"phone":"+32475123456"}'])
_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "_day": _DAYS,
            "source_key": st.sampled_from("123"),
            "first_name": _NAMES,
            "email": _NAMES,
            "identifiers": _HELD,
        }
    ),
    unique_by=lambda row: (row["_day"], row["source_key"]),
    min_size=1,
    max_size=12,
)


@SLOW
@given(rows=_ROWS, random=st.randoms(use_true_random=False), accumulate=st.booleans())
def test_shuffled_rows_change_nothing(con: Connection, rows: list[Row], random: Any, accumulate: bool) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert folded(con, shuffled, {"accumulate": accumulate}) == folded(con, rows, {"accumulate": accumulate})
    identified = [record_identifiers(con, persons(con, order)).fetchall() for order in (rows, shuffled)]
    assert identified[0] == identified[1]


@SLOW
@given(rows=_ROWS)
def test_a_day_delivered_again_later_changes_no_content(con: Connection, rows: list[Row]) -> None:
    newest = max(str(row["_day"]) for row in rows)
    again = [{**row, "_day": "2026-02-01"} for row in rows if row["_day"] == newest]
    before, after = folded(con, rows), folded(con, [*rows, *again])
    assert [r["content_hash"] for r in after] == [r["content_hash"] for r in before]


def test_identifiers_hold_any_text(con: Connection) -> None:
    value = '["a\\"b", \'; --]'
    rows: list[Row] = [{"_day": D1, "identifiers": json.dumps({"cookie_id": value})}]
    assert [row[3] for row in record_identifiers(con, persons(con, rows)).fetchall()] == [value]
