"""Decisions told in rows: who is who, what happened, and what a run at an instant decides of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection as Connection

from resources.store.tables import METADATA, duckdb_schema
from scv_assets.activation.admission import refusals
from scv_assets.activation.decide import decide
from scv_assets.activation.local_time import end_of_day
from scv_assets.activation.material import Material
from scv_assets.activation.policy import CampaignPolicy
from scv_assets.segments.activity import activity
from tests.activation.company import REMINDER, VOUCHER, Row, outbox, policy, view
from tests.in_memory import connected
from tests.interactions.tables import relation
from tests.segments.company import inputs, shipped_policy

LIFECYCLE = "lifecycle"


@dataclass
class Company:
    """A company of a few customers over some days; `records` maps a source_key of `crm` to its customer.

    Every record has an e-mail address and a mobile, `<key>@mail.be` and `+3247000000<key>`. `run(day)` decides at the
    day's end with what was decided before, and keeps what it decided.
    """

    records: dict[str, str]
    rules: CampaignPolicy = field(default_factory=lambda: policy(VOUCHER, REMINDER))
    languages: Mapping[str, str] = field(default_factory=dict)
    born_on: Mapping[str, str] = field(default_factory=dict)
    consents: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    carts: list[Row] = field(default_factory=list)
    tickets: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)
    bounced: set[str] = field(default_factory=set)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    suppressed: list[dict[str, Any]] = field(default_factory=list)

    def allows(self, key: str, channel: str, at: str = "2026-01-01", *, granted: bool = True) -> None:
        """Have a record say yes or no to marketing."""
        self.consents.append({"source_key": key, "channel": channel, "granted": granted, "occurred_at": at})

    def buys(self, key: str, at: str, *products: str, source: str = "pos", is_return: bool = False) -> None:
        """Have a record buy, or send back, something."""
        order = {"source": source, "order_id": f"o{len(self.orders)}", "person_key": key, "ordered_at": at}
        self.orders.append({**order, "is_return": is_return})
        pieces = -1 if is_return else 1
        for number, product in enumerate(products, start=1):
            line = {"source": source, "order_id": order["order_id"], "line_number": number, "product_id": product}
            self.lines.append({**line, "product_name": f"Article {product}", "quantity": pieces})

    def leaves_cart(self, key: str, at: str, *products: str, cart: str = "c1") -> None:
        """Have a record leave a cart in the web shop."""
        lines = json.dumps([{"action": "add_to_cart", "product_id": product, "quantity": 1} for product in products])
        row = {"source": "web", "cart_id": cart, "status": "open", "last_touched_at": at, "lines": lines}
        self.carts.append({**row, "person_key": key})

    def complains(self, key: str, at: str, closed_at: str | None = None) -> None:
        """Have a record open a complaint."""
        ticket = {"source": "service", "ticket_id": f"k{len(self.tickets)}", "kind": "complaint", "person_key": key}
        self.tickets.append({**ticket, "opened_at": at, "closed_at": closed_at})

    def is_in(self, customer: str, segment: str, since: str, until: str | None = None, *, cause: str = "move") -> None:
        """Record a membership of the lifecycle."""
        member = {"customer_id": customer, "segmentation": LIFECYCLE, "segment": segment, "cause": cause}
        self.members.append({**member, "valid_from": since, "valid_to": until, "recorded_at": f"{since} 23:00:00"})

    def becomes_ambassador(self, customer: str, on: str, *, cause: str = "move") -> None:
        """Move a customer from multi-purchase to ambassador."""
        self.is_in(customer, "multi_purchase", "2026-01-01", on)
        self.is_in(customer, "ambassador", on, cause=cause)

    def run(self, day: str, *, at: datetime | None = None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Decide at the day's end, keep it, and return the new messages and suppressions."""
        instant = at or end_of_day(date.fromisoformat(day), "UTC")
        con = connected()
        table = METADATA.tables["suppression"]
        before = relation(con, duckdb_schema(table), self.suppressed)
        decided = decide(con, self.material(con), suppressed=before, at=instant)
        made = [
            [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]
            for rows in (decided.messages, decided.suppressions)
        ]
        self.outbox += made[0]
        self.suppressed += made[1]
        return made[0], made[1]

    def refused(self, at: str) -> dict[str, str]:
        """Return why each message that waits would not go at this instant."""
        con = connected()
        waiting = [row for row in self.outbox if row["status"] == "pending"]
        known = self.material(con).view
        found = refusals(con, known, outbox(con, waiting), datetime.fromisoformat(at)).fetchall()
        return {str(key): str(reason) for key, reason, _ in found}

    def material(self, con: Connection) -> Material:
        """Return what decisions look at, as the company stands now."""
        customers = sorted(set(self.records.values()))
        firsts = {customer: min(k for k, c in self.records.items() if c == customer) for customer in customers}
        known = view(
            con,
            self.rules,
            self.records,
            redirects=[{"old_customer_id": old, "customer_id": new} for old, new in self.redirects.items()],
            contact_points=[
                point for key, customer in self.records.items() for point in self._points(key, customer, firsts)
            ],
            orders=self._owned(self.orders),
            lines=self.lines,
            tickets=self._owned(self.tickets),
            consent_events=self.consents,
            membership=self.members,
            outbox=self.outbox,
        )
        profiles = [
            {
                "customer_id": customer,
                "first_name": customer.capitalize(),
                "language": self.languages.get(customer),
                "birth_on": self.born_on.get(customer),
            }
            for customer in customers
        ]
        provenance = [
            {"customer_id": customer, "field": name, "source": "crm", "source_key": key}
            for customer, key in firsts.items()
            for name in ("email", "phone")
        ]
        carts = self._owned(self.carts)
        facts = inputs(
            con,
            self.records,
            orders=self._owned(self.orders),
            carts=carts,
            tickets=self._owned(self.tickets),
            consents=self.consents,
        )
        return Material(
            known,
            profiles=_table(con, "golden_profile", profiles),
            provenance=_table(con, "field_provenance", provenance),
            articles=known.lines,
            carts=_table(con, "cart", carts),
            transitions=_table(con, "segment_transition", self._transitions()),
            activity=activity(con, facts, shipped_policy(), "UTC"),
            currency="EUR",
        )

    def _points(self, key: str, customer: str, firsts: Mapping[str, str]) -> list[Row]:
        values = {"email": f"{key}@mail.be", "phone": f"+3247000000{key}"}
        return [
            {
                "customer_id": customer,
                "kind": kind,
                "value": value,
                "is_primary": firsts[customer] == key,
                "is_valid": value not in self.bounced,
            }
            for kind, value in values.items()
        ]

    def _owned(self, rows: Sequence[Row]) -> list[Row]:
        return [{**row, "customer_id": self.records.get(row["person_key"])} for row in rows]

    def _transitions(self) -> list[Row]:
        live = sorted(self.members, key=lambda m: (m["customer_id"], m["valid_from"]))
        found: list[Row] = []
        for before, member in zip([None, *live], live, strict=False):
            same = before is not None and before["customer_id"] == member["customer_id"]
            found.append(
                {
                    "customer_id": member["customer_id"],
                    "segmentation": LIFECYCLE,
                    "moved_on": member["valid_from"],
                    "from_segment": before["segment"] if same and before is not None else None,
                    "to_segment": member["segment"],
                    "factor": "order",
                }
            )
        return found


def _table(con: Connection, name: str, rows: Sequence[Row]) -> duckdb.DuckDBPyRelation:
    return relation(con, duckdb_schema(METADATA.tables[name]), rows)


def sent(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Return (campaign, customer, channel) of messages."""
    return sorted((m["campaign"], m["customer_id"], m["channel"]) for m in messages)


def reasons(suppressions: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Return (campaign, customer, subject, reason) of suppressions."""
    return sorted((s["campaign"], s["customer_id"], s["subject"], s["reason"]) for s in suppressions)


def said(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a message says."""
    found: dict[str, Any] = json.loads(message["payload"])
    return found
