"""The canonical records: what every source's rows become, whatever the source calls its columns.

A contract's `maps` speak this vocabulary; `standardisation` fills it; every later stage reads only it.
Grain and key of each kind stand beside it. Instants are UTC and named `*_at`, days `*_on`, money `*_cents`.
"""

from dataclasses import dataclass
from typing import Literal

FieldType = Literal["text", "instant", "date", "cents", "integer", "number", "boolean", "json"]

DUCKDB_TYPES: dict[FieldType, str] = {
    "text": "VARCHAR",
    "instant": "TIMESTAMP",
    "date": "DATE",
    "cents": "BIGINT",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "json": "VARCHAR",
}


@dataclass(frozen=True)
class CanonicalField:
    """One field of a canonical record; `required` means that a row without it gives no such record."""

    type: FieldType
    description: str
    required: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of canonical record. `key` (with the source) names one record; `order_by` says which version is newest."""

    name: str
    description: str
    key: tuple[str, ...]
    fields: dict[str, CanonicalField]


def _field(type_: FieldType, description: str, *, required: bool = False) -> CanonicalField:
    return CanonicalField(type_, description, required)


_PERSON_KEY = _field("text", "source_key of the person record (same source) it belongs to; null: anonymous")
_SOURCE_SYSTEM = "as the source says it"

PERSON = Kind(
    "person",
    "What one source knows of one person (or of one anonymous visitor)",
    ("source_key",),
    {
        "source_key": _field("text", "the source's own key of the person", required=True),
        "first_name": _field("text", "given name"),
        "last_name": _field("text", "family name, with its particle"),
        "full_name": _field("text", "given and family name in one field, where the source does not part them"),
        "birth_on": _field("date", "day of birth"),
        "email": _field("text", "e-mail address"),
        "phone": _field("text", "phone number in any notation"),
        "street": _field("text", "street name, or the whole street line where the number stands in it"),
        "house_number": _field("text", "house number with its box or suffix"),
        "address": _field("text", "a whole address in one field (street, postcode and city)"),
        "postcode": _field("text", "postal code"),
        "city": _field("text", "city"),
        "country": _field("text", "country, as a code or a name"),
        "language": _field("text", "language, as a code or a name"),
        "updated_at": _field("instant", "when the source last changed the record; null: the day of its extract"),
        "is_deleted": _field("boolean", "true where the source says the record is gone"),
        "merged_into": _field("text", "source_key of the record that the source itself merged this one into"),
    },
)
ORDER = Kind(
    "order",
    "An order, invoice or till ticket",
    ("order_id",),
    {
        "order_id": _field("text", "order or ticket number", required=True),
        "person_key": _PERSON_KEY,
        "ordered_at": _field("instant", "when it was placed", required=True),
        "status": _field("text", f"placed, paid, shipped, completed, cancelled, returned; {_SOURCE_SYSTEM}"),
        "channel": _field("text", "store, online, app, phone, …"),
        "gross_cents": _field("cents", "total with taxes; negative for a return"),
        "currency": _field("text", "ISO 4217 code"),
        "is_return": _field("boolean", "goods came back; null: gross_cents < 0"),
        "invoiced_at": _field("instant", "when an invoice was issued; null: not invoiced"),
    },
)
ORDER_LINE = Kind(
    "order_line",
    "A line of an order",
    ("order_id", "line_number"),
    {
        "order_id": _field("text", "order or ticket number", required=True),
        "line_number": _field("integer", "position in the order, from 1", required=True),
        "product_id": _field("text", "article number"),
        "product_name": _field("text", "article name"),
        "quantity": _field("number", "pieces; negative for a return"),
        "net_cents": _field("cents", "amount of the line (quantity times price less discount)"),
    },
)
VISIT = Kind(
    "visit",
    "A web or app session",
    ("visit_id",),
    {
        "visit_id": _field("text", "session", required=True),
        "person_key": _PERSON_KEY,
        "visitor_id": _field("text", "cookie or device of the session"),
        "channel": _field("text", "web, app"),
        "started_at": _field("instant", "first event", required=True),
        "ended_at": _field("instant", "last event"),
        "pages": _field("integer", "pages or screens seen"),
        "referrer": _field("text", "where the visitor came from"),
        "campaign": _field("text", "campaign tag"),
    },
)
CART = Kind(
    "cart",
    "A shopping cart",
    ("cart_id",),
    {
        "cart_id": _field("text", "cart", required=True),
        "person_key": _PERSON_KEY,
        "status": _field("text", "open, ordered, abandoned"),
        "last_touched_at": _field("instant", "last event", required=True),
        "lines": _field("json", "list of the cart's events or lines, each an object"),
    },
)
TICKET = Kind(
    "ticket",
    "A service case or a call",
    ("ticket_id",),
    {
        "ticket_id": _field("text", "case or call", required=True),
        "person_key": _PERSON_KEY,
        "opened_at": _field("instant", "when it was opened", required=True),
        "closed_at": _field("instant", "when it was closed; null: open"),
        "kind": _field("text", "complaint, question, return, call, …"),
        "status": _field("text", "open, closed"),
    },
)
MESSAGE_EVENT = Kind(
    "message_event",
    "Something that happened to an e-mail, an SMS or a letter",
    ("message_id", "kind", "occurred_at"),
    {
        "message_id": _field("text", "message", required=True),
        "person_key": _PERSON_KEY,
        "channel": _field("text", "email, sms, post", required=True),
        "campaign": _field("text", "campaign"),
        "kind": _field("text", "sent, delivered, opened, clicked, bounced, unsubscribed, complained", required=True),
        "occurred_at": _field("instant", "when", required=True),
    },
)
CONSENT = Kind(
    "consent",
    "A consent given, refused or withdrawn",
    ("person_key", "channel", "purpose", "occurred_at"),
    {
        "person_key": _field("text", "source_key of the person record (same source)", required=True),
        "channel": _field("text", "email, sms, phone, post", required=True),
        "purpose": _field("text", "marketing, service, profiling", required=True),
        "granted": _field("boolean", "true given, false refused or withdrawn", required=True),
        "legal_basis": _field("text", "consent, contract, legitimate_interest"),
        "occurred_at": _field("instant", "when", required=True),
    },
)

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (PERSON, ORDER, ORDER_LINE, VISIT, CART, TICKET, MESSAGE_EVENT, CONSENT)
}

INTERACTION_KINDS: tuple[str, ...] = ("order", "order_line", "visit", "cart", "ticket", "message_event")

IDENTIFIER_NAMESPACES: tuple[str, ...] = (
    "email",
    "phone",
    "loyalty_card",
    "crm_id",
    "erp_id",
    "account_id",
    "cookie_id",
    "device_id",
    "app_user_id",
    "social_handle",
    "legacy_rcu",
)
