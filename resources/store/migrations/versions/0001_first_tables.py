"""First tables: everything that is published, what people decide, and the record of what was published."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, with its indexes and comments."""
    _source_record()
    _record_identifier()
    _crosswalk()
    _customer_redirect()
    _identity_event()
    _match_edge()
    _judgement()
    _review_task()
    _golden_profile()
    _field_provenance()
    _golden_override()
    _contact_point()
    _household()
    _customer_order()
    _order_line()
    _visit()
    _cart()
    _ticket()
    _message_event()
    _customer_trait()
    _segment_membership()
    _segment_transition()
    _transition_matrix()
    _suppression()
    _outbox()
    _sync_state()
    _consent_event()
    _consent_state()
    _erasure_request()
    _tombstone()
    _quarantine()
    _quality_metric()
    _audit_log()
    _publication()


def downgrade() -> None:
    """Remove every table."""
    op.drop_table("publication")
    op.drop_table("audit_log")
    op.drop_table("quality_metric")
    op.drop_table("quarantine")
    op.drop_table("tombstone")
    op.drop_table("erasure_request")
    op.drop_table("consent_state")
    op.drop_table("consent_event")
    op.drop_table("sync_state")
    op.drop_table("outbox")
    op.drop_table("suppression")
    op.drop_table("transition_matrix")
    op.drop_table("segment_transition")
    op.drop_table("segment_membership")
    op.drop_table("customer_trait")
    op.drop_table("message_event")
    op.drop_table("ticket")
    op.drop_table("cart")
    op.drop_table("visit")
    op.drop_table("order_line")
    op.drop_table("customer_order")
    op.drop_table("household")
    op.drop_table("contact_point")
    op.drop_table("golden_override")
    op.drop_table("field_provenance")
    op.drop_table("golden_profile")
    op.drop_table("review_task")
    op.drop_table("judgement")
    op.drop_table("match_edge")
    op.drop_table("identity_event")
    op.drop_table("customer_redirect")
    op.drop_table("crosswalk")
    op.drop_table("record_identifier")
    op.drop_table("source_record")


def _source_record() -> None:
    op.create_table(
        "source_record",
        sa.Column("source", sa.Text(), nullable=False, comment="source that delivered it"),
        sa.Column("source_key", sa.Text(), nullable=False, comment="the source's own key of the person record"),
        sa.Column("first_name", sa.Text(), nullable=True, comment="given name, case and diacritics kept"),
        sa.Column("last_name", sa.Text(), nullable=True, comment="family name with its particle"),
        sa.Column("birth_on", sa.Date(), nullable=True, comment="day of birth; null where missing or a placeholder"),
        sa.Column("email", sa.Text(), nullable=True, comment="e-mail address, normal form"),
        sa.Column("phone", sa.Text(), nullable=True, comment="phone, E.164"),
        sa.Column("street", sa.Text(), nullable=True, comment="street, normal form, without the number"),
        sa.Column("house_number", sa.Text(), nullable=True, comment="house number with suffix or box"),
        sa.Column("postcode", sa.Text(), nullable=True, comment="postal code"),
        sa.Column("city", sa.Text(), nullable=True, comment="city"),
        sa.Column("country", sa.Text(), nullable=True, comment="ISO 3166-1 alpha-2"),
        sa.Column("language", sa.Text(), nullable=True, comment="ISO 639-1"),
        sa.Column("updated_at", sa.DateTime(), nullable=True, comment="last change in the source (UTC)"),
        sa.Column(
            "first_seen_at",
            sa.DateTime(),
            nullable=True,
            comment="start of the first day on which an extract held it (UTC)",
        ),
        sa.Column(
            "content_hash",
            sa.Text(),
            nullable=True,
            comment="hash of the standardised fields and identifiers: changes when they do",
        ),
        sa.Column("is_deleted", sa.Boolean(), nullable=True, comment="gone from the source, or merged away by it"),
        sa.Column("merged_into", sa.Text(), nullable=True, comment="source_key into which the source itself merged it"),
        sa.Column("raw_first_name", sa.Text(), nullable=True, comment="as delivered"),
        sa.Column("raw_last_name", sa.Text(), nullable=True, comment="as delivered"),
        sa.Column("raw_full_name", sa.Text(), nullable=True, comment="as delivered, where the name came in one field"),
        sa.Column("raw_birth_on", sa.Text(), nullable=True, comment="as delivered"),
        sa.Column("raw_email", sa.Text(), nullable=True, comment="as delivered"),
        sa.Column("raw_phone", sa.Text(), nullable=True, comment="as delivered"),
        sa.Column("raw_street", sa.Text(), nullable=True, comment="as delivered"),
        sa.Column("raw_address", sa.Text(), nullable=True, comment="as delivered, where the address came in one field"),
        sa.Column("raw_postcode", sa.Text(), nullable=True, comment="as delivered"),
        sa.Column("raw_city", sa.Text(), nullable=True, comment="as delivered"),
        sa.Column("raw_country", sa.Text(), nullable=True, comment="as delivered"),
        sa.PrimaryKeyConstraint("source", "source_key"),
        comment="A person record of a source, standardised, latest version. Grain: (source, source_key)",
    )


