"""The purposes of governance.yaml are published, so that the store alone answers whom one may contact."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: (table, column): comment before, comment now
_COMMENTS = {
    ("message_event", "kind"): (
        "sent, delivered, opened, clicked, bounced, unsubscribed",
        "sent, delivered, opened, clicked, bounced, unsubscribed, complained",
    ),
    ("consent_event", "legal_basis"): (
        "consent, contract, legitimate_interest, bounce",
        "consent, contract, legitimate_interest, bounce, complaint",
    ),
    ("consent_state", "is_granted"): ("the latest event's word", "the word of the event that decides"),
}


def upgrade() -> None:
    """Add the table; say which words there are now."""
    op.create_table(
        "consent_purpose",
        sa.Column("channel", sa.Text(), autoincrement=False, nullable=False, comment="email, sms, phone, post"),
        sa.Column(
            "purpose", sa.Text(), autoincrement=False, nullable=False, comment="marketing, service, profiling, …"
        ),
        sa.Column("legal_basis", sa.Text(), nullable=True, comment="consent, contract, legitimate_interest"),
        sa.Column(
            "is_granted_by_silence",
            sa.Boolean(),
            nullable=True,
            comment="allowed where the customer has said nothing",
        ),
        sa.Column(
            "description",
            sa.Text(),
            nullable=True,
            comment="what the purpose is, in words that a customer would understand",
        ),
        sa.PrimaryKeyConstraint("channel", "purpose"),
        comment="Why and how the company contacts people, as governance.yaml declares it. Grain: (channel, purpose)",
    )
    _say(1)


def downgrade() -> None:
    """Remove the table."""
    _say(0)
    op.drop_table("consent_purpose")


def _say(which: int) -> None:
    """Set the comments, where the database keeps any."""
    if op.get_bind().dialect.supports_comments:
        for (table, column), comments in _COMMENTS.items():
            op.alter_column(table, column, comment=comments[which])
