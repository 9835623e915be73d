"""How good data goes bad between a person's mouth and a database: one function a way."""

import numpy as np

from demo_company.arrays import Integers
from demo_company.reference_data import nicknames

_NEIGHBOURS = dict(zip("azertyuiopqsdfghjklmwxcvbn", "zertyuiopomsdfghjklkxcvbnb", strict=True))


def with_typo(rng: np.random.Generator, text: str) -> str:
    """Return the text with one letter left out, doubled, swapped with the next or hit beside (on AZERTY keys)."""
    if len(text) < 3:
        return text
    place, way = int(rng.integers(1, len(text) - 1)), int(rng.integers(0, 4))
    if way == 0:
        return text[:place] + text[place + 1 :]
    if way == 1:
        return text[:place] + text[place] + text[place:]
    if way == 2:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + _NEIGHBOURS.get(text[place].lower(), text[place]) + text[place + 1 :]


def with_typo_in_local_part(rng: np.random.Generator, email: str) -> str:
    """Return the address with one typo before the @."""
    local, at, domain = email.partition("@")
    return with_typo(rng, local) + at + domain


def nickname(rng: np.random.Generator, first_name: str) -> str:
    """Return what friends call a person, or the name where there is no such thing."""
    known = nicknames().get(first_name)
    return str(known[int(rng.integers(0, len(known)))]) if known else first_name


def initial(first_name: str) -> str:
    """Return `J.` for Jeanne, `J.-P.` for Jean-Pierre."""
    return "-".join(f"{part[:1]}." for part in first_name.split("-"))


def transposed_birth(days_since_1970: Integers) -> Integers:
    """Return birth days with day and month swapped where both readings exist; the others as they are."""
    moment = days_since_1970.astype("datetime64[D]")
    month = moment.astype("datetime64[M]")
    year = moment.astype("datetime64[Y]")
    day_number = (moment - month).astype(np.int64) + 1
    month_number = (month - year.astype("datetime64[M]")).astype(np.int64) + 1
    swapped = (year.astype("datetime64[M]") + (np.minimum(day_number, 12) - 1)).astype("datetime64[D]")
    swapped = swapped + (month_number - 1)
    return np.where(day_number <= 12, swapped.astype(np.int64), days_since_1970)


def first_of_january(days_since_1970: Integers) -> Integers:
    """Return the first day of each birth year: what a system writes that asks for a day and is told a year."""
    years = days_since_1970.astype("datetime64[D]").astype("datetime64[Y]")
    return np.asarray(years.astype("datetime64[D]").astype(np.int64), dtype=np.int64)


def sub_addressed(email: str) -> str:
    """Return a Gmail address as its owner gives it to a shop: with a tag after a plus; others as they are."""
    local, _, domain = email.partition("@")
    return f"{local}+tilleul@{domain}" if domain == "gmail.com" else email


def without_dots(email: str) -> str:
    """Return a Gmail address without the dots that Gmail does not see; others as they are."""
    local, _, domain = email.partition("@")
    return f"{local.replace('.', '')}@{domain}" if domain == "gmail.com" else email
