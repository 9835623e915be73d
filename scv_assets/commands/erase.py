"""`scv erase`: a customer asks to be forgotten; what would go, the request, and how far requests are."""

import json
from pathlib import Path

import sqlalchemy as sa
import typer
from rich.console import Console

from resources import clock
from resources.store.acknowledgements import acknowledge
from resources.store.erasures import (
    COMPLETED,
    PLACES,
    REQUESTED,
    Concerned,
    Request,
    ask,
    concerned,
    requests,
    unacknowledged,
)
from scv_assets.activation.delivery.erasing import destinations_waited_for, release_destination
from scv_assets.commands.finding import customers_called
from scv_assets.commands.invocation import typed
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.commands.opening import opened
from scv_assets.commands.steward import steward
from scv_assets.errors import ConfigError, NotFound
from scv_assets.home import Home
from scv_assets.numbers_told import counted

_MOST = 20


def erase(path: Path, identifier: str, console: Console, *, is_sure: bool, by: str | None, reason: str) -> bool:
    """Enter a request for the customer whom an identifier leads to; return whether it was entered.

    Raises `NotFound` where nobody answers to it, `ConfigError` where several customers do.
    """
    home, store = opened(path)
    found = customers_called(home, store, identifier)
    if len(found) > 1:
        raise ConfigError(
            f"{len(found)} customers answer to this; name one of them by its id: {', '.join(found[:_MOST])}"
        )
    customer_id = found[0]
    console.print(shown(_told(customer_id, concerned(store, customer_id))), soft_wrap=True, highlight=False)
    if not is_sure and not typer.confirm("It cannot be taken back. Erase?"):
        console.print("Nothing was done.")
        return False
    request_id = ask(store, customer_id, by=steward(by), reason=reason, now=clock.now())
    run = typed(home.root, "run")
    console.print(f"Request {request_id} stands; the next run carries it out: {run}", soft_wrap=True)
    return True


def _told(customer_id: str, of: Concerned) -> str:
    """Return in words what an erasure reaches."""
    waiting = f" ({of.waiting:,} of them not sent yet: cancelled at once)" if of.waiting else ""
    there = f"is at {', '.join(of.destinations)}, which will be told" if of.destinations else "is at no destination"
    return (
        f"Customer {customer_id}: {counted(of.records, 'source record')}, "
        f"{counted(of.orders, 'order')} (they stay, as nobody's), {counted(of.messages, 'message')}{waiting}; {there}."
    )


def print_requests(path: Path, console: Console) -> None:
    """Print every request with how far it is."""
    home, store = opened(path)
    found = requests(store)
    if not found:
        console.print("Nobody has asked to be forgotten.")
        return
    columns = (whole("request"), whole("asked for (UTC)"), folded("by"), folded("status"), folded("proof"))
    table = listing(counted(len(found), "request"), *columns)
    for one in found:
        asked, by = f"{one.requested_at:%Y-%m-%d %H:%M}", shown(one.requested_by)
        table.add_row(one.request_id, asked, by, shown(_status(home, store, one)), shown(_proof(one)))
    console.print(table)


def _status(home: Home, store: sa.Engine, request: Request) -> str:
    if request.status == COMPLETED:
        return f"completed {request.completed_at:%Y-%m-%d %H:%M}"
    if request.status == REQUESTED:
        return "requested; the next run takes it up"
    waited_for = destinations_waited_for(home, store, request)
    left = [f"{rows:,} in {place}" for place, rows in sorted(unacknowledged(request.proof).items())]
    told = [f"rows that name the customer: {', '.join(left)}"] if left else []
    if waited_for:
        named = (f"{name}{f' ({why})' if why else ''}" for name, why in waited_for.items())
        told.append(f"waiting for {', '.join(named)}")
    return "; ".join(told) or "gone from the view; the next run completes it"


def _proof(request: Request) -> str:
    """Return in numbers what went, what stays as nobody's, and what was found afterwards."""
    places = [place for place in (request.proof.get(name) for name in PLACES) if place]
    if not places:
        return ""
    removed, anonymous, found = (
        sum(sum(place.get(what, {}).values()) for place in places) for what in ("removed", "made_anonymous", "found")
    )
    told = [f"{counted(removed, 'row')} removed, {anonymous:,} made anonymous, {found:,} found afterwards"]
    if known := request.proof.get("acknowledged"):
        told.append(f"{sum(known['found'].values()):,} acknowledged by {known['by']}")
    told += [f"{name} not told, by {word['by']}" for name, word in sorted(request.proof.get("not_told", {}).items())]
    return ", ".join(told)


def print_proof(path: Path, request_id: str, console: Console) -> None:
    """Print what one request looked through, removed and found afterwards, as JSON. Raises `NotFound`."""
    _, store = opened(path)
    console.print_json(json.dumps(_request(store, request_id).proof, sort_keys=True))


def acknowledge_found(path: Path, request_id: str, console: Console, *, by: str | None, reason: str) -> None:
    """Answer for the rows that a proof found. Raises `NotFound`."""
    home, store = opened(path)
    request = _request(store, request_id)
    rows = acknowledge(store, request.request_id, by=steward(by), reason=reason, now=clock.now())
    where = ", ".join(f"{count:,} in {place}" for place, count in sorted(rows.items()))
    told = f"Acknowledged, and in the proof: rows that name the customer: {where}. The next run looks again"
    console.print(shown(f"{told}: {typed(home.root, 'run')}"), soft_wrap=True, highlight=False)


def release(path: Path, request_id: str, name: str, console: Console, *, by: str | None, reason: str) -> None:
    """Let a request wait no longer for a destination that is no more. Raises `NotFound`, `ConfigError`."""
    home, store = opened(path)
    request = _request(store, request_id)
    release_destination(home, store, request, name, by=steward(by), reason=reason, now=clock.now())
    told = f"Released, and in the proof: {name} was not told. The next run goes on from here"
    console.print(shown(f"{told}: {typed(home.root, 'run')}"), soft_wrap=True, highlight=False)


def _request(store: sa.Engine, request_id: str) -> Request:
    """Return the request whose id begins so. Raises `NotFound`."""
    found = [one for one in requests(store) if one.request_id.startswith(request_id)]
    if len(found) != 1:
        many = "more than one request begins with" if found else "there is no request"
        raise NotFound(f"{many} '{request_id}'; scv erase --list has them")
    return found[0]
