"""Requests to be forgotten and their tombstones: entered once, naming nobody; and what a publish does for them."""

import json

import duckdb
import pytest
import sqlalchemy as sa

from resources.lake import Lake
from resources.store.erasures import ask, concerned, requests
from resources.store.tables import METADATA
from resources.store.tombstones import CUSTOMER, RECORD, Tombstones, hashed, normal, record_value, tombstones
from scv_assets.errors import NotFound
from tests.commands.customers import insert
from tests.resources.published_company import NOW, Row, customers, held, lay, nothing, publish_all

SALT = "salt"


def publish(store: sa.Engine, lake: Lake, *names: str, **options: object) -> None:
    lay(lake, nothing() | customers(*names))
    publish_all(store, lake, **options)  # type: ignore[arg-type]


def message(key: str, customer: str, status: str) -> Row:
    return {"idempotency_key": key, "customer_id": customer, "status": status, "payload": f"to {customer}"}


@pytest.fixture
def published(store: sa.Engine, lake: Lake) -> sa.Engine:
    publish(store, lake, "ada", "bob")
    ada = {"source": "crm", "source_key": "key-ada"}
    identifiers = [{**ada, "namespace": "email", "value": "ada@mail.be"}]
    redirects = [{"old_customer_id": "old-ada", "customer_id": "ada", "merged_at": NOW}]
    waiting = [message("1", "ada", "pending"), message("2", "old-ada", "dead_letter"), message("3", "bob", "pending")]
    insert(store, record_identifier=identifiers, customer_redirect=redirects, outbox=waiting)
    return store


@pytest.fixture
def lake(tmp_path: object) -> Lake:
    return Lake(f"{tmp_path}/lake")


def test_a_request_names_nobody_and_leaves_its_line_in_the_audit_log(published: sa.Engine) -> None:
    request_id = ask(published, "ada", by="ann", reason="letter", now=NOW, salt=SALT)
    (request,) = requests(published)
    assert (request.request_id, request.status, request.requested_by) == (request_id, "requested", "ann")
    assert request.subject == {
        CUSTOMER: sorted(hashed(SALT, CUSTOMER, one) for one in ("ada", "old-ada")),
        RECORD: [hashed(SALT, RECORD, record_value("crm", "key-ada"))],
        "email": [hashed(SALT, "email", "ada@mail.be")],
    }
    (line,) = held(published, "audit_log")
    assert (line["action"], line["subject"]) == ("erase", request_id)
    for table in ("erasure_request", "tombstone", "audit_log"):
        for name in ("key-ada", "old-ada", '"ada', "ada@mail.be"):
            assert name not in json.dumps(held(published, table), default=str)


def test_who_asks_twice_has_asked_once(published: sa.Engine) -> None:
    first = ask(published, "ada", by="ann", reason="", now=NOW, salt=SALT)
    assert ask(published, "ada", by="bob", reason="", now=NOW) == first
    assert len(held(published, "audit_log")) == len(held(published, "erasure_request")) == 1


def test_every_request_of_a_company_has_one_salt_and_two_companies_do_not(published: sa.Engine) -> None:
    ask(published, "ada", by="ann", reason="", now=NOW)
    ask(published, "bob", by="ann", reason="", now=NOW)
    (salt,) = {request.salt for request in requests(published)}
    assert len(salt) == 64
    assert hashed(salt, CUSTOMER, "ada") != hashed("another", CUSTOMER, "ada")


def test_nobody_is_erased_who_is_not_there(published: sa.Engine) -> None:
    for name in ("old-ada", "zoe"):
        with pytest.raises(NotFound, match="there is no customer"):
            ask(published, name, by="ann", reason="", now=NOW)
        with pytest.raises(NotFound, match="there is no customer"):
            concerned(published, name)
    assert held(published, "tombstone") == held(published, "erasure_request") == held(published, "audit_log") == []


def test_what_waits_for_any_of_the_customers_ids_is_cancelled_at_once(published: sa.Engine) -> None:
    assert concerned(published, "ada").waiting == 2
    ask(published, "ada", by="ann", reason="", now=NOW)
    told = {row["idempotency_key"]: (row["status"], row["reason"]) for row in held(published, "outbox")}
    assert told == {"1": ("cancelled", "erased"), "2": ("cancelled", "erased"), "3": ("pending", None)}


