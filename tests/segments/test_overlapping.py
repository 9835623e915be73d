"""Overlapping segments: in as many as one meets, or in none, with the same two times as every history."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.store.tables import OVERLAPPING_MEMBERSHIP, SEGMENT_DEFINITION, duckdb_schema
from scv_assets.segments.build import SegmentTables
from scv_assets.segments.invariants import repeated_stays
from tests.in_memory import connected
from tests.interactions.tables import relation
from tests.segments import oracle
from tests.segments.company import before_tables, inputs, policy, run
from tests.segments.histories import AS_OF_ON, CUSTOMERS, FIRST_ON, HISTORIES, RULES, History

ALONE = {person: person for person in CUSTOMERS}
MERGED = {**ALONE, "B": "A"}
OVERLAPPING = {name: text for rules in RULES.values() for name, text in rules.items()}
BOTH = policy({"buyer": "orders_count >= 1"}, overlapping=OVERLAPPING)
FEW = settings(deadline=None, max_examples=12)
DAYS = (FIRST_ON.isoformat(), AS_OF_ON.isoformat())
NIGHT = datetime.fromisoformat("2026-03-21 03:00:00")


def stays(con: Connection, built: SegmentTables, as_of_on: date) -> set[tuple[str, str, date]]:
    """Return who is in which segment on which day, as known now."""
    offenders = repeated_stays(con, built.overlapping, built.definitions).fetchall()
    assert offenders == []
    rows = built.overlapping.filter("superseded_at IS NULL")
    found = rows.project("customer_id, segmentation, segment, valid_from, valid_to").fetchall()
    return {(customer, segment, day) for customer, _, day, segment in oracle.expanded(found, as_of_on)}


def expected(history: History, owners: dict[str, str], first_on: date, as_of_on: date) -> set[tuple[str, str, date]]:
    customers = history.facts(owners)
    return {
        (customer, name, day)
        for customer, facts in customers.items()
        for day in oracle.days_between(first_on, as_of_on)
        if oracle.first_seen(facts) <= day
        for known in [oracle.traits(customers, customer, day)]
        for name, text in OVERLAPPING.items()
        if eval(text, {}, known)
    }


@FEW
@given(history=HISTORIES, owners=st.sampled_from([ALONE, MERGED]))
def test_every_day_is_as_if_looked_at_alone(history: History, owners: dict[str, str]) -> None:
    con = connected()
    built = run(con, history.inputs(con, owners), BOTH, days=DAYS)
    assert stays(con, built, AS_OF_ON) == expected(history, owners, FIRST_ON, AS_OF_ON)


@FEW
@given(history=HISTORIES, cuts=st.lists(st.integers(1, 19), min_size=1, max_size=3, unique=True))
def test_day_by_day_is_the_same_as_all_at_once_and_records_only_moves(history: History, cuts: list[int]) -> None:
    con = connected()
    data, last, horizon = history.inputs(con, ALONE), None, None
    for step in [*sorted(cuts), 20]:
        end = FIRST_ON + timedelta(days=step - 1)
        last = run(
            con,
            data,
            BOTH,
            days=(DAYS[0], end.isoformat()),
            before=before_tables(con, last),
            horizon=horizon,
            now=datetime.combine(end, NIGHT.time()) + timedelta(days=1),
        )
        horizon = end.isoformat()
    assert last is not None
    assert stays(con, last, AS_OF_ON) == expected(history, ALONE, FIRST_ON, AS_OF_ON)
    assert set(last.overlapping.project("cause").fetchall()) <= {("move",)}


@FEW
@given(history=HISTORIES, begin=st.integers(0, 12), days=st.integers(1, 7))
def test_a_back_fill_restates_its_days_and_leaves_the_others(history: History, begin: int, days: int) -> None:
    con = connected()
    first = run(con, history.inputs(con, MERGED), BOTH, days=DAYS)
    from_on, to_on = FIRST_ON + timedelta(days=begin), FIRST_ON + timedelta(days=begin + days - 1)
    again = run(
        con,
        history.inputs(con, MERGED),
        BOTH,
        days=(from_on.isoformat(), to_on.isoformat()),
        before=before_tables(con, first),
        horizon=DAYS[1],
        now=NIGHT,
    )
    assert again.overlapping.fetchall() == first.overlapping.fetchall()


def order(day: int) -> dict[str, Any]:
    return {"customer_id": "A", "ordered_at": f"2026-03-{day:02d} 10:00:00", "gross_cents": 10}


def test_a_customer_may_be_in_several_segments_at_once_or_in_none() -> None:
    con = connected()
    rules = policy(
        {"buyer": "orders_count >= 1"}, overlapping={"one": "orders_count == 1", "fresh": "orders_count_3d >= 1"}
    )
    built = run(con, inputs(con, {"a": "A", "b": "B"}, orders=[order(5)]), rules, days=DAYS)
    rows = built.overlapping.project("customer_id, segment, day(valid_from), day(valid_to), cause").fetchall()
    assert rows == [("A", "fresh", 5, 8, "move"), ("A", "one", 5, None, "move")]
    assert built.matrix.project("segmentation").distinct().fetchall() == [("s1",)]


def test_what_was_learnt_late_is_a_correction_and_what_was_held_for_true_stays_on_record() -> None:
    con = connected()
    rules = policy({"buyer": "orders_count >= 1"}, overlapping={"two": "orders_count >= 2"})
    first = run(con, inputs(con, {"a": "A"}, orders=[order(5), order(9)]), rules, days=DAYS)
    before = before_tables(con, first)
    late = inputs(con, {"a": "A"}, orders=[order(5), order(9), order(6)])
    second = run(con, late, rules, days=DAYS, before=before, horizon=DAYS[1], now=NIGHT + timedelta(days=300))
    columns = "day(valid_from), cause, superseded_at IS NULL"
    assert second.overlapping.project(columns).fetchall() == [(6, "correction", True), (9, "move", False)]


def test_who_was_merged_away_is_in_no_segment_any_more() -> None:
    con = connected()
    rules = policy({"buyer": "orders_count >= 1"}, overlapping={"one": "orders_count == 1"})
    first = run(con, inputs(con, {"a": "A", "b": "B"}, orders=[order(5) | {"customer_id": "B"}]), rules, days=DAYS)
    later = NIGHT + timedelta(days=300)
    merged = inputs(con, {"a": "A", "b": "A"}, orders=[order(5)])
    second = run(con, merged, rules, days=DAYS, before=before_tables(con, first), horizon=DAYS[1], now=later)
    live = second.overlapping.project("customer_id, cause, superseded_at IS NULL").fetchall()
    assert live == [("A", "correction", True), ("B", "move", False)]


STAY = {"customer_id": "A", "segmentation": "o", "recorded_at": "2026-03-01"}


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ([STAY | {"segment": "x", "valid_from": "2026-03-02"}], []),
        ([STAY | {"segment": "y", "valid_from": "2026-03-02"}], ["undefined"]),
        ([STAY | {"segment": "x", "valid_from": "2026-03-02", "valid_to": "2026-03-02"}], ["empty"]),
        (
            [STAY | {"segment": "x", "valid_from": f"2026-03-0{n}", "valid_to": "2026-03-09"} for n in (2, 3)],
            ["overlap"],
        ),
        (
            [STAY | {"segment": "x", "valid_from": f"2026-03-0{n}", "valid_to": f"2026-03-0{n + 1}"} for n in (2, 3)],
            ["touching"],
        ),
    ],
)
def test_the_check_finds_whoever_is_twice_in_a_segment(rows: list[dict[str, Any]], problems: list[str]) -> None:
    con = connected()
    defined = relation(
        con,
        duckdb_schema(SEGMENT_DEFINITION),
        [{"segmentation": "o", "segment": "x", "version": "1", "kind": "overlapping"}],
    )
    stays_ = relation(con, duckdb_schema(OVERLAPPING_MEMBERSHIP), rows)
    assert [row[-1] for row in repeated_stays(con, stays_, defined).fetchall()] == problems
