"""Receipts that gateways send by themselves: only theirs, each once."""

import calendar
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from destination_sandbox.serving import Running, served
from scv_assets.activation.delivery.receipts import receipts_app
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.activation.destinations.webhook import signature
from tests.activation.delivery.company import Company, consent, message, profile

pytestmark = pytest.mark.server

YAML = """
  gateway: {kind: sms, url: "${SMS_URL}", token: "${SMS_TOKEN}", receipt_secret: "${SMS_RECEIPT}", channels: [sms]}
  other: {kind: sms, url: "${SMS_URL}", token: "${SMS_TOKEN}", channels: [sms]}
"""


@pytest.fixture
def texting(company: Company, gateway: Running, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("SMS_RECEIPT", "hush-receipt")
    company.destinations(YAML)
    company.add("golden_profile", profile("ann"))
    company.add("consent_state", consent("ann", "sms"))
    company.add("outbox", message("m1"))
    company.deliver("gateway")
    return company


@pytest.fixture
def server(texting: Company) -> Iterator[str]:
    with served(receipts_app(texting.store, company_destinations(texting.home), texting.clock.now)) as url:
        yield url


def tell(
    texting: Company, server: str, *, destination: str = "gateway", secret: str = "hush-receipt", age: int = 0,
    **receipt: Any,
) -> int:  # fmt: skip
    body = json.dumps({"reference": "m1", "status": "delivered", "id": "sms-1"} | receipt).encode()
    timestamp = str(calendar.timegm(texting.clock.now().timetuple()) - age)
    headers = {"X-SCV-Timestamp": timestamp, "X-SCV-Signature": signature(secret, timestamp, body)}
    return httpx.post(f"{server}/receipts/{destination}", content=body, headers=headers).status_code


def test_a_receipt_settles_its_message_once(texting: Company, server: str) -> None:
    assert texting.outbox()["m1"]["status"] == "retrying"
    assert tell(texting, server) == 204
    row = texting.outbox()["m1"]
    assert (row["status"], row["receipt"]) == ("delivered", "sms-1")
    assert tell(texting, server) == 204
    assert tell(texting, server, status="failed") == 204
    assert texting.outbox()["m1"] == row


@pytest.mark.parametrize("status", ["delivered", "failed"])
def test_a_receipt_that_comes_after_an_erasure_brings_nothing_of_the_customer_back(
    texting: Company, server: str, status: str
) -> None:
    forgotten = {"customer_id": None, "payload": None, "receipt": None, "accepted_at": None, "next_attempt_at": None}
    texting.change("outbox", {"idempotency_key": "m1"}, status="cancelled", reason="erased", **forgotten)
    texting.change("delivery_attempt", {"idempotency_key": "m1"}, detail=None)
    assert tell(texting, server, status=status, reason="+32470000000 is unknown") == 204
    row = texting.outbox()["m1"]
    assert (row["status"], row["receipt"]) == ("delivered" if status == "delivered" else "cancelled", None)
    assert {one["detail"] for one in texting.rows("delivery_attempt")} == {None}


def test_a_failure_is_a_dead_letter(texting: Company, server: str) -> None:
    assert tell(texting, server, status="failed") == 204
    assert texting.outbox()["m1"]["status"] == "dead_letter"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"secret": "guessed"}, 403),
        ({"age": 301}, 403),
        ({"age": -301}, 403),
        ({"destination": "other"}, 403),
        ({"destination": "nobody"}, 403),
        ({"reference": "m2"}, 404),
    ],
)
def test_nobody_else_is_believed(texting: Company, server: str, options: dict[str, Any], status: int) -> None:
    assert tell(texting, server, **options) == status
    assert texting.outbox()["m1"]["status"] == "retrying"
