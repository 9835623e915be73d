"""A company that publishes and delivers: builders of what the store holds, and a clock that nobody waits for."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from resources.lake import Lake
from resources.store.engine import reading, writing
from resources.store.tables import METADATA, OUTBOX, PUBLICATION
from scv_assets.activation.delivery.run import Delivered, deliver
from scv_assets.activation.destinations.outcomes import Message
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.commands.init import lay_folder
from scv_assets.golden.run import SILENCE_PATH
from scv_assets.home import Home, load_home

NOW = datetime.fromisoformat("2026-11-20T10:00:00")
Row = dict[str, Any]


@dataclass
class TestClock:
    """A clock that stands still until somebody waits."""

    __test__ = False

    elapsed: float = 0.0
    start: datetime = NOW
    slept: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        return (self.start + timedelta(seconds=self.elapsed)).replace(microsecond=0)

    def seconds(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.elapsed += max(seconds, 0.0)

    def move(self, **by: float) -> None:
        self.elapsed += timedelta(**by).total_seconds()


@dataclass
class Company:
    """A folder with a destinations.yaml, a lake and a store; `publish` is what a run does in the end."""

    root: Path
    store: sa.Engine
    clock: TestClock = field(default_factory=TestClock)
    publications: int = 0

    @property
    def home(self) -> Home:
        return load_home(self.root)

    @property
    def lake(self) -> Lake:
        return self.home.lake()

    def destinations(self, text: str) -> None:
        (self.root / "destinations.yaml").write_text("destinations:\n" + text)

    def deliver(self, name: str) -> Delivered:
        home = self.home
        settings = company_destinations(home)[name]
        return deliver(home, home.lake(), self.store, settings, self.clock, self.refusing)

    def refusing(self, messages: Sequence[Message], at: datetime) -> dict[str, str]:
        """Refuse what the customer did not allow in so many words, as of now."""
        there = {row["customer_id"] for row in self.rows("golden_profile")}
        allowed = {(row["customer_id"], row["channel"]) for row in self.rows("consent_state") if row["is_granted"]}
        return {
            one.idempotency_key: "no_consent" if one.customer_id in there else "erased"
            for one in messages
            if one.customer_id not in there or (one.customer_id, one.channel) not in allowed
        }

    def add(self, table: str, *rows: Row) -> None:
        nothing = {column.name: None for column in METADATA.tables[table].columns}
        with self.published() as connection:
            connection.execute(sa.insert(METADATA.tables[table]), [nothing | row for row in rows])

    def change(self, table: str, where: Row, **values: Any) -> None:
        columns = METADATA.tables[table].c
        with self.published() as connection:
            chosen = [columns[name] == value for name, value in where.items()]
            connection.execute(sa.update(METADATA.tables[table]).where(*chosen).values(**values))

    def remove(self, table: str, **where: Any) -> None:
        columns = METADATA.tables[table].c
        with self.published() as connection:
            chosen = [columns[name] == value for name, value in where.items()]
            connection.execute(sa.delete(METADATA.tables[table]).where(*chosen))

    @contextmanager
    def published(self) -> Iterator[sa.Connection]:
        """Change what is published, and say that it was."""
        self.publications += 1
        with writing(self.store, PUBLICATION) as connection:
            yield connection
            connection.execute(sa.delete(PUBLICATION))
            connection.execute(
                sa.insert(PUBLICATION).values(
                    table_name="golden_profile", content=str(self.publications), row_count=0, run_id="run"
                )
            )

    def rows(self, table: str) -> list[Row]:
        found = METADATA.tables[table]
        with reading(self.store) as connection:
            rows = connection.execute(sa.select(found).order_by(*found.primary_key.columns)).mappings()
            return [dict(row) for row in rows]

    def outbox(self) -> dict[str, Row]:
        return {row["idempotency_key"]: row for row in self.rows("outbox")}

    def states(self) -> dict[tuple[str, str], str]:
        return {(row["object"], row["key"]): row["status"] for row in self.rows("sync_state")}


def make_company(folder: Path, store: sa.Engine) -> Company:
    """Lay a company whose consent is asked for e-mail and SMS."""
    lay_folder(folder)
    made = Company(folder, store)
    lake = made.lake
    with lake.connect() as con:
        rows = con.sql(
            "SELECT * FROM (VALUES ('email', 'marketing', false), ('sms', 'marketing', false))"
            " AS said(channel, purpose, is_granted) ORDER BY ALL"
        )
        lake.write(SILENCE_PATH, rows, made_from="test")
    return made


def profile(customer: str, **fields: Any) -> Row:
    """Return a golden profile."""
    known = {"customer_id": customer, "first_name": customer.title(), "email": f"{customer}@mail.be", "country": "BE"}
    return known | fields


def consent(customer: str, channel: str = "email", *, granted: bool = True) -> Row:
    """Return what a customer said last."""
    key = {"customer_id": customer, "channel": channel, "purpose": "marketing"}
    return {**key, "is_granted": granted, "decided_by_event": f"event-{customer}-{channel}"}


def message(key: str, customer: str = "ann", destination: str = "gateway", **fields: Any) -> Row:
    """Return a row of the outbox as the decision writes it."""
    row = {column.name: None for column in OUTBOX.columns}
    payload = fields.pop("payload", {"to": "+32470000000", "text": f"Hello {key}"})
    decided = {"campaign": "voucher", "channel": "sms", "purpose": "marketing", "status": "pending", "attempts": 0}
    return (
        row
        | decided
        | {
            "idempotency_key": key,
            "customer_id": customer,
            "destination": destination,
            "payload": json.dumps(payload),
            "created_at": NOW,
        }
        | fields
    )
