from dataclasses import replace

import duckdb
from hypothesis import given, settings

from resources.store import tables
from resources.store.tables import duckdb_schema
from scv_assets.segments.build import SegmentTables
from tests.in_memory import connected
from tests.segments.company import inputs, policy, run, shipped_policy
from tests.segments.histories import AS_OF_ON, CUSTOMERS, FIRST_ON, HISTORIES, RULES, History

DAYS = (FIRST_ON.isoformat(), AS_OF_ON.isoformat())
ALONE = {person: person for person in CUSTOMERS}


def everything(built: SegmentTables) -> list[list[tuple[object, ...]]]:
    return [table.fetchall() for table in vars(built).values()]


@settings(deadline=None, max_examples=10)
@given(history=HISTORIES)
def test_the_order_of_rows_and_the_number_of_threads_change_nothing(history: History) -> None:
    rules = policy(*RULES.values())
    turned = replace(history, **{table: getattr(history, table)[::-1] for table in ("orders", "visits", "tickets")})
    one = duckdb.connect(config={"threads": 1})
    two = duckdb.connect(config={"threads": 2})
    assert everything(run(one, history.inputs(one, ALONE), rules, days=DAYS)) == everything(
        run(two, turned.inputs(two, ALONE), rules, days=DAYS)
    )


def test_what_comes_out_is_exactly_the_published_tables() -> None:
    con = connected()
    made = run(con, inputs(con, {"a": "A"}), shipped_policy(), days=DAYS)
    for relation, table in (
        (made.traits, tables.CUSTOMER_TRAIT),
        (made.membership, tables.SEGMENT_MEMBERSHIP),
        (made.overlapping, tables.OVERLAPPING_MEMBERSHIP),
        (made.definitions, tables.SEGMENT_DEFINITION),
        (made.transitions, tables.SEGMENT_TRANSITION),
        (made.matrix, tables.TRANSITION_MATRIX),
    ):
        assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == duckdb_schema(table), table.name


def test_the_traits_of_a_customer() -> None:
    con = connected()
    orders = [
        {"ordered_at": "2025-03-20 10:00:00", "gross_cents": 1000, "channel": "store"},
        {"ordered_at": "2025-03-21 10:00:00", "gross_cents": 1001, "channel": "online"},
        {"ordered_at": "2026-03-10 10:00:00", "gross_cents": 3000, "channel": "store"},
        {"ordered_at": "2026-03-12 10:00:00", "gross_cents": -500, "is_return": True, "channel": "store"},
        {"ordered_at": "2026-03-13 10:00:00", "gross_cents": 9999, "status": "cancelled", "channel": "phone"},
        {"ordered_at": "2026-03-21 10:00:00", "gross_cents": 7777, "channel": "app"},
    ]
    visits = [{"customer_id": "A", "started_at": f"2026-03-{day} 10:00:00", "channel": "web"} for day in range(10, 15)]
    tickets = [{"customer_id": "A", "opened_at": "2026-03-11 10:00:00", "kind": "complaint"}]
    data = inputs(
        con, {"a": "A", "b": "B"}, orders=[{"customer_id": "A", **o} for o in orders], visits=visits, tickets=tickets
    )
    rows = run(con, data, shipped_policy(), days=DAYS).traits.df().to_dict("records")
    bought, nobody = rows
    assert (bought["orders_count"], bought["orders_count_365d"], bought["spend_cents"]) == (3, 2, 4501)
    assert (bought["average_basket_cents"], bought["recency_days"], bought["rfm"]) == (1667, 10, "111")
    assert (str(bought["first_order_at"]), str(bought["last_order_at"])) == (
        "2025-03-20 10:00:00",
        "2026-03-10 10:00:00",
    )
    assert (bought["channels"], bought["preferred_channel"]) == ('["online","store","web"]', "store")
    assert (bought["visits_count"], bought["open_complaints_count"]) == (5, 1)
    assert (nobody["orders_count"], nobody["spend_cents"], nobody["rfm"]) == (0, 0, None)
    assert nobody["channels"] is None


def test_who_never_bought_prefers_the_channel_used_most() -> None:
    con = connected()
    visits = [{"customer_id": "A", "started_at": "2026-03-02 10:00:00", "channel": c} for c in ("web", "app", "app")]
    built = run(con, inputs(con, {"a": "A"}, visits=visits), shipped_policy(), days=DAYS)
    assert built.traits.project("preferred_channel, channels").fetchall() == [("app", '["app","web"]')]


def test_a_consent_counts_for_the_customer_of_its_record_now() -> None:
    con = connected()
    consent = {
        "source_key": "a",
        "customer_id": "merged-away",
        "occurred_at": "2026-03-02 10:00:00",
        "channel": "email",
    }
    unknown = {"customer_id": "merged-away", "occurred_at": "2026-03-02 10:00:00", "source": None}
    bounce = {"source_key": "b", "occurred_at": "2026-03-02 10:00:00", "legal_basis": "bounce"}
    records = [{"source_key": key, "first_seen_at": "2026-03-05"} for key in "ab"]
    data = inputs(con, {"a": "A", "b": "B"}, consents=[consent, unknown, bounce], records=records)
    first = run(con, data, shipped_policy(), days=DAYS).membership.filter("segmentation = 'lifecycle'")
    assert first.project("customer_id, day(valid_from)").fetchall() == [("A", 2), ("B", 5)]


def test_hostile_text_stays_text() -> None:
    con = connected()
    nasty = "'; DROP TABLE x; --\u202e<b>"
    orders = [{"customer_id": nasty, "ordered_at": "2026-03-02 10:00:00", "channel": nasty, "status": nasty}]
    rules = policy(
        {"buyer": "orders_count >= 1"}, orders='orders: {repeated: [{source: "x\'y", channels: ["a\'b"]}]}\n'
    )
    built = run(con, inputs(con, {"a": nasty}, orders=orders), rules, days=DAYS)
    assert built.transitions.project("customer_id, channel").fetchall() == [(nasty, None), (nasty, nasty)]
