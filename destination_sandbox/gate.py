"""What stands before a sandbox's own answers: authorisation apart, the limits, the faults, and the count of calls.

The gate is an ASGI application around another (https://asgi.readthedocs.io). A lost answer is one that says how long it
is and then breaks off: the client knows that the server was there, and nothing more.
"""

import asyncio
import json
import math
from collections import Counter, deque
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from destination_sandbox.faults import Fault, Faults
from destination_sandbox.limits import Window

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: pages for people, which no limit counts
OPEN_PATHS = ("/", "/sandbox")


@dataclass
class Counts:
    """What came: calls by method, those refused for their rate, the most at once, when the first and the last came."""

    calls: Counter[str] = field(default_factory=Counter)
    refused_for_rate: int = 0
    most_at_once: int = 0
    first_at: float | None = None
    last_at: float = 0.0
    last: deque[str] = field(default_factory=lambda: deque(maxlen=20))

    @property
    def total(self) -> int:
        """All calls that were taken."""
        return sum(self.calls.values())


class Gate:
    """Lets through what the limits allow, and lets happen what the faults say."""

    def __init__(
        self, app: App, window: Window, faults: Faults, counts: Counts, *, at_once: int, rate_body: dict[str, Any]
    ) -> None:
        self._app = app
        self._window = window
        self._faults = faults
        self._counts = counts
        self._at_once = at_once
        self._rate_body = rate_body
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        self._under_way += 1
        self._counts.most_at_once = max(self._counts.most_at_once, self._under_way)
        try:
            await self._answer(scope, body, send)
        finally:
            self._under_way -= 1

    async def _answer(self, scope: Scope, body: bytes, send: Send) -> None:
        wait = self._window.take() if self._under_way <= self._at_once else 1.0
        told = f"{scope['method']} {scope['path']}"
        if wait is not None:
            self._counts.refused_for_rate += 1
            await _say(send, 429, self._rate_body, {"retry-after": str(max(1, math.ceil(wait)))})
            return
        self._counts.last_at = self._window.taken_at
        if self._counts.first_at is None:
            self._counts.first_at = self._window.taken_at
        fault = self._faults.next()
        self._counts.calls[scope["method"]] += 1
        self._counts.last.appendleft(f"{told}{f' ({fault.value})' if fault else ''}")
        if self._faults.slow_seconds:
            await asyncio.sleep(self._faults.slow_seconds)
        if fault is Fault.DOWN:
            await _say(send, 503, {"message": "down"}, {})
            return
        if fault is Fault.TWICE:
            await self._app(scope, _receiving(body), _nowhere)
        if fault is None or fault is Fault.TWICE:
            await self._app(scope, _receiving(body), send)
            return
        await self._app(scope, _receiving(body), _nowhere)
        if fault is Fault.BROKEN:
            await _say(send, 500, {"message": "broken"}, {})
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionError("the answer is lost")


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _receiving(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _nowhere(_message: Message) -> None:
    """Take an answer and give it to nobody."""


async def _say(send: Send, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
    content = json.dumps(body).encode()
    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    told += [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": content})