def test_a_request_takes_effect_with_the_publish_that_holds_none_of_its_records(
    published: sa.Engine, lake: Lake
) -> None:
    """A run that was under way when it was entered still has them: it waits for the next."""
    ask(published, "ada", by="ann", reason="", now=NOW)
    publish(published, lake, "ada", "bob", "zoe")
    assert [request.status for request in requests(published)] == ["requested"]
    assert {row["payload"] for row in held(published, "outbox")} == {"to ada", "to old-ada", "to bob"}
    publish(published, lake, "bob", "zoe", run_id="run-2")
    assert [request.status for request in requests(published)] == ["running"]
    assert {row["payload"] for row in held(published, "outbox")} == {None, "to bob"}


@pytest.mark.slow
def test_a_record_that_a_delivery_took_away_first_is_known_by_the_events_of_its_id(
    published: sa.Engine, lake: Lake
) -> None:
    event = {"event_id": "1", "kind": "created", "customer_id": "ada", "source": "crm", "source_key": "key-ada"}
    word = {"event_id": "w", "source": "crm", "source_key": "key-ada", "channel": "email", "granted": True}
    insert(published, identity_event=[event], consent_event=[word])
    ask(published, "ada", by="ann", reason="", now=NOW)
    with published.begin() as connection:
        connection.execute(sa.delete(METADATA.tables["crosswalk"]))
    publish(published, lake, "bob")
    assert held(published, "consent_event") == []
    assert [row["source_key"] for row in held(published, "identity_event")] == [None]


@pytest.mark.slow
def test_who_was_given_a_record_of_the_customer_meanwhile_keeps_all_that_is_told_of_an_earlier_id(
    published: sa.Engine, lake: Lake
) -> None:
    redirect = {"old_customer_id": "old-bob", "customer_id": "bob", "merged_at": NOW}
    insert(published, customer_redirect=[redirect], outbox=[message("4", "old-bob", "pending")])
    ask(published, "ada", by="ann", reason="", now=NOW)
    with published.begin() as connection:
        connection.execute(sa.update(METADATA.tables["crosswalk"]).values(customer_id="bob"))
    publish(published, lake, "bob")
    assert [request.status for request in requests(published)] == ["running"]
    assert [row["payload"] for row in held(published, "outbox")][2:] == ["to bob", "to old-bob"]


@pytest.mark.slow
def test_rows_are_held_against_the_erased_by_an_index_however_many_they_are(published: sa.Engine, lake: Lake) -> None:
    if published.dialect.name != "sqlite":
        pytest.skip("PostgreSQL hashes what SQLite would go through")
    ask(published, "ada", by="ann", reason="", now=NOW)
    steps: list[str] = []

    @sa.event.listens_for(published, "before_cursor_execute")
    def note(_connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT count") and "erased_record" in statement:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[attr-defined]
            steps.extend(row[-1] for row in cursor.fetchall())  # type: ignore[attr-defined]

    publish(published, lake, "bob")
    found = {step.partition(" ")[0] for step in steps if "erased_record" in step}
    assert found == {"SEARCH"}


def test_a_publish_that_fails_leaves_the_request_and_all_that_it_names(published: sa.Engine, lake: Lake) -> None:
    ask(published, "ada", by="ann", reason="", now=NOW)
    before = {name: held(published, name) for name in METADATA.tables}
    orphans = customers("bob") | {"golden_profile": []}
    lay(lake, nothing() | orphans)
    with pytest.raises(Exception, match="nothing was published"):
        publish_all(published, lake)
    assert {name: held(published, name) for name in METADATA.tables} == before


@pytest.mark.parametrize("key", ["1", "é" * 300, "a" * 2_000, "nul \0 inside", "it's"])
def test_python_and_sql_hash_alike_and_a_key_is_known_by_its_short_form(key: str) -> None:
    stones = Tombstones(SALT, {RECORD: frozenset({hashed(SALT, RECORD, record_value("crm", key))})})
    with duckdb.connect() as con:
        laid = stones.laid(con)
        rows = con.sql(
            f"SELECT {laid.record('s', 'k')} FROM (VALUES ('crm', $1), ('crm', $2), ('a', $1), ('crm', NULL)) t(s, k)",
            params=[key, normal(key)],
        )
        assert rows.fetchall() == [(True,), (True,), (False,), (False,)]


def test_where_nothing_was_erased_nothing_is(store: sa.Engine) -> None:
    assert tombstones(store).is_empty
    assert not tombstones(store).hold(CUSTOMER, "ada")
