"""A small company to write to: builders that say only what a test is about."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import METADATA, duckdb_schema
from scv_assets.activation.policy import CampaignPolicy
from scv_assets.activation.policy_reading import read_campaigns
from scv_assets.activation.view import TABLES, View
from scv_assets.golden.run import SILENCE_SCHEMA
from scv_assets.interactions.consent_standing import owned_words
from scv_assets.yaml_document import YamlDocument
from tests.interactions.tables import relation
from tests.segments.company import shipped_policy

Row = Mapping[str, Any]

SECRET = "a secret of sixteen characters"
HEAD = f"voucher_secret: {SECRET}\n"
VOUCHER = """\
  - name: voucher
    title: Voucher
    owner: team:crm
    version: "1"
    description: A voucher for who becomes an ambassador
    purpose: marketing
    trigger: {transition: {segmentation: lifecycle, from: multi_purchase, to: ambassador}}
    channels: [{channel: sms, destination: sms_gateway}, {channel: email, destination: mailer}]
    valid_for: 3 days
    once: ever
    suppress: [open_complaint]
    voucher: {amount_cents: 3000, prefix: MT}
    content: {subject: Thank you, text: "{profile.first_name}, here is your voucher: {voucher.code}"}
"""
REMINDER = """\
  - name: reminder
    title: Cart reminder
    owner: team:digital
    version: "1"
    description: What was left in a cart
    purpose: marketing
    trigger: {abandoned_cart: {}}
    delay: 2 days
    valid_for: 2 days
    channels: [{channel: email, destination: mailer}]
    once: occurrence
    suppress: [open_complaint, bought, returned]
    content: {subject: Your cart, text: "You left {cart.items}"}
"""
#: what holds where a person said nothing, as the demo company declares it
SILENCE = (
    {"channel": "email", "purpose": "marketing", "is_granted": False},
    {"channel": "sms", "purpose": "marketing", "is_granted": False},
    {"channel": "post", "purpose": "marketing", "is_granted": True},
)


def policy(*campaigns: str, head: str = HEAD) -> CampaignPolicy:
    """Return what a `campaigns.yaml` of these campaigns says, over the demo company's segments."""
    text = head + "campaigns:\n" + "".join(campaigns)
    return read_campaigns(YamlDocument(text, "campaigns.yaml"), shipped_policy())


def view(
    con: Connection, rules: CampaignPolicy, crosswalk: Mapping[str, str] | None = None, **rows: Sequence[Row]
) -> View:
    """Return a view of rows by relation; `crosswalk` maps a source_key of source `crm` to its customer.

    A consent event is of source `crm`; where the state is not given, it follows from the events: the last one decides.
    """
    owners = dict(crosswalk or {})
    filled: dict[str, list[Row]] = {name: [dict(row) for row in rows.get(name, ())] for name in TABLES}
    filled["crosswalk"] = [{"source": "crm", "source_key": key, "customer_id": c} for key, c in owners.items()]
    filled["consent_events"] = [
        {"source": "crm", "event_id": f"e{n}", "purpose": "marketing", "legal_basis": "consent", **row}
        for n, row in enumerate(filled["consent_events"])
    ]
    if "consent_state" not in rows:
        filled["consent_state"] = _state(filled["consent_events"], owners)
    relations = {
        name: relation(con, duckdb_schema(METADATA.tables[table]), filled[name]) for name, table in TABLES.items()
    }
    return View(
        rules,
        "UTC",
        **relations,
        words=owned_words(
            con,
            events=relations["consent_events"],
            crosswalk=relations["crosswalk"],
            redirects=relations["redirects"],
            records=relation(con, duckdb_schema(METADATA.tables["source_record"]), rows.get("records", ())),
        ),
        silence=relation(con, SILENCE_SCHEMA, rows.get("silence", SILENCE)),
        outbox=outbox(con, rows.get("outbox", ())),
    )


def _state(events: Sequence[Row], owners: Mapping[str, str]) -> list[Row]:
    states: dict[tuple[str, str, str], Row] = {}
    for event in sorted(events, key=lambda e: (e["occurred_at"], not e["granted"])):
        customer = owners.get(event.get("source_key", ""), event.get("customer_id"))
        key = (str(customer), event["channel"], event["purpose"])
        states[key] = {"is_granted": event["granted"], "decided_by_event": event["event_id"]}
    return [{"customer_id": c, "channel": ch, "purpose": p, **state} for (c, ch, p), state in states.items()]


def outbox(con: Connection, rows: Sequence[Row]) -> Relation:
    """Return messages, each with what it does not say: pending, decided by nothing in particular."""
    defaults = {"status": "pending", "purpose": "marketing", "source": "crm", "attempts": 0, "decided_by": "{}"}
    made = [{**defaults, "idempotency_key": f"m{n}", **row} for n, row in enumerate(rows)]
    return relation(con, duckdb_schema(METADATA.tables["outbox"]), made)


def waiting(campaign: str = "reminder", **values: Any) -> dict[str, Any]:
    """Return a reminder by e-mail to ann@mail.be, whose record is crm:1, of the cart left on 1 March with p1 in it."""
    items = values.pop("items", ["p1"])
    return {
        "idempotency_key": "m0",
        "campaign": campaign,
        "customer_id": "ann",
        "source_key": "1",
        "channel": "email",
        "occurrence": "web/c1",
        "payload": json.dumps({"to": "ann@mail.be"}),
        "decided_by": json.dumps({"since": "2026-03-01T10:00:00", "items": items}),
        "created_at": "2026-03-03 23:00:00",
        "expires_at": "2026-03-06 10:00:00",
        **values,
    }
