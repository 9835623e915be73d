"""The last part of `scv run`: what waits for a destination is delivered, and told."""

import sqlalchemy as sa
from rich.console import Console

from resources import clock
from resources.lake import Lake
from scv_assets.activation.delivery.run import waiting
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.home import Home
from scv_assets.progress import Listener, Step


def deliver_waiting(home: Home, lake: Lake, store: sa.Engine, console: Console) -> tuple[list[str], list[str]]:
    """Deliver to every destination for which there is something to do; return (warnings, failures)."""
    names = waiting(home, lake, store, clock.now())
    if not names:
        return [], []
    from scv_assets.runner import run_deliveries

    console.print(f"Delivering to {', '.join(names)}")
    heard = _Heard()
    with heard.listening():
        outcome = run_deliveries(home, names)
    table = listing("What was delivered", whole("destination"), folded(""))
    for step in heard.steps:
        table.add_row(step.name, shown(step.note))
    if heard.steps:
        console.print(table)
    return outcome.warnings, outcome.failures


class _Heard(Listener):
    """Keeps the steps of deliveries."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []

    def on_step(self, step: Step) -> None:
        """Take in one step."""
        self.steps.append(step)
