"""Street types and titles and how they are abbreviated, in French, Dutch and English (`street_types.csv`)."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from scv_assets.standardisation.folding import written_out


@dataclass(frozen=True)
class StreetTypes:
    """Lower-case abbreviation -> the word, by where it stands; `postal`: folded word -> what a postal line writes."""

    french_first: Mapping[str, str]
    french_inside: Mapping[str, str]
    dutch_suffix: Mapping[str, str]
    dutch_end: Mapping[str, str]
    english_end: Mapping[str, str]
    postal: Mapping[str, str]
    postal_inside: Mapping[str, str]

    def is_french(self, word: str) -> bool:
        """Tell whether a street that begins with this word has a French type."""
        return word.lower().rstrip(".") in self.french_words

    @property
    def french_words(self) -> frozenset[str]:
        """French types in full and abbreviated, lower-case."""
        return _french_words()


@cache
def street_types() -> StreetTypes:
    """Return the table, read once."""
    rows = _rows()
    place: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        place.setdefault((row["language"], row["place"]), {})[row["written"]] = row["name"]
    postal = [row for row in rows if row["is_postal"] == "1"]
    return StreetTypes(
        place["fr", "first"],
        place["fr", "inside"],
        place["nl", "suffix"],
        place["nl", "end"],
        place["en", "end"],
        {written_out(row["name"]): row["written"] for row in postal if row["place"] == "first"},
        {written_out(row["name"]): row["written"] for row in postal if row["place"] == "inside"},
    )


@cache
def _french_words() -> frozenset[str]:
    first = street_types().french_first
    return frozenset(first) | frozenset(name.lower() for name in first.values())


def _rows() -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath("street_types.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
