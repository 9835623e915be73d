"""Letters without their accents, as old systems and hurried hands write them."""

import codecs
import unicodedata

_WHOLE = {"ß": "ss", "œ": "oe", "Œ": "OE", "æ": "ae", "ø": "o", "ł": "l", "Ł": "L", "ı": "i", "’": "'", "đ": "d"}
_TRANSLITERATED = {"ü": "ue", "ö": "oe", "ä": "ae", "Ü": "Ue", "Ö": "Oe", "Ä": "Ae", **_WHOLE}
REPLACE = "demo_company.fold"


def ascii_letters(text: str) -> str:
    """Return the text with accents dropped (`Étienne` -> `Etienne`)."""
    whole = "".join(_WHOLE.get(letter, letter) for letter in text)
    return "".join(c for c in unicodedata.normalize("NFKD", whole) if not unicodedata.combining(c))


def transliterated(text: str) -> str:
    """Return the text with umlauts spelt out (`Müller` -> `Mueller`), other accents dropped."""
    return ascii_letters("".join(_TRANSLITERATED.get(letter, letter) for letter in text))


def _fold(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return ascii_letters(error.object[error.start : error.end]), error.end


codecs.register_error(REPLACE, _fold)
