"""Postal codes and cities: country prefixes off, zeros that a spreadsheet ate put back, one writing a country."""

import re

from scv_assets.standardisation.casing import recased
from scv_assets.standardisation.streets import SMALL_WORDS
from scv_assets.standardisation.text import clean, settling, without_spreadsheet_marks

#: Countries whose codes are digits only, and how many.
_DIGITS = {
    "BE": 4, "LU": 4, "CH": 4, "AT": 4, "DK": 4, "NO": 4, "AU": 4, "NZ": 4, "HU": 4, "BG": 4, "SI": 4,
    "FR": 5, "DE": 5, "IT": 5, "ES": 5, "US": 5, "FI": 5, "MC": 5, "GP": 5, "MQ": 5, "GF": 5, "RE": 5, "HR": 5, "EE": 5,
}  # fmt: skip
_FRENCH_SPEAKING = frozenset({None, "FR", "BE", "LU", "MC"})
_PREFIX = re.compile(r"(?:B|F|L|D|CH|BE|FR|LU|DE|NL|AT|A|I|IT|E|ES)\s*[-–.]?\s*(?=\d{4,5}(?:\D|$))")
_DUTCH = re.compile(r"([1-9]\d{3})\s?([A-Z]{2})")
_BRITISH = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)\s?(\d[A-Z]{2})")
_AMERICAN = re.compile(r"(\d{3,5})-(\d{4})")
_CEDEX = re.compile(r"\bCEDEX\b(?:\s*\d{1,2})?", re.IGNORECASE)
_PARENTHESISED = re.compile(r"\([^()]*\)")
_DISTRICT = re.compile(
    r"^(paris|lyon|marseille)\s*,?\s*(?:0?\d|1\d|20)\s*(?:e|è|er|ème|eme)?\s*(?:arrondissement|arr\.?)?$", re.IGNORECASE
)
_SAINT = re.compile(r"\bs(?:ain)?t(e?)\b\.?[\s-]+(?=\w)", re.IGNORECASE)


@settling
def postcode(value: str | None, country: str | None = None) -> str | None:
    """Return the postal code as its country writes it (`01000`, `1017 GC`, `SW1A 1AA`); None where empty.

    Leading zeros are put back where the country is known and its codes have a fixed number of digits: `1000` is
    Brussels in Belgium and `01000` Bourg-en-Bresse in France.
    """
    text = clean(value)
    if text is None:
        return None
    code = without_spreadsheet_marks(text).upper().strip(" ,.;-")
    code = _PREFIX.sub("", code, count=1) if _PREFIX.match(code) and country not in {"GB", "CA", "IE"} else code
    if code.replace(" ", "").isdigit():
        return _digits(code.replace(" ", ""), country)
    if country in {"NL", None} and (dutch := _DUTCH.fullmatch(code)):
        return f"{dutch[1]} {dutch[2]}"
    if country in {"GB", None} and (british := _BRITISH.fullmatch(code)):
        return f"{british[1]} {british[2]}"
    if country in {"US", None} and (american := _AMERICAN.fullmatch(code)):
        return f"{american[1].zfill(5)}-{american[2]}"
    return code if any(c.isalnum() for c in code) else None


def country_of_prefix(value: str | None) -> str | None:
    """Return the country that a prefix of the postal code names (`B-1000`: BE), else None."""
    found = _PREFIX.match(clean(value) or "")
    if found is None:
        return None
    letters = re.sub(r"[^A-Z]", "", found[0])
    return {"B": "BE", "F": "FR", "L": "LU", "D": "DE", "A": "AT", "I": "IT", "E": "ES"}.get(letters, letters)


@settling
def city(value: str | None, country: str | None = None) -> str | None:
    """Return the city in normal form; `CEDEX` and a district's number go, `St` is written out where French is spoken.

    None where no letter is left.
    """
    text = clean(value)
    if text is None:
        return None
    text = _CEDEX.sub(" ", _PARENTHESISED.sub(" ", text)).strip(" ,.;-/")
    if district := _DISTRICT.match(text):
        text = district[1]
    text = " ".join(text.split())
    if country in _FRENCH_SPEAKING:
        text = _SAINT.sub(lambda m: f"Saint{m[1].lower()}-", text)
    if not any(c.isalpha() for c in text):
        return None
    written = recased(text, SMALL_WORDS)
    return written[:1].upper() + written[1:]


def _digits(digits: str, country: str | None) -> str | None:
    if not digits.strip("0"):
        return None
    length = _DIGITS.get(country or "")
    return digits.zfill(length) if length is not None and len(digits) >= 3 else digits
