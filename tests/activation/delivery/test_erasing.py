"""What a request to be forgotten waits for, by what the destinations have."""

import pytest
import sqlalchemy as sa

from resources.store.erasures import Request, prove, requests
from scv_assets.activation.delivery.erasing import destinations_waited_for, release_destination, settle
from scv_assets.errors import ConfigError, NotFound
from tests.activation.delivery.company import NOW, Company

REQUEST = Request("1", "running", NOW, None, "ann", "", {}, {}, "salt")
ORDERS = (
    {"source": "shop", "order_id": "1", "customer_id": None},
    {"source": "shop", "order_id": "2", "customer_id": "bob"},
)
LINES = tuple({"source": "shop", "order_id": number, "line_number": 1} for number in "12")


def had(company: Company, object_: str, key: str) -> None:
    company.add("sync_state", {"destination": "crm", "object": object_, "key": key, "status": "synced"})


@pytest.fixture
def sold(company: Company) -> Company:
    (company.root / "destinations.yaml").write_text("destinations: {}\n")
    company.add("customer_order", *ORDERS)
    company.add("order_line", *LINES)
    return company


@pytest.mark.parametrize(
    ("object_", "key", "is_waited_for"),
    [
        ("order", "shop/1", True),
        ("order", "shop/2", False),
        ("order_line", "shop/1/1", True),
        ("order_line", "shop/2/1", False),
    ],
)
def test_a_request_waits_while_a_destination_has_an_order_or_a_line_that_is_nobodys(
    sold: Company, object_: str, key: str, is_waited_for: bool
) -> None:
    had(sold, object_, key)
    assert ("crm" in destinations_waited_for(sold.home, sold.store, REQUEST)) is is_waited_for


def test_orders_are_not_gone_through_once_for_each_object_of_a_destination(sold: Company) -> None:
    """A hundred thousand of each would take half an hour."""
    if sold.store.dialect.name != "sqlite":
        pytest.skip("PostgreSQL hashes what SQLite would go through")
    asked: list[str] = []

    @sa.event.listens_for(sold.store, "before_cursor_execute")
    def note(_connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "sync_state" in statement and "customer_order" in statement:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[attr-defined]
            asked.extend(row[-1] for row in cursor.fetchall())  # type: ignore[attr-defined]

    destinations_waited_for(sold.home, sold.store, REQUEST)
    assert asked
    assert not [step for step in asked if "CORRELATED" in step]


@pytest.fixture
def running(sold: Company) -> Company:
    """With a request that waits for a destination that is no more."""
    had(sold, "order", "shop/1")
    sold.add("erasure_request", {"request_id": "1", "status": "running", "salt": "salt", "subject": "{}"})
    prove(sold.store, "1", {place: {"looked_through": [], "found": {}} for place in ("store", "lake")})
    return sold


def release(company: Company, name: str) -> None:
    (request,) = requests(company.store)
    release_destination(company.home, company.store, request, name, by="ann", reason="it was sold", now=NOW)


def waited_for(company: Company) -> dict[str, str]:
    (request,) = requests(company.store)
    return destinations_waited_for(company.home, company.store, request)


def test_a_destination_that_is_no_more_is_waited_for_until_somebody_releases_it(running: Company) -> None:
    assert waited_for(running) == {"crm": "destinations.yaml has no such destination"}
    assert settle(running.home, running.store, NOW) == 0
    release(running, "crm")
    assert waited_for(running) == {}
    assert settle(running.home, running.store, NOW) == 1
    (request,) = requests(running.store, "completed")
    assert request.proof["not_told"] == {"crm": {"by": "ann", "at": NOW.isoformat(), "reason": "it was sold"}}


def test_a_destination_that_is_there_is_told_and_not_released(running: Company) -> None:
    running.destinations("  crm: {kind: files, url: exports, objects: {profile: {fields: {email: email}}}}\n")
    with pytest.raises(ConfigError, match="'crm' is in destinations"):
        release(running, "crm")
    assert list(waited_for(running)) == ["crm"]


def test_one_that_comes_back_is_waited_for_again(running: Company) -> None:
    release(running, "crm")
    running.destinations("  crm: {kind: files, url: exports, objects: {profile: {fields: {email: email}}}}\n")
    assert list(waited_for(running)) == ["crm"]


def test_only_what_is_waited_for_is_released(running: Company) -> None:
    with pytest.raises(NotFound, match="request 1 waits for no destination 'cmr'; it waits for crm"):
        release(running, "cmr")
