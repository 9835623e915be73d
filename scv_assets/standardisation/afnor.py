"""Postal lines as AFNOR NF Z10-011 has them: at most seven lines of at most 38 capitals, nothing cut off.

Order of the norm, from the particular to the general: addressee; delivery point inside the building; building or
residence; number and street; post box or hamlet; postal code and city; country. Lines 4 to 7 bear no punctuation.
"""

import re

from scv_assets.standardisation.folding import written_out
from scv_assets.standardisation.street_types import street_types

WIDTH = 38
_PUNCTUATION = re.compile(r"[^A-Z0-9/]+")
_COUNTRIES_WITHOUT_LINE = frozenset({None, "FR"})


def afnor_lines(
    recipient: str | None,
    street: str | None,
    house_number: str | None,
    postcode: str | None,
    city: str | None,
    *,
    complement: str | None = None,
    country: str | None = None,
) -> list[str]:
    """Return the lines of an address in capitals without diacritics, each of at most 38 characters.

    A line that is too long first takes the official abbreviation of its street type and titles, then goes on in a line
    of its own: words are never cut, unless one word alone is longer than a line. `country` is a name to print;
    None for mail that stays in the country.
    """
    lines = [*_wrapped(_capitals(recipient)), *_wrapped(_capitals(complement))]
    lines += _wrapped(_fitted(_capitals(" ".join(part for part in (house_number, street) if part))))
    lines += _wrapped(_capitals(" ".join(part for part in (postcode, city) if part)))
    return lines + _wrapped(_capitals(country))


def _capitals(text: str | None) -> str:
    if not text:
        return ""
    return _PUNCTUATION.sub(" ", written_out(text).upper()).strip()


def _fitted(line: str) -> str:
    """Shorten a street line past the width: the type first, then titles from the left, as long as it is needed."""
    words = line.split()
    types = street_types()
    for table, found in ((types.postal, 1), (types.postal_inside, len(words))):
        for i, word in enumerate(words[:-1]):
            if len(" ".join(words)) <= WIDTH or found == 0:
                break
            if short := table.get(word.lower()):
                words[i] = short.upper()
                found -= 1
    return " ".join(words)


def _wrapped(text: str) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= WIDTH:
            lines[-1] += f" {word}"
        else:
            lines += [word[i : i + WIDTH] for i in range(0, len(word), WIDTH)]
    return lines
