"""A webhook gets what is signed, under a key that it can know; what it answers is read."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from scv_assets.activation.destinations.webhook import signature
from tests.activation.delivery.company import Company, consent, message, profile

pytestmark = pytest.mark.server

YAML = """
  hook:
    kind: webhook
    url: ${HOOK_URL}
    secret: ${HOOK_SECRET}
    objects:
      profile: {fields: {email: mail}}
    channels: [sms]
    limits: {attempts: 3}
"""


@dataclass
class Hook:
    answers: list[tuple[int, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.came]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    known = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known.came.append((dict(self.headers), body))
            status, headers, answer = known.answers.pop(0) if known.answers else (200, {}, {"receipt": "r1"})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HOOK_URL", f"http://127.0.0.1:{server.server_port}/in/hush-path?key=hush-key")
    monkeypatch.setenv("HOOK_SECRET", "hush-secret")
    yield known
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hooked(company: Company, hook: Hook) -> Company:
    company.destinations(YAML)
    company.add("golden_profile", profile("ann"), profile("bob"))
    company.add("consent_state", consent("ann", "sms"))
    return company


def test_a_message_is_signed_and_carries_its_key(hooked: Company, hook: Hook) -> None:
    hooked.add("outbox", message("m1"))
    assert hooked.deliver("hook").sent.delivered == 0
    hooked.change("outbox", {"idempotency_key": "m1"}, destination="hook")
    assert hooked.deliver("hook").sent.delivered == 1
    headers, body = hook.came[-1]
    assert headers["Idempotency-Key"] == "m1"
    assert headers["X-SCV-Signature"] == signature("hush-secret", headers["X-SCV-Timestamp"], body)
    assert json.loads(body)["payload"]["text"] == "Hello m1"
    assert hooked.outbox()["m1"]["receipt"] == "r1"


def test_a_signature_is_the_hmac_of_rfc_4231() -> None:
    """Test case 2 of RFC 4231, whose data this form cuts in two at the full stop."""
    import hashlib
    import hmac

    told = signature("Jefe", "what do ya want for nothing?", b"")
    known = hmac.new(b"Jefe", b"what do ya want for nothing?.", hashlib.sha256).hexdigest()
    assert told == f"sha256={known}"


@pytest.mark.parametrize("retry_after", ["120", "Fri, 20 Nov 2026 10:02:00 GMT"])
def test_retry_after_is_kept(hooked: Company, hook: Hook, retry_after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCV_NOW", "2026-11-20T10:00:00")
    hooked.add("outbox", message("m1", destination="hook"))
    hook.answers = [(200, {}, {}), (429, {"Retry-After": retry_after}, {})]
    assert hooked.deliver("hook").sent.retrying == 1
    rest = hooked.outbox()["m1"]["next_attempt_at"] - hooked.clock.now()
    assert rest.total_seconds() == 120


def test_pauses_grow_and_a_message_is_given_up_in_the_end(hooked: Company, hook: Hook) -> None:
    hooked.add("outbox", message("m1", destination="hook"))
    hook.answers = [(200, {}, {}), *[(425, {}, {})] * 3]
    rests = []
    for _ in range(3):
        hooked.deliver("hook")
        until = hooked.outbox()["m1"]["next_attempt_at"]
        if until is not None:
            rests.append((until - hooked.clock.now()).total_seconds())
        hooked.clock.move(hours=1)
    assert rests == [30, 60]
    assert hooked.outbox()["m1"]["reason"] == "given up after 3 tries: answers 425"
    assert len([one for one in hook.bodies() if "idempotency_key" in one]) == 3


def test_objects_go_by_difference_and_what_is_refused_is_told(hooked: Company, hook: Hook) -> None:
    hook.answers = [(200, {}, {"rejected": [{"key": "bob", "reason": "unknown country"}]})]
    done = hooked.deliver("hook")
    assert (done.synced.written, done.synced.rejected) == ({"profile": 1}, {"profile": 1})
    assert hook.bodies()[0] == {
        "object": "profile",
        "written": [
            {"customer_id": "ann", "key": "ann", "mail": "ann@mail.be"},
            {"customer_id": "bob", "key": "bob", "mail": "bob@mail.be"},
        ],
    }
    assert hooked.deliver("hook").calls == 0
    hooked.remove("golden_profile", customer_id="ann")
    hooked.deliver("hook")
    assert hook.bodies()[-1] == {"object": "profile", "removed": [{"key": "ann", "is_erasure": False}]}


def test_a_redirect_is_not_followed_with_the_signature(hooked: Company, hook: Hook) -> None:
    hooked.add("outbox", message("m1", destination="hook"))
    hook.answers = [(200, {}, {}), (302, {"Location": "http://127.0.0.1:1/elsewhere"}, {})]
    assert hooked.deliver("hook").sent.dead_letters == 1
    assert len(hook.came) == 2
