"""Who of the people is a customer of what: which bases hold them since when, and which scenario each of them plays."""

from dataclasses import dataclass

import numpy as np

from demo_company.arrays import NEVER, Flags, Integers, Numbers, Texts, chance, choose, draw, is_told, pick
from demo_company.families import PARTNER, YEAR
from demo_company.period import Period
from demo_company.population import People

VISITOR, PROSPECT, ONE_PURCHASE, REPEAT, AMBASSADOR = range(5)
PERSONAS: tuple[str, ...] = ("visitor", "prospect", "one_purchase", "repeat", "ambassador")
_SHARES = np.array([0.13, 0.18, 0.27, 0.29, 0.13])

STORE, ONLINE, PHONE = range(3)
#: How likely each persona holds a loyalty card.
_HOLDS_CARD = np.array([0.0, 0.02, 0.45, 0.6, 0.9])
#: People who sign up on one tablet.
KIOSK_PEOPLE = 220


@dataclass(frozen=True)
class Cast:
    """What each person is to the company, one a row.

    `*_since` are day indexes, negative before the period, NEVER for not at all. `favourite` is STORE, ONLINE or PHONE.
    `plays` holds, by scenario, who plays it; `kiosk` is the tablet on which a person signed up (-1: none), `sms_answer`
    what the person says when asked for consent to SMS (O, N, or None: not answered).
    """

    persona: Integers
    favourite: Integers
    crm_since: Integers
    card_since: Integers
    newsletter_since: Integers
    lead_on: Integers
    kiosk: Integers
    sms_answer: Texts
    account: Flags
    cookie: Flags
    app: Flags
    catalogue: Flags
    legacy: Flags
    rcu: Flags
    plays: dict[str, Flags]


@dataclass(frozen=True)
class _Character:
    """What people are like before any base holds them, one a row."""

    persona: Integers
    favourite: Integers
    age: Numbers
    follower: Flags

    @property
    def buyer(self) -> Flags:
        return self.persona >= ONE_PURCHASE

    @property
    def prospect(self) -> Flags:
        return np.asarray(self.persona == PROSPECT, dtype=np.bool_)


def cast_roles(rng: np.random.Generator, people: People, period: Period) -> Cast:
    """Return what every person of the chunk does with the company."""
    size = len(people)
    who = _characters(rng, people, period)
    carts = _cart_players(rng, who.buyer & (who.favourite != PHONE) & ~who.follower)
    left = carts["cart_then_store"] | carts["cart_partly_in_store"]
    kiosk = _kiosks(rng, size, (who.buyer | who.prospect) & ~left & ~who.follower)
    card = (chance(rng, size, _HOLDS_CARD[who.persona]) | (kiosk >= 0) | left) & ~who.follower
    account = chance(rng, size, np.where(who.favourite == ONLINE, 0.85, 0.2)) & who.buyer
    account |= who.prospect & chance(rng, size, 0.2) | who.follower | left
    app = chance(rng, size, 0.22) & account
    devices = _device_players(rng, people, account, app)
    account, app = account | devices["shared_computer"] | devices["shared_device"], app | devices["shared_device"]
    in_crm = chance(rng, size, np.where(card | account, 0.8, np.where(who.buyer, 0.35, 0.55)))
    crm_since = _since(rng, in_crm & (who.persona != VISITOR) & ~who.follower, 0.78, period)
    card_since = _cards_since(rng, card, kiosk >= 0, left, period)
    lead_on = _leads(rng, who, period)
    catalogue = who.buyer & ((who.favourite == PHONE) | chance(rng, size, 0.1))
    return Cast(
        persona=who.persona,
        favourite=who.favourite,
        crm_since=crm_since,
        card_since=card_since,
        newsletter_since=_readers(rng, who, is_told(people.contacts.email), crm_since, lead_on),
        lead_on=lead_on,
        kiosk=kiosk,
        sms_answer=choose(rng, ("O", "N", None), size, np.array([0.5, 0.35, 0.15])),
        account=account,
        cookie=account | (who.persona == VISITOR) | chance(rng, size, np.where(who.prospect, 0.5, 0.25)),
        app=app,
        catalogue=catalogue,
        legacy=chance(rng, size, 0.35) & ((crm_since < 0) | catalogue) & (who.age > 28),
        rcu=chance(rng, size, 0.5) & (crm_since < 0),
        plays={
            **people.plays,
            **carts,
            **devices,
            "follower_to_caller": who.follower,
            "kiosk_sign_up": kiosk >= 0,
            "late_card": _late_cards(rng, who, card_since),
            "referrer": pick(rng, (who.persona == AMBASSADOR) & (crm_since < NEVER), 0.3, 6),
        },
    )


