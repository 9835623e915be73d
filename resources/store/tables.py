"""The published tables: names, columns, grain. They are an API: columns are added, never renamed or dropped.

Every table says its grain and every column its meaning, so the catalogue can be made from here. Instants are naive
UTC (`*_at`), days `*_on`, JSON is text, money integer minor units.
"""

from typing import Any

import sqlalchemy as sa

METADATA = sa.MetaData()

_DUCKDB: dict[type[sa.types.TypeEngine[Any]], str] = {
    sa.Text: "VARCHAR",
    sa.DateTime: "TIMESTAMP",
    sa.Date: "DATE",
    sa.BigInteger: "BIGINT",
    sa.Double: "DOUBLE",
    sa.Boolean: "BOOLEAN",
}


def duckdb_schema(table: sa.Table) -> dict[str, str]:
    """Return the table's columns as DuckDB types, in order."""
    return {column.name: _DUCKDB[type(column.type)] for column in table.columns}


def key_columns(table: sa.Table) -> list[str]:
    """Return the names of the table's key."""
    return [column.name for column in table.primary_key.columns]


def _key(
    name: str, comment: str, type_: sa.types.TypeEngine[Any] | None = None, *, index: bool = False
) -> sa.Column[Any]:
    return sa.Column(
        name, type_ or sa.Text(), primary_key=True, nullable=False, autoincrement=False, comment=comment, index=index
    )


def _column(name: str, type_: sa.types.TypeEngine[Any], comment: str, *, index: bool = False) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=True, comment=comment, index=index)


def _text(name: str, comment: str, *, index: bool = False) -> sa.Column[Any]:
    return _column(name, sa.Text(), comment, index=index)


def _instant(name: str, comment: str) -> sa.Column[Any]:
    return _column(name, sa.DateTime(), f"{comment} (UTC)")


def _day(name: str, comment: str) -> sa.Column[Any]:
    return _column(name, sa.Date(), comment)


def _integer(name: str, comment: str) -> sa.Column[Any]:
    return _column(name, sa.BigInteger(), comment)


def _number(name: str, comment: str) -> sa.Column[Any]:
    return _column(name, sa.Double(), comment)


def _flag(name: str, comment: str) -> sa.Column[Any]:
    return _column(name, sa.Boolean(), comment)


