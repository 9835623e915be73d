from collections import Counter, defaultdict
from datetime import date, timedelta

from hypothesis import given, settings

from scv_assets.segments.codes import NEW
from scv_assets.segments.matrix import whole_time
from tests.in_memory import connected
from tests.segments import oracle
from tests.segments.company import inputs, policy, run
from tests.segments.histories import AS_OF_ON, CUSTOMERS, FIRST_ON, HISTORIES, RULES, History

BUYERS = policy({"buyer": "orders_count >= 1"})


@settings(deadline=None, max_examples=10)
@given(history=HISTORIES)
def test_the_matrix_counts_each_customer_at_both_ends_of_each_period(history: History) -> None:
    con = connected()
    alone = {person: person for person in CUSTOMERS}
    rules = policy(*RULES.values())
    built = run(con, history.inputs(con, alone), rules, days=(FIRST_ON.isoformat(), AS_OF_ON.isoformat()))
    on_day = oracle.segments(history.facts(alone), RULES, FIRST_ON, AS_OF_ON)
    cells = built.matrix.project(
        "segmentation, period_start, period_end, from_segment, to_segment, customers"
    ).fetchall()
    periods = {(start, end) for _, start, end, *_ in cells}
    expected: Counter[tuple[object, ...]] = Counter()
    for (customer, segmentation, day), segment in on_day.items():
        for start, end in periods:
            if day == end:
                before = on_day.get((customer, segmentation, start - timedelta(days=1)), NEW)
                expected[segmentation, start, end, before, segment] += 1
    assert {row[:5]: row[5] for row in cells} == expected


@settings(deadline=None, max_examples=10)
@given(history=HISTORIES)
def test_the_shares_of_a_segment_add_up_to_one(history: History) -> None:
    con = connected()
    alone = {person: person for person in CUSTOMERS}
    built = run(con, history.inputs(con, alone), BUYERS, days=(FIRST_ON.isoformat(), AS_OF_ON.isoformat()))
    sums: dict[tuple[object, ...], float] = defaultdict(float)
    for *row, share in built.matrix.project("segmentation, period_start, period_end, from_segment, share").fetchall():
        assert 0 < share <= 1
        sums[tuple(row)] += share
    assert all(abs(total - 1) < 1e-9 for total in sums.values())


def test_there_is_a_matrix_of_every_day_week_and_month_and_of_the_whole() -> None:
    con = connected()
    built = run(con, inputs(con, {"a": "A"}), BUYERS, days=("2026-03-30", "2026-04-07"))
    periods = built.matrix.project("period_start, period_end").distinct().fetchall()
    days = {(day, day) for day in oracle.days_between(date(2026, 3, 30), date(2026, 4, 7))}
    weeks = {(date(2026, 3, 30), date(2026, 4, 5)), (date(2026, 4, 6), date(2026, 4, 7))}
    months = {(date(2026, 3, 30), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 4, 7))}
    assert set(periods) == days | weeks | months | {(date(2026, 3, 31), date(2026, 4, 7))}


def test_the_whole_time_leads_from_where_people_were_on_the_first_day_to_where_they_are() -> None:
    con = connected()
    bought = [{"customer_id": "A", "ordered_at": "2026-03-05 10:00:00", "gross_cents": 1}]
    records = [{"source_key": "c", "first_seen_at": "2026-03-04"}]
    data = inputs(con, {"a": "A", "b": "B", "c": "C"}, orders=bought, records=records)
    built = run(con, data, BUYERS, days=("2026-03-01", "2026-03-07"))
    start, end = whole_time(date(2026, 3, 1), date(2026, 3, 7))
    whole = built.matrix.filter(f"period_start = DATE '{start}' AND period_end = DATE '{end}'")
    cells = whole.project("from_segment, to_segment, customers, share").fetchall()
    assert cells == [(NEW, "rest", 1, 1.0), ("rest", "buyer", 1, 0.5), ("rest", "rest", 1, 0.5)]


def test_a_history_of_one_day_has_one_period() -> None:
    con = connected()
    built = run(con, inputs(con, {"a": "A"}), BUYERS, days=("2026-03-01", "2026-03-01"))
    assert built.matrix.fetchall() == [("s1", FIRST_ON, FIRST_ON, NEW, "rest", 1, 1.0)]


def test_nobody_makes_no_matrix() -> None:
    con = connected()
    built = run(con, inputs(con), BUYERS, days=("2026-03-01", "2026-03-03"))
    assert built.matrix.fetchall() == []
    assert built.traits.fetchall() == built.membership.fetchall() == built.transitions.fetchall() == []
