"""Countries by name, code or car plate to ISO 3166-1 alpha-2, from the Unicode CLDR tables in Babel."""

import re
from functools import cache

from babel.core import get_global

from scv_assets.standardisation.folding import folded
from scv_assets.standardisation.locale_names import folded_names, names
from scv_assets.standardisation.text import clean

#: What people write that no table has.
_ALSO = {
    "b": "BE", "f": "FR", "d": "DE", "l": "LU", "i": "IT", "e": "ES",
    "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
    "grande bretagne": "GB", "angleterre": "GB", "groot brittannie": "GB", "engeland": "GB", "hollande": "NL",
    "holland": "NL", "the netherlands": "NL", "pays bas": "NL", "usa": "US", "etats unis d'amerique": "US",
    "united states of america": "US", "verenigde staten van amerika": "US", "luxemburg": "LU",
    "grand duche de luxembourg": "LU", "republique francaise": "FR", "royaume de belgique": "BE",
    "koninkrijk belgie": "BE", "el": "GR", "czech republic": "CZ", "republique tcheque": "CZ", "tsjechie": "CZ",
}  # fmt: skip
#: Codes of the tables that are no country.
_NO_COUNTRY = {"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"}
_CODE = re.compile(r"[A-Z]{2}")


def country(value: str | None) -> str | None:
    """Return the alpha-2 code of a country given as a code (two or three letters), a name or a plate; else None."""
    text = clean(value)
    if text is None:
        return None
    return _codes().get(text.lower()) or _names().get(folded(text) or "")


def is_country(code: str | None) -> bool:
    """Tell whether the text is an alpha-2 code in force."""
    return code is not None and _codes().get(code.lower()) == code


def _territories() -> set[str]:
    return {code for code in names("territories", "en") if _CODE.fullmatch(code)} - _NO_COUNTRY


@cache
def _codes() -> dict[str, str]:
    territories = _territories()
    aliases = {code: of for code, of in get_global("territory_aliases").items() if len(code) == 3 and len(of) == 1}
    codes = {code.lower(): of[0] for code, of in aliases.items() if of[0] in territories}
    return codes | {code.lower(): code for code in territories} | _ALSO


@cache
def _names() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, code in folded_names("territories", _territories()):
        found.setdefault(name, code)
    return found | {folded(name) or name: code for name, code in _ALSO.items()}
