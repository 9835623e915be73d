"""`scv status`: what is published, what waits, what is refused, how the messages of every destination stand."""

from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from rich.console import Console
from rich.table import Column
from rich.text import Text

from resources.store.engine import open_store
from resources.store.migrations import migrate
from scv_assets.activation.delivery.outbox import Standing, standing
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.activation.destinations.settings import why_silent
from scv_assets.commands.invocation import typed
from scv_assets.commands.listing import listing, local_minute, shown, whole
from scv_assets.commands.refused import standing_refusals
from scv_assets.home import Home, load_home
from scv_assets.publication.publish_view import is_current, published_state
from scv_assets.sources.deliveries import strangers
from scv_assets.sources.extraction import stale_days
from scv_assets.stages import raw_path
from scv_assets.summary import store_place


def print_status(path: Path, console: Console) -> None:
    """Print the state of the company's pipeline; changes nothing but the store's schema version."""
    home = load_home(path)
    lake = home.lake()
    store = open_store(home.settings.store_url)
    migrate(store)
    figures = [Column(name, justify="right") for name in ("days brought in", "newest", "rows", "days that wait")]
    table = listing(f"{home.settings.name} ({home.root})", whole("source"), *figures)
    waiting = 0
    for contract in home.contracts.values():
        parts = lake.parts(raw_path(contract.source))
        stale = len(stale_days(home, contract, lake))
        waiting += stale
        rows = sum(part.rows for part in parts.values())
        table.add_row(contract.source, str(len(parts)), max(parts, default="–"), f"{rows:,}", str(stale or "–"))
    console.print(table)
    for refused in standing_refusals(home, lake):
        console.print(Text("refused: ", style="red").append_text(shown(refused)), soft_wrap=True)
    for stranger in strangers(home):
        label = Text("in the inbox, taken up by nothing: ", style="yellow")
        console.print(label.append_text(shown(f"{stranger.file}: {stranger.reason}")), soft_wrap=True)
    _print_messages(home, store, console)
    state = published_state(lake)
    if state is None:
        console.print(f"Nothing is published yet: {typed(home.root, 'run')}", soft_wrap=True, highlight=False)
        return
    told = (
        "current" if not waiting and is_current(home, lake, store) else f"behind its inputs: {typed(home.root, 'run')}"
    )
    console.print(f"Published {state.published_at.replace('T', ' ')} UTC: {told}", soft_wrap=True, highlight=False)
    console.print(f"The tables are in {store_place(home.settings.store_url)}", soft_wrap=True, highlight=False)


def _print_messages(home: Home, store: sa.Engine, console: Console) -> None:
    """Print how the messages of every destination stand, whether it is in destinations.yaml still or not."""
    destinations, found = company_destinations(home), standing(store)
    if not destinations and not found:
        return
    names = ("waiting", "retrying", "accepted", "dead letters")
    figures = [Column(name, justify="right", no_wrap=True) for name in names]
    zone = ZoneInfo(home.settings.time_zone)
    table = listing(f"Messages ({zone.key})", whole("destination"), *figures, whole("last delivered"))
    silent: dict[str, str] = {}
    for name in sorted({*destinations, *found}):
        of = found.get(name, Standing())
        counts = (f"{count:,}" if count else "–" for count in (of.waiting, of.retrying, of.accepted, of.dead_letters))
        last = local_minute(of.delivered_at, zone) if of.delivered_at else "–"
        table.add_row(shown(name), *counts, last)
        if of.waiting or of.retrying:
            silent[name] = why_silent(destinations.get(name))
    console.print(table)
    for name, why in silent.items():
        if why:
            console.print(shown(f"{name}: {why}"), soft_wrap=True)
