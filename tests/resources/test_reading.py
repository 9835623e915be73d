"""Questions to the store: frames, counts, finding a customer, one customer whole, and tables back into DuckDB."""

from datetime import date, datetime
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from resources.store import unloading
from resources.store.engine import writing
from resources.store.reading import counts, customer, profile, relation, table_frame
from resources.store.tables import METADATA, PUBLICATION, duckdb_schema
from scv_assets.errors import NotFound

DAY = datetime.fromisoformat


def _fill(store: sa.Engine, **tables: list[dict[str, Any]]) -> None:
    with writing(store, PUBLICATION) as connection:
        for name, rows in tables.items():
            for row in rows:
                connection.execute(sa.insert(METADATA.tables[name]).values(row))


@pytest.fixture
def company(store: sa.Engine) -> sa.Engine:
    ada, bea = {"customer_id": "ada"}, {"customer_id": "bea"}
    crm, web = {"source": "crm", "source_key": "k1"}, {"source": "web", "source_key": "cookie/1"}
    _fill(
        store,
        golden_profile=[
            {**ada, "first_name": "Ada", "household_id": "h", "email": "ada@example.org"},
            {**bea, "first_name": "Bea", "household_id": "h"},
        ],
        customer_redirect=[{"old_customer_id": "old-ada", **ada, "merged_at": DAY("2026-02-01")}],
        crosswalk=[
            {**crm, **ada, "via": "exact", "since_at": DAY("2026-01-01")},
            {**web, **ada, "via": "probabilistic"},
            {"source": "crm", "source_key": "k2", **bea},
        ],
        source_record=[{**crm, "first_name": "Ada"}, {**web, "first_name": "A."}],
        record_identifier=[
            {**crm, "namespace": "loyalty_card", "value": "card-7"},
            {**crm, "namespace": "phone", "value": "+3221234567"},
            {"source": "crm", "source_key": "k2", "namespace": "phone", "value": "+3221234567"},
        ],
        contact_point=[{**ada, "kind": "email", "value": "ada.lovelace@example.org"}],
        field_provenance=[{**ada, "field": "first_name", "value": "Ada", "source": "crm"}],
        consent_state=[{**ada, "channel": "email", "purpose": "marketing", "is_granted": True}],
        consent_event=[
            {"event_id": "2", **crm, "channel": "email", "occurred_at": DAY("2026-01-09")},
            {"event_id": "3", **ada, "channel": "sms", "occurred_at": DAY("2026-01-08")},
        ],
        customer_order=[
            {"source": "pos", "order_id": "o2", **ada, "ordered_at": DAY("2026-01-05T10:00"), "gross_cents": 200},
            {"source": "pos", "order_id": "o1", **ada, "ordered_at": DAY("2026-01-03T10:00"), "gross_cents": 100},
            {"source": "pos", "order_id": "o3", **bea, "ordered_at": DAY("2026-01-03T10:00")},
        ],
        order_line=[
            {"source": "pos", "order_id": "o1", "line_number": 2, "product_id": "p2"},
            {"source": "pos", "order_id": "o1", "line_number": 1, "product_id": "p1"},
            {"source": "pos", "order_id": "o3", "line_number": 1, "product_id": "p9"},
        ],
        visit=[{"source": "web", "visit_id": "v", **ada, "started_at": DAY("2026-01-04")}],
        cart=[{"source": "web", "cart_id": "c", **ada, "last_touched_at": DAY("2026-01-04T12:00")}],
        ticket=[{"source": "service", "ticket_id": "t", **ada, "opened_at": DAY("2026-01-06")}],
        message_event=[
            {"source": "messaging", "message_id": "m", "kind": "sent", "occurred_at": DAY("2026-01-07"), **ada}
        ],
        segment_transition=[
            {**ada, "segmentation": "lifecycle", "moved_on": date(2026, 1, 5), "to_segment": "multi"},
        ],
        segment_membership=[
            {
                **ada,
                "segmentation": "lifecycle",
                "valid_from": date(2026, 1, day),
                "recorded_at": DAY("2026-01-10"),
                "segment": segment,
                "superseded_at": superseded,
            }
            for day, segment, superseded in ((3, "one", None), (4, "wrong", DAY("2026-01-11")), (5, "multi", None))
        ],
        customer_trait=[
            {**ada, "as_of_on": date(2026, 1, day), "orders_count": orders} for day, orders in ((3, 1), (5, 2))
        ],
        identity_event=[{"event_id": "e", "kind": "created", **ada, "occurred_at": DAY("2026-01-01")}],
    )
    return store


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (["ada"], ["ada"]),
        (["old-ada"], ["ada"]),
        (["card-7"], ["ada"]),
        (["ada.lovelace@example.org"], ["ada"]),
        (["02 123 45 67", "+3221234567"], ["ada", "bea"]),
        (["k2"], ["bea"]),
        (["crm/k1"], ["ada"]),
        (["web/cookie/1"], ["ada"]),
        (["cookie/1"], ["ada"]),
        (["nobody"], []),
        ([""], []),
        ([], []),
        (["' OR 1=1 --"], []),
        (["%"], []),
    ],
)
def test_a_customer_is_found_by_any_identifier(company: sa.Engine, typed: list[str], found: list[str]) -> None:
    assert customer(company, *typed) == found


