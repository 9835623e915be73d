"""Street lines: the street in one normal form, the house number apart, wherever it stood.

`12 bis, rue de la Paix`, `RUE DE LA PAIX 12bis` and `12 BIS R DE LA PAIX` are one address. French types stand first,
Dutch ones end a word, English ones are the last word; abbreviations are written out (`street_types.csv`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from scv_assets.standardisation.casing import recased
from scv_assets.standardisation.house_numbers import HOUSE_NUMBER, house_number, is_number_alone, written
from scv_assets.standardisation.street_types import street_types
from scv_assets.standardisation.text import clean, settled, words

SMALL_WORDS = words(
    "de du des la le les d' l' et à a au aux sur sous en lez lès van der den het op ten ter aan bij in 't 's of the"
)
_ENGLISH = frozenset({"US", "GB", "IE", "CA", "AU", "NZ"})
_GERMAN = frozenset({"DE", "AT", "CH"})
_ACRONYMS = re.compile(r"\b(?:zi|za|zac|zup|zae|bp|cs|tsa|rn|hlm)\b", re.IGNORECASE)
_FIRST = re.compile(rf"(?:n[°º]\s*)?{HOUSE_NUMBER}(?P<apart>[\s,;:]+|\s*-\s+)(?P<street>\S.*)", re.IGNORECASE)
_LAST = re.compile(rf"(?P<street>.*?[^\s,;:])[\s,;:]+(?:n[°ºo]\.?\s*|nr\.?\s*)?{HOUSE_NUMBER}", re.IGNORECASE)
_DUTCH_ENDINGS = (
    "straat", "laan", "weg", "plein", "dreef", "lei", "kaai", "kade", "markt", "singel", "hof", "dijk", "pad", "baan",
    "vest", "gracht", "heide", "veld",
)  # fmt: skip
#: How every abbreviated Dutch ending in `street_types.csv` ends: nothing else is looked up.
_ABBREVIATED = (".", "str", "stwg")
_DIGIT = re.compile(r"\d")
_LETTER_APART = re.compile(r"\d\s+[a-z]\b", re.IGNORECASE)
_FLAT_FIRST = re.compile(
    r"(?P<flat>flat|apt|apartment|unit|suite)\.?\s*(?P<value>\d+[a-z]?|[a-z])\s*,\s*(?P<rest>.+)", re.IGNORECASE
)
_TRAILING = re.compile(
    r"(?P<street>.*?)[\s,]+(?P<number>(?:bte|boite|boîte|bus|box|appartement|appt|app|apt|#)\.?\s*[a-z]?\d{1,5}[a-z]?)",
    re.IGNORECASE,
)
_COMPLEMENT = re.compile(
    r"(?:b[âa]t(?:iment)?|r[ée]s(?:idence)?|imm(?:euble)?|esc(?:alier)?|[ée]tage|entr[ée]e|appt?|appartement|verdieping|gebouw|blok|bloc)\b"
    r"[^,]*,\s*(?=\d)",
    re.IGNORECASE,
)
_SAINT = re.compile(r"\bs(?:ain)?t(e?)\b\.?[\s-]+(?=\w)", re.IGNORECASE)
#: A year behind a month belongs to the name as well: Rue du 8 Mai 1945, but not Rue du 11 Novembre 67.
_MONTHS = words(
    "janvier février fevrier mars avril mai juin juillet août aout septembre octobre novembre décembre decembre"
)
#: A number behind one of these belongs to the name: Route Nationale 7, Lot 5.
_NUMBERED = words(
    "nationale départementale departementale rn rd route km lot bp cs tsa zone za zi bat bât bâtiment batiment esc "
    "escalier étage etage porte pk highway hwy interstate"
)


@dataclass(frozen=True)
class Street:
    """A street without its number, and the number with its suffix and box; either may be None."""

    street: str | None
    house_number: str | None


def street_line(value: str | None, number: str | None = None, country: str | None = None) -> Street:
    """Part and normalise a street line; `number` is the house number where the source has a field for it.

    A number in the street that repeats the field goes; one that differs stays, as part of the name.
    """
    first = _street_line(value, number, country)
    return settled(lambda found: _street_line(found.street, found.house_number, country), first, Street(None, None))


def _street_line(value: str | None, number: str | None, country: str | None) -> Street:
    text = clean(value)
    own = house_number(number, country)
    if text is None:
        return Street(None, own)
    name, found = _parted(_COMPLEMENT.sub("", text).strip(" ,;") if "," in text else text, country)
    if own is None:
        return _worded(_street(name, country), found)
    if found is not None and _digits(found) == _digits(own):
        return _worded(_street(name, country), found if len(found) > len(own) else own)
    return _worded(_street(text.strip(" ,;"), country), own)


def _worded(street: str | None, number: str | None) -> Street:
    """Name a box in the language of its street, whatever word it came with: one address has one house number."""
    if street is None or number is None:
        return Street(street, number)
    if street_types().is_french(street.split()[0]):
        return Street(street, number.replace(" bus ", " bte "))
    is_dutch = street.lower().endswith(_DUTCH_ENDINGS)
    return Street(street, number.replace(" bte ", " bus ") if is_dutch else number)


def _digits(number: str) -> str:
    return re.split(r"\D", number, maxsplit=1)[0]


def _parted(text: str, country: str | None) -> tuple[str | None, str | None]:
    if not _DIGIT.search(text):
        return text, None
    if not text[0].isdigit() and (flat := _FLAT_FIRST.fullmatch(text)):
        name, number = _parted(flat["rest"], country)
        return name, f"{number} apt {flat['value'].upper()}" if number and "apt" not in number else number
    first = _FIRST.fullmatch(text)
    may_be_ordinal = first is not None and first["letter"] in {"e", "E"}
    if first and not may_be_ordinal and (found := _number_first(first, country)):
        return found
    if (last := _LAST.fullmatch(text)) and _is_street(last["street"], last["number"]):
        return last["street"], written(last, country)
    if first and may_be_ordinal and (found := _number_first(first, country)):
        return found
    return (None, house_number(text, country)) if is_number_alone(text) else (text, None)


def _number_first(first: re.Match[str], country: str | None) -> tuple[str, str] | None:
    """Take a number in front; a letter behind it may be the street's own (`12 R Haute`)."""
    street, number = first["street"], written(first, country)
    is_apart = first["letter"] and _LETTER_APART.search(first[0][: first.start("apart")])
    if is_apart and not street_types().is_french(street.split()[0]):
        street = f"{first['letter']} {street}"
        number = str(int(first["number"]))
    if not any(c.isalpha() for c in street):
        return None
    if trailing := _TRAILING.fullmatch(street):
        street, box = trailing["street"], house_number(f"1 {trailing['number']}", country)
        number += (box or "").removeprefix("1")
    return street, number


