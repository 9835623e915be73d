"""One chunk of the population with all that its people do: what every channel looks at."""

from dataclasses import dataclass

import numpy as np

from demo_company.arrays import Integers, Texts
from demo_company.browsing import Carts, Sessions, browse
from demo_company.cast import PERSONAS, Cast, cast_roles
from demo_company.keys import card_numbers, keys
from demo_company.period import Period
from demo_company.population import People, populate
from demo_company.purchases import LeftCarts, Purchases, shop
from demo_company.randomness import generator
from demo_company.truth import Truth

PEOPLE_PER_CHUNK = 20_000


@dataclass(frozen=True)
class Chunk:
    """Up to 20,000 people, what they bought and where they browsed."""

    seed: int
    index: int
    period: Period
    people: People
    cast: Cast
    purchases: Purchases
    left: LeftCarts
    sessions: Sessions
    carts: Carts

    def rng(self, purpose: str) -> np.random.Generator:
        """Return the chunk's stream of random numbers for a purpose."""
        return generator(self.seed, self.index, purpose)

    def crm_id(self, who: Integers) -> Texts:
        """Return the CRM number that people would have."""
        return keys("C", self.people.number[who])

    def card(self, who: Integers) -> Texts:
        """Return the loyalty card that people would have."""
        return card_numbers(self.people.number[who])

    def account(self, who: Integers) -> Texts:
        """Return the web account that people would have."""
        return keys("U", self.people.number[who])

    def erp_no(self, who: Integers) -> Texts:
        """Return the ERP customer number that people would have."""
        return keys("K", self.people.number[who])

    def order_no(self, prefix: str, rows: Integers) -> Texts:
        """Return the order numbers of purchases in the series of one channel."""
        return keys(prefix, self.purchases.number[rows], f"order {prefix}")


def make_chunk(seed: int, index: int, size: int, period: Period) -> Chunk:
    """Return one chunk: the same for the same seed, index, size and period."""
    people = populate(generator(seed, index, "people"), size, index * PEOPLE_PER_CHUNK, index, period)
    cast = cast_roles(generator(seed, index, "cast"), people, period)
    purchases, left = shop(generator(seed, index, "purchases"), cast, period, index)
    sessions, carts = browse(generator(seed, index, "browsing"), people, cast, purchases, left, period, index)
    return Chunk(seed, index, period, people, cast, purchases, left, sessions, carts)


def tell_people(chunk: Chunk, truth: Truth) -> None:
    """Write the chunk's people and the scenarios that they play to the truth."""
    people, cast = chunk.people, chunk.cast
    same = ("person_id", "household_id", "gender", "first_name", "last_name", "married_name", "language")
    contacts = ("email", "former_email", "mobile", "former_mobile", "landline")
    columns = {n: getattr(people, n) for n in same} | {n: getattr(people.contacts, n) for n in contacts}
    columns |= {n: getattr(people.home, n) for n in ("street", "house_number", "postcode", "city", "country")}
    columns |= {
        "persona": np.asarray(PERSONAS, dtype=object)[cast.persona],
        "born_on": people.born.astype("datetime64[D]"),
        "moved_on": _dates(chunk.period, people.moved_on),
        "married_on": _dates(chunk.period, people.married_on),
    }
    truth.add("people", columns)
    for scenario, plays in sorted(cast.plays.items()):
        who = people.person_id[plays]
        truth.add("scenarios", {"person_id": who, "scenario": [scenario] * len(who)})


def _dates(period: Period, days: Integers) -> Texts:
    return np.array([period.on(day) if 0 <= day < period.days else None for day in days], dtype=object)
