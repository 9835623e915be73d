"""Drafts the next revision from what `tables.py` says and the last revision does not: for who changes a table.

    python -m resources.store.migrations "what changes"

The draft stands in `versions`, numbered; read it, say in its docstring why, and commit it with the change.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from resources.store.engine import open_store, writing_schema
from resources.store.migrations import config, migrate, newest


def main(message: str) -> None:
    """Write the draft."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'scv.db'}")
        migrate(store)
        with writing_schema(store) as connection:
            number = f"{int(newest()) + 1:04}"
            command.revision(config(connection), message, autogenerate=True, rev_id=number)
        store.dispose()


if __name__ == "__main__":
    main(sys.argv[1])
