"""Customers whose records are all deleted at their sources."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the revision."""
    gone: sa.Column[bool] = sa.Column(
        "is_deleted",
        sa.Boolean(),
        nullable=True,
        comment="every record is deleted at its source: nothing is told of the customer, and nobody writes",
    )
    with op.batch_alter_table("golden_profile") as batch_op:
        batch_op.add_column(gone)


def downgrade() -> None:
    """Take the revision back."""
    with op.batch_alter_table("golden_profile") as batch_op:
        batch_op.drop_column("is_deleted")
