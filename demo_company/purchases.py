"""What people buy, where and when, and what they bring back: one behaviour for all channels.

A purchase happens once, in one channel; the sources that hear of it are `channels`' affair.
"""

from dataclasses import dataclass

import numpy as np

from demo_company.arrays import Flags, Integers, chance, draw, expand
from demo_company.cast import AMBASSADOR, ONE_PURCHASE, ONLINE, PHONE, REPEAT, STORE, Cast
from demo_company.period import Period, opening_hours, waking_hours
from demo_company.reference_data import products

#: How far back the company's memory of orders goes, in days before the period.
HISTORY_DAYS = 450
#: Purchases numbered per chunk, so that order numbers of two chunks never meet.
PER_CHUNK = 400_000


@dataclass(frozen=True)
class Lines:
    """Lines of purchases, one a row, sorted by purchase; `purchase` is its row, `place` counts from 1."""

    purchase: Integers
    place: Integers
    product: Integers
    quantity: Integers
    unit_cents: Integers

    @property
    def amount_cents(self) -> Integers:
        """Quantity times price, negative for what came back."""
        return self.quantity * self.unit_cents


@dataclass(frozen=True)
class Purchases:
    """Purchases and returns, one a row. `at` is a wall-clock moment; `return_of` the row that comes back, or -1."""

    number: Integers
    who: Integers
    at: Integers
    day: Integers
    channel: Integers
    return_of: Integers
    lines: Lines

    @property
    def total_cents(self) -> Integers:
        """Sum of the lines."""
        return np.bincount(self.lines.purchase, self.lines.amount_cents, len(self.who)).astype(np.int64)

    @property
    def is_return(self) -> Flags:
        """Whether goods came back."""
        return self.return_of >= 0

    def lines_of(self, rows: Integers) -> tuple[Integers, Integers]:
        """Return, for the lines of some purchases in their order, the place in `rows` and the line's row."""
        starts = np.searchsorted(self.lines.purchase, rows)
        counts = np.searchsorted(self.lines.purchase, rows, side="right") - starts
        owner, place = expand(counts)
        return owner, starts[owner] + place


@dataclass(frozen=True)
class LeftCarts:
    """Carts left online of which all or one of two articles is bought in a store the next day."""

    who: Integers
    at: Integers
    products: Integers
    bought: Flags


