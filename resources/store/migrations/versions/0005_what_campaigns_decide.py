"""What campaigns decide: suppressions by occurrence and item, metrics, and a customer's messages found by an index.

Nothing wrote `suppression` before this revision, so it is made anew rather than altered.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


_OUTBOX = (
    "A message to send. Grain: idempotency_key",
    "A message to send; append-only but for what becomes of it. Grain: idempotency_key",
)
#: column of the outbox: comment before, comment now
_COMMENTS = {
    "customer_id": ("customer", "customer, when it was decided"),
    "channel": ("channel", "email, sms, phone, post"),
}


def upgrade() -> None:
    """Make the tables with the columns that decisions need."""
    op.drop_table("suppression")
    _suppression()
    op.create_index("ix_outbox_customer_id", "outbox", ["customer_id"])
    _say(1)
    _campaign_metric()


def downgrade() -> None:
    """Make the tables of the first revision again, empty."""
    op.drop_table("campaign_metric")
    _say(0)
    op.drop_index("ix_outbox_customer_id", "outbox")
    op.drop_table("suppression")
    _first_suppression()


def _say(which: int) -> None:
    """Set the comments, where the database keeps any."""
    if op.get_bind().dialect.supports_comments:
        op.create_table_comment("outbox", _OUTBOX[which], existing_comment=_OUTBOX[1 - which])
        for column, comments in _COMMENTS.items():
            op.alter_column("outbox", column, comment=comments[which])


def _suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("campaign", sa.Text(), nullable=False, comment="campaign"),
        sa.Column("customer_id", sa.Text(), nullable=False, comment="customer, when it was decided"),
        sa.Column(
            "occurrence",
            sa.Text(),
            nullable=False,
            comment="what the message would have been about: ever, the day of a move, a cart, a date",
        ),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="empty: the whole message; product:<id>: an item that was left out of it",
        ),
        sa.Column("decided_at", sa.DateTime(), nullable=False, comment="when (UTC)"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it was not sent"),
        sa.Column("evidence", sa.Text(), nullable=True, comment="JSON: what showed it, by ids"),
        sa.Column("due_at", sa.DateTime(), nullable=True, comment="when it would have been due (UTC)"),
        sa.PrimaryKeyConstraint("campaign", "customer_id", "occurrence", "subject", "decided_at"),
        comment="A message, or an item of one, that was not sent; append-only, a row where the reason is another than"
        " before."
        " Grain: (campaign, customer_id, occurrence, subject, decided_at)",
    )


def _campaign_metric() -> None:
    op.create_table(
        "campaign_metric",
        sa.Column("campaign", sa.Text(), nullable=False, comment="campaign"),
        sa.Column(
            "metric",
            sa.Text(),
            nullable=False,
            comment="incoherence_rate, incoherence_rate_without_reconciliation, sent, suppressed, held_out",
        ),
        sa.Column("measured_on", sa.Date(), nullable=False, comment="business day"),
        sa.Column("value", sa.Double(), nullable=True, comment="numerator / denominator; null where nothing was due"),
        sa.Column("numerator", sa.Double(), nullable=True, comment="messages of which it holds"),
        sa.Column("denominator", sa.Double(), nullable=True, comment="messages that were looked at"),
        sa.PrimaryKeyConstraint("campaign", "metric", "measured_on"),
        comment="A measured quality of a campaign's day. Grain: (campaign, metric, measured_on)",
    )


def _first_suppression() -> None:
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
