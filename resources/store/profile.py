"""One customer, whole: the golden profile, where each value comes from, and everything that happened, in order."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from resources.store.engine import reading
from resources.store.tables import (
    CART,
    CONSENT_EVENT,
    CONSENT_STATE,
    CONTACT_POINT,
    CROSSWALK,
    CUSTOMER_ORDER,
    CUSTOMER_REDIRECT,
    CUSTOMER_TRAIT,
    FIELD_PROVENANCE,
    GOLDEN_PROFILE,
    IDENTITY_EVENT,
    MESSAGE_EVENT,
    ORDER_LINE,
    RECORD_IDENTIFIER,
    SEGMENT_MEMBERSHIP,
    SEGMENT_TRANSITION,
    SOURCE_RECORD,
    TICKET,
    VISIT,
)
from scv_assets.errors import NotFound

Row = dict[str, Any]

#: What stands on a customer's timeline -> the column that says when.
TIMELINE: dict[sa.Table, str] = {
    CUSTOMER_ORDER: "ordered_at",
    VISIT: "started_at",
    CART: "last_touched_at",
    TICKET: "opened_at",
    MESSAGE_EVENT: "occurred_at",
    SEGMENT_TRANSITION: "moved_on",
    IDENTITY_EVENT: "occurred_at",
}


def profile(engine: sa.Engine, customer_id: str) -> Row:
    """Return a customer's whole view, of one moment; an id that was merged away gives the customer that lives on.

    Keys: `profile` (the golden record), `provenance` (by field), `records` (the source records, with how and since when
    they belong), `identifiers`, `contact_points`, `household` (the other members), `redirects` (ids merged into this
    one), `consents`, `consent_events`, `segments` (memberships as known now), `traits` (the newest; null without),
    `timeline`. Each is a row or a list of rows by column name, in the order of the key; the timeline in the order of
    time, each item with `at`, `what` (its table) and the table's columns; orders with their `lines`.

    Raises `NotFound`.
    """
    with reading(engine) as connection:
        found = _Customer(connection, customer_id)
        return {
            "profile": found.golden,
            "provenance": found.rows(FIELD_PROVENANCE),
            "records": found.records(),
            "identifiers": found.identifiers(),
            "contact_points": found.rows(CONTACT_POINT),
            "household": found.household(),
            "redirects": found.rows(CUSTOMER_REDIRECT),
            "consents": found.rows(CONSENT_STATE),
            "consent_events": found.consent_events(),
            "segments": [row for row in found.rows(SEGMENT_MEMBERSHIP) if row["superseded_at"] is None],
            "traits": next(reversed(found.rows(CUSTOMER_TRAIT)), None),
            "timeline": found.timeline(),
        }


class _Customer:
    """The questions about one customer on one snapshot."""

    def __init__(self, connection: sa.Connection, customer_id: str) -> None:
        self._connection = connection
        redirect = sa.select(CUSTOMER_REDIRECT.c.customer_id).where(CUSTOMER_REDIRECT.c.old_customer_id == customer_id)
        self.customer_id = connection.execute(redirect).scalar_one_or_none() or customer_id
        golden = self.rows(GOLDEN_PROFILE)
        if not golden:
            raise NotFound(f"there is no customer {customer_id!r}")
        self.golden = golden[0]
        mine = sa.select(CROSSWALK.c.source, CROSSWALK.c.source_key)
        self._records = mine.where(CROSSWALK.c.customer_id == self.customer_id).subquery()

    def rows(self, table: sa.Table) -> list[Row]:
        """Return the customer's rows of a table that has a customer_id."""
        return self._all(sa.select(table).where(table.c.customer_id == self.customer_id), table)

    def records(self) -> list[Row]:
        is_same = sa.and_(
            SOURCE_RECORD.c.source == CROSSWALK.c.source, SOURCE_RECORD.c.source_key == CROSSWALK.c.source_key
        )
        query = (
            sa.select(SOURCE_RECORD, CROSSWALK.c.via, CROSSWALK.c.since_at)
            .join(CROSSWALK, is_same)
            .where(CROSSWALK.c.customer_id == self.customer_id)
        )
        return self._all(query, SOURCE_RECORD)

    def identifiers(self) -> list[Row]:
        return self._all(self._of_records(RECORD_IDENTIFIER), RECORD_IDENTIFIER)

    def consent_events(self) -> list[Row]:
        """Return what was recorded on the customer and on its records."""
        by_id = {row["event_id"]: row for row in self.rows(CONSENT_EVENT)}
        by_id |= {row["event_id"]: row for row in self._all(self._of_records(CONSENT_EVENT), CONSENT_EVENT)}
        return sorted(by_id.values(), key=lambda row: (_instant(row["occurred_at"]), row["event_id"]))

    def household(self) -> list[Row]:
        if self.golden["household_id"] is None:
            return []
        columns = GOLDEN_PROFILE.c
        query = sa.select(columns.customer_id, columns.first_name, columns.last_name, columns.birth_on).where(
            columns.household_id == self.golden["household_id"], columns.customer_id != self.customer_id
        )
        return self._all(query, GOLDEN_PROFILE)

    def timeline(self) -> list[Row]:
        items = [
            {"at": _instant(row[column]), "what": table.name, **row}
            for table, column in TIMELINE.items()
            for row in self.rows(table)
        ]
        lines = self._lines()
        for item in items:
            if item["what"] == CUSTOMER_ORDER.name:
                item["lines"] = lines.get((item["source"], item["order_id"]), [])
        return sorted(items, key=lambda item: item["at"])

    def _lines(self) -> dict[tuple[str, str], list[Row]]:
        is_same = sa.and_(
            ORDER_LINE.c.source == CUSTOMER_ORDER.c.source, ORDER_LINE.c.order_id == CUSTOMER_ORDER.c.order_id
        )
        query = (
            sa.select(ORDER_LINE).join(CUSTOMER_ORDER, is_same).where(CUSTOMER_ORDER.c.customer_id == self.customer_id)
        )
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self._all(query, ORDER_LINE):
            found.setdefault((row["source"], row["order_id"]), []).append(row)
        return found

    def _of_records(self, table: sa.Table) -> sa.Select[Any]:
        records = self._records
        is_mine = sa.and_(table.c.source == records.c.source, table.c.source_key == records.c.source_key)
        return sa.select(table).join(records, is_mine)

    def _all(self, query: sa.Select[Any], table: sa.Table) -> list[Row]:
        ordered: Iterable[Any] = self._connection.execute(query.order_by(*table.primary_key.columns)).mappings()
        return [dict(row) for row in ordered]


def _instant(value: date | None) -> datetime:
    """Return where something stands on the timeline: a day at its start, what has no date at the very beginning."""
    if isinstance(value, datetime):
        return value
    return datetime.combine(value or date.min, time.min)
