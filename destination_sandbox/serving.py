"""A sandbox as a server: in this process until it is stopped, or in a thread beside a test."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from destination_sandbox.actito import ActitoLicence, actito_app
from destination_sandbox.faults import Faults
from destination_sandbox.gate import App, Counts
from destination_sandbox.hubspot import HubSpotAccount, hubspot_app
from destination_sandbox.limits import Clock
from destination_sandbox.sms import SmsGateway, sms_app

#: system -> what it holds, and its server
SYSTEMS: Final[dict[str, tuple[Callable[[], Any], Callable[..., App]]]] = {
    "actito": (ActitoLicence, actito_app),
    "hubspot": (HubSpotAccount, hubspot_app),
    "sms": (SmsGateway, sms_app),
}
#: nobody is there to let an SMS arrive: it does so by itself
SECONDS_TO_ARRIVE = 5.0


def serve(system: str, faults: Faults, *, host: str, port: int) -> None:
    """Serve until stopped (Ctrl-C)."""
    make, app = SYSTEMS[system]
    holds = SmsGateway(arrives_after=SECONDS_TO_ARRIVE) if system == "sms" else make()
    uvicorn.run(app(holds, faults, Counts()), host=host, port=port, log_level="critical")


class Running:
    """A sandbox in a thread: where it is, what it holds, what came, and its faults to be switched."""

    def __init__(self, url: str, holds: Any, faults: Faults, counts: Counts) -> None:
        self.url = url
        self.holds = holds
        self.faults = faults
        self.counts = counts


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve any ASGI application on a free port of the loopback while the block runs; give its address."""
    settings = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def running(system: str, clock: Clock | None = None) -> Iterator[Running]:
    """Serve a sandbox while the block runs."""
    make, app = SYSTEMS[system]
    holds, faults, counts = make(), Faults(), Counts()
    with served(app(holds, faults, counts, clock)) as url:
        yield Running(url, holds, faults, counts)
