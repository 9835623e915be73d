"""Identifiers in one normal form a namespace, so that equal identifiers are equal texts.

Cookies and devices are machines' own keys and stay verbatim; what people type or spreadsheets carry is tidied.
"""

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.array_parts import Bulk
from scv_assets.standardisation.bulk_emails import email_keys
from scv_assets.standardisation.emails import email
from scv_assets.standardisation.phones import phone
from scv_assets.standardisation.text import clean, is_null_word, settling, without_spreadsheet_marks

_CARD_LABEL = re.compile(
    r"^(?:(?:carte|card|kaart|client|fid[ée]lit[ée]|loyalty|nummer|number|num[ée]ro|nr|no|n)\b[\s.:°ºo]*|[°º#:.\s]+)+",
    re.IGNORECASE,
)
_CARD_BLANKS = re.compile(r"[\s.\-_/]+")
_PROFILE_ADDRESS = re.compile(r"^(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}/(?:#!/)?(?:in/|user/)?", re.IGNORECASE)

#: Namespaces whose identifiers are spelt in several ways, and what the spellings share.
SPELLINGS: dict[str, Bulk] = {"email": email_keys}


def identifier(
    namespace: str, value: str | None, country: str | None = None, countries: tuple[str, ...] = ()
) -> str | None:
    """Return the normal form of an identifier; None where it says nothing or is none (an invalid e-mail or phone).

    `country` and `countries` serve a phone without a prefix, as in `phones.phone`.
    """
    if namespace == "phone":
        return phone(value, country, countries)
    return _FORMS.get(namespace, key_text)(value)


def matching_keys(namespace: str, values: pa.StringArray) -> pa.StringArray:
    """Return what all spellings of each identifier share: `email_key` for an e-mail, else the normal form itself."""
    keys = SPELLINGS.get(namespace)
    return values if keys is None else pc.coalesce(keys(values), values)


@settling
def key_text(value: str | None) -> str | None:
    """Return a source's own key: outer blanks and a spreadsheet's `.0` off, case kept."""
    text = clean(value)
    return None if text is None else without_spreadsheet_marks(text)


def verbatim(value: str | None) -> str | None:
    """Return a machine's key as it came, but for outer blanks."""
    return clean(value)


@settling
def loyalty_card(value: str | None) -> str | None:
    """Return a card's digits and capitals without blanks, punctuation or a leading `N°`."""
    text = clean(value)
    if text is None:
        return None
    bare = _CARD_BLANKS.sub("", _CARD_LABEL.sub("", without_spreadsheet_marks(text))).upper()
    return bare if any(c.isdigit() for c in bare) else None


@settling
def social_handle(value: str | None) -> str | None:
    """Return a handle in lower case without @; an address of a profile gives its last part."""
    text = clean(value)
    if text is None:
        return None
    handle = _PROFILE_ADDRESS.sub("", text).split("?")[0].strip("/@ ").lower()
    return None if not handle or is_null_word(handle) else handle


_FORMS: dict[str, Callable[[str | None], str | None]] = {
    "email": email,
    "loyalty_card": loyalty_card,
    "social_handle": social_handle,
    "cookie_id": verbatim,
    "device_id": verbatim,
}
