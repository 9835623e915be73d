"""Who was forgotten between two runs: the last run's state without them, whatever that run made of their records."""

from collections.abc import Mapping

import pyarrow as pa
import pytest
from duckdb import DuckDBPyConnection as Connection

from resources.store.tombstones import CUSTOMER, RECORD, Tombstones, hashed, record_value
from scv_assets.identity.forgotten import without_forgotten
from scv_assets.identity.resolve import PreviousState

SALT = "salt"


def stones(records: str, customers: str) -> Tombstones:
    return Tombstones(
        SALT,
        {
            RECORD: frozenset(hashed(SALT, RECORD, record_value("crm", key)) for key in records.split()),
            CUSTOMER: frozenset(hashed(SALT, CUSTOMER, customer) for customer in customers.split()),
        },
    )


def forget(
    con: Connection, crosswalk: Mapping[str, str], there: str, erased: Tombstones, **redirects: str
) -> tuple[dict[str, str], list[str]]:
    """Return the crosswalk that is left (key -> customer) and who was forgotten."""
    nothing = PreviousState.none(con)
    rows = [{"source": "crm", "source_key": key, "customer_id": customer} for key, customer in crosswalk.items()]
    moved = [{"old_customer_id": old, "customer_id": new, "merged_at": None} for old, new in redirects.items()]
    known = con.from_arrow(pa.Table.from_pylist([{**row, "since_at": None, "via": None} for row in rows]))
    led = con.from_arrow(pa.Table.from_pylist(moved)) if moved else nothing.redirects
    records = con.from_arrow(pa.table({"source": ["crm"] * len(there.split()), "source_key": there.split()}))
    left, forgotten = without_forgotten(con, PreviousState(known, led, nothing.review_tasks), records, erased)
    kept = left.crosswalk.project("source_key, customer_id").fetchall()
    return dict(kept), forgotten.column("customer_id").to_pylist()


def test_a_record_that_joined_the_customer_after_the_request_does_not_get_the_id(con: Connection) -> None:
    """The run that was under way brought e to the customer; whoever e is has nothing of the customer's."""
    left, forgotten = forget(con, {"a": "C", "e": "C", "b": "D"}, "e b", stones("a", "C"), E="C")
    assert (left, forgotten) == ({"b": "D"}, ["C", "E"])


def test_a_record_that_went_to_somebody_else_after_the_request_leaves_alone(con: Connection) -> None:
    left, forgotten = forget(con, {"a": "C", "b": "X", "x": "X"}, "x", stones("a b", "C"), O="X")
    assert (left, forgotten) == ({"x": "X"}, ["C"])


def test_a_customer_who_was_parted_after_the_request_is_forgotten_under_both_ids(con: Connection) -> None:
    left, forgotten = forget(con, {"a": "C", "b": "D", "x": "X"}, "x", stones("a b", "C"))
    assert (left, forgotten) == ({"x": "X"}, ["C", "D"])


@pytest.mark.parametrize("there", ["a b", "b"])
def test_whose_record_is_there_still_waits_for_the_next_run(con: Connection, there: str) -> None:
    """The request came while this run was under way: some of its sources were read before, some after."""
    left, forgotten = forget(con, {"a": "C", "b": "C"}, there, stones("a b", "C"), E="C")
    assert (left, forgotten) == (dict.fromkeys(there.split(), "C"), [])
