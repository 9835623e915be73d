"""Which messages were meant: a mistyped destination, campaign or key is told as such."""

from collections.abc import Iterable

import sqlalchemy as sa

from resources.store.engine import reading
from resources.store.tables import OUTBOX, SYNC_STATE
from scv_assets.activation.delivery.decisions import Chosen
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.activation.run import load_campaigns
from scv_assets.errors import NotFound
from scv_assets.home import Home
from scv_assets.yaml_document import suggestion


def check_chosen(home: Home, store: sa.Engine, chosen: Chosen) -> None:
    """Raise `NotFound` where a name is neither in the company's YAML nor in the store, or no message has the key."""
    if chosen.destination is not None:
        here = (*company_destinations(home), *_held(store, OUTBOX.c.destination, SYNC_STATE.c.destination))
        _check("destination", chosen.destination, here)
    if chosen.campaign is not None:
        here = (*(one.name for one in load_campaigns(home).campaigns), *_held(store, OUTBOX.c.campaign))
        _check("campaign", chosen.campaign, here)
    if chosen.key is not None:
        with reading(store) as connection:
            found = connection.scalar(sa.select(sa.func.count()).where(*Chosen(key=chosen.key).conditions()))
        if not found:
            raise NotFound(f"there is no message '{chosen.key}'; scv outbox list has them")


def _held(store: sa.Engine, *columns: sa.Column[str]) -> list[str]:
    with reading(store) as connection:
        return [name for column in columns for name in connection.scalars(sa.select(column).distinct()) if name]


def _check(kind: str, name: str, among: Iterable[str]) -> None:
    known = sorted(set(among))
    if name not in known:
        there = f"there are {', '.join(known)}" if known else "there is none"
        raise NotFound(f"there is no {kind} '{name}'; {there}{suggestion(name, known)}")
