"""Customer service: cases as a JSON document, each on the day when it is opened and again when it is closed."""

from pathlib import Path

import numpy as np

from demo_company.arrays import Integers, Texts, chance, choose, either, only, same, texts
from demo_company.cast import ONE_PURCHASE, PHONE
from demo_company.chunk import Chunk
from demo_company.feed import Fault, Feed, becomes
from demo_company.keys import keys
from demo_company.period import DAY, Period, iso_offset, opening_hours
from demo_company.presentation import Habits, Seen, present
from demo_company.registry import Tickets, register, tell_tickets
from demo_company.sinks import JsonSink, RawJson, json_objects
from demo_company.truth import Truth

HABITS = Habits(
    lacks_email=0.12,
    lacks_phone=0.35,
    lacks_birth=1.0,
    lacks_address=1.0,
    typo=0.03,
    nickname=0.08,
    accents=0.2,
    former=0.05,
    notations={"plain": 3, "spaced": 2, "slashed": 2, "e164": 1, "double_zero": 1},
)
_KINDS = ("complaint", "question", "return_request", "review")
_SUBJECTS = {
    "complaint": "Article abîmé à la livraison",
    "question": "Disponibilité d'un article",
    "return_request": "Demande de retour",
    "review": "Avis après achat",
    "referral": "Parrainage d'un proche",
}
_FAULTS = (
    Fault("type", becomes("plainte!!"), "unknown_category"),
    Fault("opened_at", becomes("yesterday"), "unparsable_date"),
    Fault("case_id", becomes(None), "missing_key"),
)


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer."""
    return Feed("service", JsonSink(inbox, "service/cases_{date}.json", "cases"), "case_id", _FAULTS, 4, period, truth)


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the chunk's cases."""
    rng = chunk.rng("service")
    cases = _cases(rng, chunk)
    who, day = cases.who, chunk.period.day_of(cases.opened_at)
    seen = present(rng, chunk.people, who, day, HABITS)
    reference = keys("SC", chunk.people.number[who])
    columns = {
        "case_id": cases.ticket_id,
        "type": cases.kind,
        "subject": np.array([_SUBJECTS[k] for k in cases.kind], dtype=object),
        "priority": choose(rng, ("low", "normal", "high"), len(who)),
        "opened_at": iso_offset(chunk.period, cases.opened_at),
        "customer": _customers(seen, reference),
        "order_no": _orders(chunk, who),
    }
    _write(rng, chunk, feed, cases, columns)
    register(feed, chunk, reference, who, day, seen.variations)
    tell_tickets(feed, chunk, cases)


def _cases(rng: np.random.Generator, chunk: Chunk) -> Tickets:
    """Return who opens which case when; four complaints in ten stay open, the others close within days."""
    cast, period = chunk.cast, chunk.period
    troubled = np.flatnonzero((cast.persona >= ONE_PURCHASE) & chance(rng, len(chunk.people), 0.12))
    who = np.concatenate([troubled, np.flatnonzero(cast.plays["referrer"])])
    kind = choose(rng, _KINDS, len(who), np.array([0.45, 0.27, 0.13, 0.15]))
    kind[len(troubled) :] = "referral"
    at = period.moment(rng.integers(0, period.days, len(who)), opening_hours(rng, len(who)))
    closed_at = at + 3600 + rng.integers(0, 9, len(who)) * DAY
    stays_open = (kind == "complaint") & chance(rng, len(who), 0.4) | (period.day_of(closed_at) >= period.days)
    number = keys("CASE-", chunk.index * 40_000 + np.arange(len(who)))
    return Tickets(number, who, kind, at, np.where(stays_open, -1, closed_at))


def _customers(seen: Seen, reference: Texts) -> Texts:
    names = texts([f"{first} {last}" for first, last in zip(seen.first_name, seen.last_name, strict=True)])
    columns = {
        "ref": reference,
        "name": names,
        "email": seen.email,
        "phone": seen.phone,
        "language": seen.language,
    }
    return np.array([RawJson(text) for text in json_objects(columns)], dtype=object)


def _write(rng: np.random.Generator, chunk: Chunk, feed: Feed, cases: Tickets, columns: dict[str, Texts]) -> None:
    """Write each case on the day it is opened, and again on the day it is closed if that is another one."""
    period = chunk.period
    day, closed_day = period.day_of(cases.opened_at), period.day_of(cases.closed_at)
    closes = cases.closed_at >= 0
    closed_text = iso_offset(period, np.maximum(cases.closed_at, 0))
    at_once = closes & (closed_day == day)
    opened = columns | {"status": either(at_once, "closed", "open"), "closed_at": only(at_once, closed_text)}
    later = np.flatnonzero(closes & ~at_once)
    closed = {name: values[later] for name, values in columns.items()}
    closed |= {"status": same("closed", len(later)), "closed_at": closed_text[later]}
    rows = {name: np.concatenate([opened[name], closed[name]]) for name in opened}
    moments = np.concatenate([cases.opened_at, cases.closed_at[later]])
    feed.put(rng, period.day_of(moments), rows, moments)


def _orders(chunk: Chunk, who: Integers) -> Texts:
    """Return an order of each person that the case is about, where there is one online or by phone."""
    purchases = chunk.purchases
    rows = np.flatnonzero((purchases.channel != 0) & (purchases.day >= 0) & ~purchases.is_return)
    last = np.full(len(chunk.people), -1, dtype=np.int64)
    last[purchases.who[rows]] = rows
    row = last[who]
    number = np.where(purchases.channel[row] == PHONE, chunk.order_no("BC", row), chunk.order_no("WEB", row))
    return only(row >= 0, number)
