"""Names of people, field by field: given name, and family name with its particle.

Diacritics stay, case is mended only where a system shouted or whispered (`casing`), titles go, a generation suffix
(Jr, Sr) stays at the end of the family name because it parts a father from his son.
"""

import re

from scv_assets.standardisation.name_words import GENERATIONS, name_words, without_generation, without_titles, written
from scv_assets.standardisation.text import clean, settling

#: What stands between a name and the one that it was before, or is beside, a marriage.
BORN = re.compile(
    r"[\s,]+(?:née?|nee|ép(?:ouse)?|epouse|ep|veuve|vve|geb(?:oren)?|echtg(?:enote)?|wed(?:uwe)?)\b\.?\s+",
    re.IGNORECASE,
)


@settling
def given_name(value: str | None) -> str | None:
    """Return a given name in normal form (`Marie-Claire`, `J.P.`); None where no letter is left."""
    parts = name_words(value)
    return written(without_titles(parts)) if parts else None


@settling
def family_name(value: str | None) -> str | None:
    """Return a family name in normal form, particle and generation kept (`van der Berg`, `d'Arc`, `Dupont Jr`).

    A maiden or married name behind `née`, `épouse`, `geb.` makes a double name: `Dupont née Martin` is `Dupont-Martin`.
    """
    text = clean(value)
    if text is None:
        return None
    now, *before = BORN.split(text, maxsplit=1)
    core, suffix = without_generation(without_titles(name_words(now)))
    name = "-".join(part for parts in (core, *map(name_words, before)) if (part := written(parts)))
    return f"{name} {suffix}" if name and suffix else name or suffix


def generation(last_name: str | None) -> str | None:
    """Return `Jr`, `Sr`, `II`, `III` or `IV` where a family name in normal form ends in it."""
    last = (last_name or "").rpartition(" ")[2]
    return last if last in GENERATIONS.values() else None
