"""A database has all of a sync or nothing of it, and each message once."""

import pytest
import sqlalchemy as sa

from scv_assets.activation.destinations import sql
from scv_assets.errors import ConfigError, DestinationUnavailable
from tests.activation.delivery.company import Company, consent, message, profile

YAML = """
  warehouse:
    kind: sql
    url: ${WAREHOUSE_URL}
    objects:
      profile: {table: scv_customer, key: id, fields: {first_name: name, is_contactable_email: mailable}}
      order: {table: scv_order, fields: {customer_id: customer, gross_cents: cents}}
    channels: [sms]
"""


@pytest.fixture
def url(request: pytest.FixtureRequest, company: Company) -> str:
    """A second database of the store's own kind."""
    if company.store.dialect.name == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        name = f"warehouse_{company.root.parent.name.replace('-', '_')}"
        return str(server.create_database(name)).replace("postgresql:", "postgresql+psycopg2:")
    return f"sqlite:///{company.root / 'warehouse.db'}"


@pytest.fixture
def warehouse(company: Company, url: str, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("WAREHOUSE_URL", url)
    company.destinations(YAML)
    company.add("golden_profile", profile("ann", is_contactable_email=True), profile("bob"))
    company.add("customer_order", {"source": "erp", "order_id": "1", "customer_id": "ann", "gross_cents": 5})
    return company


def held(url: str, table: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1").all()
    engine.dispose()
    return [tuple(row) for row in rows]


def test_the_database_follows_the_view(warehouse: Company, url: str) -> None:
    warehouse.deliver("warehouse")
    assert held(url, "scv_customer") == [("ann", "Ann", "true"), ("bob", "Bob", None)]
    assert held(url, "scv_order") == [("erp/1", "ann", "5")]
    assert warehouse.deliver("warehouse").calls == 0
    warehouse.remove("golden_profile", customer_id="ann")
    warehouse.change("customer_order", {"order_id": "1"}, customer_id="bob")
    warehouse.deliver("warehouse")
    assert held(url, "scv_customer") == [("bob", "Bob", None)]
    assert held(url, "scv_order") == [("erp/1", "bob", "5")]


def test_a_customer_whose_records_are_all_deleted_leaves_the_database_with_the_orders(
    warehouse: Company, url: str
) -> None:
    warehouse.deliver("warehouse")
    warehouse.change("golden_profile", {"customer_id": "ann"}, is_deleted=True, first_name=None)
    warehouse.deliver("warehouse")
    assert (held(url, "scv_customer"), held(url, "scv_order")) == ([("bob", "Bob", None)], [])
    warehouse.change("golden_profile", {"customer_id": "ann"}, is_deleted=False, first_name="Ann")
    warehouse.deliver("warehouse")
    assert (len(held(url, "scv_customer")), len(held(url, "scv_order"))) == (2, 1)


def test_all_of_a_sync_or_nothing(warehouse: Company, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = sql._replace

    def broken(connection: sa.Connection, table: sa.Table, *more: object) -> None:
        plain(connection, table, *more)  # type: ignore[arg-type]
        if table.name == "scv_order":
            raise sa.exc.OperationalError("INSERT", {}, Exception("gone"))

    with monkeypatch.context() as patch:
        patch.setattr(sql, "_replace", broken)
        with pytest.raises(DestinationUnavailable, match="does not take it now"):
            warehouse.deliver("warehouse")
    engine = sa.create_engine(url)
    assert not any(sa.inspect(engine).has_table(name) and held(url, name) for name in ("scv_customer", "scv_order"))
    engine.dispose()
    assert warehouse.rows("sync_state") == []
    warehouse.deliver("warehouse")
    assert len(held(url, "scv_customer")) == 2


def test_a_message_is_there_once_whatever_is_lost(warehouse: Company, url: str) -> None:
    warehouse.add("consent_state", consent("ann", "sms"))
    warehouse.add("outbox", message("m1", destination="warehouse"))
    warehouse.deliver("warehouse")
    warehouse.change("outbox", {"idempotency_key": "m1"}, status="pending")
    warehouse.deliver("warehouse")
    assert [row[0] for row in held(url, "scv_message")] == ["m1"]


@pytest.mark.parametrize("address", ["no address", "nosuchdatabase://host/name"])
def test_an_address_that_cannot_be_meant_is_told_without_itself(
    warehouse: Company, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", address)
    with pytest.raises(ConfigError, match=r"destinations\.yaml:") as error:
        warehouse.deliver("warehouse")
    assert address not in str(error.value)
