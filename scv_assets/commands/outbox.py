"""`scv outbox …`: what waits, what left, what came to nothing and why, and what a person does about it."""

import getpass
import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Column

from resources import clock
from resources.store.engine import open_store, reading
from resources.store.migrations import migrate
from resources.store.tables import DELIVERY_ATTEMPT, OUTBOX
from scv_assets.activation.delivery import decisions, sync_state
from scv_assets.activation.delivery.decisions import Chosen
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.errors import ConfigError, NotFound
from scv_assets.home import load_home

__all__ = ["Chosen", "cancel", "print_message", "print_outbox", "print_rejected", "replay", "serve_receipts"]

STATUSES = ("pending", "retrying", "delivered", "dead_letter", "cancelled")
_o = OUTBOX.c


def print_outbox(path: Path, console: Console, chosen: Chosen, *, limit: int) -> None:
    """Print how many messages are in which status, and the newest of those chosen."""
    if chosen.status is not None and chosen.status not in STATUSES:
        raise ConfigError(f"--status {chosen.status} is none of {', '.join(STATUSES)}")
    store = _store(path)
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
    summary = listing("Messages", whole("destination"), whole("status"), Column("messages", justify="right"))
    for destination, status, count in counts:
        summary.add_row(shown(destination), shown(status), f"{count:,}")
    console.print(summary)
    table = listing(
        f"{len(found):,} shown", whole("key"), whole("campaign"), whole("status"), folded("reason, or receipt")
    )
    for row in found:
        told = row["reason"] or row["receipt"]
        table.add_row(row["idempotency_key"][:12], shown(row["campaign"]), row["status"], shown(told))
    console.print(table)


def print_message(path: Path, key: str, console: Console) -> None:
    """Print one message and its tries. Raises `NotFound`."""
    store = _store(path)
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
        f"{len(tried)} tries", Column("try", justify="right"), whole("began"), whole("outcome"), folded("detail")
    )
    for one in tried:
        code = f"{one['status_code']} " if one["status_code"] else ""
        attempts.add_row(
            str(one["attempt"]), str(one["started_at"]), one["outcome"], shown(f"{code}{one['detail'] or ''}")
        )
    console.print(attempts)


def print_rejected(path: Path, console: Console, *, destination: str | None, limit: int) -> None:
    """Print the objects that destinations refused, and those left out because another one has what is theirs."""
    rows = sync_state.rejected(_store(path), destination, limit)
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
    """Let dead letters and refused objects be sent again."""
    store, now = _store(path), clock.now()
    count = decisions.replay(store, chosen, by=by or getpass.getuser(), now=now)
    objects = 0
    if chosen.campaign is None and chosen.key is None:
        objects = sync_state.retry_rejected(store, chosen.destination)
    console.print(f"{count:,} messages and {objects:,} objects are sent again by the next delivery (scv run).")


def cancel(path: Path, console: Console, chosen: Chosen, *, by: str | None) -> None:
    """Give up messages that wait."""
    count = decisions.cancel(_store(path), chosen, by=by or getpass.getuser(), now=clock.now())
    console.print(f"{count:,} messages are cancelled; they stay on record.")


def serve_receipts(path: Path, console: Console, *, host: str, port: int) -> None:
    """Listen until stopped."""
    import uvicorn

    from scv_assets.activation.delivery.receipts import receipts_app

    destinations = company_destinations(load_home(path))
    console.print(shown(f"receipts: http://{host}:{port}/receipts/<destination>; Ctrl-C stops it"))
    uvicorn.run(receipts_app(_store(path), destinations, clock.now), host=host, port=port, log_level="critical")


def _store(path: Path) -> sa.Engine:
    store = open_store(load_home(path).settings.store_url)
    migrate(store)
    return store


def _indented(text: Any) -> str:
    try:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except ValueError:
        return str(text)
