"""When a customer's value of a trait passes into another class of its scale, up to a day.

Whatever happened before the first day that is looked at counts at that day. A window gives back at its end what came
in; an age grows until the next fact of its kind; a place among the buyers is worked out beforehand (`places`).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

import numpy as np

from scv_assets.segments.catalogue import OLDEST_DAYS, TRAITS, Trait
from scv_assets.segments.population import tile_moves
from scv_assets.segments.scales import MISSING, Scale
from scv_assets.segments.timelines import (
    DAY_BITS,
    Facts,
    Numbers,
    days_of,
    first_of_each,
    last_at_each,
    merged,
    number_of,
    running,
)

_DAY = (1 << DAY_BITS) - 1


class Turns(NamedTuple):
    """Sorted moments, and by how much the class grows or falls at each."""

    moments: Numbers
    steps: Numbers


class Values(NamedTuple):
    """Sorted moments, and the value from that moment on; none where `is_missing`."""

    moments: Numbers
    values: Numbers
    is_missing: np.ndarray | None = None


def turns(facts: Facts, scale: Scale, first_on: date, places: Mapping[str, Values]) -> Turns:
    """Return the turns of one trait, none before `first_on`; `places` (`places`): of the tiles."""
    values = _values(facts, scale, places)
    moments = at_first_day(values.moments, first_on)
    last = last_at_each(moments)
    classes = scale.classes(values.values)
    if values.is_missing is not None:
        classes = np.where(values.is_missing, MISSING, classes)
    moments, classes = moments[last], classes[last]
    before = np.empty_like(classes)
    before[1:] = classes[:-1]
    before[first_of_each(moments)] = scale.at_first
    turning = classes != before
    return Turns(moments[turning], (classes - before)[turning])


def at_first_day(moments: Numbers, first_on: date) -> Numbers:
    """Return the moments with all that was before a day on that day; what was sorted stays so."""
    who = moments & ~np.int64(_DAY)
    clipped: Numbers = np.maximum(moments, who | number_of(first_on))
    return clipped


def of_some(values: Values, who: Numbers) -> Values:
    """Return the values of some customers."""
    some = np.isin(values.moments >> DAY_BITS, who)
    return Values(values.moments[some], values.values[some])


def places(facts: Facts, scales: Iterable[Scale], first_on: date) -> dict[str, Values]:
    """Return the places of all customers among the buyers from `first_on` on, as exactly as the scales tell them apart.

    `facts`: of everybody, for a place hangs on all others.
    """
    return {scale.trait.name: _places(facts, scale, first_on) for scale in scales if scale.trait.kind == "tile"}


def _values(facts: Facts, scale: Scale, places: Mapping[str, Values]) -> Values:
    trait = scale.trait
    if trait.kind == "age":
        return _ages(facts, trait, scale.numbers)
    if trait.kind == "tile":
        return places[trait.name]
    if trait.kind == "ratio":
        return _ratio(facts, trait)
    return _sums(facts, trait)


def _sums(facts: Facts, trait: Trait) -> Values:
    moments, amounts = facts.measured(trait.of)
    if trait.days:
        ending = days_of(moments) + trait.days <= number_of(facts.as_of_on)
        ends = moments[ending] + trait.days, {"amount": -amounts[ending]}
        moments, columns = merged([(moments, {"amount": amounts}), ends])
        amounts = columns["amount"]
    return Values(moments, running(moments, amounts))


def _ratio(facts: Facts, trait: Trait) -> Values:
    """Round half away from zero, in whole numbers."""
    parts = [(moments, {name: amounts}) for name in (trait.of, trait.by) for moments, amounts in [facts.measured(name)]]
    moments, columns = merged(parts)
    total, by = running(moments, columns[trait.of]), running(moments, columns[trait.by])
    of = np.maximum(by, 1)
    return Values(moments, np.sign(total) * ((2 * np.abs(total) + of) // (2 * of)), by == 0)


def _ages(facts: Facts, trait: Trait, numbers: tuple[int, ...]) -> Values:
    """Give the ages at which a comparison turns, each until the next fact."""
    if trait.name == "tenure_days":
        since = facts.first_seen()
        ends = np.full(len(since), _DAY)
    else:
        found, _ = facts.measured(trait.of)
        since = found[last_at_each(found)]
        ends = np.full(len(since), _DAY)
        follows = ~first_of_each(since)[1:]
        ends[:-1][follows] = days_of(since)[1:][follows]
    turning = sorted({0, *(n + step for n in numbers for step in (0, 1) if 0 < n + step <= OLDEST_DAYS)})
    ages = np.broadcast_to(np.array(turning), (len(since), len(turning)))
    reached = days_of(since)[:, None] + ages
    holds = (reached < ends[:, None]) & (reached <= number_of(facts.as_of_on))
    return Values((since[:, None] + ages)[holds], ages[holds])


def _places(facts: Facts, scale: Scale, first_on: date) -> Values:
    trait = scale.trait
    moments, values = _ranked(facts, trait)
    shown = at_first_day(moments, first_on)
    last = last_at_each(shown)
    shown, values = shown[last], values[last]
    begin = number_of(first_on)
    order = np.argsort(days_of(shown), kind="stable")
    moves = tile_moves(
        (shown >> DAY_BITS)[order],
        (days_of(shown) - begin)[order],
        values[order],
        tiles=trait.tiles,
        days=number_of(facts.as_of_on) - begin + 1,
        marks=[n + step for n in scale.numbers for step in (0, 1)],
    )
    moments = (moves.who << DAY_BITS) + begin + moves.day
    order = np.argsort(moments)
    return Values(moments[order], moves.tile[order])


def _ranked(facts: Facts, trait: Trait) -> tuple[Numbers, Numbers]:
    """Return by what buyers are ranked, from their first order on."""
    bought, ones = facts.measured("orders_count")
    base = TRAITS[trait.of]
    if base.kind == "age":
        return bought, days_of(bought)
    found, amounts = facts.measured(base.of)
    moments, columns = merged([(bought, {"orders": ones}), (found, {"amount": amounts})])
    is_buyer = running(moments, columns["orders"]) > 0
    return moments[is_buyer], running(moments, columns["amount"])[is_buyer]
