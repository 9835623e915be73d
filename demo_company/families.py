"""Families: who is of which age and sex in a household, who are twins, who bears a parent's whole name."""

from dataclasses import dataclass

import numpy as np

from demo_company.arrays import Flags, Integers, Texts, chance, either, pick
from demo_company.households import Households, members_of, settle
from demo_company.naming import double_surname
from demo_company.period import Period

HEAD, PARTNER, CHILD = range(3)
YEAR = 365.2425


@dataclass(frozen=True)
class Family:
    """People as members of households, one a row: household (row of `frame`), place in it, role, sex, day of birth.

    `namesake`: a child that bears the head's given and family name.
    """

    frame: Households
    row: Integers
    place: Integers
    role: Integers
    gender: Texts
    born: Integers
    twin: Flags
    namesake: Flags

    @property
    def country(self) -> Texts:
        """Each person's country."""
        return self.frame.homes.country[self.row]

    @property
    def language(self) -> Texts:
        """Each person's language."""
        return self.frame.language[self.row]

    @property
    def birth_year(self) -> Integers:
        """Each person's year of birth, to within a few hours of New Year."""
        return 1970 + (self.born / YEAR).astype(np.int64)

    @property
    def head(self) -> Integers:
        """The row of the first adult of each person's household."""
        return np.arange(len(self.row)) - self.place


def raise_families(rng: np.random.Generator, size: int, period: Period) -> Family:
    """Return so many people in families."""
    frame = settle(rng, size)
    row, place = members_of(frame)
    role = np.where(place == 0, HEAD, np.where(place < frame.adults[row], PARTNER, CHILD)).astype(np.int64)
    gender = either(chance(rng, size, 0.5), "m", "f")
    partner = np.flatnonzero(role == PARTNER)
    opposite = np.where(gender[partner - 1] == "m", "f", "m")
    gender[partner] = np.where(chance(rng, len(partner), 0.95), opposite, gender[partner])
    born = _births(rng, row, place, role, period)
    second_child = np.flatnonzero((role == CHILD) & (place == frame.adults[row] + 1))
    twin = np.zeros(size, dtype=np.bool_)
    chosen = second_child[pick(rng, np.ones(len(second_child), dtype=np.bool_), 0.08, 3)]
    born[chosen] = born[chosen - 1]
    twin[chosen] = twin[chosen - 1] = True
    namesake = pick(rng, (role == CHILD) & ~twin & (gender == gender[np.arange(size) - place]), 0.09, 3)
    return Family(frame, row, place, role, gender, born, twin, namesake)


def _births(rng: np.random.Generator, row: Integers, place: Integers, role: Integers, period: Period) -> Integers:
    """Return days of birth: couples are of an age, children a generation younger and at least sixteen."""
    size = len(row)
    head = np.arange(size) - place
    has_child = np.zeros(size, dtype=np.bool_)
    has_child[head[role == CHILD]] = True
    age = np.where(has_child, rng.uniform(40, 66, size), 20 + rng.beta(1.6, 2.0, size) * 68)
    today = period.first
    born = today - (age * YEAR).astype(np.int64)
    partner, child = role == PARTNER, role == CHILD
    born[partner] = born[head[partner]] + (rng.normal(0, 3.5, int(partner.sum())) * 365).astype(np.int64)
    parted = rng.uniform(22, 36, int(child.sum())) * YEAR
    born[child] = np.minimum(
        born[head[child]] + parted.astype(np.int64), today - rng.integers(16 * 366, 27 * 366, int(child.sum()))
    )
    new_year = chance(rng, size, 0.012)
    years = born[new_year].astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    born[new_year] = years
    return np.minimum(born, today - 16 * 366)


def family_names(rng: np.random.Generator, family: Family) -> Texts:
    """Return family names: children bear the household's or both, partners theirs or (half in France) that one."""
    frame, row = family.frame, family.row
    shared, other = frame.surname[row], frame.second_surname[row]
    takes = chance(rng, len(row), np.where(frame.homes.country[row] == "FR", 0.55, 0.2))
    own = either((family.role == PARTNER) & ~takes, other, shared)
    both = (family.role == CHILD) & (chance(rng, len(frame.members), 0.07)[row]) & ~family.namesake
    return double_surname(own, other, both)
