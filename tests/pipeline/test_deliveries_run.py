"""Deliveries as a user sees them: at the end of a run, by the sensor, on the command line."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa

from destination_sandbox.serving import Running, running
from resources.store.engine import writing
from resources.store.tables import OUTBOX
from scv_assets.activation.delivery.admitting import Admission
from scv_assets.definitions import build_defs
from tests.pipeline.company import NOW, Company

YAML = """
destinations:
  exports:
    kind: files
    url: exports
    objects: {profile: {fields: {email: email, last_name: name}}}
  crm:
    kind: hubspot
    url: ${CRM_URL}
    token: ${CRM_TOKEN}
    objects: {profile: {fields: {email: email}}}
    channels: {email: {contents: {voucher: 42}}}
"""


@pytest.fixture
def delivering(shop: Company, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("SCV_NOW", NOW)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (shop.root / "destinations.yaml").write_text(YAML)
    return shop


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with running("hubspot") as server:
        monkeypatch.setenv("CRM_URL", server.url)
        monkeypatch.setenv("CRM_TOKEN", "any")
        yield server


def decide(company: Company, key: str, **fields: Any) -> None:
    """Put a message into the outbox as a decision does."""
    customer = company.rows("golden_profile")[0]["customer_id"]
    row = {
        "idempotency_key": key,
        "campaign": "voucher",
        "customer_id": customer,
        "channel": "email",
        "destination": "crm",
        "purpose": "marketing",
        "payload": json.dumps({"to": "ann@mail.be"}),
        "status": "pending",
        "attempts": 0,
        "created_at": datetime.fromisoformat(NOW),
    }
    with company.store() as engine, writing(engine, OUTBOX) as connection:
        connection.execute(sa.insert(OUTBOX).values(row | fields))


def sensed(company: Company) -> list[str]:
    definitions = build_defs(company.home)
    sensor = definitions.resolve_sensor_def("deliveries")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, definitions=definitions)
        requests = sensor.evaluate_tick(context).run_requests or []
    return [key.path[1] for request in requests for key in request.asset_selection or ()]


def test_a_run_delivers_and_a_second_one_has_nothing_to_deliver(delivering: Company) -> None:
    told = delivering.must_run()
    assert "Delivering to exports" in told
    assert "profiles written" in told
    (manifest,) = (delivering.root / "exports").glob("*.manifest.json")
    assert json.loads(manifest.read_text())["rows"] == len(delivering.rows("golden_profile"))
    assert "Delivering" not in delivering.must_run()


def test_without_destinations_nothing_is_sent_and_all_works(shop: Company) -> None:
    assert "Delivering" not in shop.must_run()
    names = {job.name for job in build_defs(shop.home).resolve_all_job_defs()}
    assert "deliver" not in names


def test_the_sensor_asks_for_what_waits_and_for_nothing_else(delivering: Company, crm: Running) -> None:
    assert sensed(delivering) == ["crm", "exports"]
    delivering.must_run()
    assert sensed(delivering) == []
    decide(delivering, "early", not_before_at=datetime.fromisoformat("2027-01-01"))
    assert sensed(delivering) == []
    decide(delivering, "now")
    assert sensed(delivering) == ["crm"]


def test_a_destination_that_is_off_is_asked_for_nothing(delivering: Company) -> None:
    decide(delivering, "now")
    assert sensed(delivering) == ["exports"]
    assert "crm" not in delivering.must_run()
    assert delivering.rows("outbox")[0]["status"] == "pending"


def test_a_dry_run_says_what_it_would_do_and_does_nothing(delivering: Company) -> None:
    delivering.replace("destinations.yaml", "    url: exports\n", "    url: exports\n    dry_run: true\n")
    job = build_defs(delivering.home).resolve_job_def("deliver")
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    done = job.execute_in_process(run_config=quiet, asset_selection=[dg.AssetKey(["activation", "exports"])])
    (event,) = done.asset_materializations_for_node("activation__exports")
    assert "would be written" in str(event.metadata["done"].value)
    assert not (delivering.root / "exports").exists()
    assert delivering.rows("sync_state") == []


def test_a_destination_that_is_down_warns_and_the_view_is_published(
    delivering: Company, crm: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Admission, "__call__", lambda *_: {})
    delivering.replace("destinations.yaml", "    objects: {profile: {fields: {email: email}}}\n", "")
    decide(delivering, "m1")
    crm.faults.is_down = True
    told = delivering.scv("run")
    assert told.code == 0
    assert "activation/crm: destination_answers: answers 503" in told.text
    row = delivering.rows("outbox")[0]
    assert (row["status"], row["attempts"], row["reason"]) == ("retrying", 1, "answers 503")


def test_a_dead_letter_is_seen_shown_and_sent_again(delivering: Company, crm: Running) -> None:
    delivering.must_run()
    decide(delivering, "a1b2", status="dead_letter", reason="answers 400")
    assert "answers 400" in delivering.scv("outbox", "list", "--status", "dead_letter").out
    shown = delivering.scv("outbox", "show", "a1").out
    assert "voucher" in shown
    assert "0 tries" in shown
    told = delivering.scv("outbox", "replay", "--key", "a1b2", "--as", "anna").out
    assert told.startswith("1 message and 0 objects")
    assert delivering.rows("outbox")[0]["status"] == "pending"
    told = delivering.scv("outbox", "cancel", "--campaign", "voucher", "--as", "anna").out
    assert told.startswith("1 message cancelled")
    row = delivering.rows("outbox")[0]
    assert (row["status"], row["reason"]) == ("cancelled", "cancelled by anna")
    actions = [entry["action"] for entry in delivering.tables(["audit_log"])["audit_log"]]
    assert sorted(actions)[-2:] == ["cancel_message", "replay_message"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("outbox", "cancel"), "say which messages"),
        (("outbox", "show", "nothing"), "there is no message 'nothing'"),
        (("outbox", "list", "--status", "sent"), "--status sent is none of"),
        (("sandbox", "salesforce"), "there is no sandbox 'salesforce'"),
    ],
)
def test_what_cannot_be_meant_is_told(delivering: Company, arguments: tuple[str, ...], told: str) -> None:
    done = delivering.scv(*arguments)
    assert done.code == 1
    assert told in done.err


def test_what_was_refused_is_listed_and_sent_again(delivering: Company, crm: Running) -> None:
    delivering.must_run()
    assert "No destination refused anything" in delivering.scv("outbox", "rejected").out
    with delivering.store() as engine, writing(engine, OUTBOX) as connection:
        connection.exec_driver_sql("UPDATE sync_state SET status = 'rejected', reason = 'answers 400 (X)'")
    count = len(delivering.rows("sync_state"))
    with delivering.store() as engine, writing(engine, OUTBOX) as connection:
        connection.exec_driver_sql(
            "INSERT INTO sync_state (destination, object, key, status, reason)"
            " VALUES ('crm', 'profile', 'C0', 'left_out', 'its email is that of C1 too')"
        )
    assert "left out  its email is that of C1 too" in delivering.scv("outbox", "rejected").out
    assert "answers 400 (X)" in delivering.scv("outbox", "rejected", "--destination", "crm").out
    assert f"{count} objects" in delivering.scv("outbox", "replay").out
    assert sensed(delivering) == ["crm", "exports"]
    delivering.must_run()
    assert {row["status"] for row in delivering.rows("sync_state")} == {"synced"}
