"""Tills: one JSON line a ticket, with its lines and payment; and sign-ups on a store's tablet, a line each.

A ticket without a loyalty card is anonymous. Who shows a new card later gets earlier tickets sent again, with the card.
"""

from pathlib import Path

import numpy as np

from demo_company.arrays import Flags, Integers, Texts, blank, chance, choose, only, same
from demo_company.cast import STORE
from demo_company.chunk import Chunk
from demo_company.feed import Fault, Feed, becomes
from demo_company.keys import keys
from demo_company.money import amounts
from demo_company.period import Period, iso_offset, opening_hours
from demo_company.presentation import Habits, present
from demo_company.reference_data import products
from demo_company.registry import Orders, register, tell_orders
from demo_company.sinks import JsonLinesSink, RawJson, json_objects
from demo_company.truth import Truth

STORES: tuple[str, ...] = ("BXL1", "BXL2", "LIE1", "NAM1", "ANT1", "GNT1", "LIL1", "LYO1", "PAR1", "PAR2")
KIOSK_HABITS = Habits(
    lacks_email=0.12,
    lacks_phone=0.35,
    lacks_birth=1.0,
    lacks_address=1.0,
    typo=0.04,
    nickname=0.06,
    capitals=0.1,
    placeholder=0.02,
    notations={"plain": 5, "slashed": 2, "e164": 1},
)
_FAULTS = (
    Fault("type", becomes("tikcet"), "unknown_category"),
    Fault("at", becomes("hier 14h"), "unparsable_date"),
    Fault("record_no", becomes(""), "missing_key"),
    Fault("currency", becomes("BEF"), "unknown_category"),
)


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer."""
    return Feed("pos", JsonLinesSink(inbox, "pos/tickets_{date}.jsonl"), "record_no", _FAULTS, 10, period, truth)


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the chunk's tickets and sign-ups of the period."""
    rng = chunk.rng("pos")
    tickets, who, day, at, card = _tickets(rng, chunk, feed)
    signed, seen_columns, sign_day, sign_at = _sign_ups(rng, chunk)
    columns: dict[str, Texts] = {}
    for name in dict.fromkeys((*tickets, *seen_columns)):
        parts = (tickets.get(name, blank(len(day))), seen_columns.get(name, blank(len(signed))))
        columns[name] = np.concatenate(parts)
    feed.put(rng, np.concatenate([day, sign_day]), columns, np.concatenate([at, sign_at]))
    shown = np.array([c is not None for c in card], dtype=np.bool_)
    register(
        feed,
        chunk,
        np.concatenate([card[shown], chunk.card(signed)]),
        np.concatenate([who[shown], signed]),
        np.concatenate([day[shown], sign_day]),
    )


def _tickets(
    rng: np.random.Generator, chunk: Chunk, feed: Feed
) -> tuple[dict[str, Texts], Integers, Integers, Integers, Texts]:
    purchases, cast, period = chunk.purchases, chunk.cast, chunk.period
    rows = np.flatnonzero((purchases.channel == STORE) & (purchases.day >= 0) & (purchases.day < period.days))
    who, day = purchases.who[rows], purchases.day[rows]
    shows = (day >= cast.card_since[who]) & (chance(rng, len(rows), 0.88) | _by_scenario(chunk, who))
    since = cast.card_since[who]
    later = cast.plays["late_card"][who] & (day < since) & (since + 1 < period.days)
    card = chunk.card(who)
    store = np.asarray(STORES, dtype=object)[(chunk.people.household[who] + chance(rng, len(rows), 0.1)) % len(STORES)]
    moment = purchases.at[rows]
    base = {
        "type": same("ticket", len(rows)),
        "record_no": chunk.order_no("T", rows),
        "store": store,
        "till": choose(rng, ("1", "2", "3"), len(rows)),
        "at": iso_offset(period, moment),
        "currency": same("EUR", len(rows)),
        "loyalty_card": only(shows, card),
        "lines": _lines(chunk, rows),
        "total": np.array([RawJson(a) for a in amounts(purchases.total_cents[rows])], dtype=object),
        "payment": _payments(rng, len(rows)),
    }
    again = np.flatnonzero(later)
    columns = {name: np.concatenate([values, values[again]]) for name, values in base.items()}
    columns["loyalty_card"][len(rows) :] = card[again]
    _tell(chunk, feed, rows, base["record_no"], shows | later)
    sent = np.concatenate([day, since[again] + 1])
    return (
        columns,
        np.concatenate([who, who[again]]),
        sent,
        np.concatenate([moment, moment[again]]),
        columns["loyalty_card"],
    )


def _by_scenario(chunk: Chunk, who: Integers) -> Flags:
    plays = chunk.cast.plays
    return np.asarray((plays["cart_then_store"] | plays["cart_partly_in_store"])[who], dtype=np.bool_)


def _lines(chunk: Chunk, rows: Integers) -> Texts:
    """Return each ticket's lines as JSON."""
    purchases, catalogue = chunk.purchases, products()
    owner, line = purchases.lines_of(rows)
    product = purchases.lines.product[line]
    tokens = json_objects(
        {
            "sku": catalogue.product_id[product],
            "label": catalogue.name[product],
            "qty": purchases.lines.quantity[line].tolist(),
            "unit_price": [RawJson(a) for a in amounts(purchases.lines.unit_cents[line])],
            "amount": [RawJson(a) for a in amounts(purchases.lines.amount_cents[line])],
        }
    )
    ends = np.cumsum(np.bincount(owner, minlength=len(rows)))
    counts = np.diff(ends, prepend=0)
    found = [RawJson(f"[{', '.join(tokens[end - n : end])}]") for end, n in zip(ends, counts, strict=True)]
    return np.array(found, dtype=object)


def _payments(rng: np.random.Generator, size: int) -> Texts:
    mode = choose(rng, ("card", "cash", "voucher"), size, np.array([0.78, 0.18, 0.04]))
    last = rng.integers(0, 10_000, size)
    return np.array(
        [
            RawJson(f'{{"mode": "{m}", "last4": "{n:04d}"}}' if m == "card" else f'{{"mode": "{m}"}}')
            for m, n in zip(mode, last, strict=True)
        ],
        dtype=object,
    )


def _sign_ups(rng: np.random.Generator, chunk: Chunk) -> tuple[Integers, dict[str, Texts], Integers, Integers]:
    cast, period = chunk.cast, chunk.period
    signed = np.flatnonzero(cast.kiosk >= 0)
    day = cast.card_since[signed]
    at = period.moment(day, opening_hours(rng, len(signed)))
    seen = present(rng, chunk.people, signed, day, KIOSK_HABITS)
    tablet = [f"KIOSK-{chunk.index * 100 + n + 1:04d}" for n in cast.kiosk[signed]]
    columns = {
        "type": same("kiosk_signup", len(signed)),
        "record_no": keys("S", chunk.people.number[signed]),
        "store": np.asarray(STORES, dtype=object)[cast.kiosk[signed] % len(STORES)],
        "at": iso_offset(period, at),
        "loyalty_card": chunk.card(signed),
        "tablet_id": np.array(tablet, dtype=object),
        "first_name": seen.first_name,
        "last_name": seen.last_name,
        "email": seen.email,
        "phone": seen.phone,
        "language": seen.language,
    }
    return signed, columns, day, at


def _tell(chunk: Chunk, feed: Feed, rows: Integers, record_no: Texts, known: Flags) -> None:
    orders = Orders(rows, record_no, same("store", len(rows)), same("completed", len(rows)), ~known)
    tell_orders(feed, chunk, orders, moment=chunk.purchases.at[rows])
