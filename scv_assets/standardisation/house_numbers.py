"""House numbers in one normal form: `12`, `12B`, `12 bis`, `12-14`, `12 bte 3`, `12 bus 3`, `12 apt 4`."""

import re

from scv_assets.standardisation.text import clean, settling, without_spreadsheet_marks

_NUMBER = r"\d{1,5}"
_ORDER = r"bis|ter|quater|quinquies"
_BOX = r"bte|boite|boîte|bt|bus|box|bo[iî]te\s+postale"
_FLAT = r"appartement|appt|app|apt|flat|unit|suite|ste|#"
_BOX_VALUE = r"[a-z]{0,2}\d{1,5}[a-z]?|[a-z]|\d{1,3}[./]\d{1,3}"

#: A house number as it stands in a street line or in a field of its own.
HOUSE_NUMBER = (
    rf"(?P<number>{_NUMBER})"
    rf"(?:\s*(?:-|\bà\b|\bt/m\b)\s*(?P<until>{_NUMBER})(?![a-z\d]))?"
    rf"(?:\s*(?P<order>{_ORDER})(?![a-z]))?"
    rf"(?:\s?-?(?P<letter>[a-z])(?![a-z\d'.°]))?"
    rf"(?:\s*(?P<slash>/)\s*(?P<slashed>{_BOX_VALUE})(?![a-z\d]))?"
    rf"(?:[\s,]*\b(?P<box>{_BOX})\b\.?\s*(?:n[°o]\.?\s*)?(?P<box_value>{_BOX_VALUE})(?![a-z\d]))?"
    rf"(?:[\s,]*(?P<flat>{_FLAT})\.?\s*(?:n[°o]\.?\s*)?(?P<flat_value>{_BOX_VALUE})(?![a-z\d]))?"
)
_LABEL = re.compile(r"^(?:n[°ºo]?\.?|nr\.?|num[eé]ro|number|nummer)\s*(?=\d)", re.IGNORECASE)
_WHOLE = re.compile(rf"{HOUSE_NUMBER}\s*", re.IGNORECASE)


@settling
def house_number(value: str | None, country: str | None = None) -> str | None:
    """Return the house number in normal form; what is not understood stays as it is, in capitals; None where empty.

    Behind a slash stands a box in Belgium and another number elsewhere.
    """
    text = clean(value)
    if text is None:
        return None
    text = _LABEL.sub("", without_spreadsheet_marks(text)).strip(" ,.;")
    if not any(c.isalnum() for c in text):
        return None
    found = _WHOLE.fullmatch(text)
    return written(found, country) if found else text.upper()


def is_number_alone(text: str) -> bool:
    """Tell whether a text is a house number and nothing else."""
    return _WHOLE.fullmatch(_LABEL.sub("", text)) is not None


def house_number_key(value: str | None) -> str | None:
    """Return what spellings of one house number share, for matching: `12 bte 3`, `12 bus 3` and `12/3` are `12.3`."""
    normal = house_number(value)
    if normal is None:
        return None
    return ".".join(re.findall(r"\d+|[A-Z]+|bis|ter|quater|quinquies", re.sub(r"\b(?:bte|bus|apt)\b", " ", normal)))


def written(found: re.Match[str], country: str | None) -> str:
    """Return a matched `HOUSE_NUMBER` in normal form."""
    number = str(int(found["number"]))
    if found["until"]:
        number += f"-{int(found['until'])}"
    if found["letter"]:
        number += found["letter"].upper()
    if found["order"]:
        number += f" {found['order'].lower()}"
    if found["slash"]:
        slashed = found["slashed"].upper()
        number += f" bte {slashed}" if country == "BE" else f"/{slashed}"
    if found["box"]:
        number += f" {'bus' if found['box'].lower() == 'bus' else 'bte'} {found['box_value'].upper()}"
    if found["flat"]:
        number += f" apt {found['flat_value'].upper()}"
    return number
