"""CRM contacts: the whole base on the first day, then what is new or changed, every day. UTF-8, comma.

The base has duplicates of its own, of which some get merged (`fusionne_dans`), and contacts that are deleted.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo_company.arrays import NEVER, Flags, Integers, Texts, chance, choose, either, only, same
from demo_company.chunk import Chunk
from demo_company.feed import Fault, Feed, becomes
from demo_company.keys import keys
from demo_company.period import Period, dates, iso, opening_hours
from demo_company.presentation import Habits, Seen, present
from demo_company.registry import register, tell_consents
from demo_company.sinks import CsvSink
from demo_company.truth import Truth

HABITS = Habits(
    lacks_email=0.15, lacks_phone=0.25, lacks_birth=0.4, typo=0.02, nickname=0.03, swapped=0.008, former=0.06
)
DUPLICATE_HABITS = Habits(
    lacks_email=0.45,
    lacks_phone=0.3,
    lacks_birth=0.6,
    typo=0.08,
    nickname=0.12,
    initial=0.05,
    former=0.4,
    follows=False,
)
_ORIGINS = ("magasin", "web", "salon", "parrainage", "catalogue")
_COUNTRY = {"BE": "Belgique", "FR": "France"}
_FAULTS = (
    Fault("origine", becomes("magazin?"), "unknown_category"),
    Fault("date_naissance", becomes("31/02/1980"), "unparsable_date"),
    Fault("contact_id", becomes(""), "missing_key"),
    Fault("supprime", becomes("peut-être"), "not_a_boolean"),
)


@dataclass(frozen=True)
class _Contacts:
    """CRM contacts, one a row; `main` is the row that a duplicate doubles, or the row itself."""

    contact_id: Texts
    who: Integers
    since: Integers
    main: Integers
    seen: Seen
    email_consent: Flags
    sms_consent: Flags
    origin: Texts


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer."""
    return Feed("crm", CsvSink(inbox, "crm/contacts_{date}.csv"), "contact_id", _FAULTS, 12, period, truth)


@dataclass(frozen=True)
class _Versions:
    """Rows to send: contact, day, what made it (base, moved, married, opted_out, merged, deleted), moment of change."""

    row: Integers
    day: Integers
    kind: Texts
    moment: Integers


@dataclass(frozen=True)
class _Consents:
    """What each version says of commercial e-mail, and since which moment."""

    email: Flags
    email_at: Integers


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the chunk's contacts, version by version."""
    rng = chunk.rng("crm")
    contacts = _contacts(rng, chunk)
    first_day = np.maximum(contacts.since, 0)
    versions = _versions(rng, chunk, contacts, first_day)
    feed.put(rng, versions.day, _columns(chunk, contacts, versions), versions.moment)
    register(feed, chunk, contacts.contact_id, contacts.who, first_day, contacts.seen.variations)
    _tell(chunk, feed, contacts, versions)


def _contacts(rng: np.random.Generator, chunk: Chunk) -> _Contacts:
    cast = chunk.cast
    holders = np.flatnonzero(cast.crm_since < NEVER)
    doubled = holders[chance(rng, len(holders), 0.06)]
    who = np.concatenate([holders, doubled])
    main = np.concatenate([np.arange(len(holders)), np.searchsorted(holders, doubled)])
    since = np.concatenate([cast.crm_since[holders], np.minimum(cast.crm_since[doubled] + 40, chunk.period.days - 20)])
    ids = np.concatenate([chunk.crm_id(holders), keys("C9", chunk.people.number[doubled], "crm duplicate")])
    days = np.maximum(since, 0)
    seen = _both(
        present(rng, chunk.people, holders, days[: len(holders)], HABITS),
        present(rng, chunk.people, doubled, days[len(holders) :], DUPLICATE_HABITS),
    )
    size = len(who)
    wants = cast.newsletter_since[who] < NEVER
    return _Contacts(
        ids,
        who,
        since,
        main,
        seen,
        wants | chance(rng, size, 0.1),
        _sms_consent(chunk, who),
        choose(rng, _ORIGINS, size),
    )


def _sms_consent(chunk: Chunk, who: Integers) -> Flags:
    return np.asarray(chunk.cast.sms_answer[who] == "O", dtype=np.bool_)


def _both(first: Seen, second: Seen) -> Seen:
    names = Seen.__dataclass_fields__
    return Seen(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in names))


