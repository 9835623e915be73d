"""The folded form of a name: what two spellings of one name have in common, for matching and never for showing.

Case, diacritics, apostrophes and hyphens go; letters that decomposition leaves alone (ß, ø, ł, đ, œ, æ, þ) are
written out; and the German transliteration is undone, so that Müller, Mueller and Muller fold to one text.
"""

import re
import unicodedata

_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "œ": "oe", "æ": "ae", "ı": "i", "ĳ": "ij", "ŋ": "n"}
)
_UMLAUT = re.compile(r"([aou])e")
_APART = re.compile(r"[\W_]+")


def written_out(text: str) -> str:
    """Return the text in lower case, every Latin letter in its plain form (`Œuvre`: `oeuvre`, `Dvořák`: `dvorak`)."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c)).lower()


def folded(text: str | None) -> str | None:
    """Return lower-case words without diacritics, parted by one blank; None where no letter or digit is left.

    `ae`, `oe` and `ue` fold to `a`, `o` and `u`: a German umlaut is spelt either way, and losing the `e` of "Samuel"
    in every record alike parts nobody. An apostrophe joins (`d'Arc` is `darc`), a hyphen parts (`jean-luc`: two words).
    """
    if not text:
        return None
    plain = _APART.sub(" ", written_out(text.replace("'", "").replace("’", ""))).strip()
    while (shorter := _UMLAUT.sub(r"\1", plain)) != plain:
        plain = shorter
    return plain or None
