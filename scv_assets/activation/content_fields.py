"""The fields that a campaign's texts may hold in braces: `{profile.first_name}`."""

import re
from collections.abc import Mapping

_BRACES = re.compile(r"\{([^{}]*)\}")

#: field -> what stands for it
FIELDS: Mapping[str, str] = {
    "profile.first_name": "given name of the golden profile; nothing where there is none",
    "profile.last_name": "family name",
    "profile.city": "city",
    "cart.items": "names of the articles that still lie in the cart, with commas",
    "cart.count": "how many articles these are",
    "voucher.code": "the message's own voucher code",
    "voucher.amount": "what it is worth, with its currency",
}


def fields_of(text: str) -> list[str]:
    """Return the fields that stand in a text, in their order."""
    return [name.strip() for name in _BRACES.findall(text)]