def _is_street(name: str, number: str) -> bool:
    """Tell whether what stands before a number is a street's whole name, and the number not part of it."""
    last = name.split()[-1].lower().strip(".,")
    is_year = last in _MONTHS and len(number) == 4
    return any(c.isalpha() for c in name) and len(name) > 1 and last not in _NUMBERED and not is_year


def _street(name: str | None, country: str | None) -> str | None:
    """Write a street without number in normal form."""
    if name is None or not any(c.isalnum() for c in name):
        return None
    parts = _expanded(name.strip(" ,;.-").split(), country)
    text = _ACRONYMS.sub(lambda m: m[0].upper(), recased(" ".join(parts), SMALL_WORDS)).strip(" ,;.-")
    return (text[:1].upper() + text[1:]) or None


def _expanded(parts: list[str], country: str | None) -> list[str]:
    if not parts:
        return parts
    types = street_types()
    first, last = parts[0].lower().rstrip("."), parts[-1].lower().rstrip(".")
    if len(parts) > 1 and country not in _ENGLISH and types.is_french(parts[0]):
        if first == "ch":
            head = "Chaussée" if country == "BE" else "Chemin"
        else:
            head = types.french_first.get(first, parts[0])
        name = _SAINT.sub(lambda m: f"Saint{m[1].lower()}-", " ".join(parts[1:])).split()
        return [head, *_inside(name, types.french_inside)]
    if len(parts) > 1 and country not in {"BE", "FR", "NL", "LU", "DE"} and last in types.english_end:
        return [*parts[:-1], types.english_end[last]]
    return _expanded_dutch(parts, country)


def _inside(parts: list[str], inside: Mapping[str, str]) -> list[str]:
    return [inside.get(word.lower().rstrip("."), word) if i < len(parts) - 1 else word for i, word in enumerate(parts)]


def _expanded_dutch(parts: list[str], country: str | None) -> list[str]:
    types = street_types()
    lower = parts[-1].lower()
    if len(parts) > 1 and lower.rstrip(".") in types.dutch_end and country in {"BE", "NL"}:
        return [*parts[:-1], types.dutch_end[lower.rstrip(".")]]
    if not lower.endswith(_ABBREVIATED):
        return parts
    for suffix, name in types.dutch_suffix.items():
        stem = parts[-1][: -len(suffix)]
        if lower.endswith(suffix) and len(stem) > 2:
            ending = "straße" if country in _GERMAN and name == "straat" else name
            return [*parts[:-1], stem + (ending.upper() if stem.isupper() else ending)]
    return parts
