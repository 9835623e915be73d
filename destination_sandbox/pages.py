"""What a sandbox shows of itself: a page for people at `/`, the same as JSON at `/sandbox`."""

import html
import json
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from destination_sandbox.faults import Faults
from destination_sandbox.gate import Counts


class Holding(Protocol):
    """A server's memory."""

    def summary(self) -> dict[str, int]:
        """Return how much there is of each."""

    def samples(self) -> dict[str, list[Any]]:
        """Return the last of each."""


def page_routes(title: str, holding: Holding, counts: Counts, faults: Faults) -> list[Route]:
    """Return the two routes."""

    def told() -> dict[str, Any]:
        return {
            "holds": holding.summary(),
            "calls": dict(sorted(counts.calls.items())),
            "refused for their rate (429)": counts.refused_for_rate,
            "most at once": counts.most_at_once,
            "faults": {name: value for name, value in vars(faults).items() if value and name != "seen"},
            "last calls": list(counts.last),
            "samples": holding.samples(),
        }

    async def as_json(_request: Request) -> Response:
        return JSONResponse(told())

    async def as_page(_request: Request) -> Response:
        sections = "".join(
            f"<h2>{html.escape(name)}</h2><pre>{html.escape(json.dumps(value, indent=1, ensure_ascii=False))}</pre>"
            for name, value in told().items()
        )
        head = f"<meta charset=utf-8><meta http-equiv=refresh content=2><title>{title} sandbox</title>"
        style = (
            "<style>body{font:14px sans-serif;margin:2em;max-width:70em}pre{background:#f4f4f4;padding:.7em}</style>"
        )
        return HTMLResponse(f"<!doctype html>{head}{style}<h1>{title} sandbox</h1>{sections}")

    return [Route("/", as_page), Route("/sandbox", as_json)]
