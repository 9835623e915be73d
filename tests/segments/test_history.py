from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.segments.build import SegmentTables
from scv_assets.segments.invariants import overlaps_or_gaps
from scv_assets.segments.policy import SegmentPolicy
from tests.in_memory import connected
from tests.segments import oracle
from tests.segments.company import inputs, policy, recorded, run, story
from tests.segments.histories import AS_OF_ON, CUSTOMERS, FIRST_ON, HISTORIES, RULES, History

FIRST, LAST = "2026-03-01", "2026-03-20"
NIGHT = [datetime.fromisoformat(f"2026-03-{day:02d} 03:00:00") for day in range(1, 29)]
BUYERS = policy({"multi": "orders_count >= 2", "one": "orders_count == 1"})


def order(day: int, customer: str = "A") -> dict[str, Any]:
    return {"customer_id": customer, "ordered_at": f"2026-03-{day:02d} 10:00:00", "gross_cents": 10}


def night(
    con: Connection,
    orders: Sequence[Mapping[str, Any]],
    *,
    last: int,
    before: Relation | None = None,
    horizon: int | None = None,
    first: int = 1,
    owners: Mapping[str, str] | None = None,
    rules: SegmentPolicy = BUYERS,
    now: datetime | None = None,
) -> SegmentTables:
    data = inputs(con, owners or {"a": "A"}, orders=orders)
    known = f"2026-03-{horizon:02d}" if horizon else None
    days = (f"2026-03-{first:02d}", f"2026-03-{last:02d}")
    return run(con, data, rules, days=days, before=before, horizon=known, now=now or NIGHT[last])


def rows(relation: Relation) -> list[tuple[Any, ...]]:
    return relation.fetchall()


def changes(relation: Relation, since: datetime) -> list[tuple[Any, ...]]:
    """Return what was recorded since: (segment, valid_from, valid_to, cause) with days of the month."""
    found = relation.filter(f"recorded_at >= TIMESTAMP '{since}'")
    return found.project("segment, day(valid_from), day(valid_to), cause").fetchall()


def test_the_first_time_everything_is_a_move_recorded_now() -> None:
    con = connected()
    built = night(con, [order(5)], last=20)
    assert changes(built.membership, NIGHT[20]) == [("rest", 1, 5, "move"), ("one", 5, None, "move")]
    assert rows(built.membership.project("superseded_at").distinct()) == [(None,)]


def test_the_same_state_again_records_nothing() -> None:
    con = connected()
    first = night(con, [order(5)], last=20)
    again = night(con, [order(5)], last=20, before=first.membership, horizon=20, now=NIGHT[21])
    assert rows(again.membership) == rows(first.membership)


def test_a_day_without_news_records_nothing() -> None:
    con = connected()
    first = night(con, [order(5)], last=10)
    again = night(con, [order(5)], last=11, before=first.membership, horizon=10)
    assert rows(again.membership) == rows(first.membership)


def test_a_move_after_the_horizon_ends_the_row_before_which_keeps_its_cause() -> None:
    con = connected()
    first = night(con, [order(5)], last=10)
    second = night(con, [order(5), order(11)], last=11, before=first.membership, horizon=10)
    assert changes(second.membership, NIGHT[11]) == [("one", 5, 11, "move"), ("multi", 11, None, "move")]
    gone = second.membership.filter("superseded_at IS NOT NULL").project(
        "segment, day(valid_from), valid_to, superseded_at"
    )
    assert rows(gone) == [("one", 5, None, NIGHT[11])]


def test_a_late_ticket_restates_history_as_a_correction() -> None:
    con = connected()
    first = night(con, [order(5)], last=10)
    second = night(con, [order(5), order(7)], last=11, before=first.membership, horizon=10)
    assert changes(second.membership, NIGHT[11]) == [("one", 5, 7, "correction"), ("multi", 7, None, "correction")]


def test_a_correction_and_a_move_of_one_night_are_told_apart() -> None:
    con = connected()
    first = night(con, [], last=10)
    second = night(con, [order(7), order(11)], last=11, before=first.membership, horizon=10)
    assert changes(second.membership, NIGHT[11]) == [
        ("rest", 1, 7, "correction"),
        ("one", 7, 11, "correction"),
        ("multi", 11, None, "move"),
    ]


def test_a_merge_supersedes_the_absorbed_customer_and_corrects_the_other() -> None:
    con = connected()
    apart = {"a": "A", "b": "B"}
    first = night(con, [order(5), order(7, "B")], last=10, owners=apart)
    merged = night(con, [order(5), order(7)], last=11, before=first.membership, horizon=10, owners={"a": "A", "b": "A"})
    live = merged.membership.filter("superseded_at IS NULL").project("customer_id, segment, day(valid_from), cause")
    assert rows(live) == [("A", "rest", 1, "move"), ("A", "one", 5, "correction"), ("A", "multi", 7, "correction")]
    assert rows(merged.transitions.project("customer_id").distinct()) == [("A",)]
    split = night(con, [order(5), order(7, "B")], last=12, before=merged.membership, horizon=11, owners=apart)
    assert [story(split, c, "s1") for c in "AB"] == [story(first, c, "s1") for c in "AB"]
    assert {cause for *_, cause in changes(split.membership, NIGHT[12])} == {"correction"}


