"""Ledgers of consent that hypothesis draws, and what they come to by an independent reading of the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation
from hypothesis import strategies as st

from resources.store.tables import CONSENT_EVENT, CUSTOMER_REDIRECT, SOURCE_RECORD, duckdb_schema
from tests.golden.tables import day, relation

Row = Mapping[str, Any]

RECORDS = ("1", "2", "3")
CUSTOMERS = ("C1", "C2", "C3")
CHANNELS = ("email", "sms")
DAYS = (1, 2, 3, 4)
OWNERS_SCHEMA = {"source": "VARCHAR", "source_key": "VARCHAR", "customer_id": "VARCHAR"}

#: a word on marketing: `by` a record of `crm` (`on`: the customer in whose name it was written there) or a customer
words = st.lists(
    st.fixed_dictionaries(
        {
            "by": st.sampled_from([*RECORDS, *CUSTOMERS]),
            "on": st.sampled_from([None, *CUSTOMERS]),
            "channel": st.sampled_from(CHANNELS),
            "granted": st.booleans(),
            "is_bounce": st.booleans(),
            "occurred_at": st.sampled_from(DAYS).map(day),
        }
    ),
    max_size=10,
)


@dataclass(frozen=True)
class Ownership:
    """Whose each record is at one time; a customer without a record was merged into the first record's.

    `deleted`: the records that their source had deleted by then.
    """

    of_records: tuple[str, ...]
    deleted: frozenset[str] = frozenset()

    @property
    def absorbed(self) -> dict[str, str]:
        """Return the ids that were merged away, each with the one that lives on."""
        return {one: self.of_records[0] for one in CUSTOMERS if one not in self.of_records}

    @property
    def of_all(self) -> dict[str, str]:
        """Return whose the words of a record, or of a customer id, are."""
        return {one: one for one in CUSTOMERS} | self.absorbed | dict(zip(RECORDS, self.of_records, strict=True))

    def crosswalk(self, con: Connection) -> Relation:
        """Return source, source_key, customer_id."""
        rows = [
            {"source": "crm", "source_key": record, "customer_id": owner}
            for record, owner in zip(RECORDS, self.of_records, strict=True)
        ]
        return relation(con, OWNERS_SCHEMA, rows)

    def records(self, con: Connection) -> Relation:
        """Return the records as source_record; record 3, where it is not deleted, was merged into another."""
        rows = [
            {"source": "crm", "source_key": record, "is_deleted": True, "merged_into": merged_into}
            for record, merged_into in [*((record, None) for record in sorted(self.deleted)), ("3", "1")]
            if record not in self.deleted or merged_into is None
        ]
        return relation(con, duckdb_schema(SOURCE_RECORD), rows)

    def redirects(self, con: Connection) -> Relation:
        """Return customer_redirect."""
        rows = [{"old_customer_id": old, "customer_id": new} for old, new in self.absorbed.items()]
        return relation(con, duckdb_schema(CUSTOMER_REDIRECT), rows)


#: what merges and splits make of three records, one time after another
histories = st.lists(
    st.builds(
        Ownership,
        st.tuples(*[st.sampled_from(CUSTOMERS)] * len(RECORDS)),
        st.frozensets(st.sampled_from(RECORDS), max_size=2),
    ),
    min_size=1,
    max_size=3,
)


def ledger(con: Connection, said: Sequence[Row]) -> Relation:
    """Return the words as consent_event, in the order given, each once."""
    rows = {}
    for word in said:
        is_of_record = word["by"] in RECORDS
        event_id = "/".join(str(word[name]) for name in ("by", "channel", "granted", "is_bounce", "occurred_at"))
        rows[event_id] = {
            "event_id": event_id,
            "customer_id": word["on"] if is_of_record else word["by"],
            "source": "crm" if is_of_record else "preference_centre",
            "source_key": word["by"] if is_of_record else None,
            "channel": word["channel"],
            "purpose": "marketing",
            "granted": word["granted"] and not word["is_bounce"],
            "legal_basis": "bounce" if word["is_bounce"] else "consent",
            "occurred_at": word["occurred_at"],
        }
    return relation(con, duckdb_schema(CONSENT_EVENT), list(rows.values()))


def oracle(said: Sequence[Row], owned: Ownership, at: datetime | None = None) -> dict[tuple[str, str], bool]:
    """Return what is granted by customer and channel, by looking at every word up to an instant (None: all) in turn."""
    found = {}
    known = [word for word in said if at is None or word["occurred_at"] <= at]
    for customer in set(owned.of_all.values()):
        for channel in CHANNELS:
            mine = [w for w in known if owned.of_all[w["by"]] == customer and w["channel"] == channel]
            plain = [w for w in mine if not w["is_bounce"]]
            own_words = [w for w in plain if w["by"] in CUSTOMERS]
            own_at = max((w["occurred_at"] for w in own_words), default=None)
            standing = [w["granted"] for w in own_words if w["occurred_at"] == own_at]
            for record in RECORDS:
                of_it = [w for w in plain if w["by"] == record and (own_at is None or w["occurred_at"] >= own_at)]
                last = max((w["occurred_at"] for w in of_it), default=None)
                words_of_it = [w["granted"] for w in of_it if w["occurred_at"] == last]
                standing += [is_yes for is_yes in words_of_it if not (is_yes and record in owned.deleted)]
            yeses = [w for w in plain if w["granted"] and w["by"] not in owned.deleted]
            consented_at = max((w["occurred_at"] for w in yeses), default=None)
            bounces = [w for w in mine if w["is_bounce"]]
            is_suspended = any(consented_at is None or w["occurred_at"] >= consented_at for w in bounces)
            if standing or is_suspended:
                found[customer, channel] = all(standing) and not is_suspended
    return found
