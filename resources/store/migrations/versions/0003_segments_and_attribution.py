"""Overlapping segments and their glossary, passage factors, attribution, and what buyers are expected to do next."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and columns."""
    _attribution()
    _overlapping_membership()
    _passage_factor()
    _segment_definition()
    _forecasts()


def downgrade() -> None:
    """Remove them."""
    with op.batch_alter_table("customer_trait", schema=None) as batch_op:
        batch_op.drop_column("churn_risk")
        batch_op.drop_column("expected_value_90d_cents")
        batch_op.drop_column("expected_purchases_90d")
        batch_op.drop_column("dormant_days")

    op.drop_table("segment_definition")
    op.drop_table("passage_factor")
    op.drop_table("overlapping_membership")
    with op.batch_alter_table("attribution", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attribution_customer_id"))

    op.drop_table("attribution")


def _attribution() -> None:
    op.create_table(
        "attribution",
        sa.Column(
            "model",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="first, last, linear, position, data_driven",
        ),
        sa.Column("source", sa.Text(), autoincrement=False, nullable=False, comment="source of the order"),
        sa.Column("order_id", sa.Text(), autoincrement=False, nullable=False, comment="order or ticket number"),
        sa.Column(
            "position",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="place of the contact among those before the order, from 1; 0: there was none",
        ),
        sa.Column("customer_id", sa.Text(), nullable=True, comment="customer, as of now"),
        sa.Column("ordered_at", sa.DateTime(), nullable=True, comment="when the order was placed (UTC)"),
        sa.Column("touch_kind", sa.Text(), nullable=True, comment="visit, message; null: there was none"),
        sa.Column("touch_source", sa.Text(), nullable=True, comment="source of the contact"),
        sa.Column("touch_key", sa.Text(), nullable=True, comment="visit_id or message_id"),
        sa.Column("touched_at", sa.DateTime(), nullable=True, comment="when it was (UTC)"),
        sa.Column(
            "channel", sa.Text(), nullable=True, comment="channel of the contact: web, app, email, sms, …; (none)"
        ),
        sa.Column("campaign", sa.Text(), nullable=True, comment="its campaign, or where a visit came from; (none)"),
        sa.Column(
            "share",
            sa.Double(),
            nullable=True,
            comment="of the order, 0 to 1; the shares of an order add up to 1 in each model",
        ),
        sa.Column(
            "credit_cents",
            sa.BigInteger(),
            nullable=True,
            comment="of the order's amount; they add up to it; null: the order has none",
        ),
        sa.PrimaryKeyConstraint("model", "source", "order_id", "position"),
        comment="What each contact before an order has to do with it, by model."
        " Grain: (model, source, order_id, position)",
    )
    with op.batch_alter_table("attribution", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attribution_customer_id"), ["customer_id"], unique=False)


def _overlapping_membership() -> None:
    op.create_table(
        "overlapping_membership",
        sa.Column("customer_id", sa.Text(), autoincrement=False, nullable=False, comment="customer"),
        sa.Column("segmentation", sa.Text(), autoincrement=False, nullable=False, comment="overlapping segmentation"),
        sa.Column(
            "segment",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="segment; a customer may be in several at once, or in none",
        ),
        sa.Column(
            "valid_from", sa.Date(), autoincrement=False, nullable=False, comment="first day on which it is true"
        ),
        sa.Column("recorded_at", sa.DateTime(), autoincrement=False, nullable=False, comment="when we learnt it (UTC)"),
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
        sa.PrimaryKeyConstraint("customer_id", "segmentation", "segment", "valid_from", "recorded_at"),
        comment="Who is in which segments of an overlapping segmentation, bitemporal."
        " Grain: (customer_id, segmentation, segment, valid_from, recorded_at)",
    )


def _passage_factor() -> None:
    op.create_table(
        "passage_factor",
        sa.Column("segmentation", sa.Text(), autoincrement=False, nullable=False, comment="exclusive segmentation"),
        sa.Column(
            "from_segment",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="segment left; (new): no customer yet",
        ),
        sa.Column("to_segment", sa.Text(), autoincrement=False, nullable=False, comment="segment entered"),
        sa.Column(
            "factor",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="interaction that made them move: order, visit, …; time: none did; (none): the history begins",
        ),
        sa.Column(
            "channel",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="channel of that interaction; (none): there is none",
        ),
        sa.Column("moves", sa.BigInteger(), nullable=True, comment="moves"),
        sa.Column("customers", sa.BigInteger(), nullable=True, comment="customers who moved so"),
        sa.Column("share", sa.Double(), nullable=True, comment="of all moves from the segment into the other, 0 to 1"),
        sa.Column("first_on", sa.Date(), nullable=True, comment="first day of such a move"),
        sa.Column("last_on", sa.Date(), nullable=True, comment="last day of such a move"),
        sa.PrimaryKeyConstraint("segmentation", "from_segment", "to_segment", "factor", "channel"),
        comment="Which interaction, through which channel, made customers move."
        " Grain: (segmentation, from_segment, to_segment, factor, channel)",
    )


def _segment_definition() -> None:
    op.create_table(
        "segment_definition",
        sa.Column("segmentation", sa.Text(), autoincrement=False, nullable=False, comment="segmentation"),
        sa.Column("version", sa.Text(), autoincrement=False, nullable=False, comment="version of its definition"),
        sa.Column("segment", sa.Text(), autoincrement=False, nullable=False, comment="segment"),
        sa.Column("kind", sa.Text(), nullable=True, comment="exclusive, overlapping"),
        sa.Column("term", sa.Text(), nullable=True, comment="title of the segmentation"),
        sa.Column("owner", sa.Text(), nullable=True, comment="who answers for the definition"),
        sa.Column("definition", sa.Text(), nullable=True, comment="what the segmentation means"),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=True,
            comment="place in the order in which the segments are tried, from 1",
        ),
        sa.Column("title", sa.Text(), nullable=True, comment="title of the segment"),
        sa.Column("description", sa.Text(), nullable=True, comment="what the segment means"),
        sa.Column("rule", sa.Text(), nullable=True, comment="condition over traits; otherwise: who is left"),
        sa.Column("valid_from", sa.Date(), nullable=True, comment="first day on which it is the definition"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="first day on which it is no longer; null: in force"),
        sa.PrimaryKeyConstraint("segmentation", "version", "segment"),
        comment="The glossary of segments, every version. Grain: (segmentation, version, segment)",
    )


def _forecasts() -> None:
    with op.batch_alter_table("customer_trait", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "dormant_days",
                sa.BigInteger(),
                nullable=True,
                comment="days since the customer last did anything; null: nothing ever",
            )
        )
        batch_op.add_column(
            sa.Column(
                "expected_purchases_90d",
                sa.Double(),
                nullable=True,
                comment="days with orders expected in the 90 days that follow (BG/NBD); null: unknown",
            )
        )
        batch_op.add_column(
            sa.Column(
                "expected_value_90d_cents",
                sa.BigInteger(),
                nullable=True,
                comment="what these are expected to be worth (Gamma-Gamma); null: unknown",
            )
        )
        batch_op.add_column(
            sa.Column(
                "churn_risk",
                sa.Double(),
                nullable=True,
                comment="probability that the customer buys no more (BG/NBD), 0 to 1; null: unknown, or bought once",
            )
        )
