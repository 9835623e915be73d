"""Who lives with whom, and where: the frame in which people are born."""

from dataclasses import dataclass

import numpy as np

from demo_company.arrays import Integers, Texts, draw, expand
from demo_company.naming import draw_surnames
from demo_company.reference_data import communes, streets

#: (adults, children of sixteen and more) and how frequent such a household is.
_SHAPES = ((1, 0, 34), (2, 0, 26), (2, 1, 14), (2, 2, 13), (2, 3, 5), (1, 1, 5), (1, 2, 3))


@dataclass(frozen=True)
class Homes:
    """Addresses, one a row."""

    street: Texts
    house_number: Texts
    postcode: Texts
    city: Texts
    country: Texts
    language: Texts

    def of(self, rows: Integers) -> "Homes":
        """Return the addresses of some rows."""
        return Homes(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Households:
    """Households, one a row; `members` of them are people of this chunk, the first `adults` grown up."""

    homes: Homes
    language: Texts
    surname: Texts
    second_surname: Texts
    adults: Integers
    members: Integers


def settle(rng: np.random.Generator, people: int) -> Households:
    """Return households that hold exactly so many people (the last may lose some)."""
    shape = draw(rng, len(_SHAPES), people, np.array([float(s[2]) for s in _SHAPES]))
    adults = np.array([s[0] for s in _SHAPES], dtype=np.int64)[shape]
    members = adults + np.array([s[1] for s in _SHAPES], dtype=np.int64)[shape]
    last = int(np.searchsorted(np.cumsum(members), people)) + 1
    adults, members = adults[:last], members[:last].copy()
    members[-1] -= int(members.sum()) - people
    homes = draw_homes(rng, last)
    language = _spoken(rng, homes)
    return Households(homes, language, draw_surnames(rng, language), draw_surnames(rng, language), adults, members)


def draw_homes(rng: np.random.Generator, size: int, country: Texts | None = None) -> Homes:
    """Return addresses; where a country is given for each, in that country."""
    known = communes()
    place = draw(rng, len(known.city), size, known.weight)
    for nation in ("BE", "FR") if country is not None else ():
        where = np.flatnonzero(country == nation)
        weights = np.where(known.country == nation, known.weight, 0.0).astype(np.float64)
        place[where] = draw(rng, len(known.city), len(where), weights)
    language = known.language[place]
    return Homes(
        _streets(rng, language),
        _house_numbers(rng, known.country[place]),
        known.postcode[place],
        known.city[place],
        known.country[place],
        language,
    )


def _streets(rng: np.random.Generator, language: Texts) -> Texts:
    found = np.empty(len(language), dtype=object)
    for tongue in ("fr", "nl"):
        where = np.flatnonzero(language == tongue)
        kinds, names = streets(tongue, "kind"), streets(tongue, "name")
        kind_rank = 1.0 / (1 + np.arange(len(kinds)))
        kind, name = kinds[draw(rng, len(kinds), len(where), kind_rank)], names[draw(rng, len(names), len(where))]
        found[where] = [f"{k} {n}" if tongue == "fr" else f"{n}{k}" for k, n in zip(kind, name, strict=True)]
    return found


def _house_numbers(rng: np.random.Generator, country: Texts) -> Texts:
    number = (1 + rng.gamma(1.2, 40.0, len(country))).astype(np.int64)
    extra = rng.random(len(country))
    box = rng.integers(1, 24, len(country))
    found = []
    for n, nation, draw_, b in zip(number, country, extra, box, strict=True):
        if nation == "BE" and draw_ < 0.16:
            found.append(f"{n} bte {b}" if draw_ < 0.08 else f"{n}/{b}")
        elif draw_ > 0.93:
            found.append(f"{n} bis" if nation == "FR" else f"{n}A")
        else:
            found.append(str(n))
    return np.array(found, dtype=object)


def _spoken(rng: np.random.Generator, homes: Homes) -> Texts:
    """Return each household's language: the commune's but for Brussels, where three are spoken, and some English."""
    brussels = np.array([c == "BE" and p < "1300" for c, p in zip(homes.country, homes.postcode, strict=True)])
    spoken = homes.language.copy()
    dice = rng.random(len(spoken))
    spoken[brussels & (dice < 0.15)] = "nl"
    spoken[(brussels & (dice > 0.92)) | (dice > 0.985)] = "en"
    return spoken


def members_of(homes: Households) -> tuple[Integers, Integers]:
    """Return each person's household (row) and place in it, from 0."""
    return expand(homes.members)
