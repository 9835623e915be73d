"""Leads from social networks and advertising: a CSV a week, with handle and campaign, sometimes an e-mail address."""

from pathlib import Path

import numpy as np

from demo_company.arrays import NEVER, Texts, chance, choose, either, texts
from demo_company.chunk import Chunk
from demo_company.feed import Fault, Feed, becomes
from demo_company.folding import ascii_letters
from demo_company.keys import keys
from demo_company.period import Period, iso, waking_hours
from demo_company.presentation import Habits, present
from demo_company.registry import register, tell_consents
from demo_company.sinks import CsvSink
from demo_company.truth import Truth

HABITS = Habits(
    lacks_email=0.45,
    lacks_phone=0.85,
    lacks_birth=1.0,
    lacks_address=0.5,
    typo=0.02,
    nickname=0.25,
    follows=True,
    former=0.1,
    notations={"e164": 3, "plain": 1},
)
_FAULTS = (
    Fault("reseau", becomes("myspace"), "unknown_category"),
    Fault("cree_le", becomes("n.d."), "unparsable_date"),
    Fault("id_lead", becomes(""), "missing_key"),
)


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer."""
    return Feed("social", CsvSink(inbox, "social/leads_{date}.csv"), "id_lead", _FAULTS, 5, period, truth)


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the chunk's leads into the file of their week's last day."""
    rng = chunk.rng("social")
    period, people = chunk.period, chunk.people
    who = np.flatnonzero(chunk.cast.lead_on < NEVER)
    day = chunk.cast.lead_on[who]
    at = period.moment(day, waking_hours(rng, len(who)))
    sent_on = np.minimum(day // 7 * 7 + 6, period.days - 1)
    seen = present(rng, people, who, day, HABITS)
    follower = chunk.cast.plays["follower_to_caller"][who]
    email = either(follower, people.contacts.email[who], seen.email)
    consents = chance(rng, len(who), 0.7) | follower
    lead_id = keys("L", people.number[who])
    columns = {
        "id_lead": lead_id,
        "reseau": choose(rng, ("instagram", "facebook", "tiktok", "google_ads"), len(who), np.array([4.0, 4, 1, 2])),
        "pseudo": _handles(rng, people.first_name[who], people.last_name[who], people.number[who]),
        "campagne": choose(rng, ("rentree-2026", "automne-maison", "toussaint", "concours-tilleul"), len(who)),
        "prenom": seen.first_name,
        "nom": either(chance(rng, len(who), 0.4), None, seen.last_name),
        "email": email,
        "telephone": seen.phone,
        "ville": seen.city,
        "pays": seen.country,
        "langue": seen.language,
        "audience": choose(rng, ("prospects_similaires", "visiteurs_30j", "concours"), len(who)),
        "consentement_email": either(consents, "true", "false"),
        "cree_le": iso(period.utc(at), "Z"),
    }
    feed.put(rng, sent_on, columns, at)
    register(feed, chunk, lead_id, who, sent_on, seen.variations)
    tell_consents(feed, chunk, lead_id, who, "email", consents, at)


def _handles(
    rng: np.random.Generator, first: Texts, last: Texts, number: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Texts:
    """Return handles: some speak of the name, some do not, none is another's."""
    way = rng.random(len(first))
    words = choose(rng, ("maman_de_2", "deco.addict", "home.sweet", "la_vie_en_lin", "tuin.en.huis"), len(first))
    found = []
    for given, family, word, draw, n in zip(first, last, words, way, number, strict=True):
        name = ascii_letters(given).lower().replace(" ", "")
        text = word if draw < 0.35 else f"{name}.{ascii_letters(family).lower().replace(' ', '')}"
        found.append(f"@{text}{n % 100_000_000:02d}")
    return texts(found)
