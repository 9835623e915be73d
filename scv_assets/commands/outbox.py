"""`scv outbox …`: what waits, what left, what came to nothing and why, and what a person does about it."""

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Column

from resources import clock
from resources.store.engine import reading
from resources.store.tables import DELIVERY_ATTEMPT, OUTBOX
from scv_assets.activation.delivery import decisions, sync_state
from scv_assets.activation.delivery.decisions import Chosen
from scv_assets.activation.delivery.outbox import OPEN
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.activation.destinations.settings import why_silent
from scv_assets.activation.reasons import REASONS
from scv_assets.commands.choosing import check_chosen
from scv_assets.commands.listening import check_free
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.commands.opening import opened
from scv_assets.commands.steward import steward
from scv_assets.errors import ConfigError, NotFound
from scv_assets.numbers_told import counted

__all__ = ["Chosen", "cancel", "print_message", "print_outbox", "print_rejected", "replay", "serve_receipts"]

STATUSES = ("pending", "retrying", "delivered", "dead_letter", "cancelled")
_o = OUTBOX.c


def print_outbox(path: Path, console: Console, chosen: Chosen, *, limit: int) -> None:
    """Print how many messages are in which status, and the newest of those chosen. Raises `NotFound`."""
    if chosen.status is not None and chosen.status not in STATUSES:
        raise ConfigError(f"--status {chosen.status} is none of {', '.join(STATUSES)}")
    home, store = opened(path)
    check_chosen(home, store, chosen)
    with reading(store) as connection:
        counts = connection.execute(
            sa.select(_o.destination, _o.status, sa.func.count())
            .where(*chosen.conditions())
            .group_by(_o.destination, _o.status)
            .order_by(_o.destination, _o.status)
        ).all()
        rows = connection.execute(
            sa.select(OUTBOX)
            .where(*chosen.conditions())
            .order_by(_o.created_at.desc(), _o.idempotency_key)
            .limit(limit)
        ).mappings()
        found = [dict(row) for row in rows]
    if not counts:
        console.print("No message is there.")
        return
    summary = listing(
        "Messages", whole("destination"), whole("status"), Column("messages", justify="right"), folded("")
    )
    destinations = company_destinations(home)
    for destination, status, count in counts:
        why = why_silent(destinations.get(destination)) if status in OPEN else ""
        summary.add_row(shown(destination), shown(status), f"{count:,}", shown(why))
    console.print(summary)
    table = listing(
        f"{len(found):,} shown", whole("key"), whole("campaign"), whole("status"), folded("reason, or receipt")
    )
    for row in found:
        told = REASONS.get(row["reason"], row["reason"]) or row["receipt"]
        table.add_row(row["idempotency_key"][:12], shown(row["campaign"]), row["status"], shown(told))
    console.print(table)


def print_message(path: Path, key: str, console: Console) -> None:
    """Print one message and its tries. Raises `NotFound`."""
    _, store = opened(path)
    with reading(store) as connection:
        rows = (
            connection.execute(sa.select(OUTBOX).where(_o.idempotency_key.startswith(key, autoescape=True)).limit(2))
            .mappings()
            .all()
        )
        if len(rows) != 1:
            many = "more than one message begins with" if rows else "there is no message"
            raise NotFound(f"{many} '{key}'; scv outbox list has them")
        row = dict(rows[0])
        tried = (
            connection.execute(
                sa.select(DELIVERY_ATTEMPT)
                .where(DELIVERY_ATTEMPT.c.idempotency_key == row["idempotency_key"])
                .order_by(DELIVERY_ATTEMPT.c.attempt)
            )
            .mappings()
            .all()
        )
    table = listing("The message", whole("what"), folded(""))
    for name, value in row.items():
        if value is not None:
            table.add_row(name, shown(_indented(value) if name in {"payload", "decided_by"} else value))
    console.print(table)
    attempts = listing(
        counted(len(tried), "try", "tries"),
        Column("try", justify="right"),
        whole("began"),
        whole("outcome"),
        folded("detail"),
    )
    for one in tried:
        code = f"{one['status_code']} " if one["status_code"] else ""
        attempts.add_row(
            str(one["attempt"]), str(one["started_at"]), one["outcome"], shown(f"{code}{one['detail'] or ''}")
        )
    console.print(attempts)


def print_rejected(path: Path, console: Console, *, destination: str | None, limit: int) -> None:
    """Print the objects that destinations refused, and those left out because another one has what is theirs.

    Raises `NotFound`.
    """
    home, store = opened(path)
    check_chosen(home, store, Chosen(destination=destination))
    rows = sync_state.rejected(store, destination, limit)
    if not rows:
        console.print("No destination refused anything that stands.")
        return
    columns = ("destination", "object", "key", "status")
    table = listing(f"{len(rows):,} not there", *(whole(name) for name in columns), folded("reason"))
    for row in rows:
        status = shown(row["status"].replace("_", " "))
        table.add_row(shown(row["destination"]), row["object"], shown(row["key"]), status, shown(row["reason"]))
    console.print(table)


def replay(path: Path, console: Console, chosen: Chosen, *, by: str | None) -> None:
    """Let dead letters and refused objects be sent again. Raises `NotFound`."""
    home, store = opened(path)
    check_chosen(home, store, chosen)
    count = decisions.replay(store, chosen, by=steward(by), now=clock.now())
    objects = 0
    if chosen.campaign is None and chosen.key is None:
        objects = sync_state.retry_rejected(store, chosen.destination)
    told = f"{counted(count, 'message')} and {counted(objects, 'object')}"
    console.print(f"{told} to be sent again by the next delivery (scv run).", highlight=False)


def cancel(path: Path, console: Console, chosen: Chosen, *, by: str | None) -> None:
    """Give up messages that wait. Raises `NotFound`."""
    home, store = opened(path)
    check_chosen(home, store, chosen)
    count = decisions.cancel(store, chosen, by=steward(by), now=clock.now())
    console.print(f"{counted(count, 'message')} cancelled; what is cancelled stays on record.", highlight=False)


def serve_receipts(path: Path, console: Console, *, host: str, port: int) -> None:
    """Listen until stopped. Raises `ConfigError`."""
    import uvicorn

    from scv_assets.activation.delivery.receipts import receipts_app

    home, store = opened(path)
    destinations = company_destinations(home)
    check_free(host, port)
    console.print(shown(f"receipts: http://{host}:{port}/receipts/<destination>; Ctrl-C stops it"), soft_wrap=True)
    uvicorn.run(receipts_app(store, destinations, clock.now), host=host, port=port, log_level="critical")


def _indented(text: Any) -> str:
    try:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except ValueError:
        return str(text)