def _versions(rng: np.random.Generator, chunk: Chunk, contacts: _Contacts, first_day: Integers) -> _Versions:
    """Return every row sent: each contact once, and again whenever something happens to it."""
    people, last = chunk.people, chunk.period.days - 1
    rows = np.arange(len(contacts.who))
    is_main = contacts.main == rows
    moved, married = people.moved_on[contacts.who] + 1, people.married_on[contacts.who] + 2
    any_day = first_day + 3 + rng.integers(0, max(last, 1), len(rows))
    happens = {
        "moved": (moved, is_main & (moved > first_day) & (moved <= last)),
        "married": (married, is_main & (married > first_day) & (married <= last)),
        "opted_out": (any_day, is_main & contacts.email_consent & chance(rng, len(rows), 0.04) & (any_day <= last)),
        "merged": (any_day, ~is_main & chance(rng, len(rows), 0.4) & (any_day <= last)),
        "deleted": (any_day + 1, is_main & chance(rng, len(rows), 0.008) & (any_day + 1 <= last)),
    }
    found = [(rows, first_day, same("base", len(rows)))]
    found += [(rows[h], day[h], same(kind, int(h.sum()))) for kind, (day, h) in happens.items()]
    row, day, kind = (np.concatenate(parts) for parts in zip(*found, strict=True))
    changed_on = np.where(kind == "base", np.minimum(contacts.since[row], day), day)
    return _Versions(row, day, kind, chunk.period.moment(changed_on, opening_hours(rng, len(row))))


def _columns(chunk: Chunk, contacts: _Contacts, versions: _Versions) -> dict[str, Texts]:
    people, seen, row, day = chunk.people, contacts.seen, versions.row, versions.day
    who = contacts.who[row]
    main = contacts.main[row] == row
    moved, married = main & (day > people.moved_on[who]), main & (day > people.married_on[who] + 1)
    new_line = [f"{s} {n}" for s, n in zip(people.new_home.street[who], people.new_home.house_number[who], strict=True)]
    consent = _consents(chunk, contacts, versions)
    created = iso(_created(chunk, contacts), separator=" ")[row]
    return {
        "contact_id": contacts.contact_id[row],
        "civilite": either(people.gender[who] == "m", "M.", "Mme"),
        "prenom": seen.first_name[row],
        "nom": either(married, people.married_name[who], seen.last_name[row]),
        "date_naissance": only(seen.has_birth, dates(seen.born, "%d/%m/%Y"))[row],
        "email": seen.email[row],
        "gsm": seen.phone[row],
        "adresse": either(moved, new_line, seen.street_line[row]),
        "code_postal": either(moved, people.new_home.postcode[who], seen.postcode[row]),
        "ville": either(moved, people.new_home.city[who], seen.city[row]),
        "pays": np.array([_COUNTRY[c] for c in seen.country[row]], dtype=object),
        "langue": seen.language[row],
        "optin_email": either(consent.email, "O", "N"),
        "optin_email_le": iso(consent.email_at, separator=" "),
        "optin_sms": either(contacts.sms_consent, "O", "N")[row],
        "optin_sms_le": created,
        "origine": contacts.origin[row],
        "cree_le": created,
        "modifie_le": iso(versions.moment, separator=" "),
        "fusionne_dans": only(versions.kind == "merged", contacts.contact_id[contacts.main[row]]),
        "supprime": either(versions.kind == "deleted", "1", "0"),
    }


def _created(chunk: Chunk, contacts: _Contacts) -> Integers:
    return chunk.period.moment(contacts.since, 0 * contacts.since) + 36_000


def _consents(chunk: Chunk, contacts: _Contacts, versions: _Versions) -> _Consents:
    """Return what each version says of e-mail: as given when the contact was created, until it is withdrawn."""
    opted_out = _after(versions, "opted_out", len(contacts.who))
    withdrawn_at = chunk.period.moment(np.maximum(opted_out, 0), 0 * opted_out) + 43_200
    return _Consents(
        contacts.email_consent[versions.row] & (opted_out < 0),
        np.where(opted_out >= 0, withdrawn_at, _created(chunk, contacts)[versions.row]),
    )


def _tell(chunk: Chunk, feed: Feed, contacts: _Contacts, versions: _Versions) -> None:
    row, consent = versions.row, _consents(chunk, contacts, versions)
    key, who = contacts.contact_id[row], contacts.who[row]
    tell_consents(feed, chunk, key, who, "email", consent.email, consent.email_at)
    tell_consents(feed, chunk, key, who, "sms", contacts.sms_consent[row], _created(chunk, contacts)[row])


def _after(versions: _Versions, what: str, contacts: int) -> Integers:
    """Return for each version the day on which its contact had done something, -1 where it had not yet."""
    happened = np.full(contacts, NEVER, dtype=np.int64)
    done = versions.kind == what
    happened[versions.row[done]] = versions.day[done]
    return np.where(versions.day >= happened[versions.row], happened[versions.row], -1)
