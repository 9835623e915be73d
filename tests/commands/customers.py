"""A published store by hand: two people of one household, known by every kind of identifier."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from resources.store.migrations import migrate
from resources.store.tables import METADATA
from scv_assets.commands.init import lay_folder
from tests.pipeline.company import Company

Row = dict[str, Any]

ANNA = "C0123456789abcdef01234567"
BART = "Cfedcba987654321076543210"
OLD_ANNA = "C1111111111111111aaaaaaaa"
#: what Anna is known by, in a spelling that nobody has to type exactly
IDENTIFIERS = (
    ANNA,
    OLD_ANNA,
    "anna.de.smet@example.org",
    " Anna.De.Smet@Example.org ",
    "+32470000002",
    "0470 00 00 02",
    "0032 470/00.00.02",
    "2950 1234 5678",
    "N° 295012345678",
    "@anna_ds",
    "ck_0123456789abc",
    "dv_0123456789abc",
    "AU01016730",
    "RCU00027456",
    "C1",
    "crm/C1",
    "crm:C1",
    "web/ck_0123456789abc",
)


def lay_company(folder: Path) -> Company:
    """Lay a company whose store holds the two."""
    lay_folder(folder)
    company = Company(folder)
    with company.store() as engine:
        migrate(engine)
        insert(engine, **rows())
    return company


def insert(engine: sa.Engine, **tables: list[Row]) -> None:
    """Put rows into tables; a column that a row does not name is null."""
    with engine.begin() as connection:
        for name, of_table in tables.items():
            table = METADATA.tables[name]
            for row in of_table:
                connection.execute(sa.insert(table).values(**row))


def rows() -> dict[str, list[Row]]:
    """Return what the store holds."""
    return {
        "golden_profile": [
            golden(ANNA, "Anna", "De Smet", email="anna.de.smet@example.org", lifecycle_segment="multi_purchase"),
            golden(BART, "Bart", "De Smet", email="de.smet@example.org"),
        ],
        "customer_redirect": [
            {"old_customer_id": OLD_ANNA, "customer_id": ANNA, "merged_at": datetime.fromisoformat("2026-10-01")}
        ],
        "crosswalk": [
            link("crm", "C1", ANNA),
            link("web", "ck_0123456789abc", ANNA),
            link("app", "AU01016730", ANNA),
            link("crm", "C2", BART),
        ],
        "source_record": [
            record("crm", "C1", "Anna", "De Smet"),
            record("web", "ck_0123456789abc", None, None),
            record("app", "AU01016730", "Ana", "De Smet") | {"is_deleted": True},
            record("crm", "C2", "Bart", "De Smet"),
        ],
        "record_identifier": [
            identifier("crm", "C1", "email", "anna.de.smet@example.org"),
            identifier("crm", "C1", "phone", "+32470000002"),
            identifier("crm", "C1", "loyalty_card", "295012345678"),
            identifier("crm", "C1", "social_handle", "anna_ds"),
            identifier("crm", "C1", "legacy_rcu", "RCU00027456"),
            identifier("web", "ck_0123456789abc", "cookie_id", "ck_0123456789abc"),
            identifier("app", "AU01016730", "device_id", "dv_0123456789abc"),
            identifier("crm", "C1", "email", "de.smet@example.org")
            | {"is_blocked": True, "block_reason": "held by 2 different people"},
            identifier("crm", "C2", "email", "de.smet@example.org"),
        ],
        "field_provenance": [provenance("last_name", "De Smet"), provenance("first_name", "Anna", losing="Ana")],
        "contact_point": [
            {
                "customer_id": ANNA,
                "kind": "email",
                "value": "anna.de.smet@example.org",
                "is_valid": True,
                "is_primary": True,
                "sources": '["crm"]',
            }
        ],
        "household": [{"household_id": "h1", "customer_ids": f'["{ANNA}","{BART}"]', "basis": "address_and_name"}],
        "consent_event": [
            {
                "event_id": "e1",
                "source": "crm",
                "source_key": "C1",
                "channel": "email",
                "purpose": "marketing",
                "granted": True,
                "legal_basis": "consent",
                "occurred_at": datetime.fromisoformat("2026-09-01T10:00:00"),
            }
        ],
        "consent_state": [
            {
                "customer_id": ANNA,
                "channel": "email",
                "purpose": "marketing",
                "is_granted": True,
                "decided_by_event": "e1",
            }
        ],
        "segment_membership": [
            {
                "customer_id": ANNA,
                "segmentation": "lifecycle",
                "valid_from": date(2026, 11, 3),
                "recorded_at": datetime.fromisoformat("2026-11-04T02:30:00"),
                "segment": "multi_purchase",
                "cause": "move",
            }
        ],
        "customer_trait": [
            {
                "customer_id": ANNA,
                "as_of_on": date(2026, 11, 20),
                "orders_count": 2,
                "spend_cents": 123456,
                "rfm": "545",
            }
        ],
        "customer_order": [
            order("O1", "2026-09-03T22:30:00", 4_995),
            order("O2", "2026-11-03T17:03:00", -1_000) | {"is_return": True},
        ],
        "order_line": [
            {
                "source": "shop",
                "order_id": "O1",
                "line_number": number,
                "product_id": f"P{number}",
                "product_name": name,
                "quantity": 1.0,
                "net_cents": 100,
            }
            for number, name in enumerate(("Vase", "Plaid", "Bougie", "Miroir", "Tapis"), start=1)
        ],
        "segment_transition": [
            {
                "customer_id": ANNA,
                "segmentation": "lifecycle",
                "moved_on": date(2026, 11, 3),
                "from_segment": "one_purchase",
                "to_segment": "multi_purchase",
                "factor": "order",
            }
        ],
        "identity_event": [
            event("i1", "created", "2026-11-21T02:30:00"),
            event("i2", "attached", "2026-11-21T02:30:00"),
            event("i3", "merged", "2026-11-22T02:30:00") | {"other_customer_id": OLD_ANNA, "cause": "match"},
        ],
    }


def golden(customer_id: str, first_name: str, last_name: str, **more: object) -> Row:
    """Return a golden profile."""
    return {
        "customer_id": customer_id,
        "first_name": first_name,
        "last_name": last_name,
        "household_id": "h1",
        "source_count": 3,
        "record_count": 3,
        "is_contactable_email": True,
        "is_contactable_phone": False,
        "is_contactable_post": False,
        **more,
    }


def link(source: str, key: str, customer_id: str) -> Row:
    """Return a record's customer."""
    return {"source": source, "source_key": key, "customer_id": customer_id, "via": "exact"}


