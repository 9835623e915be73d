"""The ERP: customers, orders by phone and catalogue, their lines and invoices, in an SQLite database.

Rows leave it on their `export_day`: orders of earlier years on the first day, later ones when they last changed. Some
orders name a customer that the ERP no longer has, some are delivered to another customer than the invoiced one.
"""

from pathlib import Path

import numpy as np

from demo_company.arrays import Flags, Integers, Texts, chance, choose, either, only, pick, same, texts
from demo_company.cast import PHONE
from demo_company.chunk import Chunk
from demo_company.database import Database, TableSink
from demo_company.feed import Fault, Feed, becomes
from demo_company.keys import keys
from demo_company.money import amounts
from demo_company.period import Period, dates, iso
from demo_company.presentation import Habits, present
from demo_company.reference_data import products
from demo_company.registry import Orders, register, tell_orders
from demo_company.truth import Truth

HABITS = Habits(
    lacks_email=0.75,
    lacks_phone=0.1,
    lacks_birth=1.0,
    lacks_address=0.02,
    typo=0.025,
    initial=0.03,
    accents=0.5,
    capitals=0.6,
    landline=0.55,
    former=0.1,
    follows=False,
    notations={"slashed": 4, "plain": 3, "dotted": 2},
)
_COUNTRY = {"BE": "B", "FR": "F"}
_LANGUAGE = {"fr": "F", "nl": "N", "en": "E"}
_SCRIPT = """
CREATE TABLE customers (customer_no TEXT PRIMARY KEY, name1 TEXT, street TEXT, zip TEXT, city TEXT, country TEXT,
  langu TEXT, telephone TEXT, email TEXT, crm_ref TEXT, changed_at TEXT, export_day TEXT);
CREATE TABLE orders (order_no TEXT, order_date TEXT, status TEXT, sales_channel TEXT, invoiced_customer TEXT,
  delivered_customer TEXT, currency TEXT, total_amount TEXT, export_day TEXT);
CREATE TABLE order_lines (order_no TEXT, line_no INTEGER, article TEXT, description TEXT, quantity INTEGER,
  unit_price TEXT, amount TEXT);
CREATE TABLE invoices (invoice_no TEXT PRIMARY KEY, order_no TEXT, invoiced_at TEXT, amount TEXT);
"""
_INDEXES = (
    "CREATE INDEX orders_by_day ON orders (export_day)",
    "CREATE INDEX customers_by_day ON customers (export_day)",
    "CREATE INDEX lines_by_order ON order_lines (order_no)",
    "CREATE INDEX invoices_by_order ON invoices (order_no)",
)
_FAULTS = (
    Fault("status", becomes("??"), "unknown_category"),
    Fault("order_date", becomes("00/00/0000"), "unparsable_date"),
    Fault("currency", becomes("BEF"), "unknown_category"),
)


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer, for orders; the other tables are written beside."""
    sink = TableSink(Database(inbox, "erp/erp.db", _SCRIPT, _INDEXES), "orders")
    return Feed("erp", sink, "order_no", _FAULTS, 6, period, truth)


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the chunk's customers, orders, lines and invoices."""
    rng = chunk.rng("erp")
    purchases, period = chunk.purchases, chunk.period
    rows = np.flatnonzero((purchases.channel == PHONE) & (purchases.day < period.days))
    invoiced, delivered = _parties(rng, chunk, rows)
    orphan = pick(rng, purchases.day[rows] >= 0, 0.02, 2)
    exported = np.where(purchases.day[rows] < 0, 0, np.minimum(purchases.day[rows] + 2, period.days - 1))
    _write_customers(rng, chunk, feed, invoiced, delivered, exported, orphan)
    order_no = chunk.order_no("BC", rows)
    status = _statuses(rng, chunk, rows)
    orphan_no = keys("K0", purchases.number[rows], "orphan")
    columns = {
        "order_no": order_no,
        "order_date": iso(purchases.at[rows], separator=" "),
        "status": status,
        "sales_channel": choose(rng, ("PHONE", "CATALOGUE"), len(rows), np.array([0.6, 0.4])),
        "invoiced_customer": either(orphan, orphan_no, chunk.erp_no(invoiced)),
        "delivered_customer": either(orphan, orphan_no, chunk.erp_no(delivered)),
        "currency": same("EUR", len(rows)),
        "total_amount": amounts(purchases.total_cents[rows]),
        "export_day": _day_texts(period, exported),
    }
    feed.put(rng, exported, columns, purchases.at[rows])
    _write_lines(chunk, feed, rows, order_no)
    _write_invoices(rng, chunk, feed, rows, order_no, status)
    _tell(chunk, feed, rows, order_no, orphan, status)


