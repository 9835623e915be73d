"""E-mail and SMS events: a CSV line an event (sent, delivered, opened, clicked, bounced, unsubscribed).

The newsletter goes out every Thursday to a part of its readers, an SMS on every fourth Saturday. Nobody is
written to after a hard bounce or an unsubscription.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo_company.arrays import NEVER, Flags, Integers, Texts, chance, only, same
from demo_company.chunk import Chunk
from demo_company.feed import Fault, Feed, becomes
from demo_company.keys import keys, tokens
from demo_company.period import Period, iso
from demo_company.registry import register, tell_consents
from demo_company.sinks import CsvSink
from demo_company.truth import Truth

PER_CHUNK = 4_000_000
_FAULTS = (
    Fault("evenement", becomes("openned"), "unknown_category"),
    Fault("horodatage", becomes("0000-00-00 00:00:00"), "unparsable_date"),
    Fault("id_evenement", becomes(""), "missing_key"),
    Fault("canal", becomes("fax"), "unknown_category"),
)
_EVENTS = ("sent", "delivered", "opened", "clicked", "hard_bounce", "soft_bounce", "unsubscribed")
_KINDS = {name: name for name in _EVENTS} | {"hard_bounce": "bounced", "soft_bounce": "bounced"}


@dataclass(frozen=True)
class _Messages:
    """Messages sent to recipients (people), one a row."""

    who: Integers
    day: Integers
    at: Integers
    campaign: Texts
    channel: str


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer."""
    sink = CsvSink(inbox, "messaging/events_{date}.csv")
    return Feed("messaging", sink, "id_evenement", _FAULTS, 20, period, truth)


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the events of everything sent to the chunk's people."""
    rng = chunk.rng("messaging")
    readers = _readers(chunk)
    mails = _send(rng, chunk, readers, weekday=3, every=1, part=0.5, channel="email")
    texts_ = _send(rng, chunk, _sms_recipients(chunk), weekday=5, every=4, part=0.9, channel="sms")
    number = 0
    for messages in (mails, texts_):
        _write(rng, chunk, feed, messages, chunk.index * PER_CHUNK + number)
        number += len(messages.who)
    for messages, prefix in ((mails, "R"), (texts_, "RS")):
        register(feed, chunk, keys(prefix, chunk.people.number[messages.who]), messages.who, messages.day)


def _readers(chunk: Chunk) -> Flags:
    """Return who gets the newsletter: of a couple on one mailbox the first subscribed stands in the list."""
    wanting = np.flatnonzero(chunk.cast.newsletter_since < NEVER)
    first: dict[str, int] = {}
    for row in wanting.tolist():
        if chunk.people.contacts.email[row] is not None:
            first.setdefault(chunk.people.contacts.email[row], row)
    readers = np.zeros(len(chunk.people), dtype=np.bool_)
    readers[sorted(first.values())] = True
    return readers


def _sms_recipients(chunk: Chunk) -> Flags:
    return np.asarray((chunk.cast.card_since < 0) & (chunk.cast.sms_answer == "O"), dtype=np.bool_)


def _send(
    rng: np.random.Generator, chunk: Chunk, recipients: Flags, *, weekday: int, every: int, part: float, channel: str
) -> _Messages:
    """Return what is sent: on each campaign day to a part of the recipients."""
    period, since = chunk.period, chunk.cast.newsletter_since
    days = [day for day in range(period.days) if period.on(day).weekday() == weekday][::every]
    who, day = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for one in days:
        eager = chunk.cast.plays["follower_to_caller"] | chance(rng, len(recipients), part)
        found = np.flatnonzero(recipients & eager & ((since <= one) | (channel == "sms")))
        who.append(found)
        day.append(np.full(len(found), one))
    everyone, when = np.concatenate(who), np.concatenate(day)
    at = period.moment(when, 10 * 3600 + rng.integers(0, 1800, len(when)))
    word = {"email": "newsletter", "sms": "sms-promo"}[channel]
    campaign = np.array([f"{word}-{period.on(d):%Y-%m-%d}" for d in when], dtype=object)
    return _Messages(everyone, when, at, campaign, channel)


