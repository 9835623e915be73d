"""What sending has to remember: whose message it is, when it may go, what was tried, what a destination refused."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tries to send, and the columns of the outbox and of what destinations have."""
    op.create_table(
        "delivery_attempt",
        sa.Column("idempotency_key", sa.Text(), autoincrement=False, nullable=False, comment="the message"),
        sa.Column("attempt", sa.BigInteger(), autoincrement=False, nullable=False, comment="which try, from 1"),
        sa.Column("destination", sa.Text(), nullable=True, comment="destination"),
        sa.Column(
            "started_at", sa.DateTime(), nullable=True, comment="when it was claimed, before anything was sent (UTC)"
        ),
        sa.Column(
            "ended_at",
            sa.DateTime(),
            nullable=True,
            comment="when its outcome was known; null: under way, or its process was lost (UTC)",
        ),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=True,
            comment="delivered, accepted, temporary, permanent, in_doubt, cancelled",
        ),
        sa.Column("status_code", sa.BigInteger(), nullable=True, comment="of the answer, where it came by HTTP"),
        sa.Column("detail", sa.Text(), nullable=True, comment="what was said of it; no personal data"),
        sa.PrimaryKeyConstraint("idempotency_key", "attempt"),
        comment="A try to send a message; append-only, closed once. Grain: (idempotency_key, attempt)",
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "source", sa.Text(), nullable=True, comment="source of the person record whose contact point it uses"
            )
        )
        batch_op.add_column(
            sa.Column(
                "source_key",
                sa.Text(),
                nullable=True,
                comment="key of that record: the message hangs under whoever has the record now",
            )
        )
        batch_op.add_column(
            sa.Column(
                "occurrence",
                sa.Text(),
                nullable=True,
                comment="what it is the one message for: ever, a day of transition, a cart, a date",
            )
        )
        batch_op.add_column(sa.Column("purpose", sa.Text(), nullable=True, comment="purpose whose consent it needs"))
        batch_op.add_column(
            sa.Column("decided_by", sa.Text(), nullable=True, comment="JSON: the evidence of the decision to send it")
        )
        batch_op.add_column(
            sa.Column(
                "not_before_at", sa.DateTime(), nullable=True, comment="not to be sent before; null: at once (UTC)"
            )
        )
        batch_op.add_column(
            sa.Column(
                "expires_at",
                sa.DateTime(),
                nullable=True,
                comment="not to be sent from then on; null: never stale (UTC)",
            )
        )
        batch_op.add_column(
            sa.Column(
                "reason",
                sa.Text(),
                nullable=True,
                comment="why it was cancelled, is a dead letter, or has to be tried again",
            )
        )
        batch_op.add_column(
            sa.Column(
                "next_attempt_at",
                sa.DateTime(),
                nullable=True,
                comment="when it is taken up again; null: as soon as may be (UTC)",
            )
        )
        batch_op.add_column(
            sa.Column(
                "accepted_at",
                sa.DateTime(),
                nullable=True,
                comment="when the destination took it, while its word on the effect is awaited (UTC)",
            )
        )
        batch_op.create_index(batch_op.f("ix_outbox_status"), ["status"], unique=False)

    with op.batch_alter_table("sync_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("status", sa.Text(), nullable=True, comment="synced, rejected"))
        batch_op.add_column(
            sa.Column("reason", sa.Text(), nullable=True, comment="why it was rejected; null where it was not")
        )
        batch_op.add_column(
            sa.Column("attempts", sa.BigInteger(), nullable=True, comment="times that it was rejected as it is")
        )
        batch_op.add_column(
            sa.Column(
                "receipt",
                sa.Text(),
                nullable=True,
                comment="the destination's own id of the object, where it gives one",
            )
        )


def downgrade() -> None:
    """Remove them."""
    with op.batch_alter_table("sync_state", schema=None) as batch_op:
        batch_op.drop_column("receipt")
        batch_op.drop_column("attempts")
        batch_op.drop_column("reason")
        batch_op.drop_column("status")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_status"))
        batch_op.drop_column("accepted_at")
        batch_op.drop_column("next_attempt_at")
        batch_op.drop_column("reason")
        batch_op.drop_column("expires_at")
        batch_op.drop_column("not_before_at")
        batch_op.drop_column("decided_by")
        batch_op.drop_column("purpose")
        batch_op.drop_column("occurrence")
        batch_op.drop_column("source_key")
        batch_op.drop_column("source")

    op.drop_table("delivery_attempt")
