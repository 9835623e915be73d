"""What a person answers for where an erasure cannot be carried to its end: after its proof, and no further."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from resources.store.acknowledgements import acknowledge, release
from resources.store.erasures import Request, complete, is_proven, prove, requests, unacknowledged
from resources.store.tables import ERASURE_REQUEST
from scv_assets.errors import NotFound
from tests.commands.customers import insert
from tests.resources.published_company import NOW, held

WORD = {"by": "ann", "at": NOW.isoformat(), "reason": "a ticket of her sister"}
SAID: dict[str, Any] = {"by": "ann", "reason": WORD["reason"], "now": NOW}


def looked_through(**rows: int) -> dict[str, Any]:
    """Return a proof that found these rows in the store, and none in the lake."""
    return {"store": {"looked_through": ["ticket"], "found": rows}, "lake": {"looked_through": [], "found": {}}}


@pytest.fixture
def running(store: sa.Engine) -> sa.Engine:
    insert(store, erasure_request=[{"request_id": "1", "status": "running", "subject": "{}", "salt": "s"}])
    return store


def the_request(store: sa.Engine) -> Request:
    (request,) = requests(store)
    return request


def test_what_was_found_can_be_acknowledged_and_stays_in_the_proof(running: sa.Engine) -> None:
    prove(running, "1", looked_through(ticket=2))
    assert not is_proven(the_request(running).proof)
    assert acknowledge(running, "1", **SAID) == {"ticket": 2}
    proof = the_request(running).proof
    assert is_proven(proof)
    assert proof == looked_through(ticket=2) | {"acknowledged": {**WORD, "found": {"ticket": 2}}}
    (line,) = held(running, "audit_log")
    assert (line["actor"], line["action"], line["subject"]) == ("ann", "acknowledge_found", "1")
    assert json.loads(line["details"]) == {"found": {"ticket": 2}}


@pytest.mark.parametrize(("later", "new"), [({"ticket": 3}, {"ticket": 3}), ({"ticket": 2, "cart": 1}, {"cart": 1})])
def test_what_is_found_beyond_it_counts_again(running: sa.Engine, later: dict[str, int], new: dict[str, int]) -> None:
    prove(running, "1", looked_through(ticket=2))
    acknowledge(running, "1", **SAID)
    prove(running, "1", looked_through(**later))
    assert unacknowledged(the_request(running).proof) == new
    acknowledge(running, "1", **SAID)
    assert is_proven(the_request(running).proof)
    assert len(held(running, "audit_log")) == 2


def test_fewer_rows_than_were_acknowledged_are_acknowledged(running: sa.Engine) -> None:
    prove(running, "1", looked_through(ticket=2))
    acknowledge(running, "1", **SAID)
    prove(running, "1", looked_through(ticket=1))
    assert is_proven(the_request(running).proof)


@pytest.mark.parametrize("proof", [None, json.dumps({"store": {"looked_through": [], "found": {"ticket": 1}}})])
def test_nothing_can_be_said_before_there_is_a_proof_of_everything(running: sa.Engine, proof: str | None) -> None:
    with running.begin() as connection:
        connection.execute(sa.update(ERASURE_REQUEST).values(proof=proof))
    with pytest.raises(NotFound, match="request 1 has no proof yet; the next run makes it"):
        acknowledge(running, "1", **SAID)
    with pytest.raises(NotFound, match="has no proof yet"):
        release(running, "1", "crm", **SAID)
    assert held(running, "audit_log") == []


def test_nothing_is_acknowledged_where_nothing_was_found_or_the_request_is_completed(running: sa.Engine) -> None:
    prove(running, "1", looked_through())
    with pytest.raises(NotFound, match="nothing was found for request 1"):
        acknowledge(running, "1", **SAID)
    complete(running, ["1"], NOW)
    with pytest.raises(NotFound, match="request 1 is completed"):
        acknowledge(running, "1", **SAID)
    assert held(running, "audit_log") == []


def test_the_proof_names_every_destination_that_was_not_told_and_who_said_so(running: sa.Engine) -> None:
    prove(running, "1", looked_through())
    for destination in ("crm", "mailer"):
        release(running, "1", destination, **SAID)
    prove(running, "1", looked_through())
    assert the_request(running).proof["not_told"] == {"crm": WORD, "mailer": WORD}
    assert {json.loads(line["details"])["destination"] for line in held(running, "audit_log")} == {"crm", "mailer"}
