"""What survivorship promises beside the rules: groups, overrides, deleted records, what is kept of the losers."""

from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import FIELD_PROVENANCE, GOLDEN_FIELDS, duckdb_schema
from scv_assets.errors import ConfigError
from scv_assets.golden.overrides import redirected
from scv_assets.golden.policy import SurvivorshipPolicy
from scv_assets.golden.survivorship import Survivors, survive
from tests.golden.tables import ADDRESS, crosswalk, day, overrides, policy, records, relation, rows_of, trust
from tests.in_memory import connected

RULES = ("stewards_override", "most_recent")
ADDRESS_RULES = policy("stewards_override", "most_complete", "most_recent", groups={"address": ADDRESS})


@pytest.fixture
def con() -> Connection:
    return connected()


def survivors_of(
    con: Connection,
    rows: list[dict[str, Any]],
    *said: dict[str, Any],
    by: SurvivorshipPolicy | None = None,
    log: Relation | None = None,
) -> Survivors:
    held = records(con, rows)
    return survive(
        con,
        records=held,
        crosswalk=crosswalk(con, held),
        trust=trust(con),
        overrides=overrides(con, *said) if log is None else log,
        policy=by or policy(*RULES),
    )


def test_what_comes_out_is_exactly_the_published_table_and_the_golden_fields(con: Connection) -> None:
    survivors = survivors_of(con, [{"city": "Gent", "birth_on": "1980-02-03"}])
    provenance = dict(zip(survivors.provenance.columns, map(str, survivors.provenance.types), strict=True))
    assert provenance == duckdb_schema(FIELD_PROVENANCE)
    fields = dict(zip(survivors.fields.columns, map(str, survivors.fields.types), strict=True))
    assert fields == {
        "customer_id": "VARCHAR",
        **{name: "DATE" if name == "birth_on" else "VARCHAR" for name in GOLDEN_FIELDS},
    }


def test_a_customer_of_whom_nothing_is_known_has_an_empty_profile(con: Connection) -> None:
    survivors = survivors_of(con, [{}])
    assert rows_of(survivors.fields) == [{"customer_id": "C1", **dict.fromkeys(GOLDEN_FIELDS)}]
    assert rows_of(survivors.provenance) == []


def test_the_losing_values_are_kept_once_each_in_the_order_in_which_they_lost(con: Connection) -> None:
    rows = [{"city": "Lille"}, {"city": "Paris"}, {"city": "Lille"}, {"city": "Gent", "source": "erp"}]
    (decided,) = rows_of(survivors_of(con, rows).provenance)
    assert (decided["value"], decided["source"], decided["source_key"]) == ("Gent", "erp", "4")
    assert decided["observed_at"] == day(4)
    assert decided["candidates"] == [
        {"value": "Lille", "source": "crm", "source_key": "3", "observed_at": "2026-09-04T00:00:00"},
        {"value": "Paris", "source": "crm", "source_key": "2", "observed_at": "2026-09-03T00:00:00"},
    ]


def test_a_deleted_record_says_nothing_while_another_speaks(con: Connection) -> None:
    rows: list[dict[str, Any]] = [{"city": "Gent"}, {"city": "Lille", "is_deleted": True}]
    (decided,) = rows_of(survivors_of(con, rows).provenance)
    assert (decided["value"], decided["rule"], decided["candidates"]) == ("Gent", "only_value", [])


def test_deleted_records_say_nothing_even_where_there_is_no_other(con: Connection) -> None:
    rows = [{"city": "Gent", "is_deleted": True}, {"city": "Lille", "is_deleted": True}]
    survivors = survivors_of(con, rows)
    assert (survivors.fields.fetchall(), survivors.provenance.fetchall()) == ([], [])


def test_an_address_comes_from_one_record_even_where_another_fills_its_gap(con: Connection) -> None:
    rows = [
        {"street": "Kouter", "house_number": "1", "postcode": "9000", "city": "Gent"},
        {"street": "Rue Neuve", "house_number": "2", "postcode": "59000", "city": "Lille"},
        {"country": "BE", "city": "Gent"},
    ]
    survivors = survivors_of(con, rows, by=ADDRESS_RULES)
    assert survivors.fields.project(", ".join(ADDRESS)).fetchall() == [("Rue Neuve", "2", "59000", "Lille", None)]
    told = {row["field"]: row for row in rows_of(survivors.provenance)}
    assert {row["source_key"] for row in told.values()} == {"2"}
    assert told["street"]["rule"] == "most_recent"
    assert told["country"]["value"] is None
    assert [loser["value"] for loser in told["country"]["candidates"]] == ["BE"]
    assert told["country"]["rule"] == "most_complete"


