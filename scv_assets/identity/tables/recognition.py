"""Which column of a table is what: by its name, in four languages, and by what stands in it.

A name alone is not believed where the content says otherwise (a column `email` without any @), and content alone
decides where it can be told without a name (e-mail addresses, international phones, British postcodes). Columns that
number the rows, or that nothing speaks for, stay out; what stays out is told.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scv_assets.canonical import IDENTIFIER_NAMESPACES
from scv_assets.identity.nicknames import is_known
from scv_assets.identity.tables.days import day_order
from scv_assets.standardisation.countries import country
from scv_assets.standardisation.folding import folded

#: Values of a column that are looked at.
LOOKED_AT = 3_000

_NAMES: dict[str, str] = {
    "first_name": "first name|firstname|first|given name|givenname|given|forename|"
    "prenom|prenoms|voornaam|vorname|fname",
    "last_name": "last name|lastname|last|surname|sur name|family name|familyname|family|nom|nom de famille|nom usage|"
    "achternaam|familienaam|nachname|familienname|lname|name last",
    "full_name": "full name|fullname|name|complete name|nom complet|nom prenom|prenom nom|naam|volledige naam|"
    "person name|customer name|client name|contact name|contact",
    "birth_on": "birth date|birthdate|date of birth|dateofbirth|dob|birth|birthday|born|born on|birth on|"
    "date naissance|date de naissance|naissance|ddn|geboortedatum|geboorte datum|geburtsdatum|geb datum",
    "email": "email|e mail|mail|email address|e mail address|emailaddress|adresse email|adresse mail|courriel|"
    "mailadres|e mailadres|emailadres",
    "phone": "phone|phone number|phonenumber|telephone|tel|mobile|mobile phone|cell|cellphone|gsm|portable|"
    "telephone number|numero de telephone|telefoon|telefoonnummer|telefon|handy|landline",
    "street": "street|street name|streetname|street address|address|address 1|address1|address line 1|addr|addr1|"
    "adresse|adresse 1|rue|voie|straat|straatnaam|adres|strasse|road|line 1",
    "house_number": "house number|housenumber|street number|streetnumber|number|nr|no|house no|house nr|numero|"
    "numero de rue|num voie|huisnummer|huisnr|hausnummer|street no",
    "postcode": "postcode|post code|postal code|postalcode|zip|zip code|zipcode|code postal|cp|plz|postleitzahl",
    "city": "city|town|suburb|locality|municipality|place|ville|commune|localite|lieu|stad|gemeente|woonplaats|plaats|"
    "ort|stadt|geboorteplaats|geburtsort",
    "country": "country|country code|countrycode|pays|code pays|land|landcode",
}
_IDENTIFIERS: dict[str, str] = {
    "loyalty_card": "loyalty card|loyalty number|loyalty id|card|card number|cardnumber|card no|card id|carte|"
    "numero de carte|numero carte|carte fidelite|kaartnummer|klantenkaart|member number|member id|membership number",
    "account_id": "account|account id|account number|account no|user id|userid|login|ssn|soc sec id|soc sec|"
    "social security number|social security|national id|national number|nir|insee|niss|rijksregisternummer|bsn|"
    "passport|passport number|tax id|vat number|driver license|licence number|patient id|nhs number",
    "crm_id": "crm id|crm|crm number|contact id",
    "erp_id": "erp id|erp|customer number|customer no|customer id|client id|client number|numero client|klantnummer|"
    "debtor number",
    "legacy_rcu": "rcu|legacy id|legacy number|old id|previous id",
    "cookie_id": "cookie|cookie id|visitor id",
    "device_id": "device|device id",
    "app_user_id": "app user id|app id",
    "social_handle": "twitter|instagram|handle|social handle|facebook|linkedin",
}
#: Fields of a person that a column may hold.
FIELDS: tuple[str, ...] = tuple(_NAMES)
assert set(_IDENTIFIERS) | {"email", "phone"} == set(IDENTIFIER_NAMESPACES)

_ENOUGH = 0.8

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"[+(]?[\d\s().,/+-]{6,24}(?:\s*(?:x|ext).*)?", re.IGNORECASE)
_INTERNATIONAL = re.compile(r"(?:\+|00)[\d\s().-]{8,20}")
_POSTCODE = re.compile(
    r"(?:[A-Z]{1,2}-?)?\d{3,6}(?:-\d{3,4})?|\d{4}\s?[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}", re.I
)
_LETTERED_POSTCODE = re.compile(r"\d{4}\s?[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][^\d_@]{0,60}")
_HOUSE_NUMBER = re.compile(r"\d{1,5}(?:\s?[a-z]|\s?(?:bis|ter|bte|bus|/|-).{0,8})?(?:\.0)?", re.IGNORECASE)


@dataclass(frozen=True)
class Values:
    """What stands in a column: a sample of its values (not null), rows, rows with a value, different values."""

    name: str
    sample: tuple[str, ...]
    rows: int
    filled: int
    distinct: int

    def share(self, holds: Callable[[str], bool]) -> float:
        """Return the share of the sample of which something holds."""
        return sum(map(holds, self.sample)) / len(self.sample) if self.sample else 0.0


@dataclass(frozen=True)
class TableColumns:
    """Field of a person -> column of the table; namespace -> column with an identifier; columns left aside."""

    fields: Mapping[str, str]
    identifiers: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    @property
    def has_a_person(self) -> bool:
        """True where a row can say who somebody is."""
        return bool({"first_name", "last_name", "full_name", "birth_on"} & set(self.fields))


def recognised(columns: list[Values]) -> TableColumns:
    """Return what the columns are; each is one thing at most, and each thing one column, the one that fits best."""
    scored = sorted(
        (
            (-_score(kind, values), place, kind, values.name)
            for place, values in enumerate(columns)
            if values.sample
            for kind in (*_NAMES, *_IDENTIFIERS)
        ),
    )
    taken: dict[str, str] = {}
    for score, _, kind, name in scored:
        if -score >= _ENOUGH and kind not in taken and name not in taken.values():
            taken[kind] = name
    if "full_name" in taken and {"first_name", "last_name"} <= set(taken):
        del taken["full_name"]
    if "last_name" in taken and "first_name" not in taken and _is_whole(columns, taken["last_name"]):
        taken["full_name"] = taken.pop("last_name")
    used = set(taken.values())
    return TableColumns(
        {kind: taken[kind] for kind in _NAMES if kind in taken},
        {kind: taken[kind] for kind in _IDENTIFIERS if kind in taken},
        tuple(values.name for values in columns if values.name not in used),
    )


def _score(kind: str, values: Values) -> float:
    """Return how well a column fits: its name (0 to 2), its content (0 to 1), and, of columns that are called so, how
    many rows have it (0 to 1): a second given name, seldom there, is not the given name. 0 where the content denies it.
    """
    named = _named(kind, values.name)
    if kind in _IDENTIFIERS:
        return named if named and _is_identifier(values) else 0.0
    content = _CONTENT[kind](values)
    if content < 0.3:
        return 0.0
    if named:
        return named + content + values.filled / max(values.rows, 1)
    return content if content >= 0.8 and _is_self_told(kind, values) else 0.0


def _named(kind: str, name: str) -> float:
    """Return 2 where the column is called so, 1 where its name begins or ends so, 0 otherwise."""
    called = _words(name)
    known = {_words(one) for one in {**_NAMES, **_IDENTIFIERS}[kind].split("|")}
    if called in known:
        return 2.0
    return 1.0 if any(len(one) > 2 and f" {called} ".find(f" {one} ") >= 0 for one in known) else 0.0


def _words(name: str) -> str:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    plain = folded(re.sub(r"[^\w]|_", " ", parted)) or ""
    return " ".join(plain.split())


def _is_identifier(values: Values) -> bool:
    """Tell whether a column may hold identifiers: many values, not one a row, and not a few words."""
    repeats = values.distinct < values.filled
    return (
        repeats
        and values.distinct > max(10, 0.02 * values.filled)
        and values.share(lambda v: any(map(str.isdigit, v))) > 0.5
    )


def _is_whole(columns: list[Values], name: str) -> bool:
    values = next(one for one in columns if one.name == name)
    return values.share(lambda value: " " in value or "," in value) > 0.8


def _email(values: Values) -> float:
    return values.share(lambda v: _EMAIL.search(v) is not None)


def _phone(values: Values) -> float:
    digits = values.share(lambda v: _PHONE.fullmatch(v) is not None and 6 <= sum(map(str.isdigit, v)) <= 16)
    return 0.0 if day_order(values.sample) is not None else digits


def _birth_on(values: Values) -> float:
    return 1.0 if day_order(values.sample) is not None else 0.0


def _name(values: Values) -> float:
    return values.share(lambda v: _NAME.fullmatch(v) is not None)


def _given_name(values: Values) -> float:
    """Return 1 where many values are well-known given names; a column of other names at most .7."""
    known = values.share(lambda v: is_known((folded(v) or "").replace(" ", "")))
    return 1.0 if known > 0.25 else min(_name(values), 0.7)


def _whole_name(values: Values) -> float:
    return min(_name(values), values.share(lambda v: len(v.replace(",", " ").split()) > 1))


def _street(values: Values) -> float:
    return values.share(lambda v: any(map(str.isalpha, v)) and "@" not in v and len(v) > 3)


def _house_number(values: Values) -> float:
    return values.share(lambda v: _HOUSE_NUMBER.fullmatch(v) is not None)


def _postcode(values: Values) -> float:
    return values.share(lambda v: _POSTCODE.fullmatch(v) is not None)


def _country(values: Values) -> float:
    return values.share(lambda v: country(v) is not None)


_CONTENT: dict[str, Callable[[Values], float]] = {
    "first_name": _given_name,
    "last_name": _name,
    "full_name": _whole_name,
    "birth_on": _birth_on,
    "email": _email,
    "phone": _phone,
    "street": _street,
    "house_number": _house_number,
    "postcode": _postcode,
    "city": _name,
    "country": _country,
}


def _is_self_told(kind: str, values: Values) -> bool:
    if kind == "phone":
        return values.share(lambda v: _INTERNATIONAL.fullmatch(v) is not None) >= 0.8
    if kind == "postcode":
        return values.share(lambda v: _LETTERED_POSTCODE.fullmatch(v) is not None) >= 0.8
    return kind in ("email", "first_name")