@pytest.mark.slow
def test_a_customer_whose_records_are_all_deleted_leaves_every_segment_and_what_was_known_is_kept() -> None:
    con = connected()
    owners = {"a": "A", "b": "B", "also b": "B"}
    first = night(con, [order(5), order(7, "B")], last=10, owners=owners)
    told = [{"source_key": key, "is_deleted": True, "first_seen_at": FIRST} for key in ("b", "also b")]

    def second(records: Sequence[Mapping[str, Any]]) -> SegmentTables:
        data = inputs(con, owners, records=records, orders=[order(5), order(7, "B")])
        return run(con, data, BUYERS, days=(FIRST, "2026-03-11"), before=first.membership, horizon="2026-03-10")

    gone, half_gone = second(told), second(told[:1])
    assert (story(gone, "A", "s1"), story(gone, "B", "s1")) == (story(first, "A", "s1"), [])
    assert gone.membership.filter("customer_id = 'B' AND superseded_at IS NULL").fetchall() == []
    assert len(gone.membership.filter("customer_id = 'B'")) == len(first.membership.filter("customer_id = 'B'"))
    assert rows(gone.traits.project("customer_id")) == [("A",)]
    assert story(half_gone, "B", "s1") == story(first, "B", "s1")


@pytest.mark.slow
def test_a_customer_first_seen_after_the_horizon_moves_and_one_seen_late_is_a_correction() -> None:
    con = connected()
    records = [{"source_key": "b", "first_seen_at": "2026-03-11"}, {"source_key": "c", "first_seen_at": "2026-03-09"}]
    first = night(con, [], last=10)
    data = inputs(con, {"a": "A", "b": "B", "c": "C"}, records=records)
    second = run(con, data, BUYERS, days=(FIRST, "2026-03-11"), before=first.membership, horizon="2026-03-10")
    causes = second.membership.project("customer_id, cause")
    assert rows(causes) == [("A", "move"), ("B", "move"), ("C", "correction")]


@pytest.mark.slow
def test_a_back_fill_of_some_days_leaves_the_others_alone() -> None:
    con = connected()
    first = night(con, [order(3), order(15)], last=20)
    late = [order(3), order(8), order(12), order(15)]
    part = night(con, late, first=7, last=10, before=first.membership, horizon=20, now=NIGHT[21])
    assert story(part, "A", "s1") == [
        ("rest", "2026-03-01", "2026-03-03"),
        ("one", "2026-03-03", "2026-03-08"),
        ("multi", "2026-03-08", "2026-03-11"),
        ("one", "2026-03-11", "2026-03-15"),
        ("multi", "2026-03-15", None),
    ]
    assert {row[3] for row in changes(part.membership, NIGHT[21])} == {"correction"}
    whole = night(con, late, last=20, before=part.membership, horizon=20, now=NIGHT[22])
    assert story(whole, "A", "s1") == story(night(con, late, last=20), "A", "s1")


@pytest.mark.slow
def test_a_back_fill_without_news_changes_nothing() -> None:
    con = connected()
    first = night(con, [order(3), order(15)], last=20)
    part = night(con, [order(3), order(15)], first=7, last=10, before=first.membership, horizon=20, now=NIGHT[21])
    assert rows(part.membership) == rows(first.membership)


def test_what_was_recorded_this_very_instant_is_replaced_and_not_superseded() -> None:
    con = connected()
    first = night(con, [order(5)], last=10, now=NIGHT[20])
    second = night(con, [order(5), order(8)], last=10, before=first.membership, horizon=10, now=NIGHT[20])
    assert rows(second.membership.project("segment, day(valid_from), superseded_at")) == [
        ("rest", 1, None),
        ("one", 5, None),
        ("multi", 8, None),
    ]


@pytest.mark.slow
def test_a_segmentation_that_is_no_more_is_superseded() -> None:
    con = connected()
    first = night(con, [order(5)], last=10, rules=policy({"x": "orders_count >= 1"}, {"y": "orders_count >= 1"}))
    second = night(
        con,
        [order(5)],
        last=10,
        before=first.membership,
        horizon=10,
        rules=policy({"x": "orders_count >= 1"}),
        now=NIGHT[12],
    )
    live = second.membership.filter("superseded_at IS NULL").project("segmentation").distinct()
    assert rows(live) == [("s1",)]


def test_a_changed_rule_restates_history_as_a_correction() -> None:
    con = connected()
    first = night(con, [order(5)], last=10)
    second = night(
        con,
        [order(5)],
        last=10,
        before=first.membership,
        horizon=10,
        rules=policy({"buyer": "orders_count >= 1"}),
        now=NIGHT[12],
    )
    assert changes(second.membership, NIGHT[12]) == [("buyer", 5, None, "correction")]