def shop(rng: np.random.Generator, cast: Cast, period: Period, chunk: int) -> tuple[Purchases, LeftCarts]:
    """Return all purchases and returns of a chunk's people, and the carts that led to some of them."""
    carts = _left_carts(rng, cast, period)
    who, at, channel = _planned(rng, cast, period)
    bought_at = (carts.at // 86_400 + 1) * 86_400 + opening_hours(rng, len(carts.who))
    who, at = np.concatenate([who, carts.who]), np.concatenate([at, bought_at])
    channel = np.concatenate([channel, np.full(len(carts.who), STORE)])
    basket = _fill(rng, len(who) - len(carts.who))
    basket = _append_cart_lines(basket, carts, len(who) - len(carts.who))
    who, at, channel, return_of, basket = _bring_back(rng, period, who, at, channel, basket)
    order = np.lexsort((np.arange(len(at)), at))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    by_purchase = np.lexsort((basket.place, rank[basket.purchase]))
    lines = Lines(
        rank[basket.purchase][by_purchase],
        *(getattr(basket, name)[by_purchase] for name in ("place", "product", "quantity", "unit_cents")),
    )
    back = np.where(return_of >= 0, rank[np.maximum(return_of, 0)], -1)[order]
    number = chunk * PER_CHUNK + np.arange(len(order))
    return Purchases(number, who[order], at[order], period.day_of(at[order]), channel[order], back, lines), carts


def _planned(rng: np.random.Generator, cast: Cast, period: Period) -> tuple[Integers, Integers, Integers]:
    """Return buyer, moment and channel of ordinary purchases, before and during the period."""
    size = len(cast.persona)
    counts = np.zeros(size, dtype=np.int64)
    counts[cast.persona == ONE_PURCHASE] = 1
    counts[cast.persona == REPEAT] = 2 + rng.poisson(0.8, size)[cast.persona == REPEAT]
    counts[cast.persona == AMBASSADOR] = 5 + rng.poisson(2.5, size)[cast.persona == AMBASSADOR]
    who, _ = expand(counts)
    total = len(who)
    memory = np.where(cast.persona[who] == AMBASSADOR, 270, HISTORY_DAYS)
    inside = chance(rng, total, 0.45)
    day = np.where(inside, rng.integers(0, period.days, total), -1 - (rng.random(total) * memory).astype(np.int64))
    follower = cast.plays["follower_to_caller"][who]
    day[follower] = rng.integers(period.days // 2, max(period.days - 8, period.days // 2 + 1), int(follower.sum()))
    channel = np.where(chance(rng, total, 0.8), cast.favourite[who], rng.integers(0, 2, total))
    channel[cast.catalogue[who] & chance(rng, total, 0.15)] = PHONE
    channel[follower] = ONLINE
    channel[(channel == PHONE) & ~cast.catalogue[who]] = STORE
    seconds = np.where(channel == ONLINE, waking_hours(rng, total), opening_hours(rng, total))
    return who, period.moment(day, seconds), channel


def _fill(rng: np.random.Generator, purchases: int) -> Lines:
    """Return lines for so many purchases: one to six different articles."""
    catalogue = products()
    owner, place = expand(1 + np.minimum(rng.poisson(0.9, purchases), 5))
    product = draw(rng, len(catalogue.product_id), len(owner), catalogue.weight)
    quantity = np.where(chance(rng, len(owner), 0.85), 1, rng.integers(2, 5, len(owner)))
    full = catalogue.price_cents[product]
    unit = np.where(chance(rng, len(owner), 0.12), full * 4 // 5, full)
    return Lines(owner, place + 1, product, quantity, unit)


def _left_carts(rng: np.random.Generator, cast: Cast, period: Period) -> LeftCarts:
    partly = cast.plays["cart_partly_in_store"]
    who = np.flatnonzero(cast.plays["cart_then_store"] | partly)
    early, late = min(6, period.days // 4), max(period.days - 4, period.days // 4 + 1)
    at = period.moment(rng.integers(early, late, len(who)), waking_hours(rng, len(who)))
    count = len(products().product_id)
    first = rng.integers(0, count, len(who))
    second = (first + rng.integers(1, count, len(who))) % count
    two = partly[who] | chance(rng, len(who), 0.4)
    bought = np.stack([np.ones(len(who), dtype=np.bool_), two & ~partly[who]], axis=1)
    return LeftCarts(who, at, np.stack([first, np.where(two, second, -1)], axis=1), bought)


def _append_cart_lines(basket: Lines, carts: LeftCarts, first_row: int) -> Lines:
    cart, slot = np.nonzero(carts.bought)
    product = carts.products[cart, slot]
    return Lines(
        np.concatenate([basket.purchase, first_row + cart]),
        np.concatenate([basket.place, slot + 1]),
        np.concatenate([basket.product, product]),
        np.concatenate([basket.quantity, np.ones(len(cart), dtype=np.int64)]),
        np.concatenate([basket.unit_cents, products().price_cents[product]]),
    )


def _bring_back(
    rng: np.random.Generator, period: Period, who: Integers, at: Integers, channel: Integers, basket: Lines
) -> tuple[Integers, Integers, Integers, Integers, Lines]:
    """Add returns: one purchase in twelve of the period comes back in part, three to fourteen days later."""
    wait = rng.integers(3, 15, len(who))
    day = period.day_of(at) + wait
    inside = (period.day_of(at) >= 0) & (day < period.days)
    brought = np.flatnonzero(inside & chance(rng, len(who), 0.085))
    moment = period.moment(day[brought], opening_hours(rng, len(brought)))
    total = len(who)
    back_of = np.concatenate([np.full(total, -1), brought])
    first_line = np.zeros(len(basket.purchase), dtype=np.bool_)
    first_line[np.unique(basket.purchase, return_index=True)[1]] = True
    returned_row = np.full(total, -1, dtype=np.int64)
    returned_row[brought] = total + np.arange(len(brought))
    again = first_line & (returned_row[basket.purchase] >= 0)
    lines = Lines(
        np.concatenate([basket.purchase, returned_row[basket.purchase[again]]]),
        np.concatenate([basket.place, np.ones(int(again.sum()), dtype=np.int64)]),
        np.concatenate([basket.product, basket.product[again]]),
        np.concatenate([basket.quantity, -basket.quantity[again]]),
        np.concatenate([basket.unit_cents, basket.unit_cents[again]]),
    )
    return (
        np.concatenate([who, who[brought]]),
        np.concatenate([at, moment]),
        np.concatenate([channel, channel[brought]]),
        back_of,
        lines,
    )