def test_a_profile_is_the_whole_view(company: sa.Engine) -> None:
    view = profile(company, "ada")
    assert view["profile"]["first_name"] == "Ada"
    assert [(row["source"], row["via"]) for row in view["records"]] == [("crm", "exact"), ("web", "probabilistic")]
    assert [row["value"] for row in view["identifiers"]] == ["card-7", "+3221234567"]
    assert [row["field"] for row in view["provenance"]] == ["first_name"]
    assert [row["value"] for row in view["contact_points"]] == ["ada.lovelace@example.org"]
    assert [row["customer_id"] for row in view["household"]] == ["bea"]
    assert [row["old_customer_id"] for row in view["redirects"]] == ["old-ada"]
    assert [row["is_granted"] for row in view["consents"]] == [True]
    assert [row["event_id"] for row in view["consent_events"]] == ["3", "2"]
    assert [row["segment"] for row in view["segments"]] == ["one", "multi"]
    assert view["traits"]["orders_count"] == 2


def test_the_timeline_is_everything_in_the_order_of_time(company: sa.Engine) -> None:
    timeline = profile(company, "ada")["timeline"]
    assert [item["what"] for item in timeline] == [
        "identity_event",
        "customer_order",
        "visit",
        "cart",
        "segment_transition",
        "customer_order",
        "ticket",
        "message_event",
    ]
    assert [item["at"] for item in timeline] == sorted(item["at"] for item in timeline)
    first, second = [item for item in timeline if item["what"] == "customer_order"]
    assert ([line["product_id"] for line in first["lines"]], second["lines"]) == (["p1", "p2"], [])


def test_an_id_that_was_merged_away_gives_the_customer_that_lives_on(company: sa.Engine) -> None:
    assert profile(company, "old-ada") == profile(company, "ada")


def test_nobody_is_told(company: sa.Engine) -> None:
    with pytest.raises(NotFound, match="no customer 'nobody'"):
        profile(company, "nobody")


def test_a_frame_holds_the_chosen_rows_in_the_order_of_the_key(company: sa.Engine) -> None:
    frame = table_frame(company, "customer_order", {"customer_id": ["ada", "bea"], "gross_cents": None})
    assert list(frame["order_id"]) == ["o3"]
    frame = table_frame(company, "customer_order", {"source": "pos"}, columns=["order_id", "gross_cents"], limit=2)
    assert frame.to_dict("records") == [
        {"order_id": "o1", "gross_cents": 100},
        {"order_id": "o2", "gross_cents": 200},
    ]
    assert list(table_frame(company, "household").columns) == ["household_id", "customer_ids", "basis"]


def test_a_table_or_column_that_is_none_is_told(company: sa.Engine) -> None:
    with pytest.raises(NotFound, match="no table 'golden'"):
        table_frame(company, "golden")
    with pytest.raises(NotFound, match="no column 'name'; it has household_id"):
        table_frame(company, "household", {"name": 1})


def test_counts_name_every_table(company: sa.Engine) -> None:
    found = counts(company)
    assert set(found) == set(METADATA.tables)
    assert (found["customer_order"], found["judgement"]) == (3, 0)


@pytest.mark.parametrize("batch_rows", [1, 2, 20_000])
def test_a_table_comes_back_into_duckdb_as_it_is(
    company: sa.Engine, batch_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unloading, "BATCH_ROWS", batch_rows)
    con = duckdb.connect()
    for name, table in METADATA.tables.items():
        rows = relation(con, company, name)
        types = dict(zip(rows.columns, (str(type_) for type_ in rows.types), strict=True))
        assert types == duckdb_schema(table)
        with company.connect() as connection:
            expected = [tuple(row) for row in connection.execute(sa.select(table))]
        assert sorted(rows.fetchall(), key=repr) == sorted(expected, key=repr)
    con.close()