def _table(name: str, comment: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(name, METADATA, *columns, comment=comment)


_SOURCE = "source that delivered it"
_SOURCE_KEY = "the source's own key of the person record"
_CUSTOMER = "customer, as of now; null: anonymous or unknown"

SOURCE_RECORD = _table(
    "source_record",
    "A person record of a source, standardised, latest version. Grain: (source, source_key)",
    _key("source", _SOURCE),
    _key("source_key", _SOURCE_KEY),
    _text("first_name", "given name, case and diacritics kept"),
    _text("last_name", "family name with its particle"),
    _day("birth_on", "day of birth; null where missing or a placeholder"),
    _text("email", "e-mail address, normal form"),
    _text("phone", "phone, E.164"),
    _text("street", "street, normal form, without the number"),
    _text("house_number", "house number with suffix or box"),
    _text("postcode", "postal code"),
    _text("city", "city"),
    _text("country", "ISO 3166-1 alpha-2"),
    _text("language", "ISO 639-1"),
    _instant("updated_at", "last change in the source"),
    _instant("first_seen_at", "start of the first day on which an extract held it"),
    _instant("address_first_seen_at", "start of the first day on which it had a street, a postcode and a city"),
    _text("content_hash", "hash of the standardised fields and identifiers: changes when they do"),
    _flag("is_deleted", "gone from the source, or merged away by it"),
    _text("merged_into", "source_key into which the source itself merged it"),
    _text("raw_first_name", "as delivered"),
    _text("raw_last_name", "as delivered"),
    _text("raw_full_name", "as delivered, where the name came in one field"),
    _text("raw_birth_on", "as delivered"),
    _text("raw_email", "as delivered"),
    _text("raw_phone", "as delivered"),
    _text("raw_street", "as delivered"),
    _text("raw_address", "as delivered, where the address came in one field"),
    _text("raw_postcode", "as delivered"),
    _text("raw_city", "as delivered"),
    _text("raw_country", "as delivered"),
)

RECORD_IDENTIFIER = _table(
    "record_identifier",
    "An identifier on a person record. Grain: (source, source_key, namespace, value)",
    _key("source", _SOURCE),
    _key("source_key", _SOURCE_KEY),
    _key("namespace", "email, phone, loyalty_card, crm_id, cookie_id, device_id, …"),
    _key("value", "normal form of the identifier", index=True),
    _instant("first_seen_at", "start of the first day on which the record held it"),
    _instant("last_seen_at", "start of the last day on which the record held it"),
    _flag("is_blocked", "a placeholder, or shared by more people than its namespace allows: links nobody alone"),
    _text("block_reason", "why it is blocked; null where it is not"),
    _integer("holders", "records that hold the value"),
    _integer("people", "different people that hold it, as far as names and birth dates tell"),
)

CROSSWALK = _table(
    "crosswalk",
    "A source record's customer, now. Grain: (source, source_key)",
    _key("source", _SOURCE),
    _key("source_key", _SOURCE_KEY, index=True),
    _text("customer_id", "customer", index=True),
    _instant("since_at", "when the record came to this customer"),
    _text("via", "exact, probabilistic, steward, alone"),
)

CUSTOMER_REDIRECT = _table(
    "customer_redirect",
    "A customer id that was merged away. Grain: old_customer_id",
    _key("old_customer_id", "the id that was merged away; never used again"),
    _text("customer_id", "the id that lives on (never itself redirected)", index=True),
    _instant("merged_at", "when"),
)

IDENTITY_EVENT = _table(
    "identity_event",
    "What happened to customer ids; append-only. Grain: event_id",
    _key("event_id", "hash of the event's content"),
    _text("kind", "created, merged, split, attached, detached, erased"),
    _text("customer_id", "customer to whom it happened", index=True),
    _text("other_customer_id", "merged: the id that was absorbed; split: the id that it left"),
    _text("source", "source of the record concerned"),
    _text("source_key", "key of the record concerned"),
    _text("cause", "what brought it about"),
    _instant("occurred_at", "when"),
    _text("run_id", "run that found it"),
)

MATCH_EDGE = _table(
    "match_edge",
    "A scored pair of records that was kept; left < right. Grain: (left_source, left_key, right_source, right_key)",
    _key("left_source", "source of the left record"),
    _key("left_key", "source_key of the left record"),
    _key("right_source", "source of the right record"),
    _key("right_key", "source_key of the right record"),
    _number("match_weight", "log2 of the Bayes factor with the prior, bits"),
    _number("match_probability", "posterior probability of a match"),
    _text("decision", "match, review, no_match"),
    _text("via", "exact (an identifier), probabilistic, steward"),
    _text("evidence", "JSON: list of {comparison, level, bits}"),
)

JUDGEMENT = _table(
    "judgement",
    "A steward's verdict on a pair; append-only. Grain: judgement_id",
    _key("judgement_id", "identifier of the verdict"),
    _text("left_source", "left record"),
    _text("left_key", "left record"),
    _text("right_source", "right record"),
    _text("right_key", "right record"),
    _text("verdict", "must_link, cannot_link, unsure"),
    _text("judged_by", "steward"),
    _instant("judged_at", "when"),
    _text("reason", "why, in the steward's words"),
    _instant("revoked_at", "when it was taken back; null: in force"),
)

REVIEW_TASK = _table(
    "review_task",
    "An uncertain pair or an alarm, for a steward. Grain: task_id",
    _key("task_id", "hash of kind and records"),
    _text("kind", "pair, overmerge, conflict"),
    _text("records", "JSON: list of {source, source_key}"),
    _number("match_probability", "of the pair; null for an alarm"),
    _text("status", "open, closed"),
    _instant("opened_at", "when it was opened"),
    _instant("closed_at", "when it was settled"),
    _text("reason", "what is to be decided"),
)

_DESCRIBING = (
    _text("first_name", "given name"),
    _text("last_name", "family name"),
    _day("birth_on", "day of birth"),
    _text("email", "best e-mail address", index=True),
    _text("phone", "best phone, E.164", index=True),
    _text("street", "street"),
    _text("house_number", "house number"),
    _text("postcode", "postal code"),
    _text("city", "city"),
    _text("country", "ISO 3166-1 alpha-2"),
    _text("language", "ISO 639-1"),
)
#: the fields that describe a person, in the order of the profile: a record's value survives, or a steward sets one
GOLDEN_FIELDS = tuple(column.name for column in _DESCRIBING)

GOLDEN_PROFILE = _table(
    "golden_profile",
    "A customer's golden record. Grain: customer_id",
    _key("customer_id", "lasting opaque id"),
    *_DESCRIBING,
    _text("household_id", "household; null: none known", index=True),
    _text("lifecycle_segment", "segment of the lifecycle segmentation, now", index=True),
    _integer("source_count", "sources that know the customer"),
    _integer("record_count", "records joined in the customer"),
    _instant("created_at", "first time any source saw the customer"),
    _instant("updated_at", "last change of any of the records"),
    _flag("is_contactable_email", "a valid address and no refusal"),
    _flag("is_contactable_phone", "a valid number and no refusal"),
    _flag("is_contactable_post", "a complete address and no refusal"),
    _flag("is_deleted", "every record is deleted at its source: nothing is told of the customer, and nobody writes"),
)

FIELD_PROVENANCE = _table(
    "field_provenance",
    "Where a golden field came from. Grain: (customer_id, field)",
    _key("customer_id", "customer"),
    _key("field", "golden field"),
    _text("value", "the value that won"),
    _text("source", "its source"),
    _text("source_key", "its record"),
    _text("rule", "the survivorship rule that decided"),
    _instant("observed_at", "when the source last changed the record"),
    _text("candidates", "JSON: the losing values, each {value, source, source_key, observed_at}"),
)

GOLDEN_OVERRIDE = _table(
    "golden_override",
    "A steward's word on a golden field; append-only, the latest that is not revoked wins. Grain: override_id",
    _key("override_id", "identifier of the decision"),
    _text("customer_id", "customer on whom it was decided (follow customer_redirect)", index=True),
    _text("field", "golden field"),
    _text("value", "the value that the steward gave; null: to be left empty"),
    _text("decided_by", "steward"),
    _instant("decided_at", "when"),
    _text("reason", "why, in the steward's words"),
    _instant("revoked_at", "when it was taken back; null: in force"),
)

CONTACT_POINT = _table(
    "contact_point",
    "A way to reach a customer. Grain: (customer_id, kind, value)",
    _key("customer_id", "customer"),
    _key("kind", "email, phone, post"),
    _key("value", "address, number (E.164), or postal address in one line", index=True),
    _flag("is_valid", "well-formed and not bounced"),
    _flag("is_primary", "the one in the golden profile"),
    _text("sources", "JSON: sources that hold it"),
)

HOUSEHOLD = _table(
    "household",
    "People who live together. Grain: household_id",
    _key("household_id", "hash of the address and name that found it"),
    _text("customer_ids", "JSON: customers"),
    _text("basis", "address_and_name, address_and_phone"),
)

CUSTOMER_ORDER = _table(
    "customer_order",
    "An order or till ticket. Grain: (source, order_id)",
    _key("source", _SOURCE),
    _key("order_id", "order or ticket number"),
    _text("customer_id", _CUSTOMER, index=True),
    _text("person_key", "the source's own key of the buyer; null: anonymous"),
    _text("channel", "store, online, app, phone, …"),
    _instant("ordered_at", "when it was placed"),
    _text("status", "as the source says it"),
    _integer("gross_cents", "total with taxes, minor units; negative for a return"),
    _text("currency", "ISO 4217"),
    _flag("is_return", "goods came back"),
    _instant("invoiced_at", "when an invoice was issued; null: not invoiced"),
)

ORDER_LINE = _table(
    "order_line",
    "A line of an order. Grain: (source, order_id, line_number)",
    _key("source", _SOURCE),
    _key("order_id", "order or ticket number"),
    _key("line_number", "position, from 1", sa.BigInteger()),
    _text("product_id", "article number"),
    _text("product_name", "article name"),
    _number("quantity", "pieces; negative for a return"),
    _integer("net_cents", "amount of the line, minor units"),
)

VISIT = _table(
    "visit",
    "A web or app session. Grain: (source, visit_id)",
    _key("source", _SOURCE),
    _key("visit_id", "session"),
    _text("customer_id", _CUSTOMER, index=True),
    _text("person_key", "the source's own key of the visitor"),
    _text("visitor_id", "cookie or device"),
    _text("channel", "web, app"),
    _instant("started_at", "first event"),
    _instant("ended_at", "last event"),
    _integer("pages", "pages or screens seen"),
    _text("referrer", "where the visitor came from"),
    _text("campaign", "campaign tag"),
)

CART = _table(
    "cart",
    "A shopping cart. Grain: (source, cart_id)",
    _key("source", _SOURCE),
    _key("cart_id", "cart"),
    _text("customer_id", _CUSTOMER, index=True),
    _text("person_key", "the source's own key of its owner"),
    _text("status", "open, ordered, abandoned, coherently_closed (all of it bought elsewhere since)"),
    _instant("last_touched_at", "last event"),
    _text("lines", "JSON: the cart's lines"),
)

TICKET = _table(
    "ticket",
    "A service case or a call. Grain: (source, ticket_id)",
    _key("source", _SOURCE),
    _key("ticket_id", "case or call"),
    _text("customer_id", _CUSTOMER, index=True),
    _text("person_key", "the source's own key of the caller"),
    _instant("opened_at", "when it was opened"),
    _instant("closed_at", "when it was closed; null: open"),
    _text("kind", "complaint, question, return, call, …"),
    _text("status", "open, closed"),
)

MESSAGE_EVENT = _table(
    "message_event",
    "Something that happened to a message. Grain: (source, message_id, kind, occurred_at)",
    _key("source", _SOURCE),
    _key("message_id", "message"),
    _key("kind", "sent, delivered, opened, clicked, bounced, unsubscribed, complained"),
    _key("occurred_at", "when (UTC)", sa.DateTime()),
    _text("customer_id", _CUSTOMER, index=True),
    _text("person_key", "the source's own key of the recipient"),
    _text("channel", "email, sms, post"),
    _text("campaign", "campaign"),
)

CUSTOMER_TRAIT = _table(
    "customer_trait",
    "What is computed of a customer as of a day. Grain: (customer_id, as_of_on)",
    _key("customer_id", "customer"),
    _key("as_of_on", "business day at whose end it holds", sa.Date()),
    _integer("orders_count", "orders that are neither returns nor cancelled"),
    _integer("spend_cents", "net of returns, minor units"),
    _instant("first_order_at", "first order"),
    _instant("last_order_at", "last order"),
    _integer("average_basket_cents", "mean gross of the orders; null without one"),
    _integer("recency_days", "days since the last order; null without one"),
    _text("rfm", "recency, frequency, monetary quintile (1 to 5 each, 5 best), e.g. 545; null without an order"),
    _text("channels", "JSON: channels used, by name"),
    _text("preferred_channel", "channel of most orders; of most interactions where there is none"),
    _integer("orders_count_365d", "orders in the 365 days that end on as_of_on"),
    _integer("visits_count", "web and app sessions"),
    _integer("open_complaints_count", "complaints open at the end of the day"),
    _integer("dormant_days", "days since the customer last did anything; null: nothing ever"),
    _number("expected_purchases_90d", "days with orders expected in the 90 days that follow (BG/NBD); null: unknown"),
    _integer("expected_value_90d_cents", "what these are expected to be worth (Gamma-Gamma); null: unknown"),
    _number("churn_risk", "probability that the customer buys no more (BG/NBD), 0 to 1; null: unknown, or bought once"),
)

SEGMENT_MEMBERSHIP = _table(
    "segment_membership",
    "Who is in which segment, bitemporal. Grain: (customer_id, segmentation, valid_from, recorded_at)",
    _key("customer_id", "customer"),
    _key("segmentation", "exclusive segmentation"),
    _key("valid_from", "first day on which it is true", sa.Date()),
    _key("recorded_at", "when we learnt it (UTC)", sa.DateTime()),
    _text("segment", "segment"),
    _day("valid_to", "first day on which it is no longer true; null: still true"),
    _text("cause", "move (the customer did something), correction (we learnt something of the past)"),
    _instant("superseded_at", "when we learnt better; null: what we know now"),
)

OVERLAPPING_MEMBERSHIP = _table(
    "overlapping_membership",
    "Who is in which segments of an overlapping segmentation, bitemporal."
    " Grain: (customer_id, segmentation, segment, valid_from, recorded_at)",
    _key("customer_id", "customer"),
    _key("segmentation", "overlapping segmentation"),
    _key("segment", "segment; a customer may be in several at once, or in none"),
    _key("valid_from", "first day on which it is true", sa.Date()),
    _key("recorded_at", "when we learnt it (UTC)", sa.DateTime()),
    _day("valid_to", "first day on which it is no longer true; null: still true"),
    _text("cause", "move (the customer did something), correction (we learnt something of the past)"),
    _instant("superseded_at", "when we learnt better; null: what we know now"),
)

SEGMENT_DEFINITION = _table(
    "segment_definition",
    "The glossary of segments, every version. Grain: (segmentation, version, segment)",
    _key("segmentation", "segmentation"),
    _key("version", "version of its definition"),
    _key("segment", "segment"),
    _text("kind", "exclusive, overlapping"),
    _text("term", "title of the segmentation"),
    _text("owner", "who answers for the definition"),
    _text("definition", "what the segmentation means"),
    _integer("position", "place in the order in which the segments are tried, from 1"),
    _text("title", "title of the segment"),
    _text("description", "what the segment means"),
    _text("rule", "condition over traits; otherwise: who is left"),
    _day("valid_from", "first day on which it is the definition"),
    _day("valid_to", "first day on which it is no longer; null: in force"),
)

SEGMENT_TRANSITION = _table(
    "segment_transition",
    "A move between segments, as known now. Grain: (customer_id, segmentation, moved_on)",
    _key("customer_id", "customer"),
    _key("segmentation", "exclusive segmentation"),
    _key("moved_on", "first day in the new segment", sa.Date()),
    _text("from_segment", "segment left; null: the customer's first"),
    _text("to_segment", "segment entered"),
    _text("factor", "interaction that made it move: order, visit, ticket, message, consent, …; time: none did"),
    _text("channel", "channel of that interaction"),
)

PASSAGE_FACTOR = _table(
    "passage_factor",
    "Which interaction, through which channel, made customers move."
    " Grain: (segmentation, from_segment, to_segment, factor, channel)",
    _key("segmentation", "exclusive segmentation"),
    _key("from_segment", "segment left; (new): no customer yet"),
    _key("to_segment", "segment entered"),
    _key("factor", "interaction that made them move: order, visit, …; time: none did; (none): the history begins"),
    _key("channel", "channel of that interaction; (none): there is none"),
    _integer("moves", "moves"),
    _integer("customers", "customers who moved so"),
    _number("share", "of all moves from the segment into the other, 0 to 1"),
    _day("first_on", "first day of such a move"),
    _day("last_on", "last day of such a move"),
)

ATTRIBUTION = _table(
    "attribution",
    "What each contact before an order has to do with it, by model. Grain: (model, source, order_id, position)",
    _key("model", "first, last, linear, position, data_driven"),
    _key("source", "source of the order"),
    _key("order_id", "order or ticket number"),
    _key("position", "place of the contact among those before the order, from 1; 0: there was none", sa.BigInteger()),
    _text("customer_id", "customer, as of now", index=True),
    _instant("ordered_at", "when the order was placed"),
    _text("touch_kind", "visit, message; null: there was none"),
    _text("touch_source", "source of the contact"),
    _text("touch_key", "visit_id or message_id"),
    _instant("touched_at", "when it was"),
    _text("channel", "channel of the contact: web, app, email, sms, …; (none)"),
    _text("campaign", "its campaign, or where a visit came from; (none)"),
    _number("share", "of the order, 0 to 1; the shares of an order add up to 1 in each model"),
    _integer("credit_cents", "of the order's amount; they add up to it; null: the order has none"),
)

TRANSITION_MATRIX = _table(
    "transition_matrix",
    "Moves between segments in a period. Grain: (segmentation, period_start, period_end, from_segment, to_segment)",
    _key("segmentation", "exclusive segmentation"),
    _key("period_start", "first day of the period", sa.Date()),
    _key("period_end", "last day of the period", sa.Date()),
    _key("from_segment", "segment at the end of the day before the period; (new): no customer yet"),
    _key("to_segment", "segment at the end of the period"),
    _integer("customers", "customers"),
    _number("share", "of all that started in from_segment, 0 to 1"),
)

SUPPRESSION = _table(
    "suppression",
    "A message, or an item of one, that was not sent; append-only, a row where the reason is another than before."
    " Grain: (campaign, customer_id, occurrence, subject, decided_at)",
    _key("campaign", "campaign"),
    _key("customer_id", "customer, when it was decided"),
    _key("occurrence", "what the message would have been about: ever, the day of a move, a cart, a date"),
    _key("subject", "empty: the whole message; product:<id>: an item that was left out of it"),
    _key("decided_at", "when (UTC)", sa.DateTime()),
    _text("reason", "why it was not sent"),
    _text("evidence", "JSON: what showed it, by ids"),
    _instant("due_at", "when it would have been due"),
)

OUTBOX = _table(
    "outbox",
    "A message to send; append-only but for what becomes of it. Grain: idempotency_key",
    _key("idempotency_key", "the same for the same message, for ever"),
    _text("campaign", "campaign"),
    _text("customer_id", "customer, when it was decided", index=True),
    _text("channel", "email, sms, phone, post"),
    _text("destination", "destination"),
    _text("payload", "JSON: what is sent"),
    _text("status", "pending, delivered, retrying, dead_letter, cancelled", index=True),
    _integer("attempts", "tries so far"),
    _instant("created_at", "when it was decided"),
    _instant("delivered_at", "when it was delivered"),
    _text("receipt", "the destination's receipt"),
    _text("source", "source of the person record whose contact point it uses"),
    _text("source_key", "key of that record: the message hangs under whoever has the record now"),
    _text("occurrence", "what it is the one message for: ever, a day of transition, a cart, a date"),
    _text("purpose", "purpose whose consent it needs"),
    _text("decided_by", "JSON: the evidence of the decision to send it"),
    _instant("not_before_at", "not to be sent before; null: at once"),
    _instant("expires_at", "not to be sent from then on; null: never stale"),
    _text("reason", "why it was cancelled, is a dead letter, or has to be tried again"),
    _instant("next_attempt_at", "when it is taken up again; null: as soon as may be"),
    _instant("accepted_at", "when the destination took it, while its word on the effect is awaited"),
)

DELIVERY_ATTEMPT = _table(
    "delivery_attempt",
    "A try to send a message; append-only, closed once. Grain: (idempotency_key, attempt)",
    _key("idempotency_key", "the message"),
    _key("attempt", "which try, from 1", sa.BigInteger()),
    _text("destination", "destination"),
    _instant("started_at", "when it was claimed, before anything was sent"),
    _instant("ended_at", "when its outcome was known; null: under way, or its process was lost"),
    _text("outcome", "delivered, accepted, temporary, permanent, in_doubt, cancelled"),
    _integer("status_code", "of the answer, where it came by HTTP"),
    _text("detail", "what was said of it; no personal data"),
)

CAMPAIGN_METRIC = _table(
    "campaign_metric",
    "A measured quality of a campaign's day. Grain: (campaign, metric, measured_on)",
    _key("campaign", "campaign"),
    _key("metric", "incoherence_rate, incoherence_rate_without_reconciliation, sent, suppressed, held_out"),
    _key("measured_on", "business day", sa.Date()),
    _number("value", "numerator / denominator; null where nothing was due"),
    _number("numerator", "messages of which it holds"),
    _number("denominator", "messages that were looked at"),
    _instant("measured_at", "as of when it was measured; a rate is final once that is the day's end or later"),
)

SYNC_STATE = _table(
    "sync_state",
    "What a destination has. Grain: (destination, object, key)",
    _key("destination", "destination"),
    _key("object", "profile, order, …"),
    _key("key", "key of the object"),
    _text("payload_hash", "hash of what was sent"),
    _instant("synced_at", "when"),
    _text("status", "synced, rejected, in_doubt, left_out"),
    _text("reason", "why it was rejected or left out; null where it was not"),
    _integer("attempts", "times that it was rejected as it is"),
    _text("receipt", "the destination's own id of the object, where it gives one"),
)

CONSENT_EVENT = _table(
    "consent_event",
    "A consent given, refused or withdrawn; append-only. Grain: event_id",
    _key("event_id", "hash of the event's content"),
    _text("customer_id", "customer, where the event was recorded on one"),
    _text("source", "source of the person record"),
    _text("source_key", "key of the person record"),
    _text("channel", "email, sms, phone, post"),
    _text("purpose", "marketing, service, profiling"),
    _flag("granted", "true given; false refused, withdrawn or bounced"),
    _text("legal_basis", "consent, contract, legitimate_interest, bounce, complaint"),
    _instant("occurred_at", "when"),
)

CONSENT_STATE = _table(
    "consent_state",
    "What a customer allows, now. Grain: (customer_id, channel, purpose)",
    _key("customer_id", "customer"),
    _key("channel", "email, sms, phone, post"),
    _key("purpose", "marketing, service, profiling"),
    _flag("is_granted", "the word of the event that decides"),
    _text("decided_by_event", "consent_event that decides"),
)

CONSENT_PURPOSE = _table(
    "consent_purpose",
    "Why and how the company contacts people, as governance.yaml declares it. Grain: (channel, purpose)",
    _key("channel", "email, sms, phone, post"),
    _key("purpose", "marketing, service, profiling, …"),
    _text("legal_basis", "consent, contract, legitimate_interest"),
    _flag("is_granted_by_silence", "allowed where the customer has said nothing"),
    _text("description", "what the purpose is, in words that a customer would understand"),
)

ERASURE_REQUEST = _table(
    "erasure_request",
    "A request to be forgotten. Grain: request_id",
    _key("request_id", "identifier"),
    _text("subject", "JSON: hashed identifiers by namespace; record: its source records, customer: its ids"),
    _text("status", "requested (the next run takes it up), running (gone from the view), completed"),
    _instant("requested_at", "when"),
    _instant("completed_at", "when"),
    _text("proof", "JSON: what was looked through, removed, and found afterwards"),
    _text("requested_by", "who entered it"),
    _text("reason", "why, in that person's words"),
    _text("salt", "what the company's hashes are salted with; the same for every request"),
)

TOMBSTONE = _table(
    "tombstone",
    "An identifier that may not come back. Grain: (namespace, hashed_value)",
    _key("namespace", "record, customer, or the namespace of an identifier"),
    _key("hashed_value", "salted hash of the record, of the customer id, of the identifier"),
    _instant("erased_at", "when it was asked for"),
)

QUARANTINE = _table(
    "quarantine",
    "A row that was refused. Grain: (source, file, row_number)",
    _key("source", _SOURCE),
    _key("file", "file or query of the extract"),
    _key("row_number", "row in it, from 1", sa.BigInteger()),
    _text("reason", "what is wrong"),
    _text("column", "column that is wrong"),
    _text("value", "what it held"),
    _text("row", "JSON: the row as delivered"),
    _day("extracted_on", "partition"),
    _text("status", "open, replayed, discarded"),
)

QUALITY_METRIC = _table(
    "quality_metric",
    "A measured quality of a source's field. Grain: (source, field, metric, measured_on)",
    _key("source", "source"),
    _key("field", "field; the other source for inter_base_duplicate_rate; (record) for whole records"),
    _key("metric", "completeness, validity, uniqueness, …"),
    _key("measured_on", "last business day that it looked at", sa.Date()),
    _number("value", "numerator / denominator; days for freshness_days"),
    _number("numerator", "numerator"),
    _number("denominator", "denominator"),
)

AUDIT_LOG = _table(
    "audit_log",
    "Who did what; append-only. Grain: entry_id",
    _key("entry_id", "identifier"),
    _text("actor", "who"),
    _text("action", "what"),
    _text("subject", "to what; no personal data", index=True),
    _instant("at", "when"),
    _text("details", "JSON"),
)

PUBLICATION = _table(
    "publication",
    "What was last published of each table, so that the next publish writes only the difference. Grain: table_name",
    _key("table_name", "published table"),
    _text("content", "hash of the published content (the lake file's)"),
    _integer("row_count", "rows"),
    _instant("published_at", "when"),
    _text("run_id", "run that published"),
)

#: tables that hold names, contact points or whatever a source delivered of a person, as they are
IN_CLEAR: frozenset[str] = frozenset(
    {"source_record", "record_identifier", "golden_profile", "golden_override", "field_provenance", "contact_point"}
    | {"quarantine", "outbox"}
)
#: tables that hold nothing of any one person; every other table tells of a person by an id
IMPERSONAL: frozenset[str] = frozenset(
    {"transition_matrix", "segment_definition", "passage_factor", "consent_purpose", "quality_metric", "publication"}
    | {"campaign_metric"}
)
