"""Phone numbers in any notation to E.164, by the numbering plans in phonenumbers (Google's libphonenumber)."""

import re

import phonenumbers

from scv_assets.standardisation.numbering import plain_number
from scv_assets.standardisation.text import clean, without_spreadsheet_marks

_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_PREFIX_00 = re.compile(r"^\D{0,12}?00(?=[1-9])")
_EXTENSION = re.compile(r"(?:;?ext(?:ension)?|poste|toestel|tst|x|#)[\s.:=]*\d{1,6}\s*$", re.IGNORECASE)
_SEVERAL = re.compile(r"\s+/\s+|[;|,]|\s(?:ou|of|or|et|en|and)\s", re.IGNORECASE)
_REMARK = re.compile(r"\([^()\d]*\)")
_LABEL = re.compile(r"^[^\d+(]*(?=[\d+(])")
_DIGIT = re.compile(r"\d")


def phone(value: str | None, country: str | None = None, countries: tuple[str, ...] = ()) -> str | None:
    """Return the number in E.164 (`+32475123456`); None where it is no valid number. An extension is left off.

    A number without a country code is read in the record's `country` (ISO 3166-1 alpha-2) and, where it is not valid
    there, in the company's `countries` in their order. Several numbers in one field: the first valid one.
    """
    text = clean(value)
    if text is None or not _DIGIT.search(text):
        return None
    regions = [c for c in dict.fromkeys((country, *countries)) if c]
    text = _EXTENSION.sub("", without_spreadsheet_marks(_REMARK.sub(" ", text).strip()))
    for part in dict.fromkeys((text, *_SEVERAL.split(text))):
        if found := _first_valid(_tidied(part), regions):
            return found
    return None


def is_placeholder_phone(number: str | None) -> bool:
    """Tell whether an E.164 number was typed to get past a form: one digit repeated, or digits counted up.

    `0000000000` is no valid number anywhere and never gets this far; `+32499999999` does.
    """
    if not number:
        return False
    subscriber = number[-7:]
    return len(set(subscriber)) == 1 or subscriber in "01234567890" or number[-8:] in ("98765432", "87654321")


def _tidied(part: str) -> str:
    """Return the part with an international prefix that the library reads whatever the region."""
    bare = _LABEL.sub("", part.replace("O0", "00"))
    if international := _PREFIX_00.match(bare):
        bare = "+" + bare[international.end() :]
    return _TRUNK_ZERO.sub("", bare) if bare.lstrip("( ").startswith("+") else bare


def _first_valid(text: str, regions: list[str]) -> str | None:
    if not 6 <= sum(c.isdigit() for c in text) <= 18:
        return None
    if text.lstrip("( ").startswith("+"):
        plain = next((found for region in regions if (found := plain_number(text, region))), None)
        return plain or _parsed(text, None)
    for region in regions:
        if found := plain_number(text, region) or _parsed(text, region):
            return found
    is_without_plus = bool(regions) and not text.startswith("0")
    return _parsed(f"+{text}", None, regions) if is_without_plus else None


def _parsed(text: str, region: str | None, of_regions: list[str] | None = None) -> str | None:
    """Ask the library; `of_regions`: the number must belong to one of them."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    if of_regions is not None and phonenumbers.region_code_for_number(number) not in of_regions:
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
