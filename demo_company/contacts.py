"""Who has which mailbox and phone, and what is shared: a couple's mailbox, a family's landline, strangers' number.

A recycled mobile belonged to one person and was given to another.
"""

from dataclasses import dataclass

import numpy as np

from demo_company.arrays import Flags, Integers, Texts, blank, chance, is_told, only, pick
from demo_company.contact_points import landlines, mailboxes, mobiles
from demo_company.families import PARTNER, Family

#: Number series for people's former mobiles, beyond any person number.
_FORMER = 13_000_000


@dataclass(frozen=True)
class Contacts:
    """Ways to reach people, one person a row; None where there is none."""

    email: Texts
    former_email: Texts
    mobile: Texts
    former_mobile: Texts
    landline: Texts


def give_contacts(
    rng: np.random.Generator, family: Family, number: Integers, first: Texts, last: Texts, chunk: int
) -> tuple[Contacts, dict[str, Flags]]:
    """Return people's contacts, and who plays `shared_mailbox` and `recycled_phone`."""
    size = len(number)
    twice = [np.concatenate([values, values]) for values in (first, last, family.birth_year, family.country)]
    both = mailboxes(rng, twice[0], twice[1], twice[2], twice[3], chunk)
    email, former_email = both[:size].copy(), both[size:].copy()
    sharing = np.flatnonzero(pick(rng, family.role == PARTNER, 0.12, 4))
    email[sharing] = email[sharing - 1]
    couple = np.zeros(size, dtype=np.bool_)
    couple[[*sharing, *(sharing - 1)]] = True
    email[chance(rng, size, 0.06) & ~couple] = None
    former_email[chance(rng, size, 0.7)] = None
    mobile, former = mobiles(number, family.country), blank(size)
    changed = pick(rng, np.ones(size, dtype=np.bool_), 0.05, 4)
    former[changed] = mobiles(number[changed] + _FORMER, family.country[changed])
    recycled = _recycle(rng, mobile, former, family)
    household = number[family.head]
    wired = chance(rng, size, 0.45)[family.head]
    landline = only(wired, landlines(household, family.country, family.language))
    contacts = Contacts(email, former_email, mobile, former, landline)
    return contacts, {"shared_mailbox": couple, "recycled_phone": recycled}


def _recycle(rng: np.random.Generator, mobile: Texts, former: Texts, family: Family) -> Flags:
    """Give some people's former mobile to a stranger of the same country; return who is concerned."""
    concerned = np.zeros(len(mobile), dtype=np.bool_)
    gone = rng.permutation(np.flatnonzero(is_told(former)))
    heirs = rng.permutation(np.flatnonzero(~is_told(former)))
    for old, heir in zip(gone[: max(4, len(gone) // 4)], heirs, strict=False):
        if family.country[old] == family.country[heir] and family.row[old] != family.row[heir]:
            mobile[heir] = former[old]
            concerned[[old, heir]] = True
    return concerned
