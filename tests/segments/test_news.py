"""A run that works out only those of whom something changed says what a run over everybody says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.segments.activity import activity
from scv_assets.segments.build import LastRun, SegmentTables, build
from scv_assets.segments.codes import coded
from scv_assets.segments.news import changed, prints
from scv_assets.segments.policy import SegmentPolicy
from scv_assets.segments.scales import scales_of
from tests.in_memory import connected
from tests.segments.company import UTC_ZONE, before_tables, inputs, policy, story
from tests.segments.histories import CUSTOMERS, FIRST_ON, HISTORIES, RULES, History

NIGHT = datetime.fromisoformat("2026-04-01 03:00:00")
OVERLAPPING = {"new": "tenure_days <= 2", "top": "spend_decile >= 9", "loud": "visits_count_3d >= 1"}
SHAPES = (
    policy(*RULES.values(), overlapping=OVERLAPPING),
    policy(*RULES.values()),
    policy({"buyer": "orders_count >= 1"}, overlapping=OVERLAPPING, version=2),
)
ALONE = {person: person for person in CUSTOMERS}
OWNERS = (ALONE, {**ALONE, "B": "A"}, {**ALONE, "A": "B"}, {**ALONE, "C": "A", "D": "A"})


def known_on(history: History, on: date, late: int) -> History:
    """Return what of a history is delivered by a day: an interaction `late` days after it happened, for every third."""
    columns = {"orders": "ordered_at", "visits": "started_at", "tickets": "opened_at", "identifiers": "first_seen_at"}
    return replace(
        history,
        **{
            table: tuple(
                row
                for number, row in enumerate(getattr(history, table))
                if date.fromisoformat(row[column][:10]) + timedelta(days=late if number % 3 == 0 else 0) <= on
            )
            for table, column in columns.items()
        },
    )


def night(
    con: Connection,
    history: History,
    owners: Mapping[str, str],
    rules: SegmentPolicy,
    before: SegmentTables | None,
    *,
    on: date,
    horizon: date | None,
    number: int,
    last: LastRun | None = None,
) -> SegmentTables:
    return build(
        con,
        history.inputs(con, owners),
        rules,
        recorded=before_tables(con, before),
        time_zone=UTC_ZONE,
        first_on=FIRST_ON,
        as_of_on=on,
        now=NIGHT + timedelta(days=number),
        horizon=horizon,
        last=last,
    )


def rows(tables: SegmentTables) -> dict[str, list[tuple[Any, ...]]]:
    return {name: relation.fetchall() for name, relation in vars(tables).items()}


#: days since the night before, who is whom, whether the other history is delivered, which rules hold
Night = tuple[int, dict[str, str], bool, int]
_NIGHTS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(OWNERS), st.booleans(), st.sampled_from((0, 0, 0, 1, 2))),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=2)
@given(history=HISTORIES, other=HISTORIES, late=st.integers(0, 6), nights=_NIGHTS)
def test_some_nights_are_what_runs_over_everybody_say(
    history: History, other: History, late: int, nights: Sequence[Night]
) -> None:
    _compare(history, other, late, nights)


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(history=HISTORIES, other=HISTORIES, late=st.integers(0, 6), nights=_NIGHTS)
def test_night_after_night_it_is_what_runs_over_everybody_say(
    history: History, other: History, late: int, nights: Sequence[Night]
) -> None:
    _compare(history, other, late, nights)


def _compare(history: History, other: History, late: int, nights: Sequence[Night]) -> None:
    con = connected()
    on, shape = FIRST_ON + timedelta(days=3), 0
    before: SegmentTables | None = None
    last: LastRun | None = None
    for number, (days, owners, is_other, newer) in enumerate([(0, ALONE, False, 0), *nights]):
        horizon = on if before is not None else None
        on += timedelta(days=days)
        is_same, shape = newer == shape, newer
        known = known_on(other if is_other else history, on, late)
        whole = night(con, known, owners, SHAPES[shape], before, on=on, horizon=horizon, number=number)
        if last is not None and is_same:
            part = night(con, known, owners, SHAPES[shape], before, on=on, horizon=horizon, number=number, last=last)
            assert rows(part) == rows(whole)
        before, last = whole, LastRun(whole.prints, whole.transitions, on)


@pytest.mark.parametrize(
    ("event", "on", "looked_at"),
    [
        ({}, 10, []),
        ({"visits": [{"customer_id": "A", "started_at": "2026-03-11 10:00:00"}]}, 11, ["A"]),
        ({"visits": [{"customer_id": "A", "started_at": "2026-03-02 10:00:00"}]}, 10, ["A"]),
        ({"visits": [{"customer_id": "A", "started_at": "2026-03-12 10:00:00"}]}, 11, []),
        ({}, 12, []),
        ({}, 13, ["C"]),
        ({"crosswalk": {"a": "A", "b": "A", "c": "C"}}, 10, ["A", "B"]),
    ],
)
def test_who_is_looked_at(event: dict[str, Any], on: int, looked_at: list[str]) -> None:
    con = connected()
    rules = policy({"quiet": "dormant_days > 5"})
    owners = {"a": "A", "b": "B", "c": "C"}
    visits = [{"customer_id": "C", "started_at": "2026-03-08 10:00:00", "visit_id": "v"}]
    told = [
        inputs(con, owners, visits=visits),
        inputs(con, event.get("crosswalk", owners), visits=[*visits, *event.get("visits", [])]),
    ]
    codes = con.sql("SELECT * FROM (VALUES ('A', 1), ('B', 2), ('C', 3)) AS codes(customer_id, code)")

    def printed(number: int, on_day: int, before: int | None) -> Relation:
        return prints(
            con,
            coded(con, activity(con, told[number], rules, UTC_ZONE), codes),
            coded(con, told[number].crosswalk, codes),
            {},
            scales_of(rules),
            as_of_on=date(2026, 3, on_day),
            before_on=date(2026, 3, before) if before else None,
        )

    found = changed(con, printed(1, on, 10), printed(0, 10, None)).fetchall()
    assert sorted("?ABC"[code] for (code,) in found) == looked_at


@pytest.mark.slow
def test_a_late_order_of_another_moves_who_did_nothing_to_another_place() -> None:
    con = connected()
    rules = policy({"top": "spend_decile >= 6"})
    mine = {"person": "A", "ordered_at": "2026-03-02 10:00:00", "gross_cents": 20, "is_return": False}
    other = {"person": "B", "ordered_at": "2026-03-03 10:00:00", "gross_cents": 10, "is_return": False}
    on, day_after = date(2026, 3, 5), date(2026, 3, 6)
    before = night(con, History(orders=(mine,)), ALONE, rules, None, on=on, horizon=None, number=0)
    last = LastRun(before.prints, before.transitions, on)
    late = History(orders=(mine, other))
    whole, part = (
        night(con, late, ALONE, rules, before, on=day_after, horizon=on, number=1, last=one) for one in (None, last)
    )
    assert story(part, "A", "s1") == [("rest", "2026-03-01", "2026-03-03"), ("top", "2026-03-03", None)]
    assert rows(part) == rows(whole)
