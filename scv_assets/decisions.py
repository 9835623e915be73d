"""How many decisions people have made: what was computed from them is stale once one is added or taken back.

Judgements, overrides, discarded rows and erasures each leave an entry in the audit log in their own transaction, so
its length and last entry stand for them all.
"""

import sqlalchemy as sa

from resources.lake import fingerprint
from resources.store.tables import AUDIT_LOG


def decisions_made(store: sa.Engine) -> str:
    """Return a fingerprint of the audit log."""
    query = sa.select(sa.func.count(), sa.func.max(AUDIT_LOG.c.at)).select_from(AUDIT_LOG)
    with store.connect() as connection:
        count, last = connection.execute(query).one()
    return fingerprint(count, last)
