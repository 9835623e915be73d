"""Languages by name, code or locale to ISO 639-1, from the Unicode CLDR tables in Babel."""

import re
from functools import cache

from babel import Locale, localedata
from babel.core import get_global

from scv_assets.standardisation.folding import folded
from scv_assets.standardisation.locale_names import folded_names, names
from scv_assets.standardisation.text import clean

#: Belgian administrations write one letter; people write what they call it.
_ALSO = {
    "f": "fr",
    "n": "nl",
    "d": "de",
    "e": "en",
    "vlaams": "nl",
    "flamand": "nl",
    "flemish": "nl",
    "francophone": "fr",
    "nederlandstalig": "nl",
    "neerlandophone": "nl",
    "franstalig": "fr",
    "vl": "nl",
    "ned": "nl",
    "ang": "en",
    "eng": "en",
    "esp": "es",
}
_LOCALE = re.compile(r"([a-z]{2,3})[-_][a-z0-9_.@-]{2,20}")
_APART = re.compile(r"[,;/|(]")
_TWO = re.compile(r"[a-z]{2}")


def language(value: str | None) -> str | None:
    """Return the ISO 639-1 code of a language given as a code, a locale (`fr_BE`) or a name; else None."""
    text = clean(value)
    if text is None:
        return None
    lower = text.lower()
    if locale := _LOCALE.fullmatch(lower):
        lower = locale[1]
    first = _APART.split(lower)[0].strip()
    return _codes().get(first) or _names().get(folded(first) or "")


def _languages() -> set[str]:
    return {code for code in names("languages", "en") if _TWO.fullmatch(code)}


@cache
def _codes() -> dict[str, str]:
    languages = _languages()
    codes = {code: of for code, of in get_global("language_aliases").items() if len(code) == 3 and of in languages}
    return codes | {code: code for code in languages} | _ALSO


@cache
def _names() -> dict[str, str]:
    found: dict[str, str] = {}
    for code in sorted(_languages()):
        if localedata.exists(code) and (own := folded(Locale.parse(code).get_display_name(code))):
            found.setdefault(own, code)
    for name, code in folded_names("languages", _languages()):
        found.setdefault(name, code)
    return found
