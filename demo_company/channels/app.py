"""Events of the mobile app: Parquet, one row an event, with the device always and the user while logged in.

A reinstall gives a new device id; on a shared phone one logs out and the other logs in.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from demo_company.arrays import Integers, Texts, chance, choose, either, expand, only, same
from demo_company.browsing import ANONYMOUS, AT_ONCE, LOGS_IN, REMEMBERED
from demo_company.chunk import Chunk
from demo_company.clickstream import places
from demo_company.families import PARTNER
from demo_company.feed import Fault, Feed, becomes
from demo_company.keys import keys, tokens
from demo_company.period import Period, waking_hours
from demo_company.registry import register, tell_visits
from demo_company.sinks import ParquetSink
from demo_company.truth import Truth

PER_CHUNK = 400_000
_SCHEMA = pa.schema(
    [
        ("event_id", pa.string()),
        ("event_name", pa.string()),
        ("occurred_at", pa.timestamp("ms", tz="UTC")),
        ("device_id", pa.string()),
        ("app_user_id", pa.string()),
        ("session_id", pa.string()),
        ("screen", pa.string()),
        ("screen_number", pa.int32()),
        ("account_id", pa.string()),
        ("login_email", pa.string()),
        ("loyalty_card", pa.string()),
        ("os", pa.string()),
        ("app_version", pa.string()),
    ]
)
_SCREENS = ("accueil", "promos", "carte", "magasins", "liste", "profil", "scan")
_FAULTS = (
    Fault("event_name", becomes("scren_view"), "unknown_category"),
    Fault("event_id", becomes(None), "missing_key"),
    Fault("device_id", becomes(None), "missing_required"),
)
#: Places of events in a visit: login (before or after the opening), screens from 10, card shown, logout.
_FIRST_LOGIN, _OPEN, _LOGIN, _SCREEN, _CARD, _LOGOUT = -1, 0, 1, 10, 50, 90


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer."""
    return Feed("app", ParquetSink(inbox, "app/events_{date}.parquet", _SCHEMA), "event_id", _FAULTS, 12, period, truth)


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the events of the chunk's app visits."""
    rng = chunk.rng("app")
    who, at = _visits(rng, chunk)
    device = _devices(rng, chunk, who, chunk.period.day_of(at))
    login = _logins(chunk, who, device)
    session, place, name = _events(rng, chunk, who, login)
    moment = at[session] + places(session) * 21
    person = who[session]
    is_known = (login[session] != ANONYMOUS) & ((login[session] != LOGS_IN) | (place >= _LOGIN))
    user = keys("AU", chunk.people.number[person])
    logging = name == "login"
    number = chunk.index * PER_CHUNK + np.arange(len(who))
    columns = {
        "event_id": tokens("ae_", number[session] * 32 + places(session)),
        "event_name": name,
        "occurred_at": np.array(chunk.period.utc(moment) * 1000, dtype=object),
        "device_id": device[session],
        "app_user_id": only(is_known, user),
        "session_id": keys("AS", number)[session],
        "screen": only(name == "screen_view", choose(rng, _SCREENS, len(session))),
        "screen_number": only(name == "screen_view", place - _SCREEN + 1),
        "account_id": only(logging, chunk.account(person)),
        "login_email": only(logging, chunk.people.contacts.email[person]),
        "loyalty_card": only(name == "card_shown", chunk.card(person)),
        "os": either(chunk.people.number[person] % 5 < 3, "android", "ios"),
        "app_version": either(moment % 3 == 0, "4.12.0", "4.11.2"),
    }
    feed.put(rng, chunk.period.day_of(moment), columns, moment)
    key = either(is_known, user, device[session])
    register(feed, chunk, key, person, chunk.period.day_of(moment))
    tell_visits(feed, chunk, keys("AS", number), who, device, at, login)


def _visits(rng: np.random.Generator, chunk: Chunk) -> tuple[Integers, Integers]:
    """Return who opens the app when, in order of time."""
    users = np.where(chunk.cast.app, 2 + rng.poisson(4.0, len(chunk.people)), 0)
    who, _ = expand(users)
    at = chunk.period.moment(rng.integers(0, chunk.period.days, len(who)), waking_hours(rng, len(who)))
    order = np.lexsort((who, at))
    return who[order], at[order]


def _devices(rng: np.random.Generator, chunk: Chunk, who: Integers, day: Integers) -> Texts:
    """Return each visit's device: couples on one phone share it, a reinstall gives another."""
    people, plays = chunk.people, chunk.cast.plays
    host = np.arange(len(people))
    host[plays["shared_device"] & (people.role == PARTNER)] -= 1
    again = np.where(
        plays["app_reinstall"], rng.integers(1, max(chunk.period.days - 1, 2), len(people)), chunk.period.days
    )
    first, second = tokens("dv_", people.number), tokens("dv_", people.number, "reinstalled")
    on = host[who]
    return either(day >= again[on], second[on], first[on])


def _logins(chunk: Chunk, who: Integers, device: Texts) -> Integers:
    """Return how each visit stands to a login.

    The first visit on a device stays anonymous, a later one logs in; on a shared phone people log out, so that every
    visit begins with a login from then on.
    """
    login = np.full(len(who), ANONYMOUS, dtype=np.int64)
    seen: set[str] = set()
    user: set[tuple[str, int]] = set()
    shared = chunk.cast.plays["shared_device"]
    guest = shared & (chunk.people.role == PARTNER)
    for row, (person, on) in enumerate(zip(who.tolist(), device.tolist(), strict=True)):
        if guest[person]:
            login[row] = AT_ONCE
        elif (on, person) in user:
            login[row] = AT_ONCE if shared[person] else REMEMBERED
        elif on in seen:
            login[row] = LOGS_IN
            user.add((on, person))
        seen.add(on)
    return login


def _events(rng: np.random.Generator, chunk: Chunk, who: Integers, login: Integers) -> tuple[Integers, Integers, Texts]:
    rows = np.arange(len(who))
    screens, screen = expand(1 + np.minimum(rng.poisson(1.2, len(who)), 8))
    on = login != ANONYMOUS
    shows = rows[on & (chunk.cast.card_since[who] < 0) & chance(rng, len(who), 0.25)]
    leaves = rows[on & chunk.cast.plays["shared_device"][who]]
    at_once, on_the_way = rows[login == AT_ONCE], rows[login == LOGS_IN]
    parts = (
        (at_once, np.full(len(at_once), _FIRST_LOGIN), "login"),
        (rows, np.full(len(rows), _OPEN), "open"),
        (on_the_way, np.full(len(on_the_way), _LOGIN), "login"),
        (screens, _SCREEN + screen, "screen_view"),
        (shows, np.full(len(shows), _CARD), "card_shown"),
        (leaves, np.full(len(leaves), _LOGOUT), "logout"),
    )
    session = np.concatenate([part[0] for part in parts])
    place = np.concatenate([part[1] for part in parts])
    name = np.concatenate([same(part[2], len(part[0])) for part in parts])
    order = np.lexsort((place, session))
    return session[order], place[order], name[order]
