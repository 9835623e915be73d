"""Values as they are compared: without case, accents, punctuation, and what different hands write differently.

Only for comparing: nothing here is ever shown or published. Every function takes one distinct value and returns None
where it holds nothing (blank, the word "null", a placeholder).
"""

import re

from scv_assets.standardisation.folding import written_out

_DIGRAPHS = re.compile(r"ae|oe|ue")
NOTHING = frozenset(
    {"", "null", "none", "nan", "nil", "n a", "unknown", "inconnu", "inconnue", "onbekend", "undefined"}
)
PARTICLES = frozenset(
    {"van", "von", "de", "den", "der", "het", "t", "s", "ter", "ten", "te", "op", "in", "zu", "zur", "bin", "el", "al",
     "la", "le", "les", "l", "du", "des", "d", "da", "das", "do", "dos", "di", "del", "della", "y", "e"}
)  # fmt: skip
GENERATIONS = {
    "jr": "junior", "junior": "junior", "jnr": "junior", "fils": "junior", "ii": "junior",
    "sr": "senior", "senior": "senior", "snr": "senior", "pere": "senior",
    "iii": "third",
}  # fmt: skip
STREET_WORDS = {
    "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard", "boul": "boulevard",
    "ch": "chemin", "che": "chemin", "chem": "chemin", "imp": "impasse", "pl": "place", "sq": "square", "rte": "route",
    "all": "allee", "fg": "faubourg", "fbg": "faubourg", "res": "residence", "r": "rue", "str": "straat", "ln": "laan",
    "rd": "road", "dr": "drive", "ct": "court", "gdns": "gardens", "cl": "close", "cres": "crescent",
    "st": "saint", "ste": "sainte",
}  # fmt: skip
_NUMBER_BEFORE = re.compile(r"^(\d+\s?(?:bis|ter|quater|[a-z])?)\s+(?=\S)")
_NUMBER_BEHIND = re.compile(r"\s(\d+\s?(?:bis|ter|[a-z])?)$")
MIN_PHONE_DIGITS = 6
NATIONAL_DIGITS = 9


def words(text: str) -> str | None:
    """Return the words in small letters without accents or punctuation, one blank between."""
    plain = "".join(c if c.isalnum() else " " for c in written_out(text))
    joined = " ".join(plain.split())
    return None if joined in NOTHING else joined


def name_words(text: str) -> str | None:
    """Return a name's words, written ae, oe, ue or with an umlaut alike (Müller, Mueller, Muller), without Jr or Sr."""
    plain = words(text)
    if plain is None:
        return None
    kept = [word for word in plain.split() if not word.isdigit()]
    while len(kept) > 1 and kept[-1] in GENERATIONS:
        kept.pop()
    return _DIGRAPHS.sub(lambda found: found[0][0], " ".join(kept)) or None


def name(text: str) -> str | None:
    """Return a name as one word: `van den Berg`, `Vandenberg` and `VAN DEN BERG` are the same."""
    plain = name_words(text)
    return plain.replace(" ", "") if plain else None


def surname_core(text: str) -> str | None:
    """Return a family name without its particles: `de la Fontaine` and `Fontaine` are the same."""
    plain = name_words(text)
    if plain is None:
        return None
    kept = [word for word in plain.split() if word not in PARTICLES]
    return "".join(kept) or plain.replace(" ", "")


def generation(text: str) -> str | None:
    """Return junior, senior or third where the name says so at its end."""
    plain = (words(text) or "").split()
    return GENERATIONS.get(plain[-1]) if len(plain) > 1 else None


def email_local(text: str) -> str | None:
    """Return what stands before the @ of a key, letters and digits only; two characters or fewer say nothing."""
    local = text.rpartition("@")[0]
    plain = "".join(c for c in local if c.isalnum())
    return plain if len(plain) > 2 else None


def phone(text: str) -> str | None:
    """Return the last nine digits: the same with and without the country's code or the leading zero."""
    digits = "".join(c for c in text if c.isdigit())[-NATIONAL_DIGITS:].lstrip("0")
    return digits if len(digits) >= MIN_PHONE_DIGITS and len(set(digits)) > 1 else None


def street(text: str) -> str | None:
    """Return a street without its number, abbreviations written out, as one word."""
    plain = words(text)
    if plain is None:
        return None
    plain = _NUMBER_BEHIND.sub("", _NUMBER_BEFORE.sub("", plain))
    return "".join(STREET_WORDS.get(word, word) for word in plain.split()) or None


def number_in_street(text: str) -> str | None:
    """Return the house number that stands in a street line."""
    plain = words(text) or ""
    found = _NUMBER_BEFORE.search(plain) or _NUMBER_BEHIND.search(plain)
    return house_number(found[1]) if found else None


def house_number(text: str) -> str | None:
    """Return a house number as one word without leading zeros."""
    plain = words(text)
    return plain.replace(" ", "").lstrip("0") or None if plain else None


def postcode(text: str) -> str | None:
    """Return a postal code as one word, without the leading zeros that a spreadsheet eats."""
    plain = words(text)
    return plain.replace(" ", "").lstrip("0") or None if plain else None


def city(text: str) -> str | None:
    """Return a city as one word, without CEDEX and district numbers, `St` written out."""
    plain = words(text)
    if plain is None:
        return None
    return "".join(map(word_of_city, plain.split())) or None


def word_of_city(word: str) -> str:
    """Return a word as it stands in a city's folded form; empty where it says nothing of the city."""
    if word == "cedex" or word.isdigit():
        return ""
    return STREET_WORDS[word] if word in ("st", "ste") else word
