"""What a person answers for where an erasure cannot be carried to its end: in the proof, and in the audit log.

Nothing can be acknowledged before there is a proof, nor in advance: a place in which more rows are found later than
were acknowledged counts again.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from resources.store.decisions import audited
from resources.store.engine import writing
from resources.store.erasures import RUNNING, found, is_looked_through, unacknowledged, write_proof
from resources.store.tables import ERASURE_REQUEST
from scv_assets.errors import NotFound

_r = ERASURE_REQUEST.c


def acknowledge(engine: sa.Engine, request_id: str, *, by: str, reason: str, now: datetime) -> dict[str, int]:
    """Answer for the rows that the proof of a request found, and return them by place. Raises `NotFound`."""
    with writing(engine, ERASURE_REQUEST) as connection:
        proof = _proof(connection, request_id)
        if not unacknowledged(proof):
            raise NotFound(f"nothing was found for request {request_id} that is not acknowledged")
        there = found(proof)
        write_proof(connection, request_id, {**proof, "acknowledged": {**_word(by, reason, now), "found": there}})
        audited(connection, by, "acknowledge_found", request_id, now, {"found": there})
    return there


def release(engine: sa.Engine, request_id: str, destination: str, *, by: str, reason: str, now: datetime) -> None:
    """Answer for a destination that cannot be told of a request any more. Raises `NotFound`."""
    with writing(engine, ERASURE_REQUEST) as connection:
        proof = _proof(connection, request_id)
        not_told = {**proof.get("not_told", {}), destination: _word(by, reason, now)}
        write_proof(connection, request_id, {**proof, "not_told": not_told})
        audited(connection, by, "release_destination", request_id, now, {"destination": destination})


def _proof(connection: sa.Connection, request_id: str) -> Mapping[str, Any]:
    """Return the proof of a request that is gone from the view and not completed."""
    row = connection.execute(sa.select(_r.status, _r.completed_at, _r.proof).where(_r.request_id == request_id)).one()
    proof: dict[str, Any] = json.loads(row.proof or "{}")
    if row.status != RUNNING or not is_looked_through(proof):
        why = "is completed" if row.completed_at else "has no proof yet; the next run makes it: scv run"
        raise NotFound(f"request {request_id} {why}")
    return proof


def _word(by: str, reason: str, now: datetime) -> dict[str, str]:
    return {"by": by, "at": now.isoformat(), "reason": reason}
