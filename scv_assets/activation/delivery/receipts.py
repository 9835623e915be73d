"""Receipts that a gateway tells by itself: a small server that checks who speaks and writes down what is said.

    POST /receipts/{destination}   {"reference", "status", "id", "reason"}

signed as a webhook's messages are (`X-SCV-Timestamp`, `X-SCV-Signature`), with the destination's `receipt_secret`. The
same receipt twice is once; one that is older than five minutes, or not signed so, is refused, and nothing says why.
"""

import calendar
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scv_assets.activation.delivery import outbox
from scv_assets.activation.destinations.settings import DestinationSettings
from scv_assets.activation.destinations.sms import outcome_of
from scv_assets.activation.destinations.webhook import signature

OLDEST_SECONDS = 300


def receipts_app(
    engine: sa.Engine, destinations: Mapping[str, DestinationSettings], now: Callable[[], datetime]
) -> Starlette:
    """Return the server for those of the destinations that have a `receipt_secret`."""
    listening = {name: of for name, of in destinations.items() if "receipt_secret" in of.secrets and of.is_enabled}

    async def receive(request: Request) -> Response:
        settings = listening.get(request.path_params["destination"])
        body = await request.body()
        if settings is None or not _is_genuine(settings.secret("receipt_secret"), request.headers, body, now()):
            return JSONResponse({"error": "refused"}, 403)
        receipt = _receipt(body)
        message = outbox.find(engine, settings.name, str(receipt.get("reference", "")))
        if message is None:
            return JSONResponse({"error": "unknown"}, 404)
        outbox.heard(engine, message, outcome_of(receipt, 200), settings.limits, now())
        return Response(status_code=204)

    return Starlette(routes=[Route("/receipts/{destination}", receive, methods=["POST"])])


def _is_genuine(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    timestamp, told = headers.get("x-scv-timestamp", ""), headers.get("x-scv-signature", "")
    if not timestamp.isdigit() or abs(calendar.timegm(now.timetuple()) - int(timestamp)) > OLDEST_SECONDS:
        return False
    return hmac.compare_digest(signature(secret, timestamp, body).encode(), told.encode())


def _receipt(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
