"""What was typed, found: a customer by anything at hand, a record by its source and key."""

import sqlalchemy as sa

from resources.store.reading import customer
from scv_assets.errors import NotFound
from scv_assets.home import Home
from scv_assets.standardisation.identifiers import identifier


def customers_called(home: Home, store: sa.Engine, typed: str) -> list[str]:
    """Return the customers whom an identifier leads to, by id.

    Raises `NotFound` where no record of any source answers to it.
    """
    found = customer(store, *_spellings(home, typed))
    if not found:
        raise NotFound(f"no customer answers to '{typed}'; try an e-mail, a phone, a card, or source/key")
    return found


def record_called(typed: str) -> tuple[str, str]:
    """Return source and key of a record that was typed `source:key` (or `source/key`).

    Raises `NotFound` where it is not written so.
    """
    ends = [place for place in (typed.find(":"), typed.find("/")) if place > 0]
    source, key = (typed[: min(ends)], typed[min(ends) + 1 :]) if ends else ("", "")
    if not key:
        raise NotFound(f"'{typed}' is no record; write source:key, for instance crm:42")
    return source, key


def _spellings(home: Home, typed: str) -> list[str]:
    """Return what was typed and its normal forms: e-mail, phone (of each country), card, handle, record."""
    countries = home.settings.countries
    forms = [identifier("phone", typed, country, countries) for country in countries]
    forms += [identifier(namespace, typed) for namespace in ("email", "loyalty_card", "social_handle")]
    forms.append(typed.strip().replace(":", "/", 1))
    return list(dict.fromkeys(form for form in (typed.strip(), *forms) if form))
