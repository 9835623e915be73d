from collections import Counter
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.store.tables import duckdb_schema
from scv_assets.interactions.attach import PUBLISHED_AS, attach, unattached_counts
from tests.interactions.tables import crosswalk, published, records

REQUIRED: dict[str, dict[str, Any]] = {
    "order": {"order_id": "o1", "ordered_at": "2026-09-01 10:00:00"},
    "order_line": {"order_id": "o1", "line_number": 1},
    "visit": {"visit_id": "v1", "started_at": "2026-09-01 10:00:00"},
    "cart": {"cart_id": "c1", "last_touched_at": "2026-09-01 10:00:00"},
    "ticket": {"ticket_id": "t1", "opened_at": "2026-09-01 10:00:00"},
    "message_event": {"message_id": "m1", "channel": "email", "kind": "sent", "occurred_at": "2026-09-01 10:00:00"},
}


@pytest.mark.parametrize("kind", sorted(REQUIRED))
def test_what_comes_out_is_exactly_the_published_table(kind: str) -> None:
    con = duckdb.connect()
    attached = attach(con, kind, records(con, kind, [REQUIRED[kind]]), crosswalk(con, {}))
    assert dict(zip(attached.columns, map(str, attached.types), strict=True)) == duckdb_schema(PUBLISHED_AS[kind])
    assert len(attached.fetchall()) == 1


def test_an_order_belongs_to_the_customer_of_its_person_in_its_own_source() -> None:
    con = duckdb.connect()
    rows = [
        {**REQUIRED["order"], "order_id": "1", "person_key": "7"},
        {**REQUIRED["order"], "order_id": "2", "person_key": "7", "source": "web"},
        {**REQUIRED["order"], "order_id": "3", "person_key": "8"},
        {**REQUIRED["order"], "order_id": "4"},
    ]
    attached = attach(con, "order", records(con, "order", rows), crosswalk(con, {("erp", "7"): "C1"}))
    assert attached.project("order_id, customer_id").fetchall() == [("1", "C1"), ("3", None), ("4", None), ("2", None)]


@pytest.mark.parametrize(
    ("said", "cents", "expected"), [(None, -5, True), (None, 5, False), (None, None, False), (True, 5, True)]
)
def test_a_negative_total_is_a_return_unless_the_source_says_otherwise(
    said: bool | None, cents: int | None, expected: bool
) -> None:
    con = duckdb.connect()
    row = {**REQUIRED["order"], "is_return": said, "gross_cents": cents}
    attached = attach(con, "order", records(con, "order", [row]), crosswalk(con, {}))
    assert attached.project("is_return").fetchall() == [(expected,)]


def test_what_has_no_customer_is_counted_with_the_reason() -> None:
    con = duckdb.connect()
    rows = [{"visit_id": "1"}, {"visit_id": "2"}, {"visit_id": "3", "person_key": "x", "source": "app"}]
    counts = unattached_counts(con, "visit", published(con, "visit", rows)).fetchall()
    assert counts == [("visit", "app", "unknown person", 1), ("visit", "erp", "anonymous", 2)]


def test_lines_have_no_customer_of_their_own_and_are_never_counted_as_unattached() -> None:
    con = duckdb.connect()
    lines = published(con, "order_line", [{"order_id": "1", "line_number": 1}])
    assert unattached_counts(con, "order_line", lines).fetchall() == []


_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["erp", "web"]), st.integers(0, 30).map(str), st.none() | st.sampled_from(["a", "b", "?", "'"])
    ),
    unique_by=lambda row: row[:2],
    max_size=20,
)


@settings(deadline=None, max_examples=40)
@given(rows=_ROWS, known=st.sets(st.sampled_from([("erp", "a"), ("web", "b"), ("web", "'")])))
def test_no_interaction_is_lost_or_doubled(
    rows: list[tuple[str, str, str | None]], known: set[tuple[str, str]]
) -> None:
    con = duckdb.connect()
    visits = [
        {**REQUIRED["visit"], "source": source, "visit_id": key, "person_key": person} for source, key, person in rows
    ]
    owners = {owner: f"C-{owner[1]}" for owner in known}
    attached = attach(con, "visit", records(con, "visit", visits), crosswalk(con, owners))
    out = attached.project("source, visit_id, customer_id").fetchall()
    assert out == sorted((s, key, owners.get((s, person or ""))) for s, key, person in rows)
    unattached = Counter(person is None for s, _, person in rows if (s, person or "") not in owners)
    counts = unattached_counts(con, "visit", attached).fetchall()
    assert sum(n for _, _, why, n in counts if why == "anonymous") == unattached[True]
    assert sum(n for _, _, why, n in counts if why == "unknown person") == unattached[False]
