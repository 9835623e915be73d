"""Erasure on request: who asked for it, why, and what the hashes of its tombstones are salted with."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_COLUMNS = {
    "requested_by": "who entered it",
    "reason": "why, in that person's words",
    "salt": "what the company's hashes are salted with; the same for every request",
}
#: (table, column): comment before, comment now
_COMMENTS = {
    ("erasure_request", "subject"): (
        "JSON: hashed identifiers",
        "JSON: hashed identifiers by namespace; record: its source records, customer: its ids",
    ),
    ("erasure_request", "status"): (
        "requested, running, completed",
        "requested (the next run takes it up), running (gone from the view), completed",
    ),
    ("tombstone", "namespace"): ("namespace", "record, customer, or the namespace of an identifier"),
    ("tombstone", "hashed_value"): (
        "hash of the identifier",
        "salted hash of the record, of the customer id, of the identifier",
    ),
    ("tombstone", "erased_at"): ("when (UTC)", "when it was asked for (UTC)"),
}


def upgrade() -> None:
    """Apply the revision."""
    with op.batch_alter_table("erasure_request") as batch_op:
        for name, comment in _COLUMNS.items():
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=True, comment=comment))
    _say(1)


def downgrade() -> None:
    """Take the revision back."""
    _say(0)
    with op.batch_alter_table("erasure_request") as batch_op:
        for name in _COLUMNS:
            batch_op.drop_column(name)


def _say(which: int) -> None:
    """Set the comments, where the database keeps any."""
    if op.get_bind().dialect.supports_comments:
        for (table, column), comments in _COMMENTS.items():
            op.alter_column(table, column, comment=comments[which])
