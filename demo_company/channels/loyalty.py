"""The loyalty programme's spreadsheet: every second Monday the whole list, under two title rows with merged cells.

Postcodes and some phones are numbers there, so what began with 0 has lost it; a closed card is gone from the next list.
"""

from pathlib import Path

import numpy as np

from demo_company.arrays import NEVER, Flags, Integers, Texts, chance, choose, either, only
from demo_company.channels.pos import STORES
from demo_company.chunk import Chunk
from demo_company.feed import Fault, Feed, becomes
from demo_company.period import DAY, Period
from demo_company.presentation import Habits, Seen, present
from demo_company.registry import register, tell_consents
from demo_company.sinks import ExcelSink
from demo_company.truth import Truth
from demo_company.workbook import EPOCH_SERIAL

HABITS = Habits(
    lacks_email=0.3,
    lacks_phone=0.2,
    lacks_birth=0.25,
    lacks_address=0.1,
    typo=0.04,
    nickname=0.05,
    swapped=0.015,
    accents=0.15,
    capitals=0.2,
    transposed_birth=0.02,
    first_of_january=0.04,
    former=0.12,
    landline=0.15,
    follows=False,
    placeholder=0.01,
    notations={"eaten": 4, "plain": 3, "slashed": 3, "spaced": 1},
)
TITLE = "Maison Tilleul — programme de fidélité « Feuille d’or »"
DATES = ("Date de naissance", "Date d’adhésion", "Date accord SMS")
_FAULTS = (
    Fault("Accord SMS", becomes("peut-être"), "unknown_category"),
    Fault("Date d’adhésion", becomes("??/??/2026"), "unparsable_date"),
    Fault("Points", becomes(-50), "negative_not_allowed"),
    Fault("Statut", becomes("???"), "unknown_category"),
)


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer."""
    sink = ExcelSink(inbox, "loyalty/membres_{date}.xlsx", TITLE, DATES)
    return Feed("loyalty", sink, "N° carte", _FAULTS, 40, period, truth, bad_key="2999{:09d}")


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the chunk's card holders into every list."""
    rng = chunk.rng("loyalty")
    period, cast = chunk.period, chunk.cast
    lists = snapshot_days(period)
    who = np.flatnonzero(cast.card_since <= lists[-1])
    since = cast.card_since[who]
    seen = present(rng, chunk.people, who, since, HABITS)
    closed_on = np.where(chance(rng, len(who), 0.02), rng.integers(5, period.days + 30, len(who)), NEVER)
    closed_on = np.where(closed_on > since + 14, closed_on, NEVER)
    columns = _columns(rng, chunk, who, since, seen)
    first = np.array([next(day for day in lists if day >= s) for s in since], dtype=np.int64)
    for day in lists:
        listed = np.flatnonzero((since <= day) & (closed_on > day))
        rows = {name: values[listed] for name, values in columns.items()}
        rows["Points"] = rows["Points"] + 10 * (day // 7)
        feed.put(rng, np.full(len(listed), day), rows, listed)
    appears = closed_on > first
    register(feed, chunk, columns["N° carte"][appears], who[appears], first[appears], seen.variations[appears])
    _tell(chunk, feed, who[appears], columns, appears)


def snapshot_days(period: Period) -> list[int]:
    """Return the days on which the list goes out: every second Monday, or the last day of a short period."""
    mondays = [day for day in range(period.days) if period.on(day).weekday() == 0][::2]
    return mondays or [period.days - 1]


def _columns(rng: np.random.Generator, chunk: Chunk, who: Integers, since: Integers, seen: Seen) -> dict[str, Texts]:
    people, size = chunk.people, len(who)
    joined = since + chunk.period.first + EPOCH_SERIAL
    sms = chunk.cast.sms_answer[who]
    in_crm = (chunk.cast.crm_since[who] < 0) & chance(rng, size, 0.35)
    return {
        "N° carte": chunk.card(who),
        "Civilité": either(people.gender[who] == "m", "M.", "Mme"),
        "Nom": seen.last_name,
        "Prénom": seen.first_name,
        "Date de naissance": _whole(np.where(seen.has_birth, seen.born + EPOCH_SERIAL, -NEVER)),
        "E-mail": seen.email,
        "GSM": np.array([_as_typed(phone) for phone in seen.phone], dtype=object),
        "Rue": seen.street,
        "N°": np.array([_as_typed(number) for number in seen.house_number], dtype=object),
        "CP": np.array([_as_typed(code) for code in seen.postcode], dtype=object),
        "Localité": seen.city,
        "Pays": seen.country,
        "Langue": seen.language,
        "Date d’adhésion": _whole(joined),
        "Magasin": choose(rng, STORES, size),
        "Statut": choose(rng, ("Bronze", "Argent", "Or"), size, np.array([0.6, 0.3, 0.1])),
        "Points": np.array(rng.integers(0, 3000, size).tolist(), dtype=object),
        "Accord SMS": sms,
        "Date accord SMS": either(sms == None, None, _whole(joined)),  # noqa: E711
        "N° CRM": only(in_crm, chunk.crm_id(who)),
    }


def _whole(serials: Integers) -> Texts:
    return np.array([s if s > -NEVER else None for s in serials.tolist()], dtype=object)


def _as_typed(text: str | None) -> str | int | None:
    """Return a number where a spreadsheet makes one of what was typed: `01000` becomes 1000."""
    return int(text) if text is not None and text.isdigit() and len(text) <= 10 else text


def _tell(chunk: Chunk, feed: Feed, who: Integers, columns: dict[str, Texts], rows: Flags) -> None:
    answer = columns["Accord SMS"][rows]
    said = np.array([word is not None for word in answer], dtype=np.bool_)
    joined = columns["Date d’adhésion"][rows][said].astype(np.int64) - EPOCH_SERIAL
    card = columns["N° carte"][rows][said]
    tell_consents(feed, chunk, card, who[said], "sms", answer[said] == "O", joined * DAY)
