"""The data warehouse: an SQLite file with the orders of earlier times and, on the first of a month, client totals."""

from pathlib import Path

import numpy as np

from demo_company.arrays import Flags, Integers, Texts, chance, only, same
from demo_company.cast import ONLINE, PHONE, STORE
from demo_company.chunk import Chunk
from demo_company.database import Database, TableSink
from demo_company.feed import Fault, Feed, becomes
from demo_company.keys import keys
from demo_company.money import amounts
from demo_company.period import Period, dates, iso
from demo_company.presentation import Habits, present
from demo_company.registry import Orders, register, tell_orders
from demo_company.truth import Truth

HABITS = Habits(
    lacks_email=0.3,
    lacks_phone=1.0,
    lacks_birth=0.4,
    lacks_address=0.2,
    typo=0.01,
    accents=0.3,
    former=0.25,
    follows=False,
)
_SCRIPT = """
CREATE TABLE dim_client (client_key TEXT PRIMARY KEY, crm_id TEXT, loyalty_card TEXT, first_name TEXT, last_name TEXT,
  birth_date TEXT, email TEXT, zip TEXT, city TEXT, country TEXT);
CREATE TABLE fact_order (order_ref TEXT, client_key TEXT, ordered_at TEXT, channel TEXT, status TEXT, revenue TEXT,
  currency TEXT, extract_day TEXT);
CREATE TABLE mart_client_month (month TEXT, client_key TEXT, orders INTEGER, revenue TEXT, extract_day TEXT);
"""
_INDEXES = (
    "CREATE INDEX order_by_day ON fact_order (extract_day)",
    "CREATE INDEX month_by_day ON mart_client_month (extract_day)",
)
_CHANNEL = {STORE: "STORE", ONLINE: "ONLINE"}
_FAULTS = (
    Fault("channel", becomes("MINITEL"), "unknown_category"),
    Fault("ordered_at", becomes("2025-13-40"), "unparsable_date"),
    Fault("currency", becomes("BEF"), "unknown_category"),
)


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer, for the orders; the other tables are written beside."""
    sink = TableSink(Database(inbox, "warehouse/warehouse.db", _SCRIPT, _INDEXES), "fact_order")
    return Feed("warehouse", sink, "order_ref", _FAULTS, 20, period, truth)


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write earlier orders of known clients, and what each client bought in each month that ended."""
    rng = chunk.rng("warehouse")
    purchases, cast = chunk.purchases, chunk.cast
    known = (cast.crm_since < 0) | (cast.card_since < 0)
    rows = np.flatnonzero((purchases.day < 0) & (purchases.channel != PHONE) & known[purchases.who])
    who = purchases.who[rows]
    order_ref = chunk.order_no("DW", rows)
    channel = np.array([_CHANNEL[c] for c in purchases.channel[rows].tolist()], dtype=object)
    day_text = chunk.period.start_on.isoformat()
    columns = {
        "order_ref": order_ref,
        "client_key": keys("D", chunk.people.number[who]),
        "ordered_at": iso(purchases.at[rows], separator=" "),
        "channel": channel,
        "status": same("COMPLETED", len(rows)),
        "revenue": amounts(purchases.total_cents[rows]),
        "currency": same("EUR", len(rows)),
        "extract_day": same(day_text, len(rows)),
    }
    feed.put(rng, 0 * rows, columns, purchases.at[rows])
    months = _months(rng, chunk, feed, known)
    clients = np.unique(np.concatenate([who, months]))
    first = np.where(np.isin(clients, who), 0, 9)
    _write_clients(rng, chunk, feed, clients, first)
    _tell(chunk, feed, rows, order_ref, channel)


def _months(rng: np.random.Generator, chunk: Chunk, feed: Feed, known: Flags) -> Integers:
    """Write client totals of every month that ended within the period; return the clients concerned."""
    period, purchases = chunk.period, chunk.purchases
    everyone = [np.empty(0, dtype=np.int64)]
    for day in (d for d in range(1, period.days) if period.on(d).day == 1):
        month = period.on(day - 1)
        before = day - month.day
        rows = np.flatnonzero((purchases.day >= before) & (purchases.day < day) & known[purchases.who])
        who = np.unique(purchases.who[rows])
        orders = np.bincount(purchases.who[rows], minlength=len(chunk.people))[who]
        spent = np.bincount(purchases.who[rows], purchases.total_cents[rows], len(chunk.people))[who]
        columns = {
            "month": [f"{month:%Y-%m}"] * len(who),
            "client_key": keys("D", chunk.people.number[who]),
            "orders": orders.tolist(),
            "revenue": amounts(spent.astype(np.int64)),
            "extract_day": [period.on(day).isoformat()] * len(who),
        }
        _database(feed).insert("mart_client_month", columns)
        everyone.append(who)
    return np.concatenate(everyone)


def _write_clients(rng: np.random.Generator, chunk: Chunk, feed: Feed, who: Integers, first: Integers) -> None:
    cast = chunk.cast
    seen = present(rng, chunk.people, who, 0 * who, HABITS)
    size = len(who)
    has_crm = (cast.crm_since[who] < 0) & chance(rng, size, 0.8)
    has_card = (cast.card_since[who] < 0) & chance(rng, size, 0.8)
    columns = {
        "client_key": keys("D", chunk.people.number[who]),
        "crm_id": only(has_crm, chunk.crm_id(who)),
        "loyalty_card": only(has_card, chunk.card(who)),
        "first_name": seen.first_name,
        "last_name": seen.last_name,
        "birth_date": only(seen.has_birth, dates(seen.born)),
        "email": seen.email,
        "zip": seen.postcode,
        "city": seen.city,
        "country": seen.country,
    }
    _database(feed).insert("dim_client", columns)
    register(feed, chunk, columns["client_key"], who, first, seen.variations)


def _database(feed: Feed) -> Database:
    sink = feed.sink
    assert isinstance(sink, TableSink)
    return sink.database


def _tell(chunk: Chunk, feed: Feed, rows: Integers, order_ref: Texts, channel: Texts) -> None:
    words = np.array([word.lower() for word in channel], dtype=object)
    orders = Orders(rows, order_ref, words, same("completed", len(rows)), np.zeros(len(rows), dtype=np.bool_))
    tell_orders(feed, chunk, orders, moment=chunk.purchases.at[rows], with_lines=False)
