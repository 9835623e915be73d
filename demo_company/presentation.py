"""What one channel gets to see of people: some fields missing, some old, some spoilt, each in the channel's own way.

`Habits` say how often; `present` does it and says, in `variations`, what it did to each record: that goes to the truth.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from demo_company import spoiling
from demo_company.arrays import Flags, Integers, Texts, chance, each_distinct, either, is_told, texts
from demo_company.families import CHILD
from demo_company.folding import ascii_letters, transliterated
from demo_company.phone_notation import write_phones
from demo_company.population import People

PLACEHOLDER_EMAILS: tuple[str, ...] = ("test@test.com", "noreply@maison-tilleul.example", "client@example.com")
PLACEHOLDER_PHONES: tuple[str, ...] = ("0000000000", "0123456789", "+32000000000")


@dataclass(frozen=True)
class Habits:
    """How often (0 to 1) a channel lacks or spoils what it is told.

    `follows` channels learn of moves and marriages; the others keep what they were told first. `former` is how often
    mailbox and phone are former ones, `landline` how often the phone is the household's. `notations` weigh how phones
    are written.
    """

    lacks_email: float = 0.1
    lacks_phone: float = 0.3
    lacks_birth: float = 0.4
    lacks_address: float = 0.1
    typo: float = 0.02
    nickname: float = 0.03
    initial: float = 0.01
    swapped: float = 0.006
    accents: float = 0.1
    capitals: float = 0.05
    transposed_birth: float = 0.01
    first_of_january: float = 0.02
    former: float = 0.05
    landline: float = 0.1
    placeholder: float = 0.004
    tagged_email: float = 0.02
    follows: bool = True
    notations: dict[str, float] = field(
        default_factory=lambda: {"e164": 5.0, "spaced": 2.0, "plain": 2.0, "slashed": 1.0}
    )


@dataclass(frozen=True)
class Seen:
    """People as a channel sees them, one a row. `born` is in days since 1970 and means nothing without `has_birth`."""

    first_name: Texts
    last_name: Texts
    born: Integers
    has_birth: Flags
    email: Texts
    phone: Texts
    street: Texts
    house_number: Texts
    postcode: Texts
    city: Texts
    country: Texts
    language: Texts
    variations: Texts

    @property
    def street_line(self) -> Texts:
        """Street and number in one text: number first in French, last in Dutch."""
        return texts([_line(s, n) for s, n in zip(self.street, self.house_number, strict=True)])


def _line(street: str | None, number: str | None) -> str | None:
    if street is None or number is None:
        return street
    begins = street.split(" ")[0]
    french = begins in {"Rue", "Avenue", "Boulevard", "Place", "Chemin", "Allée", "Impasse", "Quai", "Square", "Clos"}
    french = french or begins in {"Chaussée", "Route", "Cours", "Sentier"}
    return f"{number}, {street}" if french and len(street) % 2 else f"{street} {number}"


class _Draft:
    """The record under way: names the variations as it makes them."""

    def __init__(self, rng: np.random.Generator, size: int) -> None:
        self.rng = rng
        self.size = size
        self._notes: list[tuple[str, Flags]] = []

    def hits(self, note: str, share: float, possible: Flags | None = None) -> Flags:
        """Draw a share of the records (of those possible) and note what happens to them."""
        hit = chance(self.rng, self.size, share)
        if possible is not None:
            hit &= possible
        self._notes.append((note, hit))
        return hit

    def change(self, note: str, share: float, values: Texts, way: Callable[[str], str]) -> None:
        """Change a share of the values that are not missing; what stays the same is not noted."""
        hit = chance(self.rng, self.size, share)
        for row in np.flatnonzero(hit):
            new = None if values[row] is None else way(values[row])
            hit[row] = new != values[row]
            values[row] = new
        self._notes.append((note, hit))

    def variations(self) -> Texts:
        found: list[list[str]] = [[] for _ in range(self.size)]
        for note, hit in self._notes:
            for row in np.flatnonzero(hit):
                found[row].append(note)
        return texts([";".join(notes) or None for notes in found])


def present(rng: np.random.Generator, people: People, who: Integers, day: Integers, habits: Habits) -> Seen:
    """Return how a channel with these habits sees people (rows of `people`) on given days."""
    draft = _Draft(rng, len(who))
    first, last = _names(draft, people, who, day, habits)
    born, has_birth = _births(draft, people, who, habits)
    email = _emails(draft, people, who, habits)
    phone = _phones(draft, people, who, habits)
    street, house_number, postcode, city, country = _homes(draft, people, who, day, habits)
    return Seen(
        first_name=first,
        last_name=last,
        born=born,
        has_birth=has_birth,
        email=email,
        phone=phone,
        street=street,
        house_number=house_number,
        postcode=postcode,
        city=city,
        country=country,
        language=people.language[who],
        variations=draft.variations(),
    )


def _names(draft: _Draft, people: People, who: Integers, day: Integers, habits: Habits) -> tuple[Texts, Texts]:
    rng = draft.rng
    first = people.first_name[who].copy()
    last = people.last_name_on(who, day) if habits.follows else people.last_name[who].copy()
    draft.change("nickname", habits.nickname, first, lambda name: spoiling.nickname(rng, name))
    draft.change("typo_first_name", habits.typo / 2, first, lambda name: spoiling.with_typo(rng, name))
    draft.change("typo_last_name", habits.typo, last, lambda name: spoiling.with_typo(rng, name))
    junior = draft.hits("generation_suffix", 0.25, people.plays["namesake"][who] & (people.role[who] == CHILD))
    last[junior] = last[junior] + " Jr"
    draft.change("initial", habits.initial, first, spoiling.initial)
    for way, share in ((ascii_letters, habits.accents), (transliterated, habits.accents / 4)):
        hit = draft.hits("accents_lost", share)
        first[hit], last[hit] = each_distinct(first[hit], way), each_distinct(last[hit], way)
    hit = draft.hits("capitals", habits.capitals)
    first[hit], last[hit] = each_distinct(first[hit], str.upper), each_distinct(last[hit], str.upper)
    swapped = draft.hits("swapped_names", habits.swapped)
    first[swapped], last[swapped] = last[swapped].copy(), first[swapped].copy()
    return first, last


def _births(draft: _Draft, people: People, who: Integers, habits: Habits) -> tuple[Integers, Flags]:
    born = people.born[who].copy()
    swapped = draft.hits("transposed_birth", habits.transposed_birth)
    born[swapped] = spoiling.transposed_birth(born[swapped])
    rounded = draft.hits("first_of_january", habits.first_of_january)
    born[rounded] = spoiling.first_of_january(born[rounded])
    return born, ~chance(draft.rng, draft.size, habits.lacks_birth)


def _emails(draft: _Draft, people: People, who: Integers, habits: Habits) -> Texts:
    rng = draft.rng
    email = people.contacts.email[who].copy()
    old = draft.hits("former_email", habits.former, is_told(people.contacts.former_email[who]))
    email[old] = people.contacts.former_email[who][old]
    draft.change("typo_email", habits.typo / 3, email, lambda value: spoiling.with_typo_in_local_part(rng, value))
    draft.change("tagged_email", habits.tagged_email, email, spoiling.sub_addressed)
    draft.change("dots_dropped", habits.tagged_email, email, spoiling.without_dots)
    draft.change("email_capitals", habits.capitals, email, str.upper)
    email[chance(rng, draft.size, habits.lacks_email)] = None
    hit = draft.hits("placeholder_email", habits.placeholder)
    email[hit] = rng.choice(np.array(PLACEHOLDER_EMAILS, dtype=object), int(hit.sum()))
    return email


def _phones(draft: _Draft, people: People, who: Integers, habits: Habits) -> Texts:
    rng = draft.rng
    phone = people.contacts.mobile[who].copy()
    share = habits.former if habits.follows else 1.0
    old = draft.hits("former_phone", share, is_told(people.contacts.former_mobile[who]))
    phone[old] = people.contacts.former_mobile[who][old]
    home = draft.hits("landline", habits.landline, is_told(people.contacts.landline[who]))
    phone[home] = people.contacts.landline[who][home]
    phone[chance(rng, draft.size, habits.lacks_phone)] = None
    phone = write_phones(rng, phone, habits.notations)
    hit = draft.hits("placeholder_phone", habits.placeholder)
    phone[hit] = rng.choice(np.array(PLACEHOLDER_PHONES, dtype=object), int(hit.sum()))
    return phone


def _homes(draft: _Draft, people: People, who: Integers, day: Integers, habits: Habits) -> list[Texts]:
    moved = (day >= people.moved_on[who]) & habits.follows
    found = [
        either(moved, getattr(people.new_home, name)[who], getattr(people.home, name)[who])
        for name in ("street", "house_number", "postcode", "city", "country")
    ]
    draft.change("typo_street", habits.typo, found[0], lambda value: spoiling.with_typo(draft.rng, value))
    lacking = chance(draft.rng, draft.size, habits.lacks_address)
    for column in found[:4]:
        column[lacking] = None
    return found
