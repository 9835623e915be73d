"""What Alembic runs around the revisions: on the connection, and in the transaction, that `migrate` gives it."""

from alembic import context

from resources.store.tables import METADATA

# SQLite cannot alter a table in place, so that Alembic copies it there (batch mode).
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
