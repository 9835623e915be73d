"""E-mail addresses, mobiles and landlines as they are given out: unique to their holder until life has them shared."""

import numpy as np

from demo_company.arrays import Integers, Texts, draw, each_distinct
from demo_company.folding import ascii_letters
from demo_company.keys import scrambled
from demo_company.reference_data import email_domains

#: The largest primes below the numbers that the prefixes leave room for.
_BE_MOBILES = 26_999_981
_BE_LANDLINES = 11_999_989

_BE_MOBILE = [str(p) for p in (*range(470, 480), *range(483, 500))]
_FR_MOBILE = ["60", "61", "62", "64", "65", "66", "67", "68", "75", "76"]
_BE_LANDLINE = {
    "fr": ["22", "24", "25", "26", "42", "43", "81", "71", "65", "69", "10", "67"],
    "nl": ["32", "33", "34", "92", "93", "50", "51", "56", "59", "11", "15", "16"],
}
_FR_LANDLINE = ["14", "13", "32", "38", "44", "47", "49", "55", "56", "24"]


def mobiles(numbers: Integers, country: Texts) -> Texts:
    """Return a mobile number in E.164 for each person number."""
    belgian = scrambled(numbers, "mobile.BE", _BE_MOBILES)
    french = scrambled(numbers, "mobile.FR")
    return np.array(
        [
            f"+32{_BE_MOBILE[b // 1_000_000]}{b % 1_000_000:06d}"
            if nation == "BE"
            else f"+33{_FR_MOBILE[f // 10_000_000]}{f % 10_000_000:07d}"
            for nation, b, f in zip(country, belgian, french, strict=True)
        ],
        dtype=object,
    )


def landlines(households: Integers, country: Texts, language: Texts) -> Texts:
    """Return a landline in E.164 for each household number, with an area code of its language."""
    belgian = scrambled(households, "landline.BE", _BE_LANDLINES)
    french = scrambled(households, "landline.FR")
    return np.array(
        [
            f"+32{_BE_LANDLINE['nl' if tongue == 'nl' else 'fr'][b // 1_000_000]}{b % 1_000_000:06d}"
            if nation == "BE"
            else f"+33{_FR_LANDLINE[f // 10_000_000]}{f % 10_000_000:07d}"
            for nation, tongue, b, f in zip(country, language, belgian, french, strict=True)
        ],
        dtype=object,
    )


def mailboxes(
    rng: np.random.Generator, first: Texts, last: Texts, birth_year: Integers, country: Texts, chunk: int
) -> Texts:
    """Return an e-mail address for each person, no two alike: a number tells apart those who would want the same.

    The number holds the chunk, so that people of two chunks never get the same one.
    """
    given, family = each_distinct(first, _slug), each_distinct(last, _slug)
    shape = draw(rng, 7, len(first), np.array([38.0, 16, 12, 8, 12, 8, 6]))
    domain = np.empty(len(first), dtype=object)
    for nation in ("BE", "FR"):
        where = country == nation
        known, weights = email_domains(nation)
        domain[where] = known[draw(rng, len(known), int(where.sum()), weights)]
    taken: dict[str, int] = {}
    found = []
    for kind, g, f, year, at in zip(shape, given, family, birth_year, domain, strict=True):
        wanted = _local_part(int(kind), g, f, int(year))
        times = taken.get(wanted + at, 0)
        taken[wanted + at] = times + 1
        number = chunk + 1000 * times
        found.append(f"{wanted}{number or ''}@{at}")
    return np.array(found, dtype=object)


def _slug(name: str) -> str:
    return "".join(letter for letter in ascii_letters(name).lower() if letter.isalnum())


def _local_part(shape: int, given: str, family: str, year: int) -> str:
    patterns = (
        f"{given}.{family}",
        f"{given}{family}",
        f"{given[:1]}.{family}",
        f"{family}.{given}",
        f"{given}.{family}.{year % 100:02d}",
        f"{given}_{family}",
        f"{given[:1]}{family}.{year}",
    )
    return patterns[shape]
