"""As of when a campaign's day was measured."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the revision."""
    measured_at = sa.Column(
        "measured_at",
        sa.DateTime(),
        nullable=True,
        comment="as of when it was measured; a rate is final once that is the day's end or later (UTC)",
    )
    with op.batch_alter_table("campaign_metric") as batch_op:
        batch_op.add_column(measured_at)


def downgrade() -> None:
    """Take the revision back."""
    with op.batch_alter_table("campaign_metric") as batch_op:
        batch_op.drop_column("measured_at")
