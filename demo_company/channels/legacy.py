"""The base of the old system, delivered once on the first day: ISO 8859-1, bars, CRM and ERP ids beside its own."""

from pathlib import Path

import numpy as np

from demo_company.arrays import chance, either, only
from demo_company.chunk import Chunk
from demo_company.feed import Fault, Feed, becomes
from demo_company.keys import keys
from demo_company.period import Period, dates
from demo_company.presentation import Habits, present
from demo_company.registry import register
from demo_company.sinks import CsvSink
from demo_company.truth import Truth

HABITS = Habits(
    lacks_email=0.6,
    lacks_phone=0.25,
    lacks_birth=0.5,
    lacks_address=0.03,
    typo=0.05,
    nickname=0.02,
    initial=0.06,
    swapped=0.02,
    accents=0.5,
    capitals=0.7,
    first_of_january=0.12,
    former=0.5,
    landline=0.5,
    follows=False,
    placeholder=0.015,
    notations={"plain": 4, "slashed": 4, "eaten": 1},
)
_COUNTRY = {"BE": "BEL", "FR": "FRA"}
_FAULTS = (
    Fault("PAYS", becomes("XXX"), "unknown_country"),
    Fault("DATCRE", becomes("20009999"), "unparsable_date"),
    Fault("NUMCLI", becomes(""), "missing_key"),
)


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer."""
    sink = CsvSink(inbox, "legacy/clients.csv", encoding="latin-1", delimiter="|")
    return Feed("legacy", sink, "NUMCLI", _FAULTS, 20, period, truth)


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the chunk's people whom the old system knew."""
    rng = chunk.rng("legacy")
    who = np.flatnonzero(chunk.cast.legacy)
    seen = present(rng, chunk.people, who, 0 * who, HABITS)
    number = keys("", chunk.people.number[who], "legacy")
    since = chunk.period.first - rng.integers(900, 5000, len(who))
    in_crm = (chunk.cast.crm_since[who] < 0) & chance(rng, len(who), 0.75)
    in_erp = chunk.cast.catalogue[who] & chance(rng, len(who), 0.5)
    columns = {
        "NUMCLI": number,
        "NOM": seen.last_name,
        "PRENOM": seen.first_name,
        "DATNAI": either(seen.has_birth, dates(seen.born, "%Y%m%d"), "00000000"),
        "ADRESSE": seen.street_line,
        "CP": np.array([None if code is None else code.lstrip("0") for code in seen.postcode], dtype=object),
        "LOCALITE": seen.city,
        "PAYS": np.array([_COUNTRY[c] for c in seen.country], dtype=object),
        "LANGUE": np.array([t[0].upper() for t in seen.language], dtype=object),
        "TELEPHONE": seen.phone,
        "MAIL": seen.email,
        "DATCRE": dates(since, "%Y%m%d"),
        "NUMCRM": only(in_crm, chunk.crm_id(who)),
        "NUMERP": only(in_erp, chunk.erp_no(who)),
    }
    feed.put(rng, 0 * who, columns, who)
    register(feed, chunk, number, who, 0 * who, seen.variations)
