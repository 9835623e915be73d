"""Tells the truth what one source knows: who stands behind each record, which orders there are, which consents."""

from dataclasses import dataclass

import numpy as np

from demo_company.arrays import Flags, Integers, Texts, only
from demo_company.browsing import LOGINS
from demo_company.chunk import Chunk
from demo_company.feed import Feed
from demo_company.reference_data import products


def register(
    feed: Feed, chunk: Chunk, key: Texts, who: Integers, day: Integers, variations: Texts | None = None
) -> None:
    """Note (key, person, first day) once a key; rows may repeat a key, the earliest day counts."""
    order = np.lexsort((np.arange(len(key)), day))
    first: dict[str, int] = {}
    for row in order.tolist():
        first.setdefault(key[row], row)
    rows = np.array(sorted(first.values(), key=lambda row: (day[row], key[row])), dtype=np.int64)
    start = np.datetime64(chunk.period.start_on)
    feed.truth.persons(
        feed.source,
        {
            "source_key": key[rows],
            "person_id": chunk.people.person_id[who[rows]],
            "first_day": start + np.maximum(day[rows], 0),
            "variations": variations[rows] if variations is not None else [None] * len(rows),
        },
    )


def tell_consents(
    feed: Feed, chunk: Chunk, key: Texts, who: Integers, channel: str, granted: Flags, at: Integers
) -> None:
    """Note what people said about being written to, once a (key, moment); `at` is a wall-clock moment."""
    last = {said: row for row, said in enumerate(zip(key.tolist(), at.tolist(), strict=True))}
    rows = np.array(sorted(last.values()), dtype=np.int64)
    feed.truth.add(
        "consents",
        {
            "source": [feed.source] * len(rows),
            "source_key": key[rows],
            "person_id": chunk.people.person_id[who[rows]],
            "channel": [channel] * len(rows),
            "granted": granted[rows],
            "occurred_at": chunk.period.utc(at[rows]),
        },
    )


@dataclass(frozen=True)
class Orders:
    """Orders as one source has them: rows of the chunk's purchases, and what the source says of each."""

    rows: Integers
    order_id: Texts
    channel: Texts
    status: Texts
    is_anonymous: Flags


def tell_orders(feed: Feed, chunk: Chunk, orders: Orders, *, moment: Integers, with_lines: bool = True) -> None:
    """Note the orders of a source with their lines (unless it knows none); `moment` is when, by the wall clock."""
    purchases, size = chunk.purchases, len(orders.rows)
    owner, line = purchases.lines_of(orders.rows)
    feed.truth.add(
        "orders",
        {
            "source": [feed.source] * size,
            "order_id": orders.order_id,
            "person_id": chunk.people.person_id[purchases.who[orders.rows]],
            "is_anonymous": orders.is_anonymous,
            "ordered_at": chunk.period.utc(moment),
            "channel": orders.channel,
            "status": orders.status,
            "gross_cents": purchases.total_cents[orders.rows],
            "is_return": purchases.is_return[orders.rows],
            "lines": np.bincount(owner, minlength=size) * with_lines,
        },
    )
    if with_lines:
        feed.truth.add(
            "order_lines",
            {
                "source": [feed.source] * len(line),
                "order_id": orders.order_id[owner],
                "line_number": purchases.lines.place[line],
                "product_id": products().product_id[purchases.lines.product[line]],
                "quantity": purchases.lines.quantity[line],
                "net_cents": purchases.lines.amount_cents[line],
            },
        )


@dataclass(frozen=True)
class Tickets:
    """Service cases or calls of one source, one a row; moments by the wall clock, `closed_at` -1 while open."""

    ticket_id: Texts
    who: Integers
    kind: Texts
    opened_at: Integers
    closed_at: Integers


def tell_tickets(feed: Feed, chunk: Chunk, tickets: Tickets) -> None:
    """Note the cases or calls of a source."""
    closed = chunk.period.utc(np.maximum(tickets.closed_at, 0))
    feed.truth.add(
        "tickets",
        {
            "source": [feed.source] * len(tickets.who),
            "ticket_id": tickets.ticket_id,
            "person_id": chunk.people.person_id[tickets.who],
            "kind": tickets.kind,
            "opened_at": chunk.period.utc(tickets.opened_at),
            "closed_at": only(tickets.closed_at >= 0, closed),
        },
    )


def tell_visits(
    feed: Feed, chunk: Chunk, visit_id: Texts, who: Integers, visitor_id: Texts, at: Integers, login: Integers
) -> None:
    """Note visits with the browser or device, the moment of their first event and how they stand to a login."""
    feed.truth.add(
        "visits",
        {
            "source": [feed.source] * len(who),
            "visit_id": visit_id,
            "person_id": chunk.people.person_id[who],
            "visitor_id": visitor_id,
            "started_at": chunk.period.utc(at),
            "login": np.asarray(LOGINS, dtype=object)[login],
        },
    )
