"""What customers say of consent outside every source, in a preference centre: appended to the ledger, and audited.

Such a word is recorded on the customer. The next run takes it from here into the state that it publishes; who asks at
the moment of sending finds it at once.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from duckdb import DuckDBPyRelation as Relation

from resources.lake import fingerprint
from resources.store.decisions import audited
from resources.store.engine import writing
from resources.store.loading import loader
from resources.store.tables import CONSENT_EVENT

#: the source of a word that was said on a customer
PREFERENCE_CENTRE = "preference_centre"


def say(engine: sa.Engine, events: Relation, *, by: str, now: datetime, details: dict[str, Any]) -> int:
    """Append consent events (columns of consent_event) and return how many of them are new.

    An event that the ledger has is not written again. Where any is new the audit log gets a line, in the same
    transaction: who, how many, and `details`, which name nobody.
    """
    with writing(engine, CONSENT_EVENT) as connection:
        added = loader(connection).insert_new(connection, CONSENT_EVENT, events)
        if added:
            subject = fingerprint(CONSENT_EVENT.name, details, now)
            told = {**details, "table": CONSENT_EVENT.name, "events": added}
            audited(connection, by, "say_consent", subject, now, told)
    return added
