"""A call is repeated as long as that may help, and no longer; the others that wait behind it are not made then."""

import socket

import httpx
import pytest

from scv_assets.activation.destinations.calls import Caller, explained
from scv_assets.activation.destinations.kinds import KINDS
from scv_assets.activation.destinations.outcomes import Tally
from scv_assets.errors import DestinationUnavailable
from tests.activation.delivery.company import Company, TestClock, consent, profile

YAML = """
  crm:
    kind: hubspot
    url: ${HUBSPOT_URL}
    token: ${HUBSPOT_TOKEN}
    objects: {profile: {fields: {first_name: firstname}}}
"""


@pytest.fixture
def nobody_there() -> str:
    """Return an address of the loopback at which nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{held.getsockname()[1]}"


def test_a_server_that_never_answered_is_given_up_after_seconds(nobody_there: str) -> None:
    clock, tally = TestClock(), Tally()
    caller = Caller("crm", "destinations.yaml:1", nobody_there, KINDS["hubspot"].limits, clock, tally)
    with pytest.raises(DestinationUnavailable, match="crm: no connection"):
        caller.repeated("POST", "/any")
    caller.close()
    assert (tally.total, clock.slept) == (3, [1.0, 2.0])


def test_where_the_destination_is_away_the_batches_that_wait_are_not_tried(
    company: Company, nobody_there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_URL", nobody_there)
    monkeypatch.setenv("HUBSPOT_TOKEN", "hush-token")
    company.destinations(YAML)
    people = [f"c{number}" for number in range(4_000)]
    company.add("golden_profile", *(profile(name) for name in people))
    company.add("consent_state", *(consent(name) for name in people))
    with pytest.raises(DestinationUnavailable):
        company.deliver("crm")
    assert len(company.clock.slept) < 2 * 12


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"category": "CONFLICT", "message": "Contact already exists"}, " (CONFLICT: Contact already exists)"),
        (
            {"category": "CONFLICT", "message": "Ann's ANN@mail.be, also <x.y+z@other.org>, is of +32 470 00 00 01"},
            " (CONFLICT: ***'s ***, also <***>, is of ***)",
        ),
        ({"category": "VALIDATION_ERROR", "message": "Annual figures\x1b[31m of\nBE-9000"}, None),
        ({"message": "x" * 500}, f" ({'x' * 200}…)"),
        ({"category": "not a word", "message": None}, ""),
    ],
)
def test_a_refusal_is_explained_without_what_a_person_could_be_known_by(
    body: dict[str, object], told: str | None
) -> None:
    found = explained(httpx.Response(409, json=body), ["Ann", "ann@mail.be", None, ""])
    assert found == (" (VALIDATION_ERROR: Annual figures [31m of BE-9000)" if told is None else told)
