"""The customer reference that the company had before: a CSV of its ids beside those of CRM and loyalty, once."""

from pathlib import Path

import numpy as np

from demo_company.arrays import chance, only, same
from demo_company.chunk import Chunk
from demo_company.feed import Fault, Feed, becomes
from demo_company.keys import keys
from demo_company.period import Period, dates
from demo_company.registry import register
from demo_company.sinks import CsvSink
from demo_company.truth import Truth

_FAULTS = (
    Fault("cree_le", becomes("avant 2020"), "unparsable_date"),
    Fault("id_rcu", becomes(""), "missing_key"),
    Fault("statut", becomes("?"), "unknown_category"),
)


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer."""
    return Feed("rcu", CsvSink(inbox, "rcu/referentiel.csv"), "id_rcu", _FAULTS, 20, period, truth)


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the chunk's people whom the old reference knew."""
    rng = chunk.rng("rcu")
    cast = chunk.cast
    who = np.flatnonzero(cast.rcu & (cast.crm_since < 0))
    has_card = (cast.card_since[who] < 0) & chance(rng, len(who), 0.7)
    number = keys("RCU", chunk.people.number[who])
    columns = {
        "id_rcu": number,
        "id_crm": chunk.crm_id(who),
        "carte_fidelite": only(has_card, chunk.card(who)),
        "statut": same("actif", len(who)),
        "cree_le": dates(chunk.period.first - rng.integers(200, 2000, len(who)), "%Y-%m-%d"),
    }
    feed.put(rng, 0 * who, columns, who)
    register(feed, chunk, number, who, 0 * who)