_LIVE = {"customer_id": "A", "segmentation": "s1", "segment": "x", "recorded_at": "2026-03-01", "cause": "move"}


@pytest.mark.parametrize(
    ("faulty", "problem"),
    [
        ([("2026-03-01", "2026-03-05"), ("2026-03-04", None)], "overlap"),
        ([("2026-03-01", None), ("2026-03-04", None)], "overlap"),
        ([("2026-03-01", "2026-03-05"), ("2026-03-06", None)], "gap"),
        ([("2026-03-01", "2026-03-05")], "ends"),
        ([("2026-03-01", "2026-03-01"), ("2026-03-02", None)], "empty"),
    ],
)
def test_a_day_in_two_segments_or_in_none_is_found(faulty: list[tuple[str, str | None]], problem: str) -> None:
    con = connected()
    known = recorded(con, [{**_LIVE, "valid_from": begin, "valid_to": end} for begin, end in faulty])
    assert [row[-1] for row in overlaps_or_gaps(con, known).fetchall()] == [problem]


def test_who_lacks_a_segmentation_that_others_have_is_found() -> None:
    con = connected()
    known = recorded(
        con,
        [
            {**_LIVE, "valid_from": "2026-03-01"},
            {**_LIVE, "valid_from": "2026-03-01", "customer_id": "B"},
            {**_LIVE, "valid_from": "2026-03-01", "segmentation": "s2"},
        ],
    )
    assert overlaps_or_gaps(con, known).fetchall() == [("B", "s2", None, "missing")]


def test_a_superseded_row_is_no_overlap() -> None:
    con = connected()
    old = {**_LIVE, "valid_from": "2026-02-01", "superseded_at": "2026-03-02"}
    known = recorded(con, [old, {**_LIVE, "valid_from": "2026-03-01", "recorded_at": "2026-03-02"}])
    assert overlaps_or_gaps(con, known).fetchall() == []


_STEPS = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 19), st.booleans()), min_size=1, max_size=3)


@settings(deadline=None, max_examples=10)
@given(history=HISTORIES, later=HISTORIES, steps=_STEPS)
def test_whatever_is_learnt_in_whatever_order_everyone_is_in_exactly_one_segment(
    history: History, later: History, steps: list[tuple[int, int, bool]]
) -> None:
    con = connected()
    rules = policy(*RULES.values())
    alone = {person: person for person in CUSTOMERS}
    before, horizon = recorded(con), None
    for number, (end, length, is_merged) in enumerate([*steps, (20, 19, False)]):
        owners = {**alone, "B": "A"} if is_merged else alone
        known = history if number % 2 else later
        first = max(1, end - length) if horizon else 1
        built = run(
            con,
            known.inputs(con, owners),
            rules,
            days=(f"2026-03-{first:02d}", f"2026-03-{end:02d}"),
            before=before,
            horizon=horizon,
            now=NIGHT[number + 1],
        )
        assert overlaps_or_gaps(con, built.membership).fetchall() == []
        _every_row_was_recorded_and_superseded_once(built.membership, before)
        _only_what_happened_since_is_a_move(built.membership, NIGHT[number + 1], horizon)
        before, horizon = built.membership, max(horizon or "", f"2026-03-{end:02d}")
    live = before.filter("superseded_at IS NULL").project("customer_id, segmentation, segment, valid_from, valid_to")
    found = {row[:3]: row[3] for row in oracle.expanded(live.fetchall(), AS_OF_ON)}
    assert found == oracle.segments(known.facts(alone), RULES, FIRST_ON, AS_OF_ON)


def _every_row_was_recorded_and_superseded_once(after: Relation, before: Relation) -> None:
    names = (
        "customer_id",
        "segmentation",
        "valid_from",
        "recorded_at",
        "segment",
        "valid_to",
        "cause",
        "superseded_at",
    )
    listed = ", ".join(names)
    now, then = after.project(listed).fetchall(), before.project(listed).fetchall()
    assert len({row[:4] for row in now}) == len(now), "the key is unique"
    assert {row[:7] for row in then} <= {row[:7] for row in now}, "nothing recorded is lost or rewritten"
    assert {row for row in then if row[7]} <= set(now), "what was superseded stays as it was"
    assert now == sorted(now, key=lambda row: row[:4])


def _only_what_happened_since_is_a_move(after: Relation, now: datetime, horizon: str | None) -> None:
    recorded_now = after.filter(f"recorded_at = TIMESTAMP '{now}' AND superseded_at IS NULL")
    for begin, end, cause in recorded_now.project("valid_from::TEXT, valid_to::TEXT, cause").fetchall():
        is_news = begin > (horizon or "")
        was_only_ended = end is None or end > (horizon or "")
        assert cause == "move" if is_news else (cause == "correction" or was_only_ended)
