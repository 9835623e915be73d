from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.segments import stays as stays_module
from scv_assets.segments.activity import activity
from scv_assets.segments.membership import membership, segment_on
from scv_assets.segments.traits import traits
from tests.in_memory import connected
from tests.segments import oracle
from tests.segments.company import inputs, policy, recorded
from tests.segments.histories import AS_OF_ON, CUSTOMERS, FIRST_ON, HISTORIES, RULES, History

ALONE = {person: person for person in CUSTOMERS}
MERGED = {**ALONE, "B": "A"}
BUYERS = policy({"buyer": "orders_count >= 1"})
FEW = settings(deadline=None, max_examples=20)


def _segments(history: History, owners: dict[str, str], first_on: date, as_of_on: date) -> list[tuple[Any, ...]]:
    con = connected()
    rules = policy(*RULES.values())
    facts = activity(con, history.inputs(con, owners), rules, "UTC")
    return membership(con, facts, rules, first_on=first_on, as_of_on=as_of_on).fetchall()


@FEW
@given(history=HISTORIES, owners=st.sampled_from([ALONE, MERGED]))
def test_every_day_is_as_if_looked_at_alone(history: History, owners: dict[str, str]) -> None:
    rows = _segments(history, owners, FIRST_ON, AS_OF_ON)
    found = oracle.expanded(rows, AS_OF_ON)
    assert max(Counter(row[:3] for row in found).values(), default=1) == 1, "two segments on one day"
    expected = oracle.segments(history.facts(owners), RULES, FIRST_ON, AS_OF_ON)
    assert {row[:3]: row[3] for row in found} == expected


@FEW
@given(history=HISTORIES, begin=st.integers(0, 12), days=st.integers(1, 8))
def test_any_range_of_days_is_a_cut_of_the_whole(history: History, begin: int, days: int) -> None:
    first_on = date(2026, 3, 1 + begin)
    last_on = date(2026, 3, first_on.day + days - 1)
    part = oracle.expanded(_segments(history, ALONE, first_on, last_on), last_on)
    whole = oracle.expanded(_segments(history, ALONE, FIRST_ON, AS_OF_ON), AS_OF_ON)
    assert part == [row for row in whole if first_on <= row[2] <= last_on]


@FEW
@given(history=HISTORIES)
def test_the_traits_of_a_day_are_those_that_the_rules_saw(history: History) -> None:
    con = connected()
    facts = activity(con, history.inputs(con, ALONE), BUYERS, "UTC")
    columns = "customer_id, orders_count, spend_cents, recency_days, average_basket_cents, open_complaints_count, rfm"
    customers = history.facts(ALONE)
    expected = []
    for customer, mine in sorted(customers.items()):
        if oracle.first_seen(mine) > AS_OF_ON:
            continue
        known = oracle.traits(customers, customer, AS_OF_ON)
        monetary = oracle.tile(customers, customer, AS_OF_ON, 5, oracle.spend)
        has_bought = known["orders_count"] > 0
        names = ("orders_count", "spend_cents", "recency_days", "average_basket_cents", "open_complaints_count")
        values = [None if isinstance(known[name], oracle.Missing) else known[name] for name in names]
        rfm = f"{known['recency_quintile']}{known['frequency_quintile']}{monetary}" if has_bought else None
        expected.append((customer, *values, rfm))
    assert traits(con, facts, AS_OF_ON).project(columns).fetchall() == expected


@settings(deadline=None, max_examples=5)
@given(history=HISTORIES)
@pytest.mark.parametrize(("limit", "value"), [("AT_ONCE", 1), ("_MOST_STATES", 8)])
def test_what_is_worked_out_at_once_changes_nothing(limit: str, value: int, history: History) -> None:
    whole = _segments(history, ALONE, FIRST_ON, AS_OF_ON)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stays_module, limit, value)
        assert _segments(history, ALONE, FIRST_ON, AS_OF_ON) == whole


def test_neighbouring_days_of_one_segment_are_one_row() -> None:
    con = connected()
    orders = [{"customer_id": "A", "ordered_at": f"2026-03-0{day} 10:00:00"} for day in (2, 3, 5)]
    facts = activity(con, inputs(con, {"a": "A"}, orders=orders), BUYERS, "UTC")
    rows = membership(con, facts, BUYERS, first_on=FIRST_ON, as_of_on=AS_OF_ON).fetchall()
    assert [row[2:] for row in rows] == [
        ("rest", FIRST_ON, date(2026, 3, 2)),
        ("buyer", date(2026, 3, 2), None),
    ]


@pytest.mark.parametrize("number", [-3, 0, 10**15])
def test_an_age_that_nobody_has_is_a_rule_like_any_other(number: int) -> None:
    con = connected()
    rules = policy({"old": f"recency_days > {number}", "young": f"recency_days <= {number}"})
    orders = [{"customer_id": "A", "ordered_at": "2026-03-04 10:00:00"}]
    facts = activity(con, inputs(con, {"a": "A"}, orders=orders), rules, "UTC")
    rows = membership(con, facts, rules, first_on=FIRST_ON, as_of_on=AS_OF_ON).fetchall()
    expected = {-3: ["rest", "old"], 0: ["rest", "young", "old"], 10**15: ["rest", "young"]}
    assert [row[2] for row in rows] == expected[number]


def test_days_that_end_before_they_begin_are_refused() -> None:
    con = connected()
    facts = activity(con, inputs(con), BUYERS, "UTC")
    with pytest.raises(ValueError, match="end"):
        membership(con, facts, BUYERS, first_on=AS_OF_ON, as_of_on=FIRST_ON)


def test_the_segment_of_a_day_is_what_is_known_now() -> None:
    con = connected()
    row = {"customer_id": "A", "segmentation": "s1", "recorded_at": "2026-03-02", "cause": "move"}
    known = recorded(
        con,
        [
            {**row, "segment": "x", "valid_from": "2026-03-01", "superseded_at": "2026-03-03"},
            {**row, "segment": "y", "valid_from": "2026-03-01", "valid_to": "2026-03-04"},
            {**row, "segment": "z", "valid_from": "2026-03-04"},
        ],
    )
    assert segment_on(con, known, "s1", date(2026, 3, 3)).fetchall() == [("A", "y")]
    assert segment_on(con, known, "s1", date(2026, 3, 4)).fetchall() == [("A", "z")]
    assert segment_on(con, known, "s1", date(2026, 2, 1)).fetchall() == []