def test_a_field_of_a_group_on_which_all_agree_needed_no_rule(con: Connection) -> None:
    rows = [{"street": "Kouter", "city": "Gent"}, {"street": "Veldstraat", "city": "Gent"}]
    told = {row["field"]: row["rule"] for row in rows_of(survivors_of(con, rows, by=ADDRESS_RULES).provenance)}
    assert told == {"street": "most_recent", "city": "only_value"}


def test_a_stewards_word_outranks_the_rules_and_keeps_what_it_outranked(con: Connection) -> None:
    survivors = survivors_of(con, [{"city": "Gent"}, {"city": "Lille"}], {"field": "city", "value": "Gent"})
    (decided,) = rows_of(survivors.provenance)
    assert (decided["value"], decided["rule"]) == ("Gent", "stewards_override")
    assert (decided["source"], decided["source_key"], decided["observed_at"]) == ("steward", "ann", day(1))
    assert [loser["value"] for loser in decided["candidates"]] == ["Lille"]
    assert survivors.fields.project("city").fetchall() == [("Gent",)]


def test_a_steward_knows_what_no_record_says(con: Connection) -> None:
    survivors = survivors_of(con, [{}], {"field": "birth_on", "value": "1980-02-03"})
    assert survivors.fields.project("birth_on::VARCHAR").fetchall() == [("1980-02-03",)]
    (decided,) = rows_of(survivors.provenance)
    assert (decided["value"], decided["rule"], decided["candidates"]) == ("1980-02-03", "stewards_override", [])


@pytest.mark.parametrize(
    ("said", "city", "rule"),
    [
        (["Gent", "Brugge"], "Brugge", "stewards_override"),
        (["Gent", None], "Lille", "only_value"),
        (["Gent", ""], None, "stewards_override"),
        (["", "Gent"], "Gent", "stewards_override"),
    ],
    ids=["the latest word holds", "null takes it back", "an empty text blanks", "a blank is replaced"],
)
def test_the_latest_override_is_in_force(con: Connection, said: list[str | None], city: str | None, rule: str) -> None:
    log = [{"field": "city", "value": value} for value in said]
    survivors = survivors_of(con, [{"city": "Lille"}], *log)
    assert survivors.fields.project("city").fetchall() == [(city,)]
    (decided,) = rows_of(survivors.provenance)
    assert (decided["value"], decided["rule"]) == (city, rule)


def test_an_override_of_one_field_of_a_group_leaves_the_rest_with_the_record_that_survived(con: Connection) -> None:
    rows = [{"street": "Kouter", "house_number": "1"}, {"street": "Veldstraat", "house_number": "2"}]
    survivors = survivors_of(con, rows, {"field": "house_number", "value": "2 bis"}, by=ADDRESS_RULES)
    assert survivors.fields.project("street, house_number").fetchall() == [("Veldstraat", "2 bis")]


def test_an_override_where_the_policy_allows_none_does_not_apply(con: Connection) -> None:
    survivors = survivors_of(con, [{"city": "Lille"}], {"field": "city", "value": "Gent"}, by=policy("most_recent"))
    assert survivors.fields.project("city").fetchall() == [("Lille",)]


def test_an_override_of_a_customer_who_is_not_there_makes_no_customer(con: Connection) -> None:
    survivors = survivors_of(con, [{"city": "Lille"}], {"customer_id": "C9", "field": "city", "value": "Gent"})
    assert survivors.fields.project("customer_id, city").fetchall() == [("C1", "Lille")]
    assert [row["customer_id"] for row in rows_of(survivors.provenance)] == ["C1"]


def test_an_override_follows_its_customer_through_a_merge(con: Connection) -> None:
    schema = {"old_customer_id": "VARCHAR", "customer_id": "VARCHAR", "merged_at": "TIMESTAMP"}
    merged = relation(con, schema, [{"old_customer_id": "C0", "customer_id": "C1", "merged_at": day(9)}])
    log = overrides(con, {"customer_id": "C0", "field": "city", "value": "Gent"})
    followed = redirected(con, overrides=log, redirects=merged)
    assert survivors_of(con, [{"city": "Lille"}], log=followed).fields.project("city").fetchall() == [("Gent",)]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"field": "citty", "value": "Gent"}, "1 name no golden field"),
        ({"field": "birth_on", "value": "3 feb 1980"}, "1 birth dates cannot be read"),
    ],
)
def test_an_override_that_cannot_apply_is_refused_without_its_value(
    con: Connection, said: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as refusal:
        survivors_of(con, [{}], said)
    assert said["value"] not in str(refusal.value)
