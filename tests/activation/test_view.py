"""What a delivery asks of the store: of the customers for whom a message waits, on either database."""

from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from resources.lake import Lake
from resources.store.tables import METADATA
from resources.store.unloading import relation
from scv_assets.activation.admission import refusals
from scv_assets.activation.past_messages import owned
from scv_assets.activation.view import store_view
from scv_assets.golden.run import SILENCE_PATH, SILENCE_SCHEMA
from tests.activation.company import REMINDER, SILENCE, VOUCHER, policy, waiting
from tests.in_memory import connected
from tests.interactions.tables import relation as rows_of

AT = datetime.fromisoformat("2026-03-04 08:00:00")
FIRST_OF_MARCH = datetime.fromisoformat("2026-03-01 00:00:00")


def put(store: sa.Engine, table: str, *rows: dict[str, Any]) -> None:
    """Insert rows into a table of the store."""
    with store.begin() as connection:
        for row in rows:
            connection.execute(sa.insert(METADATA.tables[table]).values(**row))


def published(store: sa.Engine) -> None:
    """Publish Ann, for whom a reminder waits (decided for an id that was merged into hers), and Bob, for whom none."""
    message = {**waiting(customer_id="anna", source_key="gone"), "status": "pending", "purpose": "marketing"}
    for instant in ("created_at", "expires_at"):
        message[instant] = datetime.fromisoformat(message[instant])
    put(store, "outbox", {**message, "source": "crm"}, {**message, "idempotency_key": "m1", "status": "delivered"})
    put(store, "customer_redirect", {"old_customer_id": "anna", "customer_id": "ann", "merged_at": FIRST_OF_MARCH})
    for key, customer in (("1", "ann"), ("2", "bob")):
        put(store, "crosswalk", {"source": "crm", "source_key": key, "customer_id": customer})
        put(
            store,
            "contact_point",
            {"customer_id": customer, "kind": "email", "value": "ann@mail.be", "is_valid": True, "is_primary": True},
        )
        order = {"source": "pos", "order_id": f"o{key}"}
        bought = {"customer_id": customer, "ordered_at": FIRST_OF_MARCH, "is_return": False}
        put(store, "customer_order", {**order, **bought})
        put(store, "order_line", {**order, "line_number": 1, "product_id": "p1", "quantity": 1.0})
        said = {"channel": "email", "purpose": "marketing"}
        event = {"event_id": f"e{key}", "granted": True, "legal_basis": "consent", "occurred_at": FIRST_OF_MARCH}
        put(store, "consent_event", {**event, **said, "source": "crm", "source_key": key})
        put(
            store, "consent_state", {"customer_id": customer, **said, "is_granted": True, "decided_by_event": f"e{key}"}
        )


def test_of_the_store_only_the_customers_are_read_for_whom_a_message_waits(store: sa.Engine, tmp_path: Path) -> None:
    published(store)
    con = connected()
    view = store_view(con, store, Lake(tmp_path), policy(VOUCHER, REMINDER), time_zone="UTC")
    assert view.crosswalk.project("customer_id").fetchall() == [("ann",)]
    assert view.orders.project("order_id").fetchall() == [("o1",)]
    assert view.lines.project("order_id").fetchall() == [("o1",)]
    assert view.consent_events.project("event_id").fetchall() == [("e1",)]
    assert view.redirects.project("customer_id").fetchall() == [("ann",)]
    assert sorted(view.outbox.project("idempotency_key").fetchall()) == [("m0",), ("m1",)]
    assert "payload" not in view.outbox.columns


def test_words_and_messages_in_a_customers_name_are_whose_their_record_is_now(store: sa.Engine, tmp_path: Path) -> None:
    published(store)
    said = {"event_id": "moved", "channel": "email", "purpose": "marketing", "granted": False}
    put(store, "consent_event", {**said, "occurred_at": FIRST_OF_MARCH, **of_bob("anna")})
    put(store, "outbox", {"idempotency_key": "m2", "status": "delivered", "campaign": "reminder", **of_bob("ann")})
    con = connected()
    view = store_view(con, store, Lake(tmp_path), policy(VOUCHER, REMINDER), time_zone="UTC")
    assert sorted(view.words.project("event_id, customer_id").fetchall()) == [("e1", "ann"), ("moved", "bob")]
    had = owned(con, view).project("idempotency_key, customer_id").fetchall()
    assert sorted(had) == [("m0", "ann"), ("m1", "ann"), ("m2", "bob")]


def of_bob(name: str) -> dict[str, str]:
    """Return Bob's record as it was named when it was another customer's."""
    return {"customer_id": name, "source": "crm", "source_key": "2"}


def test_what_the_store_says_now_decides(store: sa.Engine, tmp_path: Path) -> None:
    published(store)
    lake = Lake(tmp_path)

    def refused() -> list[tuple[str, str]]:
        con = connected()
        view = store_view(con, store, lake, policy(VOUCHER, REMINDER), time_zone="UTC")
        messages = relation(con, store, "outbox").filter("status = 'pending'")
        return [(row[0], row[1]) for row in refusals(con, view, messages, AT).fetchall()]

    con = connected()
    lake.write(SILENCE_PATH, rows_of(con, SILENCE_SCHEMA, SILENCE), made_from="test")
    with store.begin() as connection:
        connection.execute(
            sa.update(METADATA.tables["outbox"]).where(sa.text("idempotency_key = 'm1'")).values(campaign="x")
        )
    assert refused() == []
    withdrawn = {"event_id": "no", "customer_id": "ann", "channel": "email", "purpose": "marketing", "granted": False}
    put(store, "consent_event", {**withdrawn, "occurred_at": datetime.fromisoformat("2026-03-04 07:00:00")})
    assert refused() == [("m0", "no_consent")]


def test_what_waits_on_the_yes_of_a_record_deleted_since_is_held_back(store: sa.Engine, tmp_path: Path) -> None:
    published(store)
    put(store, "source_record", *({"source": "crm", "source_key": key, "is_deleted": True} for key in "12"))
    lake, con = Lake(tmp_path), connected()
    lake.write(SILENCE_PATH, rows_of(con, SILENCE_SCHEMA, SILENCE), made_from="test")
    view = store_view(con, store, lake, policy(VOUCHER, REMINDER), time_zone="UTC")
    messages = relation(con, store, "outbox").filter("status = 'pending'")
    assert [row[:2] for row in refusals(con, view, messages, AT).fetchall()] == [("m0", "no_consent")]
    assert view.words.project("event_id, is_gone").fetchall() == [("e1", True)]
