"""The people: born into households, named, given mailboxes and phones, and led through the changes of the period.

Here is the truth about each person. How a channel gets to see it is `presentation`.
"""

from dataclasses import dataclass

import numpy as np

from demo_company.arrays import NEVER, Flags, Integers, Texts, either, pick, texts
from demo_company.contacts import Contacts, give_contacts
from demo_company.families import CHILD, YEAR, Family, family_names, raise_families
from demo_company.households import Homes, draw_homes
from demo_company.naming import draw_first_names, draw_surnames
from demo_company.period import Period


@dataclass(frozen=True)
class People:
    """People, one a row. `number` counts over all chunks; days are indexes of the period (NEVER: does not happen).

    `born` is in days since 1970; `role` is HEAD, PARTNER or CHILD, `household` the number of the head.
    Names, mailbox, phone and home have a former and a current value; each current one counts from its day.
    """

    number: Integers
    person_id: Texts
    household: Integers
    household_id: Texts
    role: Integers
    gender: Texts
    first_name: Texts
    last_name: Texts
    married_name: Texts
    married_on: Integers
    born: Integers
    language: Texts
    contacts: Contacts
    home: Homes
    new_home: Homes
    moved_on: Integers
    plays: dict[str, Flags]

    def __len__(self) -> int:
        return len(self.number)

    def last_name_on(self, who: Integers, day: Integers) -> Texts:
        """Return the family name that people bear on a day."""
        return either(day >= self.married_on[who], self.married_name[who], self.last_name[who])


def populate(rng: np.random.Generator, size: int, first_number: int, chunk: int, period: Period) -> People:
    """Return the people of one chunk."""
    family = raise_families(rng, size, period)
    number = first_number + np.arange(size, dtype=np.int64)
    first = draw_first_names(rng, family.language, family.gender, family.birth_year)
    first[family.namesake] = first[family.head[family.namesake]]
    last = family_names(rng, family)
    married_on = _days(rng, _brides(rng, family, period), period)
    moved_on = _days(rng, pick(rng, family.frame.members > 0, 0.05, 4), period)[family.row]
    contacts, plays = give_contacts(rng, family, number, first, last, chunk)
    namesake = family.namesake.copy()
    namesake[family.head[family.namesake]] = True
    plays |= {"twin": family.twin, "namesake": namesake, "name_change": married_on < NEVER, "mover": moved_on < NEVER}
    return People(
        number=number,
        person_id=texts([f"P{n + 1:07d}" for n in number]),
        household_id=texts([f"H{n + 1:07d}" for n in number[family.head]]),
        household=number[family.head],
        role=family.role,
        gender=family.gender,
        first_name=first,
        last_name=last,
        married_name=either(married_on < NEVER, draw_surnames(rng, family.language), last),
        married_on=married_on,
        born=family.born,
        language=family.language,
        contacts=contacts,
        home=family.frame.homes.of(family.row),
        new_home=draw_homes(rng, len(family.frame.members), family.frame.homes.country).of(family.row),
        moved_on=moved_on,
        plays=plays,
    )


def _brides(rng: np.random.Generator, family: Family, period: Period) -> Flags:
    age = (period.first - family.born) / YEAR
    return pick(rng, (family.gender == "f") & (age > 22) & (age < 45) & (family.role != CHILD), 0.05, 4)


def _days(rng: np.random.Generator, happens: Flags, period: Period) -> Integers:
    """Return a day in the middle of the period where something happens."""
    early, late = min(8, period.days // 4), max(period.days - 15, period.days // 4 + 1)
    return np.where(happens, rng.integers(early, late, len(happens)), NEVER)
