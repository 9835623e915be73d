"""`scv sandbox`: a system to send to, on this machine, and how to have the demo company send to it."""

from rich.console import Console

from destination_sandbox.faults import Faults
from destination_sandbox.serving import SYSTEMS, serve
from scv_assets.commands.listening import check_free
from scv_assets.commands.listing import shown
from scv_assets.errors import NotFound

#: system -> the variables by which the demo company's destinations.yaml is switched on
VARIABLES = {
    "actito": ("ACTITO_URL", "ACTITO_KEY"),
    "hubspot": ("HUBSPOT_URL", "HUBSPOT_TOKEN"),
    "sms": ("SMS_URL", "SMS_TOKEN"),
}


def serve_sandbox(system: str, faults: Faults, console: Console, *, host: str, port: int) -> None:
    """Say where it is and serve until stopped. Raises `NotFound` for a system that there is none of, `ConfigError`."""
    if system not in SYSTEMS:
        raise NotFound(f"there is no sandbox '{system}'; it is one of {', '.join(SYSTEMS)}")
    check_free(host, port)
    address = f"http://{host}:{port}"
    url, secret = VARIABLES[system]
    console.print(shown(f"{system}: {address} (what it holds, in the browser); Ctrl-C stops it"), soft_wrap=True)
    console.print(shown(f"In another terminal: {url}={address} {secret}=anything scv run"), soft_wrap=True)
    serve(system, faults, host=host, port=port)
