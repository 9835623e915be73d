"""Visits to the web shop: on which browser, logged in or not, with which cart and what became of it."""

from dataclasses import dataclass

import numpy as np

from demo_company.arrays import Flags, Integers, Texts, chance, draw, either, expand
from demo_company.cast import AMBASSADOR, ONLINE, PROSPECT, VISITOR, Cast
from demo_company.families import PARTNER
from demo_company.keys import tokens
from demo_company.period import Period, waking_hours
from demo_company.population import People
from demo_company.purchases import LeftCarts, Purchases
from demo_company.reference_data import products

#: How a visit stands to a login: none, on the way, since an earlier visit, or as its first act.
ANONYMOUS, LOGS_IN, REMEMBERED, AT_ONCE = range(4)
LOGINS: tuple[str, ...] = ("anonymous", "logs_in", "remembered", "at_once")
ABANDONED, ORDERED, LEFT = range(3)

#: Sessions and carts numbered per chunk.
PER_CHUNK = 400_000


@dataclass(frozen=True)
class Sessions:
    """Visits, one a row, sorted by moment. `cart` is a row of `Carts` or -1; on a `shared` browser people log out."""

    number: Integers
    who: Integers
    at: Integers
    cookie_id: Texts
    login: Integers
    pages: Integers
    cart: Integers
    shared: Flags


@dataclass(frozen=True)
class Carts:
    """Carts, one a row: articles (-1: none), fate (ABANDONED, ORDERED, LEFT), and the purchase they became or -1."""

    number: Integers
    who: Integers
    at: Integers
    products: Integers
    fate: Integers
    purchase: Integers


def browse(
    rng: np.random.Generator,
    people: People,
    cast: Cast,
    purchases: Purchases,
    left: LeftCarts,
    period: Period,
    chunk: int,
) -> tuple[Sessions, Carts]:
    """Return the period's visits and carts."""
    carts = _carts(rng, cast, purchases, left, period, chunk)
    who, at = _strolls(rng, cast, period)
    cart = np.concatenate([np.full(len(who), -1, dtype=np.int64), np.arange(len(carts.who))])
    who, at = np.concatenate([who, carts.who]), np.concatenate([at, carts.at])
    order = np.lexsort((cart, at))
    who, at, cart = who[order], at[order], cart[order]
    cookie_id, host = _browsers(rng, people, cast, who, period.day_of(at), period)
    shared = cast.plays["shared_computer"][who]
    must = (cart >= 0) & (np.append(carts.fate, ABANDONED)[cart] != ABANDONED)
    login = _logins(rng, cast, who, cookie_id, must, shared, shared & (host != who))
    pages = np.minimum(1 + rng.poisson(1.6, len(who)), 15)
    number = chunk * PER_CHUNK + np.arange(len(who))
    return Sessions(number, who, at, cookie_id, login, pages, cart, shared), carts


def _strolls(rng: np.random.Generator, cast: Cast, period: Period) -> tuple[Integers, Integers]:
    """Return visits without a cart."""
    often = np.full(len(cast.persona), 1.6)
    often[cast.persona == VISITOR] = 1.4
    often[cast.persona == PROSPECT] = 1.8
    often[cast.persona == AMBASSADOR] = 2.6
    counts = np.where(cast.cookie, 1 + rng.poisson(often), 0)
    who, _ = expand(counts)
    return who, period.moment(rng.integers(0, period.days, len(who)), waking_hours(rng, len(who)))


def _carts(
    rng: np.random.Generator, cast: Cast, purchases: Purchases, left: LeftCarts, period: Period, chunk: int
) -> Carts:
    count = len(products().product_id)
    ordered = np.flatnonzero(
        (purchases.channel == ONLINE) & (purchases.day >= 0) & ~purchases.is_return & cast.account[purchases.who]
    )
    bought = np.full((len(ordered), 6), -1, dtype=np.int64)
    owner, line = purchases.lines_of(ordered)
    bought[owner, purchases.lines.place[line] - 1] = purchases.lines.product[line]
    forgetful = np.flatnonzero(cast.cookie & chance(rng, len(cast.persona), 0.16))
    forgotten = np.full((len(forgetful), 6), -1, dtype=np.int64)
    forgotten[:, 0] = draw(rng, count, len(forgetful), products().weight)
    forgotten[:, 1] = np.where(chance(rng, len(forgetful), 0.4), (forgotten[:, 0] + 1) % count, -1)
    tomorrow = np.full((len(left.who), 6), -1, dtype=np.int64)
    tomorrow[:, :2] = left.products
    at = period.moment(rng.integers(0, period.days, len(forgetful)), waking_hours(rng, len(forgetful)))
    who = np.concatenate([purchases.who[ordered], forgetful, left.who])
    return Carts(
        chunk * PER_CHUNK + np.arange(len(who)),
        who,
        np.concatenate([purchases.at[ordered] - 900, at, left.at]),
        np.concatenate([bought, forgotten, tomorrow]),
        np.repeat([ORDERED, ABANDONED, LEFT], [len(ordered), len(forgetful), len(left.who)]),
        np.concatenate([ordered, np.full(len(forgetful) + len(left.who), -1)]),
    )


def _browsers(
    rng: np.random.Generator, people: People, cast: Cast, who: Integers, day: Integers, period: Period
) -> tuple[Texts, Integers]:
    """Return each visit's cookie and whose browser it is: some people change browsers, some use their partner's."""
    first, second = tokens("ck_", people.number), tokens("ck_", people.number, "second cookie")
    host = np.arange(len(people))
    guest = cast.plays["shared_computer"] & (people.role == PARTNER)
    host[guest] -= 1
    changes = np.where(chance(rng, len(people), 0.12), rng.integers(0, period.days, len(people)), period.days)
    on = host[who]
    return either(day >= changes[on], second[on], first[on]), on


def _logins(
    rng: np.random.Generator, cast: Cast, who: Integers, cookie: Texts, must: Flags, shared: Flags, guest: Flags
) -> Integers:
    """Return how each visit (in order of time) stands to a login.

    The first visits of a browser are anonymous; a visit with a checkout logs in at the latest. On a shared browser
    everyone logs in at once as soon as the host has been logged out, and the partner always.
    """
    size = len(who)
    login = np.full(size, ANONYMOUS, dtype=np.int64)
    patience = rng.integers(0, 3, size)
    forgets = chance(rng, size, 0.15)
    seen: dict[tuple[int, str], int] = {}
    known: set[tuple[int, str]] = set()
    for row in np.flatnonzero(cast.account[who]):
        browser = (int(who[row]), str(cookie[row]))
        seen[browser] = seen.get(browser, 0) + 1
        if guest[row] or (shared[row] and browser in known):
            login[row] = AT_ONCE
        elif browser in known:
            login[row] = REMEMBERED if not forgets[row] else (LOGS_IN if must[row] else ANONYMOUS)
        elif must[row] or seen[browser] > patience[row]:
            login[row] = LOGS_IN
            known.add(browser)
    return login