def _parties(rng: np.random.Generator, chunk: Chunk, rows: Integers) -> tuple[Integers, Integers]:
    """Return who is invoiced and to whom it is delivered: one order in nine is a gift to someone else."""
    invoiced = chunk.purchases.who[rows]
    gift = chance(rng, len(rows), 0.11)
    other = rng.integers(0, len(chunk.people), len(rows))
    back = chunk.purchases.return_of[rows] >= 0
    return invoiced, np.where(gift & ~back, other, invoiced)


def _statuses(rng: np.random.Generator, chunk: Chunk, rows: Integers) -> Texts:
    back = chunk.purchases.is_return[rows]
    untouched = ~back & ~np.isin(rows, chunk.purchases.return_of)
    cancelled = untouched & chance(rng, len(rows), 0.03)
    recent = untouched & (chunk.purchases.day[rows] > chunk.period.days - 4)
    return either(back, "RET", np.where(cancelled, "ANN", np.where(recent, "OUV", "FAC")))


def _write_customers(
    rng: np.random.Generator,
    chunk: Chunk,
    feed: Feed,
    invoiced: Integers,
    delivered: Integers,
    exported: Integers,
    orphan: Flags,
) -> None:
    known = np.concatenate([invoiced[~orphan], delivered[~orphan]])
    day = np.concatenate([exported[~orphan], exported[~orphan]])
    who = np.unique(known)
    first = np.full(len(chunk.people), chunk.period.days, dtype=np.int64)
    np.minimum.at(first, known, day)
    seen = present(rng, chunk.people, who, first[who], HABITS)
    names = [f"{last} {given}" for last, given in zip(seen.last_name, seen.first_name, strict=True)]
    in_crm = (chunk.cast.crm_since[who] < 0) & chance(rng, len(who), 0.3)
    columns = {
        "customer_no": chunk.erp_no(who),
        "name1": texts(names),
        "street": seen.street_line,
        "zip": seen.postcode,
        "city": seen.city,
        "country": np.array([_COUNTRY[c] for c in seen.country], dtype=object),
        "langu": np.array([_LANGUAGE[c] for c in seen.language], dtype=object),
        "telephone": seen.phone,
        "email": seen.email,
        "crm_ref": only(in_crm, chunk.crm_id(who)),
        "changed_at": iso(chunk.period.moment(first[who], 0 * who) + 68_400, separator=" "),
        "export_day": _day_texts(chunk.period, first[who]),
    }
    _database(feed).insert("customers", columns)
    register(feed, chunk, columns["customer_no"], who, first[who], seen.variations)


def _write_lines(chunk: Chunk, feed: Feed, rows: Integers, order_no: Texts) -> None:
    lines, catalogue = chunk.purchases.lines, products()
    owner, line = chunk.purchases.lines_of(rows)
    columns = {
        "order_no": order_no[owner],
        "line_no": lines.place[line].tolist(),
        "article": catalogue.product_id[lines.product[line]],
        "description": catalogue.name[lines.product[line]],
        "quantity": lines.quantity[line].tolist(),
        "unit_price": amounts(lines.unit_cents[line]),
        "amount": amounts(lines.amount_cents[line]),
    }
    _database(feed).insert("order_lines", columns)


def _write_invoices(
    rng: np.random.Generator, chunk: Chunk, feed: Feed, rows: Integers, order_no: Texts, status: Texts
) -> None:
    """Write an invoice for every order that was neither cancelled nor is still open."""
    done = np.flatnonzero(np.isin(status, ["FAC", "RET"]))
    at = chunk.purchases.at[rows][done] + 86_400 + rng.integers(0, 14_400, len(done))
    columns = {
        "invoice_no": chunk.order_no("F", rows[done]),
        "order_no": order_no[done],
        "invoiced_at": iso(at, separator=" "),
        "amount": amounts(chunk.purchases.total_cents[rows[done]]),
    }
    _database(feed).insert("invoices", columns)


def _database(feed: Feed) -> Database:
    sink = feed.sink
    assert isinstance(sink, TableSink)
    return sink.database


def _day_texts(period: Period, day: Integers) -> Texts:
    return dates(day + period.first)


def _tell(chunk: Chunk, feed: Feed, rows: Integers, order_no: Texts, orphan: Flags, status: Texts) -> None:
    words = {"FAC": "completed", "OUV": "placed", "ANN": "cancelled", "RET": "returned"}
    orders = Orders(
        rows, order_no, same("phone", len(rows)), np.array([words[s] for s in status], dtype=object), orphan
    )
    tell_orders(feed, chunk, orders, moment=chunk.purchases.at[rows])
