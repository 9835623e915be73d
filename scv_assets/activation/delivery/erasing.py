"""Which destinations still have, or may have, something of an erased customer: what a request waits for.

A destination confirms by its own sync: what it took off is no longer in `sync_state`. Of orders nobody can say any more
whose they were: one that a destination has and that is nobody's now has still to be taken off.
"""

from datetime import datetime

import sqlalchemy as sa

from resources.store.acknowledgements import release
from resources.store.engine import reading
from resources.store.erasures import RUNNING, Request, complete, is_proven, requests
from resources.store.tables import CROSSWALK, CUSTOMER_ORDER, ORDER_LINE, SYNC_STATE
from resources.store.tombstones import CUSTOMER, hashed
from scv_assets.activation.delivery.sync_state import LEFT_OUT
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.activation.destinations.settings import why_silent
from scv_assets.errors import ConfigError, NotFound
from scv_assets.home import Home

_s = SYNC_STATE.c


def destinations_waited_for(home: Home, store: sa.Engine, request: Request) -> dict[str, str]:
    """Return the destinations that have not confirmed, by name, with why they cannot now (empty: they may).

    One that is no more and that somebody released is not waited for.
    """
    settings = company_destinations(home)
    waited_for = _holding(store, request) - (request.proof.get("not_told", {}).keys() - settings.keys())
    return {name: why_silent(settings.get(name)) for name in sorted(waited_for)}


def release_destination(
    home: Home, store: sa.Engine, request: Request, name: str, *, by: str, reason: str, now: datetime
) -> None:
    """Let a request wait no longer for a destination that is no more. Raises `NotFound`, `ConfigError`."""
    waited_for = destinations_waited_for(home, store, request)
    if name not in waited_for:
        known = ", ".join(waited_for) or "none"
        raise NotFound(f"request {request.request_id} waits for no destination '{name}'; it waits for {known}")
    if name in company_destinations(home):
        raise ConfigError(
            f"'{name}' is in destinations.yaml and can be told still; only one that is no more is released"
        )
    release(store, request.request_id, name, by=by, reason=reason, now=now)


def settle(home: Home, store: sa.Engine, now: datetime) -> int:
    """Complete the requests that nothing is left to do for; return how many."""
    ready = [
        one.request_id
        for one in requests(store, RUNNING)
        if is_proven(one.proof) and not destinations_waited_for(home, store, one)
    ]
    complete(store, ready, now)
    return len(ready)


def _holding(store: sa.Engine, request: Request) -> set[str]:
    """Return the names of the destinations that have a profile of the customer, or an order or a line of nobody."""
    is_there = sa.or_(_s.status.is_(None), _s.status != LEFT_OUT)
    gone = sa.not_(sa.exists().where(CROSSWALK.c.customer_id == _s.key))
    profiles = sa.select(_s.destination, _s.key).where(_s.object == "profile", is_there, gone)
    orders = sa.select(_s.destination).where(is_there, _is_nobodys_order()).distinct()
    with reading(store) as connection:
        hashes = set(request.subject.get(CUSTOMER, ()))
        there = {name for name, key in connection.execute(profiles) if hashed(request.salt, CUSTOMER, key) in hashes}
        return there | set(connection.scalars(orders))


def _is_nobodys_order() -> sa.ColumnElement[bool]:
    """Return the condition that an object is an order of nobody, or a line of one; the keys are listed once."""
    order, line = CUSTOMER_ORDER.c, ORDER_LINE.c
    orders = sa.select(order.source + "/" + order.order_id).where(order.customer_id.is_(None))
    key = line.source + "/" + line.order_id + "/" + sa.cast(line.line_number, sa.Text())
    is_of = sa.and_(line.source == order.source, line.order_id == order.order_id)
    lines = sa.select(key).join(CUSTOMER_ORDER, is_of).where(order.customer_id.is_(None))
    return sa.or_(
        sa.and_(_s.object == "order", _s.key.in_(orders)), sa.and_(_s.object == "order_line", _s.key.in_(lines))
    )
