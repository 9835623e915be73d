"""Objects that are left out of a destination, beside those that it refused: what the columns say of it."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

#: column of sync_state: comment before, comment now
_COMMENTS = {
    "status": ("synced, rejected", "synced, rejected, in_doubt, left_out"),
    "reason": ("why it was rejected; null where it was not", "why it was rejected or left out; null where it was not"),
}


def upgrade() -> None:
    """Apply the revision."""
    _say(1)


def downgrade() -> None:
    """Take the revision back."""
    _say(0)


def _say(which: int) -> None:
    """Set the comments, where the database keeps any."""
    if op.get_bind().dialect.supports_comments:
        for column, comments in _COMMENTS.items():
            op.alter_column("sync_state", column, comment=comments[which])