def _record_identifier() -> None:
    op.create_table(
        "record_identifier",
        sa.Column("source", sa.Text(), nullable=False, comment="source that delivered it"),
        sa.Column("source_key", sa.Text(), nullable=False, comment="the source's own key of the person record"),
        sa.Column(
            "namespace",
            sa.Text(),
            nullable=False,
            comment="email, phone, loyalty_card, crm_id, cookie_id, device_id, …",
        ),
        sa.Column("value", sa.Text(), nullable=False, comment="normal form of the identifier"),
        sa.Column(
            "first_seen_at",
            sa.DateTime(),
            nullable=True,
            comment="start of the first day on which the record held it (UTC)",
        ),
        sa.Column(
            "last_seen_at",
            sa.DateTime(),
            nullable=True,
            comment="start of the last day on which the record held it (UTC)",
        ),
        sa.Column(
            "is_blocked",
            sa.Boolean(),
            nullable=True,
            comment="a placeholder, or shared by more people than its namespace allows: links nobody alone",
        ),
        sa.Column("block_reason", sa.Text(), nullable=True, comment="why it is blocked; null where it is not"),
        sa.Column("holders", sa.BigInteger(), nullable=True, comment="records that hold the value"),
        sa.Column(
            "people",
            sa.BigInteger(),
            nullable=True,
            comment="different people that hold it, as far as names and birth dates tell",
        ),
        sa.PrimaryKeyConstraint("source", "source_key", "namespace", "value"),
        comment="An identifier on a person record. Grain: (source, source_key, namespace, value)",
    )
    op.create_index("ix_record_identifier_value", "record_identifier", ["value"])


def _crosswalk() -> None:
    op.create_table(
        "crosswalk",
        sa.Column("source", sa.Text(), nullable=False, comment="source that delivered it"),
        sa.Column("source_key", sa.Text(), nullable=False, comment="the source's own key of the person record"),
        sa.Column("customer_id", sa.Text(), nullable=True, comment="customer"),
        sa.Column("since_at", sa.DateTime(), nullable=True, comment="when the record came to this customer (UTC)"),
        sa.Column("via", sa.Text(), nullable=True, comment="exact, probabilistic, steward, alone"),
        sa.PrimaryKeyConstraint("source", "source_key"),
        comment="A source record's customer, now. Grain: (source, source_key)",
    )
    op.create_index("ix_crosswalk_customer_id", "crosswalk", ["customer_id"])
    op.create_index("ix_crosswalk_source_key", "crosswalk", ["source_key"])


def _customer_redirect() -> None:
    op.create_table(
        "customer_redirect",
        sa.Column(
            "old_customer_id", sa.Text(), nullable=False, comment="the id that was merged away; never used again"
        ),
        sa.Column("customer_id", sa.Text(), nullable=True, comment="the id that lives on (never itself redirected)"),
        sa.Column("merged_at", sa.DateTime(), nullable=True, comment="when (UTC)"),
        sa.PrimaryKeyConstraint("old_customer_id"),
        comment="A customer id that was merged away. Grain: old_customer_id",
    )
    op.create_index("ix_customer_redirect_customer_id", "customer_redirect", ["customer_id"])


def _identity_event() -> None:
    op.create_table(
        "identity_event",
        sa.Column("event_id", sa.Text(), nullable=False, comment="hash of the event's content"),
        sa.Column("kind", sa.Text(), nullable=True, comment="created, merged, split, attached, detached, erased"),
        sa.Column("customer_id", sa.Text(), nullable=True, comment="customer to whom it happened"),
        sa.Column(
            "other_customer_id",
            sa.Text(),
            nullable=True,
            comment="merged: the id that was absorbed; split: the id that it left",
        ),
        sa.Column("source", sa.Text(), nullable=True, comment="source of the record concerned"),
        sa.Column("source_key", sa.Text(), nullable=True, comment="key of the record concerned"),
        sa.Column("cause", sa.Text(), nullable=True, comment="what brought it about"),
        sa.Column("occurred_at", sa.DateTime(), nullable=True, comment="when (UTC)"),
        sa.Column("run_id", sa.Text(), nullable=True, comment="run that found it"),
        sa.PrimaryKeyConstraint("event_id"),
        comment="What happened to customer ids; append-only. Grain: event_id",
    )
    op.create_index("ix_identity_event_customer_id", "identity_event", ["customer_id"])


