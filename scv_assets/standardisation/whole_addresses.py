"""A whole address in one field, parted: `Rue Haute 12 bte 3, 1000 Bruxelles`, `7548 Center St, San Diego, CA 92101`.

The postal code is the anchor: the city stands beside it, the street before it, a country may stand last. Where there is
no code, commas and lines part street and city. What the shape does not show stays unknown: no gazetteer is asked.
"""

import re
from dataclasses import dataclass

from scv_assets.standardisation.countries import country as country_code
from scv_assets.standardisation.postcodes import city as city_name
from scv_assets.standardisation.postcodes import country_of_prefix, postcode
from scv_assets.standardisation.streets import Street, street_line
from scv_assets.standardisation.text import clean


@dataclass(frozen=True)
class Address:
    """The parts of a postal address in normal form; each may be None."""

    street: str | None = None
    house_number: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None


_STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA "
    "RI SC SD TN TX UT VT VA WA WV WI WY DC"
).replace(" ", "|")
_LINE_ENDS = re.compile(r"\s*(?:[\r\n;|]+|\\n|<br\s*/?>)\s*")
_AMERICAN = re.compile(rf"[\s,]+(?:{_STATES})[\s,]+(?P<code>\d{{5}}(?:-\d{{4}})?)\Z")
_BRITISH = re.compile(r"[\s,]+(?P<code>[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})\Z", re.IGNORECASE)
_CODE_THEN_CITY = re.compile(
    r"(?P<before>.*)(?:^|[\s,]+)(?P<code>(?:(?:B|F|L|D|CH|BE|FR|LU|DE|NL)\s?-\s?)?\d{4,5}(?:\s?[A-Z]{2}(?=[\s,]))?)[\s,]+(?P<city>[^\d,][^,]*?)(?:\s+CEDEX(?:\s+\d+)?)?",
    re.IGNORECASE,
)
_CITY_THEN_CODE = re.compile(r"(?P<before>.+?),\s*(?P<city>[^\d,]+?)[\s,]+(?P<code>\d{4,5})")


def whole_address(value: str | None, country: str | None = None) -> Address:
    """Part an address that came in one field; a country named in it wins over `country`, the record's own."""
    if value is None or (text := clean(_LINE_ENDS.sub(", ", value[:2000]))) is None:
        return Address(country=country)
    text, named = _without_country(text.strip(" ,"))
    country = named or country
    if found := _american(text, country) or _british(text, country):
        return found
    if (match := _CODE_THEN_CITY.fullmatch(text)) or (match := _CITY_THEN_CODE.fullmatch(text)):
        country = country or country_of_prefix(match["code"].upper())
        return _address(match["before"], match["code"], match["city"], country)
    before, comma, after = text.rpartition(",")
    if comma and before.strip() and not any(c.isdigit() for c in after):
        return _address(before, None, after, country)
    return _address(text, None, None, country)


def _without_country(text: str) -> tuple[str, str | None]:
    """Take a country's name off the end: behind a comma, or behind the city where it is a name and no code."""
    before, comma, after = text.rpartition(",")
    if comma and (found := country_code(after)) and not re.fullmatch(_STATES, after.strip()):
        return before.rstrip(" ,"), found
    before, blank, after = text.rpartition(" ")
    before = before.rstrip(" -,")
    is_behind_city = blank and len(after) > 3 and any(c.isdigit() for c in before) and not before[-1].isdigit()
    if is_behind_city and (found := country_code(after.strip("()"))):
        return before, found
    return text, None


def _american(text: str, country: str | None) -> Address | None:
    match = _AMERICAN.search(text) if country in {None, "US"} else None
    if match is None:
        return None
    before, _, city = text[: match.start()].rpartition(",")
    return _address(before, match["code"], city, "US")


def _british(text: str, country: str | None) -> Address | None:
    match = _BRITISH.search(text) if country in {None, "GB"} else None
    if match is None:
        return None
    before, _, city = text[: match.start()].rpartition(",")
    return _address(before, match["code"], city, country or "GB")


def _address(before: str, code: str | None, city: str | None, country: str | None) -> Address:
    street: Street = street_line(before.strip(" ,-"), None, country)
    return Address(street.street, street.house_number, postcode(code, country), city_name(city, country), country)
