from typing import Any

from scv_assets.segments.build import SegmentTables
from tests.in_memory import connected
from tests.segments.company import inputs, policy, run, shipped_policy

DAYS = ("2026-03-01", "2026-03-20")
FIRST_SEEN = [{"source_key": "a", "first_seen_at": "2026-03-02"}]


def moves(tables: SegmentTables, segmentation: str = "lifecycle", customer: str = "A") -> list[tuple[Any, ...]]:
    """Return (from, to, day of March, factor, channel) of a customer."""
    found = tables.transitions.filter(f"segmentation = '{segmentation}' AND customer_id = '{customer}'")
    return found.project("from_segment, to_segment, day(moved_on), factor, channel").fetchall()


def lifecycle(**rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    con = connected()
    rows.setdefault("records", FIRST_SEEN)
    filled = {name: [{"customer_id": "A", **row} for row in listed] for name, listed in rows.items()}
    return moves(run(con, inputs(con, {"a": "A"}, **filled), shipped_policy(), days=DAYS))


def reached(day: int) -> dict[str, Any]:
    return {"source_key": "a", "namespace": "email", "value": "x", "first_seen_at": f"2026-03-{day:02d}"}


def at(day: int, hour: int = 10) -> str:
    return f"2026-03-{day:02d} {hour}:00:00"


def test_a_purchase_is_made_by_its_order_through_its_channel() -> None:
    order = {"ordered_at": at(9), "channel": "store"}
    clicked = {"kind": "clicked", "occurred_at": at(9, 8), "channel": "email", "message_id": "m"}
    assert lifecycle(orders=[order], messages=[clicked])[-1] == ("visitor", "one_purchase", 9, "order", "store")


def test_the_last_order_of_the_day_made_the_move() -> None:
    orders = [{"ordered_at": at(9, 9), "channel": "store"}, {"ordered_at": at(9, 18), "channel": "online"}]
    assert lifecycle(orders=orders)[-1] == ("visitor", "multi_purchase", 9, "order", "online")


#: what a customer did on the day on which it became reachable: (table, row) -> what made the move
DONE: list[tuple[tuple[str, dict[str, Any]] | None, tuple[str, str]]] = [
    (None, ("record", "crm")),
    (("consents", {"occurred_at": at(9), "channel": "email", "granted": True}), ("consent", "email")),
    (("tickets", {"opened_at": at(9), "source": "call_centre", "kind": "call"}), ("ticket", "call_centre")),
    (("visits", {"started_at": at(9), "channel": "app"}), ("visit", "app")),
    (("messages", {"occurred_at": at(9), "kind": "clicked", "channel": "sms"}), ("message", "sms")),
]


def test_becoming_reachable_is_made_by_what_the_customer_did_that_day() -> None:
    con = connected()
    owners: dict[str, str] = {}
    rows: dict[str, list[dict[str, Any]]] = {"records": [], "identifiers": []}
    for number, (done, _) in enumerate(DONE):
        early, late, customer = f"b{number}", f"a{number}", f"A{number}"
        owners |= {late: customer, early: customer}
        rows["identifiers"].append({**reached(9), "source_key": late})
        rows["records"].append({"source_key": early, "first_seen_at": "2026-03-02"})
        rows["records"].append({"source_key": late, "first_seen_at": "2026-03-09"})
        if done is not None:
            whose = {"source_key": late} if done[0] == "consents" else {}
            rows.setdefault(done[0], []).append({"customer_id": customer, **whose, **done[1]})
    built = run(con, inputs(con, owners, **rows), shipped_policy(), days=DAYS)
    made = [moves(built, customer=f"A{number}")[-1] for number in range(len(DONE))]
    assert made == [("visitor", "prospect", 9, *factor) for _, factor in DONE]


def test_a_message_that_was_only_sent_makes_nobody_move() -> None:
    sent = {"kind": "sent", "occurred_at": at(9), "channel": "email", "message_id": "m"}
    assert lifecycle(messages=[sent], identifiers=[reached(9)])[-1][3:] == ("contact", "crm")


def test_who_told_an_address_that_day_and_did_nothing_else_moved_by_that() -> None:
    assert lifecycle(identifiers=[reached(9)]) == [
        (None, "visitor", 2, "record", "crm"),
        ("visitor", "prospect", 9, "contact", "crm"),
    ]


def test_an_age_that_is_reached_is_the_work_of_time() -> None:
    con = connected()
    data = inputs(con, {"a": "A"}, orders=[{"customer_id": "A", "ordered_at": at(3), "channel": "store"}])
    built = run(con, data, policy({"lapsed": "recency_days >= 5"}), days=DAYS)
    assert moves(built, "s1")[-1] == ("rest", "lapsed", 8, "time", None)


def test_a_complaint_that_was_closed_is_the_ticket_that_made_the_move() -> None:
    con = connected()
    ticket = {"customer_id": "A", "opened_at": at(3), "closed_at": at(6), "kind": "Complaint", "source": "service"}
    built = run(
        con, inputs(con, {"a": "A"}, tickets=[ticket]), policy({"angry": "open_complaints_count > 0"}), days=DAYS
    )
    assert moves(built, "s1")[1:] == [
        ("rest", "angry", 3, "ticket", "service"),
        ("angry", "rest", 6, "ticket", "service"),
    ]


def test_the_first_row_tells_what_brought_the_customer_in() -> None:
    visit = {"started_at": at(2), "channel": "web"}
    assert lifecycle(visits=[visit]) == [(None, "visitor", 2, "visit", "web")]


def test_who_was_there_before_the_history_begins_came_in_by_nothing_that_is_known() -> None:
    assert lifecycle(records=[{"source_key": "a", "first_seen_at": "2026-01-01"}]) == [(None, "visitor", 1, None, None)]
