"""The call centre: a CSV line a call, with the caller's number as the telephone or the agent happened to write it."""

from pathlib import Path

import numpy as np

from demo_company.arrays import Integers, Texts, chance, choose, expand, only, same, texts
from demo_company.cast import ONE_PURCHASE, PHONE
from demo_company.chunk import Chunk
from demo_company.feed import Fault, Feed, becomes
from demo_company.keys import keys
from demo_company.period import Period, opening_hours, written
from demo_company.presentation import Habits, present
from demo_company.registry import Tickets, register, tell_consents, tell_tickets
from demo_company.sinks import CsvSink
from demo_company.truth import Truth

HABITS = Habits(
    lacks_email=0.85,
    lacks_phone=0.02,
    lacks_birth=1.0,
    lacks_address=1.0,
    typo=0.07,
    nickname=0.08,
    initial=0.12,
    accents=0.4,
    former=0.03,
    landline=0.25,
    placeholder=0.02,
    notations={
        "e164": 2,
        "spaced": 2,
        "plain": 2,
        "dotted": 2,
        "slashed": 2,
        "double_zero": 2,
        "bracketed": 1,
        "no_plus": 1,
        "eaten": 1,
    },
)
_FAULTS = (
    Fault("motif", becomes("autre/??"), "unknown_category"),
    Fault("debut", becomes("14h30"), "unparsable_date"),
    Fault("no_appel", becomes(""), "missing_key"),
    Fault("duree_s", becomes("-20"), "negative_not_allowed"),
)


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer."""
    return Feed("call_centre", CsvSink(inbox, "call_centre/calls_{date}.csv"), "no_appel", _FAULTS, 4, period, truth)


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the chunk's calls."""
    rng = chunk.rng("call_centre")
    period, cast, people = chunk.period, chunk.cast, chunk.people
    who, day = _calls(rng, chunk)
    at = period.moment(day, opening_hours(rng, len(who)))
    seen = present(rng, people, who, day, HABITS)
    call_no = keys("CALL", chunk.index * 200_000 + np.arange(len(who)))
    known = (cast.crm_since[who] <= day) & chance(rng, len(who), 0.2)
    objects = chance(rng, len(who), 0.04)
    columns = {
        "no_appel": call_no,
        "debut": written(at, "%d-%m-%Y %H:%M"),
        "duree_s": np.array([str(n) for n in rng.integers(20, 900, len(who))], dtype=object),
        "agent": choose(rng, ("agt01", "agt02", "agt03", "agt04", "agt05"), len(who)),
        "numero_appelant": seen.phone,
        "nom_appelant": _names(rng, seen.first_name, seen.last_name, people.gender[who]),
        "email": seen.email,
        "langue": np.array([t.upper() for t in seen.language], dtype=object),
        "motif": choose(rng, ("commande", "livraison", "retour", "reclamation", "renseignement"), len(who)),
        "issue": choose(rng, ("resolu", "rappel", "transfere"), len(who)),
        "no_contact_crm": only(known, chunk.crm_id(who)),
        "opposition_telephone": only(objects, "OUI"),
    }
    feed.put(rng, day, columns, at)
    register(feed, chunk, call_no, who, day, seen.variations)
    minute = at // 60 * 60
    tell_tickets(feed, chunk, Tickets(call_no, who, same("call", len(who)), minute, minute))
    rows = np.flatnonzero(objects)
    tell_consents(feed, chunk, call_no[rows], who[rows], "phone", ~objects[rows], minute[rows])


def _calls(rng: np.random.Generator, chunk: Chunk) -> tuple[Integers, Integers]:
    """Return who calls on which day; followers call the day after their last purchase."""
    cast, last_day = chunk.cast, chunk.period.days - 1
    often = np.where(cast.persona >= ONE_PURCHASE, 0.1, 0.01) + np.where(cast.favourite == PHONE, 0.25, 0.0)
    follower = cast.plays["follower_to_caller"]
    calls = np.where(chance(rng, len(often), often) & ~follower, rng.integers(1, 4, len(often)), 0)
    who, _ = expand(calls)
    fans = np.flatnonzero(follower)
    bought = np.zeros(len(often), dtype=np.int64)
    np.maximum.at(bought, chunk.purchases.who, chunk.purchases.day)
    day = np.concatenate([rng.integers(0, last_day + 1, len(who)), np.minimum(bought[fans] + 1, last_day)])
    return np.concatenate([who, fans]), day


def _names(rng: np.random.Generator, first: Texts, last: Texts, gender: Texts) -> Texts:
    """Return what the agent wrote: the whole name, a title and the family name, or nothing."""
    way = rng.random(len(first))
    found: list[str | None] = []
    for given, family, sex, draw in zip(first, last, gender, way, strict=True):
        titled = f"{'M.' if sex == 'm' else 'Mme'} {family}"
        found.append(
            f"{given} {family}"
            if draw < 0.55
            else f"{family} {given}"
            if draw < 0.65
            else titled
            if draw < 0.9
            else None
        )
    return texts(found)
