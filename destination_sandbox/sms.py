"""An SMS gateway: takes messages, sends each reference once, and says later what became of it."""

from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from destination_sandbox.faults import Faults
from destination_sandbox.gate import App, Counts, Gate
from destination_sandbox.limits import Clock, WallClock, Window
from destination_sandbox.pages import page_routes

CALLS, SECONDS, AT_ONCE = 20, 1.0, 20


@dataclass
class SmsGateway:
    """What was taken, by reference; `status_of_new`: what a message's status is at first; `asked`: posts that came.

    `arrives_after`: seconds from the taking of a message until it arrives by itself; None: it waits for `deliver`.
    """

    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    status_of_new: str = "accepted"
    asked: int = 0
    arrives_after: float | None = None
    taken_at: dict[str, float] = field(default_factory=dict)

    def summary(self) -> dict[str, int]:
        """Return how many messages are in each status."""
        found: dict[str, int] = {"messages": len(self.messages)}
        for one in self.messages.values():
            found[one["status"]] = found.get(one["status"], 0) + 1
        return found

    def samples(self) -> dict[str, list[Any]]:
        """Return the last messages."""
        return {"messages": list(self.messages.values())[-10:]}

    def deliver(self) -> None:
        """Let every message arrive."""
        for one in self.messages.values():
            one["status"] = "delivered"

    def go_on(self, seconds: float) -> None:
        """Let arrive what was taken long enough before an instant of the server's clock."""
        for reference, one in self.messages.items():
            taken = self.taken_at.setdefault(reference, seconds)
            if one["status"] == "accepted" and self.arrives_after is not None and seconds - taken >= self.arrives_after:
                one["status"] = "delivered"


def sms_app(gateway: SmsGateway, faults: Faults, counts: Counts, clock: Clock | None = None) -> App:
    """Return the gateway's server."""
    time = clock or WallClock()

    async def post(request: Request) -> Response:
        body = await request.json()
        gateway.asked += 1
        if not str(body.get("to", "")).startswith("+"):
            return JSONResponse({"error": "invalid_number"}, 400)
        message = gateway.messages.setdefault(
            body["reference"], {**body, "id": f"sms-{len(gateway.messages) + 1}", "status": gateway.status_of_new}
        )
        gateway.go_on(time.seconds())
        return JSONResponse({"id": message["id"], "status": message["status"]}, 202)

    async def get(request: Request) -> Response:
        gateway.go_on(time.seconds())
        message = gateway.messages.get(request.path_params["reference"])
        return JSONResponse(message) if message else JSONResponse({"error": "unknown"}, 404)

    routes = [
        Route("/messages", post, methods=["POST"]),
        Route("/messages/{reference}", get, methods=["GET"]),
        *page_routes("SMS gateway", gateway, counts, faults),
    ]
    window = Window(CALLS, SECONDS, time)
    return Gate(Starlette(routes=routes), window, faults, counts, at_once=AT_ONCE, rate_body={"error": "rate"})
