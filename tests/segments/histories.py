"""Random small histories of a few customers, as the stage's inputs and as the oracle's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from duckdb import DuckDBPyConnection as Connection
from hypothesis import strategies as st

from scv_assets.segments.activity import SegmentInputs
from tests.segments.company import inputs
from tests.segments.oracle import Facts

CUSTOMERS = ("A", "B", "C", "D")
FIRST_ON, AS_OF_ON = date(2026, 3, 1), date(2026, 3, 20)

RULES: Mapping[str, Mapping[str, str]] = {
    "s1": {
        "busy": "orders_count_5d >= 2",
        "lapsed": "recency_days > 3 and orders_count >= 1",
        "buyer": "orders_count == 1 or recency_days <= 1",
        "reachable": "is_reachable",
    },
    "s2": {
        "top": "spend_decile >= 8 and not orders_count < 2",
        "often": "frequency_quintile >= 3 or recency_quintile == 5",
        "old": "tenure_days >= 4",
    },
    "s3": {
        "angry": "open_complaints_count > 0",
        "quiet": "dormant_days == 2",
        "small": "-10 < spend_cents < 25",
        "basket": "average_basket_cents != 20 and not recency_days > 6",
        "written": "has_email and not has_phone",
    },
}


@dataclass(frozen=True)
class History:
    """Rows of all customers by table, each row with its `customer_id` or `source_key`."""

    orders: tuple[Mapping[str, Any], ...] = ()
    visits: tuple[Mapping[str, Any], ...] = ()
    tickets: tuple[Mapping[str, Any], ...] = ()
    identifiers: tuple[Mapping[str, Any], ...] = ()
    records: tuple[Mapping[str, Any], ...] = ()

    def facts(self, owners: Mapping[str, str]) -> dict[str, Facts]:
        """Return each customer's rows; `owners` maps a person (A to D) to a customer."""
        found: dict[str, Facts] = {customer: Facts() for customer in owners.values()}
        for table in ("orders", "visits", "tickets", "identifiers", "records"):
            for row in getattr(self, table):
                getattr(found[owners[row.get("person") or row["source_key"]]], table).append(row)
        return found

    def inputs(self, con: Connection, owners: Mapping[str, str]) -> SegmentInputs:
        """Return the stage's inputs, each interaction under the customer of its person."""
        rows = {
            table: [{**row, "customer_id": owners[row["person"]]} for row in getattr(self, table)]
            for table in ("orders", "visits", "tickets")
        }
        return inputs(con, owners, **rows, identifiers=self.identifiers, records=self.records)


def _instant(first: date, days: int) -> st.SearchStrategy[str]:
    return st.tuples(st.integers(0, days), st.integers(0, 23)).map(
        lambda at: f"{(first + timedelta(days=at[0])).isoformat()} {at[1]:02d}:15:00"
    )


_PERSON = st.sampled_from(CUSTOMERS)
_WHEN = _instant(date(2026, 2, 20), 32)

_ORDER = st.fixed_dictionaries(
    {
        "person": _PERSON,
        "ordered_at": _WHEN,
        "gross_cents": st.none() | st.integers(0, 4).map(lambda n: n * 10),
        "status": st.sampled_from([None, None, "paid", "cancelled"]),
        "is_return": st.just(False),
    }
)
_RETURN = st.fixed_dictionaries(
    {"person": _PERSON, "ordered_at": _WHEN, "gross_cents": st.just(-10), "is_return": st.just(True)}
)
_VISIT = st.fixed_dictionaries({"person": _PERSON, "started_at": _WHEN})
_TICKET = st.tuples(_PERSON, st.sampled_from(["complaint", "question"]), _WHEN, st.none() | st.integers(0, 6)).map(
    lambda t: {
        "person": t[0],
        "kind": t[1],
        "opened_at": t[2],
        "closed_at": None
        if t[3] is None
        else f"{(date.fromisoformat(t[2][:10]) + timedelta(days=t[3])).isoformat()} 23:30:00",
    }
)
_RECORDS = st.tuples(*(_WHEN for _ in CUSTOMERS)).map(
    lambda days: tuple(
        {"source_key": person, "first_seen_at": day} for person, day in zip(CUSTOMERS, days, strict=True)
    )
)
_IDENTIFIER = st.fixed_dictionaries(
    {
        "source_key": _PERSON,
        "namespace": st.sampled_from(["email", "phone", "cookie_id"]),
        "first_seen_at": _WHEN,
    }
)


def _few(row: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(row, max_size=most).map(tuple)


def _numbered(rows: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple({**row, "value": str(n)} for n, row in enumerate(rows))


HISTORIES = st.builds(
    History,
    orders=_few(st.one_of(_ORDER, _ORDER, _RETURN), 14),
    visits=_few(_VISIT, 4),
    tickets=_few(_TICKET, 4),
    identifiers=_few(_IDENTIFIER, 5).map(_numbered),
    records=_RECORDS,
)