def record(source: str, key: str, first_name: str | None, last_name: str | None) -> Row:
    """Return a source record."""
    return {"source": source, "source_key": key, "first_name": first_name, "last_name": last_name, "is_deleted": False}


def identifier(source: str, key: str, namespace: str, value: str) -> Row:
    """Return an identifier on a record."""
    return {"source": source, "source_key": key, "namespace": namespace, "value": value, "is_blocked": False}


def provenance(field: str, value: str, losing: str | None = None) -> Row:
    """Return where one of Anna's fields came from."""
    candidates = f'[{{"value": "{losing}", "source": "app", "source_key": "AU01016730"}}]' if losing else "[]"
    return {
        "customer_id": ANNA,
        "field": field,
        "value": value,
        "source": "crm",
        "source_key": "C1",
        "rule": "most_trusted_source",
        "candidates": candidates,
    }


def order(order_id: str, at: str, cents: int) -> Row:
    """Return one of Anna's orders."""
    return {
        "source": "shop",
        "order_id": order_id,
        "customer_id": ANNA,
        "channel": "store",
        "ordered_at": datetime.fromisoformat(at),
        "status": "completed",
        "gross_cents": cents,
        "currency": "EUR",
        "is_return": False,
    }


def event(event_id: str, kind: str, at: str) -> Row:
    """Return what happened to Anna's id."""
    return {
        "event_id": event_id,
        "kind": kind,
        "customer_id": ANNA,
        "source": "crm",
        "source_key": "C1",
        "cause": "new record",
        "occurred_at": datetime.fromisoformat(at),
    }
