"""When a record first had a whole postal address."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the revision."""
    since = sa.Column(
        "address_first_seen_at",
        sa.DateTime(),
        nullable=True,
        comment="start of the first day on which it had a street, a postcode and a city (UTC)",
    )
    with op.batch_alter_table("source_record") as batch_op:
        batch_op.add_column(since)


def downgrade() -> None:
    """Take the revision back."""
    with op.batch_alter_table("source_record") as batch_op:
        batch_op.drop_column("address_first_seen_at")
