"""The matrix of any two days is what counting customer by customer gives, as known now or then."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.segments.matrix import matrix_of
from scv_assets.segments.membership import segment_on
from scv_assets.segments.two_days import matrix_between
from tests.in_memory import connected
from tests.segments.company import before_tables, inputs, policy, run
from tests.segments.histories import AS_OF_ON, CUSTOMERS, FIRST_ON, HISTORIES, RULES, History

ALONE = {person: person for person in CUSTOMERS}
DAYS = (FIRST_ON.isoformat(), AS_OF_ON.isoformat())
BUYERS = policy({"buyer": "orders_count >= 1"})
FIRST_NIGHT, SECOND_NIGHT = datetime.fromisoformat("2026-12-01 03:00:00"), datetime.fromisoformat("2026-12-02 03:00:00")


@settings(deadline=None, max_examples=12)
@given(history=HISTORIES, begin=st.integers(0, 19), days=st.integers(1, 19))
def test_it_is_the_published_matrix_of_the_days_between_and_what_two_look_ups_give(
    history: History, begin: int, days: int
) -> None:
    from_on = FIRST_ON + timedelta(days=begin)
    to_on = min(from_on + timedelta(days=days), AS_OF_ON)
    con = connected()
    built = run(con, history.inputs(con, ALONE), policy(*RULES.values()), days=DAYS)
    cells = "segmentation, from_segment, to_segment, customers, share"
    found = matrix_between(con, built.membership, from_on, to_on).project(cells).fetchall()
    if from_on < to_on:
        after = from_on + timedelta(days=1)
        assert found == matrix_of(con, built.transitions, [(after, to_on)]).project(cells).fetchall()
    began, ended = (dict(segment_on(con, built.membership, "s1", on).fetchall()) for on in (from_on, to_on))
    counted: dict[tuple[str, str], int] = {}
    for customer, segment in ended.items():
        pair = began.get(customer, "(new)"), segment
        counted[pair] = counted.get(pair, 0) + 1
    assert {row[1:3]: row[3] for row in found if row[0] == "s1"} == counted


def test_a_late_ticket_changes_what_is_known_now_and_not_what_was_known_then() -> None:
    con = connected()
    order = {"customer_id": "A", "ordered_at": "2026-03-05 10:00:00", "gross_cents": 10}
    first = run(con, inputs(con, {"a": "A"}), BUYERS, days=DAYS, now=FIRST_NIGHT)
    second = run(
        con,
        inputs(con, {"a": "A"}, orders=[order]),
        BUYERS,
        days=DAYS,
        before=before_tables(con, first),
        horizon=DAYS[1],
        now=SECOND_NIGHT,
    )

    def cells(known_at: datetime | None) -> list[tuple[str, str]]:
        made = matrix_between(con, second.membership, date(2026, 3, 4), date(2026, 3, 6), known_at=known_at)
        return made.project("from_segment, to_segment").fetchall()

    assert cells(None) == cells(SECOND_NIGHT) == [("rest", "buyer")]
    assert cells(FIRST_NIGHT) == cells(SECOND_NIGHT - timedelta(seconds=1)) == [("rest", "rest")]
    assert cells(FIRST_NIGHT - timedelta(seconds=1)) == []


def test_days_in_the_wrong_order_are_refused() -> None:
    con = connected()
    with pytest.raises(ValueError, match="before they begin"):
        matrix_between(con, before_tables(con).membership, date(2026, 3, 2), date(2026, 3, 1))