def _match_edge() -> None:
    op.create_table(
        "match_edge",
        sa.Column("left_source", sa.Text(), nullable=False, comment="source of the left record"),
        sa.Column("left_key", sa.Text(), nullable=False, comment="source_key of the left record"),
        sa.Column("right_source", sa.Text(), nullable=False, comment="source of the right record"),
        sa.Column("right_key", sa.Text(), nullable=False, comment="source_key of the right record"),
        sa.Column("match_weight", sa.Double(), nullable=True, comment="log2 of the Bayes factor with the prior, bits"),
        sa.Column("match_probability", sa.Double(), nullable=True, comment="posterior probability of a match"),
        sa.Column("decision", sa.Text(), nullable=True, comment="match, review, no_match"),
        sa.Column("via", sa.Text(), nullable=True, comment="exact (an identifier), probabilistic, steward"),
        sa.Column("evidence", sa.Text(), nullable=True, comment="JSON: list of {comparison, level, bits}"),
        sa.PrimaryKeyConstraint("left_source", "left_key", "right_source", "right_key"),
        comment=(
            "A scored pair of records that was kept; left < right. "
            "Grain: (left_source, left_key, right_source, right_key)"
        ),
    )


def _judgement() -> None:
    op.create_table(
        "judgement",
        sa.Column("judgement_id", sa.Text(), nullable=False, comment="identifier of the verdict"),
        sa.Column("left_source", sa.Text(), nullable=True, comment="left record"),
        sa.Column("left_key", sa.Text(), nullable=True, comment="left record"),
        sa.Column("right_source", sa.Text(), nullable=True, comment="right record"),
        sa.Column("right_key", sa.Text(), nullable=True, comment="right record"),
        sa.Column("verdict", sa.Text(), nullable=True, comment="must_link, cannot_link, unsure"),
        sa.Column("judged_by", sa.Text(), nullable=True, comment="steward"),
        sa.Column("judged_at", sa.DateTime(), nullable=True, comment="when (UTC)"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why, in the steward's words"),
        sa.Column("revoked_at", sa.DateTime(), nullable=True, comment="when it was taken back; null: in force (UTC)"),
        sa.PrimaryKeyConstraint("judgement_id"),
        comment="A steward's verdict on a pair; append-only. Grain: judgement_id",
    )


def _review_task() -> None:
    op.create_table(
        "review_task",
        sa.Column("task_id", sa.Text(), nullable=False, comment="hash of kind and records"),
        sa.Column("kind", sa.Text(), nullable=True, comment="pair, overmerge, conflict"),
        sa.Column("records", sa.Text(), nullable=True, comment="JSON: list of {source, source_key}"),
        sa.Column("match_probability", sa.Double(), nullable=True, comment="of the pair; null for an alarm"),
        sa.Column("status", sa.Text(), nullable=True, comment="open, closed"),
        sa.Column("opened_at", sa.DateTime(), nullable=True, comment="when it was opened (UTC)"),
        sa.Column("closed_at", sa.DateTime(), nullable=True, comment="when it was settled (UTC)"),
        sa.Column("reason", sa.Text(), nullable=True, comment="what is to be decided"),
        sa.PrimaryKeyConstraint("task_id"),
        comment="An uncertain pair or an alarm, for a steward. Grain: task_id",
    )


def _golden_profile() -> None:
    op.create_table(
        "golden_profile",
        sa.Column("customer_id", sa.Text(), nullable=False, comment="lasting opaque id"),
        sa.Column("first_name", sa.Text(), nullable=True, comment="given name"),
        sa.Column("last_name", sa.Text(), nullable=True, comment="family name"),
        sa.Column("birth_on", sa.Date(), nullable=True, comment="day of birth"),
        sa.Column("email", sa.Text(), nullable=True, comment="best e-mail address"),
        sa.Column("phone", sa.Text(), nullable=True, comment="best phone, E.164"),
        sa.Column("street", sa.Text(), nullable=True, comment="street"),
        sa.Column("house_number", sa.Text(), nullable=True, comment="house number"),
        sa.Column("postcode", sa.Text(), nullable=True, comment="postal code"),
        sa.Column("city", sa.Text(), nullable=True, comment="city"),
        sa.Column("country", sa.Text(), nullable=True, comment="ISO 3166-1 alpha-2"),
        sa.Column("language", sa.Text(), nullable=True, comment="ISO 639-1"),
        sa.Column("household_id", sa.Text(), nullable=True, comment="household; null: none known"),
        sa.Column("lifecycle_segment", sa.Text(), nullable=True, comment="segment of the lifecycle segmentation, now"),
        sa.Column("source_count", sa.BigInteger(), nullable=True, comment="sources that know the customer"),
        sa.Column("record_count", sa.BigInteger(), nullable=True, comment="records joined in the customer"),
        sa.Column("created_at", sa.DateTime(), nullable=True, comment="first time any source saw the customer (UTC)"),
        sa.Column("updated_at", sa.DateTime(), nullable=True, comment="last change of any of the records (UTC)"),
        sa.Column("is_contactable_email", sa.Boolean(), nullable=True, comment="a valid address and no refusal"),
        sa.Column("is_contactable_phone", sa.Boolean(), nullable=True, comment="a valid number and no refusal"),
        sa.Column("is_contactable_post", sa.Boolean(), nullable=True, comment="a complete address and no refusal"),
        sa.PrimaryKeyConstraint("customer_id"),
        comment="A customer's golden record. Grain: customer_id",
    )
    op.create_index("ix_golden_profile_email", "golden_profile", ["email"])
    op.create_index("ix_golden_profile_household_id", "golden_profile", ["household_id"])
    op.create_index("ix_golden_profile_lifecycle_segment", "golden_profile", ["lifecycle_segment"])
    op.create_index("ix_golden_profile_phone", "golden_profile", ["phone"])


def _field_provenance() -> None:
    op.create_table(
        "field_provenance",
        sa.Column("customer_id", sa.Text(), nullable=False, comment="customer"),
        sa.Column("field", sa.Text(), nullable=False, comment="golden field"),
        sa.Column("value", sa.Text(), nullable=True, comment="the value that won"),
        sa.Column("source", sa.Text(), nullable=True, comment="its source"),
        sa.Column("source_key", sa.Text(), nullable=True, comment="its record"),
        sa.Column("rule", sa.Text(), nullable=True, comment="the survivorship rule that decided"),
        sa.Column("observed_at", sa.DateTime(), nullable=True, comment="when the source last changed the record (UTC)"),
        sa.Column(
            "candidates",
            sa.Text(),
            nullable=True,
            comment="JSON: the losing values, each {value, source, source_key, observed_at}",
        ),
        sa.PrimaryKeyConstraint("customer_id", "field"),
        comment="Where a golden field came from. Grain: (customer_id, field)",
    )


def _golden_override() -> None:
    op.create_table(
        "golden_override",
        sa.Column("override_id", sa.Text(), nullable=False, comment="identifier of the decision"),
        sa.Column(
            "customer_id",
            sa.Text(),
            nullable=True,
            comment="customer on whom it was decided (follow customer_redirect)",
        ),
        sa.Column("field", sa.Text(), nullable=True, comment="golden field"),
        sa.Column("value", sa.Text(), nullable=True, comment="the value that the steward gave; null: to be left empty"),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="steward"),
        sa.Column("decided_at", sa.DateTime(), nullable=True, comment="when (UTC)"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why, in the steward's words"),
        sa.Column("revoked_at", sa.DateTime(), nullable=True, comment="when it was taken back; null: in force (UTC)"),
        sa.PrimaryKeyConstraint("override_id"),
        comment=(
            "A steward's word on a golden field; append-only, the latest that is not revoked wins. Grain: override_id"
        ),
    )
    op.create_index("ix_golden_override_customer_id", "golden_override", ["customer_id"])


def _contact_point() -> None:
    op.create_table(
        "contact_point",
        sa.Column("customer_id", sa.Text(), nullable=False, comment="customer"),
        sa.Column("kind", sa.Text(), nullable=False, comment="email, phone, post"),
        sa.Column("value", sa.Text(), nullable=False, comment="address, number (E.164), or postal address in one line"),
        sa.Column("is_valid", sa.Boolean(), nullable=True, comment="well-formed and not bounced"),
        sa.Column("is_primary", sa.Boolean(), nullable=True, comment="the one in the golden profile"),
        sa.Column("sources", sa.Text(), nullable=True, comment="JSON: sources that hold it"),
        sa.PrimaryKeyConstraint("customer_id", "kind", "value"),
        comment="A way to reach a customer. Grain: (customer_id, kind, value)",
    )
    op.create_index("ix_contact_point_value", "contact_point", ["value"])


def _household() -> None:
    op.create_table(
        "household",
        sa.Column("household_id", sa.Text(), nullable=False, comment="hash of the address and name that found it"),
        sa.Column("customer_ids", sa.Text(), nullable=True, comment="JSON: customers"),
        sa.Column("basis", sa.Text(), nullable=True, comment="address_and_name, address_and_phone"),
        sa.PrimaryKeyConstraint("household_id"),
        comment="People who live together. Grain: household_id",
    )


def _customer_order() -> None:
    op.create_table(
        "customer_order",
        sa.Column("source", sa.Text(), nullable=False, comment="source that delivered it"),
        sa.Column("order_id", sa.Text(), nullable=False, comment="order or ticket number"),
        sa.Column("customer_id", sa.Text(), nullable=True, comment="customer, as of now; null: anonymous or unknown"),
        sa.Column("person_key", sa.Text(), nullable=True, comment="the source's own key of the buyer; null: anonymous"),
        sa.Column("channel", sa.Text(), nullable=True, comment="store, online, app, phone, …"),
        sa.Column("ordered_at", sa.DateTime(), nullable=True, comment="when it was placed (UTC)"),
        sa.Column("status", sa.Text(), nullable=True, comment="as the source says it"),
        sa.Column(
            "gross_cents",
            sa.BigInteger(),
            nullable=True,
            comment="total with taxes, minor units; negative for a return",
        ),
        sa.Column("currency", sa.Text(), nullable=True, comment="ISO 4217"),
        sa.Column("is_return", sa.Boolean(), nullable=True, comment="goods came back"),
        sa.Column(
            "invoiced_at", sa.DateTime(), nullable=True, comment="when an invoice was issued; null: not invoiced (UTC)"
        ),
        sa.PrimaryKeyConstraint("source", "order_id"),
        comment="An order or till ticket. Grain: (source, order_id)",
    )
    op.create_index("ix_customer_order_customer_id", "customer_order", ["customer_id"])


def _order_line() -> None:
    op.create_table(
        "order_line",
        sa.Column("source", sa.Text(), nullable=False, comment="source that delivered it"),
        sa.Column("order_id", sa.Text(), nullable=False, comment="order or ticket number"),
        sa.Column("line_number", sa.BigInteger(), nullable=False, comment="position, from 1"),
        sa.Column("product_id", sa.Text(), nullable=True, comment="article number"),
        sa.Column("product_name", sa.Text(), nullable=True, comment="article name"),
        sa.Column("quantity", sa.Double(), nullable=True, comment="pieces; negative for a return"),
        sa.Column("net_cents", sa.BigInteger(), nullable=True, comment="amount of the line, minor units"),
        sa.PrimaryKeyConstraint("source", "order_id", "line_number"),
        comment="A line of an order. Grain: (source, order_id, line_number)",
    )


def _visit() -> None:
    op.create_table(
        "visit",
        sa.Column("source", sa.Text(), nullable=False, comment="source that delivered it"),
        sa.Column("visit_id", sa.Text(), nullable=False, comment="session"),
        sa.Column("customer_id", sa.Text(), nullable=True, comment="customer, as of now; null: anonymous or unknown"),
        sa.Column("person_key", sa.Text(), nullable=True, comment="the source's own key of the visitor"),
        sa.Column("visitor_id", sa.Text(), nullable=True, comment="cookie or device"),
        sa.Column("channel", sa.Text(), nullable=True, comment="web, app"),
        sa.Column("started_at", sa.DateTime(), nullable=True, comment="first event (UTC)"),
        sa.Column("ended_at", sa.DateTime(), nullable=True, comment="last event (UTC)"),
        sa.Column("pages", sa.BigInteger(), nullable=True, comment="pages or screens seen"),
        sa.Column("referrer", sa.Text(), nullable=True, comment="where the visitor came from"),
        sa.Column("campaign", sa.Text(), nullable=True, comment="campaign tag"),
        sa.PrimaryKeyConstraint("source", "visit_id"),
        comment="A web or app session. Grain: (source, visit_id)",
    )
    op.create_index("ix_visit_customer_id", "visit", ["customer_id"])


def _cart() -> None:
    op.create_table(
        "cart",
        sa.Column("source", sa.Text(), nullable=False, comment="source that delivered it"),
        sa.Column("cart_id", sa.Text(), nullable=False, comment="cart"),
        sa.Column("customer_id", sa.Text(), nullable=True, comment="customer, as of now; null: anonymous or unknown"),
        sa.Column("person_key", sa.Text(), nullable=True, comment="the source's own key of its owner"),
        sa.Column(
            "status",
            sa.Text(),
            nullable=True,
            comment="open, ordered, abandoned, coherently_closed (all of it bought elsewhere since)",
        ),
        sa.Column("last_touched_at", sa.DateTime(), nullable=True, comment="last event (UTC)"),
        sa.Column("lines", sa.Text(), nullable=True, comment="JSON: the cart's lines"),
        sa.PrimaryKeyConstraint("source", "cart_id"),
        comment="A shopping cart. Grain: (source, cart_id)",
    )
    op.create_index("ix_cart_customer_id", "cart", ["customer_id"])


def _ticket() -> None:
    op.create_table(
        "ticket",
        sa.Column("source", sa.Text(), nullable=False, comment="source that delivered it"),
        sa.Column("ticket_id", sa.Text(), nullable=False, comment="case or call"),
        sa.Column("customer_id", sa.Text(), nullable=True, comment="customer, as of now; null: anonymous or unknown"),
        sa.Column("person_key", sa.Text(), nullable=True, comment="the source's own key of the caller"),
        sa.Column("opened_at", sa.DateTime(), nullable=True, comment="when it was opened (UTC)"),
        sa.Column("closed_at", sa.DateTime(), nullable=True, comment="when it was closed; null: open (UTC)"),
        sa.Column("kind", sa.Text(), nullable=True, comment="complaint, question, return, call, …"),
        sa.Column("status", sa.Text(), nullable=True, comment="open, closed"),
        sa.PrimaryKeyConstraint("source", "ticket_id"),
        comment="A service case or a call. Grain: (source, ticket_id)",
    )
    op.create_index("ix_ticket_customer_id", "ticket", ["customer_id"])


def _message_event() -> None:
    op.create_table(
        "message_event",
        sa.Column("source", sa.Text(), nullable=False, comment="source that delivered it"),
        sa.Column("message_id", sa.Text(), nullable=False, comment="message"),
        sa.Column("kind", sa.Text(), nullable=False, comment="sent, delivered, opened, clicked, bounced, unsubscribed"),
        sa.Column("occurred_at", sa.DateTime(), nullable=False, comment="when (UTC)"),
        sa.Column("customer_id", sa.Text(), nullable=True, comment="customer, as of now; null: anonymous or unknown"),
        sa.Column("person_key", sa.Text(), nullable=True, comment="the source's own key of the recipient"),
        sa.Column("channel", sa.Text(), nullable=True, comment="email, sms, post"),
        sa.Column("campaign", sa.Text(), nullable=True, comment="campaign"),
        sa.PrimaryKeyConstraint("source", "message_id", "kind", "occurred_at"),
        comment="Something that happened to a message. Grain: (source, message_id, kind, occurred_at)",
    )
    op.create_index("ix_message_event_customer_id", "message_event", ["customer_id"])


def _customer_trait() -> None:
    op.create_table(
        "customer_trait",
        sa.Column("customer_id", sa.Text(), nullable=False, comment="customer"),
        sa.Column("as_of_on", sa.Date(), nullable=False, comment="business day at whose end it holds"),
        sa.Column(
            "orders_count", sa.BigInteger(), nullable=True, comment="orders that are neither returns nor cancelled"
        ),
        sa.Column("spend_cents", sa.BigInteger(), nullable=True, comment="net of returns, minor units"),
        sa.Column("first_order_at", sa.DateTime(), nullable=True, comment="first order (UTC)"),
        sa.Column("last_order_at", sa.DateTime(), nullable=True, comment="last order (UTC)"),
        sa.Column(
            "average_basket_cents", sa.BigInteger(), nullable=True, comment="mean gross of the orders; null without one"
        ),
        sa.Column(
            "recency_days", sa.BigInteger(), nullable=True, comment="days since the last order; null without one"
        ),
        sa.Column(
            "rfm",
            sa.Text(),
            nullable=True,
            comment="recency, frequency, monetary quintile (1 to 5 each, 5 best), e.g. 545; null without an order",
        ),
        sa.Column("channels", sa.Text(), nullable=True, comment="JSON: channels used, by name"),
        sa.Column(
            "preferred_channel",
            sa.Text(),
            nullable=True,
            comment="channel of most orders; of most interactions where there is none",
        ),
        sa.Column(
            "orders_count_365d", sa.BigInteger(), nullable=True, comment="orders in the 365 days that end on as_of_on"
        ),
        sa.Column("visits_count", sa.BigInteger(), nullable=True, comment="web and app sessions"),
        sa.Column(
            "open_complaints_count", sa.BigInteger(), nullable=True, comment="complaints open at the end of the day"
        ),
        sa.PrimaryKeyConstraint("customer_id", "as_of_on"),
        comment="What is computed of a customer as of a day. Grain: (customer_id, as_of_on)",
    )


def _segment_membership() -> None:
    op.create_table(
        "segment_membership",
        sa.Column("customer_id", sa.Text(), nullable=False, comment="customer"),
        sa.Column("segmentation", sa.Text(), nullable=False, comment="exclusive segmentation"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="first day on which it is true"),
        sa.Column("recorded_at", sa.DateTime(), nullable=False, comment="when we learnt it (UTC)"),
        sa.Column("segment", sa.Text(), nullable=True, comment="segment"),
        sa.Column(
            "valid_to", sa.Date(), nullable=True, comment="first day on which it is no longer true; null: still true"
        ),
        sa.Column(
            "cause",
            sa.Text(),
            nullable=True,
            comment="move (the customer did something), correction (we learnt something of the past)",
        ),
        sa.Column(
            "superseded_at", sa.DateTime(), nullable=True, comment="when we learnt better; null: what we know now (UTC)"
        ),
        sa.PrimaryKeyConstraint("customer_id", "segmentation", "valid_from", "recorded_at"),
        comment="Who is in which segment, bitemporal. Grain: (customer_id, segmentation, valid_from, recorded_at)",
    )


def _segment_transition() -> None:
    op.create_table(
        "segment_transition",
        sa.Column("customer_id", sa.Text(), nullable=False, comment="customer"),
        sa.Column("segmentation", sa.Text(), nullable=False, comment="exclusive segmentation"),
        sa.Column("moved_on", sa.Date(), nullable=False, comment="first day in the new segment"),
        sa.Column("from_segment", sa.Text(), nullable=True, comment="segment left; null: the customer's first"),
        sa.Column("to_segment", sa.Text(), nullable=True, comment="segment entered"),
        sa.Column(
            "factor",
            sa.Text(),
            nullable=True,
            comment="interaction that made it move: order, visit, ticket, message, consent, …; time: none did",
        ),
        sa.Column("channel", sa.Text(), nullable=True, comment="channel of that interaction"),
        sa.PrimaryKeyConstraint("customer_id", "segmentation", "moved_on"),
        comment="A move between segments, as known now. Grain: (customer_id, segmentation, moved_on)",
    )


def _transition_matrix() -> None:
    op.create_table(
        "transition_matrix",
        sa.Column("segmentation", sa.Text(), nullable=False, comment="exclusive segmentation"),
        sa.Column("period_start", sa.Date(), nullable=False, comment="first day of the period"),
        sa.Column("period_end", sa.Date(), nullable=False, comment="last day of the period"),
        sa.Column(
            "from_segment",
            sa.Text(),
            nullable=False,
            comment="segment at the end of the day before the period; (new): no customer yet",
        ),
        sa.Column("to_segment", sa.Text(), nullable=False, comment="segment at the end of the period"),
        sa.Column("customers", sa.BigInteger(), nullable=True, comment="customers"),
        sa.Column("share", sa.Double(), nullable=True, comment="of all that started in from_segment, 0 to 1"),
        sa.PrimaryKeyConstraint("segmentation", "period_start", "period_end", "from_segment", "to_segment"),
        comment=(
            "Moves between segments in a period. "
            "Grain: (segmentation, period_start, period_end, from_segment, to_segment)"
        ),
    )


def _suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("campaign", sa.Text(), nullable=False, comment="campaign"),
        sa.Column("customer_id", sa.Text(), nullable=False, comment="customer"),
        sa.Column("decided_at", sa.DateTime(), nullable=False, comment="when (UTC)"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it was not sent"),
        sa.Column("evidence", sa.Text(), nullable=True, comment="JSON: what showed it"),
        sa.PrimaryKeyConstraint("campaign", "customer_id", "decided_at"),
        comment="A message that was not sent. Grain: (campaign, customer_id, decided_at)",
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("idempotency_key", sa.Text(), nullable=False, comment="the same for the same message, for ever"),
        sa.Column("campaign", sa.Text(), nullable=True, comment="campaign"),
        sa.Column("customer_id", sa.Text(), nullable=True, comment="customer"),
        sa.Column("channel", sa.Text(), nullable=True, comment="channel"),
        sa.Column("destination", sa.Text(), nullable=True, comment="destination"),
        sa.Column("payload", sa.Text(), nullable=True, comment="JSON: what is sent"),
        sa.Column("status", sa.Text(), nullable=True, comment="pending, delivered, retrying, dead_letter, cancelled"),
        sa.Column("attempts", sa.BigInteger(), nullable=True, comment="tries so far"),
        sa.Column("created_at", sa.DateTime(), nullable=True, comment="when it was decided (UTC)"),
        sa.Column("delivered_at", sa.DateTime(), nullable=True, comment="when it was delivered (UTC)"),
        sa.Column("receipt", sa.Text(), nullable=True, comment="the destination's receipt"),
        sa.PrimaryKeyConstraint("idempotency_key"),
        comment="A message to send. Grain: idempotency_key",
    )


def _sync_state() -> None:
    op.create_table(
        "sync_state",
        sa.Column("destination", sa.Text(), nullable=False, comment="destination"),
        sa.Column("object", sa.Text(), nullable=False, comment="profile, order, …"),
        sa.Column("key", sa.Text(), nullable=False, comment="key of the object"),
        sa.Column("payload_hash", sa.Text(), nullable=True, comment="hash of what was sent"),
        sa.Column("synced_at", sa.DateTime(), nullable=True, comment="when (UTC)"),
        sa.PrimaryKeyConstraint("destination", "object", "key"),
        comment="What a destination has. Grain: (destination, object, key)",
    )


def _consent_event() -> None:
    op.create_table(
        "consent_event",
        sa.Column("event_id", sa.Text(), nullable=False, comment="hash of the event's content"),
        sa.Column("customer_id", sa.Text(), nullable=True, comment="customer, where the event was recorded on one"),
        sa.Column("source", sa.Text(), nullable=True, comment="source of the person record"),
        sa.Column("source_key", sa.Text(), nullable=True, comment="key of the person record"),
        sa.Column("channel", sa.Text(), nullable=True, comment="email, sms, phone, post"),
        sa.Column("purpose", sa.Text(), nullable=True, comment="marketing, service, profiling"),
        sa.Column("granted", sa.Boolean(), nullable=True, comment="true given; false refused, withdrawn or bounced"),
        sa.Column("legal_basis", sa.Text(), nullable=True, comment="consent, contract, legitimate_interest, bounce"),
        sa.Column("occurred_at", sa.DateTime(), nullable=True, comment="when (UTC)"),
        sa.PrimaryKeyConstraint("event_id"),
        comment="A consent given, refused or withdrawn; append-only. Grain: event_id",
    )


def _consent_state() -> None:
    op.create_table(
        "consent_state",
        sa.Column("customer_id", sa.Text(), nullable=False, comment="customer"),
        sa.Column("channel", sa.Text(), nullable=False, comment="email, sms, phone, post"),
        sa.Column("purpose", sa.Text(), nullable=False, comment="marketing, service, profiling"),
        sa.Column("is_granted", sa.Boolean(), nullable=True, comment="the latest event's word"),
        sa.Column("decided_by_event", sa.Text(), nullable=True, comment="consent_event that decides"),
        sa.PrimaryKeyConstraint("customer_id", "channel", "purpose"),
        comment="What a customer allows, now. Grain: (customer_id, channel, purpose)",
    )


def _erasure_request() -> None:
    op.create_table(
        "erasure_request",
        sa.Column("request_id", sa.Text(), nullable=False, comment="identifier"),
        sa.Column("subject", sa.Text(), nullable=True, comment="JSON: hashed identifiers"),
        sa.Column("status", sa.Text(), nullable=True, comment="requested, running, completed"),
        sa.Column("requested_at", sa.DateTime(), nullable=True, comment="when (UTC)"),
        sa.Column("completed_at", sa.DateTime(), nullable=True, comment="when (UTC)"),
        sa.Column(
            "proof", sa.Text(), nullable=True, comment="JSON: what was looked through, removed, and found afterwards"
        ),
        sa.PrimaryKeyConstraint("request_id"),
        comment="A request to be forgotten. Grain: request_id",
    )


def _tombstone() -> None:
    op.create_table(
        "tombstone",
        sa.Column("namespace", sa.Text(), nullable=False, comment="namespace"),
        sa.Column("hashed_value", sa.Text(), nullable=False, comment="hash of the identifier"),
        sa.Column("erased_at", sa.DateTime(), nullable=True, comment="when (UTC)"),
        sa.PrimaryKeyConstraint("namespace", "hashed_value"),
        comment="An identifier that may not come back. Grain: (namespace, hashed_value)",
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("source", sa.Text(), nullable=False, comment="source that delivered it"),
        sa.Column("file", sa.Text(), nullable=False, comment="file or query of the extract"),
        sa.Column("row_number", sa.BigInteger(), nullable=False, comment="row in it, from 1"),
        sa.Column("reason", sa.Text(), nullable=True, comment="what is wrong"),
        sa.Column("column", sa.Text(), nullable=True, comment="column that is wrong"),
        sa.Column("value", sa.Text(), nullable=True, comment="what it held"),
        sa.Column("row", sa.Text(), nullable=True, comment="JSON: the row as delivered"),
        sa.Column("extracted_on", sa.Date(), nullable=True, comment="partition"),
        sa.Column("status", sa.Text(), nullable=True, comment="open, replayed, discarded"),
        sa.PrimaryKeyConstraint("source", "file", "row_number"),
        comment="A row that was refused. Grain: (source, file, row_number)",
    )


def _quality_metric() -> None:
    op.create_table(
        "quality_metric",
        sa.Column("source", sa.Text(), nullable=False, comment="source"),
        sa.Column(
            "field",
            sa.Text(),
            nullable=False,
            comment="field; the other source for inter_base_duplicate_rate; (record) for whole records",
        ),
        sa.Column("metric", sa.Text(), nullable=False, comment="completeness, validity, uniqueness, …"),
        sa.Column("measured_on", sa.Date(), nullable=False, comment="last business day that it looked at"),
        sa.Column("value", sa.Double(), nullable=True, comment="numerator / denominator; days for freshness_days"),
        sa.Column("numerator", sa.Double(), nullable=True, comment="numerator"),
        sa.Column("denominator", sa.Double(), nullable=True, comment="denominator"),
        sa.PrimaryKeyConstraint("source", "field", "metric", "measured_on"),
        comment="A measured quality of a source's field. Grain: (source, field, metric, measured_on)",
    )


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("entry_id", sa.Text(), nullable=False, comment="identifier"),
        sa.Column("actor", sa.Text(), nullable=True, comment="who"),
        sa.Column("action", sa.Text(), nullable=True, comment="what"),
        sa.Column("subject", sa.Text(), nullable=True, comment="to what; no personal data"),
        sa.Column("at", sa.DateTime(), nullable=True, comment="when (UTC)"),
        sa.Column("details", sa.Text(), nullable=True, comment="JSON"),
        sa.PrimaryKeyConstraint("entry_id"),
        comment="Who did what; append-only. Grain: entry_id",
    )
    op.create_index("ix_audit_log_subject", "audit_log", ["subject"])


def _publication() -> None:
    op.create_table(
        "publication",
        sa.Column("table_name", sa.Text(), nullable=False, comment="published table"),
        sa.Column("content", sa.Text(), nullable=True, comment="hash of the published content (the lake file's)"),
        sa.Column("row_count", sa.BigInteger(), nullable=True, comment="rows"),
        sa.Column("published_at", sa.DateTime(), nullable=True, comment="when (UTC)"),
        sa.Column("run_id", sa.Text(), nullable=True, comment="run that published"),
        sa.PrimaryKeyConstraint("table_name"),
        comment=(
            "What was last published of each table, so that the next publish writes only the difference. "
            "Grain: table_name"
        ),
    )