def _characters(rng: np.random.Generator, people: People, period: Period) -> _Character:
    persona = draw(rng, len(PERSONAS), len(people), _SHARES)
    reachable = is_told(people.contacts.email) & ~people.plays["shared_mailbox"]
    follower = pick(rng, (persona == PROSPECT) & reachable, 0.05, 6)
    persona[follower] = REPEAT
    age = np.asarray((period.first - people.born) / YEAR, dtype=np.float64)
    favourite = draw(rng, 3, len(people), np.array([0.52, 0.31, 0.17]))
    favourite[((age < 38) & (favourite == PHONE)) | follower] = ONLINE
    return _Character(persona, favourite, age, follower)


def _cards_since(rng: np.random.Generator, card: Flags, kiosk: Flags, left: Flags, period: Period) -> Integers:
    """Return since when people hold a card: from the tablet within the period, who leaves a cart from long before."""
    since = _since(rng, card, 0.7, period)
    since[kiosk] = rng.integers(0, max(period.days - 5, 1), int(kiosk.sum()))
    since[left] = -rng.integers(20, 900, int(left.sum()))
    return since


def _late_cards(rng: np.random.Generator, who: _Character, card_since: Integers) -> Flags:
    """Return who asks a store to put earlier tickets on a card that is new."""
    new = (card_since > 6) & (card_since < NEVER)
    return pick(rng, new & (who.favourite == STORE) & who.buyer, 0.25, 5)


def _leads(rng: np.random.Generator, who: _Character, period: Period) -> Integers:
    """Return the day on which a social network gives people as a lead; followers early."""
    lead = pick(rng, who.prospect | chance(rng, len(who.persona), 0.04), 0.35, 5) | who.follower
    day = np.where(lead, rng.integers(0, period.days, len(lead)), NEVER)
    day[who.follower] = rng.integers(0, max(period.days // 6, 1), int(who.follower.sum()))
    return day


def _readers(
    rng: np.random.Generator, who: _Character, has_email: Flags, crm_since: Integers, lead_on: Integers
) -> Integers:
    """Return since when people get the newsletter: as contacts, or as leads from the week after."""
    wants = chance(rng, len(has_email), 0.62) & ((crm_since < NEVER) | who.prospect) & has_email
    known = np.where(crm_since < NEVER, np.maximum(crm_since, -400), np.where(lead_on < NEVER, lead_on, 3))
    since = np.where(wants, known, NEVER)
    return np.where(who.follower, lead_on // 7 * 7 + 7, since)


def _kiosks(rng: np.random.Generator, size: int, candidates: Flags) -> Integers:
    """Return the tablet of those who sign up on one: 220 people a tablet, about one person in nine."""
    chosen = rng.permutation(np.flatnonzero(candidates))[: max(size // 9, min(KIOSK_PEOPLE, size // 5))]
    kiosk = np.full(size, -1, dtype=np.int64)
    kiosk[np.sort(chosen)] = np.arange(len(chosen)) // KIOSK_PEOPLE
    return kiosk


def _cart_players(rng: np.random.Generator, candidates: Flags) -> dict[str, Flags]:
    whole = pick(rng, candidates, 0.03, 12)
    return {"cart_then_store": whole, "cart_partly_in_store": pick(rng, candidates & ~whole, 0.012, 6)}


def _device_players(rng: np.random.Generator, people: People, account: Flags, app: Flags) -> dict[str, Flags]:
    """Return who shares a computer or a phone with their partner (both of the couple), and who reinstalls the app."""
    has_partner = np.zeros(len(people), dtype=np.bool_)
    has_partner[np.flatnonzero(people.role == PARTNER) - 1] = True
    computer = _couples(pick(rng, has_partner & account, 0.06, 5))
    phone = _couples(pick(rng, has_partner & account & ~computer, 0.03, 4))
    return {
        "shared_computer": computer,
        "shared_device": phone,
        "app_reinstall": pick(rng, app & ~phone, 0.15, 4),
    }


def _couples(first: Flags) -> Flags:
    both = first.copy()
    both[np.flatnonzero(first) + 1] = True
    return both


def _since(rng: np.random.Generator, member: Flags, share_before: float, period: Period) -> Integers:
    """Return since which day members are in a base: most of them since long before the period."""
    size = len(member)
    before = chance(rng, size, share_before)
    day = np.where(before, -rng.integers(5, 2200, size), rng.integers(0, period.days, size))
    return np.where(member, day, NEVER)