def _write(rng: np.random.Generator, chunk: Chunk, feed: Feed, messages: _Messages, first_number: int) -> None:
    outcome = _outcomes(rng, chunk, messages)
    row = np.concatenate([np.flatnonzero(hit) for hit, _ in outcome.values()])
    delay = np.concatenate([wait[hit] for hit, wait in outcome.values()])
    event = np.concatenate([same(name, int(hit.sum())) for name, (hit, _) in outcome.items()])
    at = messages.at[row] + delay
    inside = np.flatnonzero(chunk.period.day_of(at) < chunk.period.days)
    row, at, event = row[inside], at[inside], event[inside]
    number = first_number + np.arange(len(messages.who))
    place = np.array([_EVENTS.index(name) for name in event], dtype=np.int64)
    prefix = "R" if messages.channel == "email" else "RS"
    who, people = messages.who[row], chunk.people
    known = chunk.cast.crm_since[who] <= messages.day[row]
    by_mail = messages.channel == "email"
    columns = {
        "id_evenement": tokens("m", number[row] * 8 + place),
        "id_message": keys("MSG", number)[row] if len(number) else np.empty(0, dtype=object),
        "canal": same(messages.channel, len(row)),
        "campagne": messages.campaign[row],
        "evenement": event,
        "horodatage": iso(chunk.period.utc(at), separator=" "),
        "id_destinataire": keys(prefix, people.number[who]),
        "email": people.contacts.email[who] if by_mail else same(None, len(row)),
        "mobile": same(None, len(row)) if by_mail else people.contacts.mobile[who],
        "id_contact_crm": only(known, chunk.crm_id(who)),
    }
    feed.put(rng, chunk.period.day_of(at), columns, at)
    _tell(chunk, feed, columns, who, at)


def _outcomes(rng: np.random.Generator, chunk: Chunk, messages: _Messages) -> dict[str, tuple[Flags, Integers]]:
    """Return for each event which messages have it and how many seconds after the sending."""
    size = len(messages.who)
    by_mail = messages.channel == "email"
    fan = chunk.cast.plays["follower_to_caller"][messages.who]
    dead = (chance(rng, len(chunk.people), 0.03))[messages.who] & ~fan
    quits = chance(rng, size, 0.012 if by_mail else 0.01) & ~fan & ~dead
    gone = _before_now(messages.who, messages.day, dead | quits)
    sent = ~gone
    soft = sent & ~dead & ~fan & chance(rng, size, 0.01)
    hard = sent & dead
    delivered = sent & ~hard & ~soft
    opened = delivered & (chance(rng, size, 0.3) | fan | quits) & by_mail
    clicked = opened & chance(rng, size, 0.2)
    hour = rng.integers(600, 11 * 3600, size)
    return {
        "sent": (sent, 0 * hour),
        "delivered": (delivered, 5 + hour % 50),
        "opened": (opened, hour),
        "clicked": (clicked, hour + 40),
        "hard_bounce": (hard, 3 + hour % 20),
        "soft_bounce": (soft, 3 + hour % 20),
        "unsubscribed": (delivered & quits, hour + 90),
    }


def _before_now(who: Integers, day: Integers, ends: Flags) -> Flags:
    """Return which messages would come after one that ended it all for their recipient."""
    last = np.full(int(who.max(initial=0)) + 1, NEVER, dtype=np.int64)
    np.minimum.at(last, who[ends], day[ends])
    return np.asarray(day > last[who], dtype=np.bool_)


def _tell(chunk: Chunk, feed: Feed, columns: dict[str, Texts], who: Integers, at: Integers) -> None:
    utc, person = chunk.period.utc(at), chunk.people.person_id[who]
    feed.truth.add(
        "messages",
        {
            "source": ["messaging"] * len(who),
            "message_id": columns["id_message"],
            "person_id": person,
            "channel": columns["canal"],
            "kind": np.array([_KINDS[name] for name in columns["evenement"]], dtype=object),
            "occurred_at": utc,
        },
    )
    for channel in np.unique(columns["canal"]):
        ends = (columns["canal"] == channel) & np.isin(columns["evenement"], ["hard_bounce", "unsubscribed"])
        tell_consents(feed, chunk, columns["id_destinataire"][ends], who[ends], channel, ~ends[ends], at[ends])
