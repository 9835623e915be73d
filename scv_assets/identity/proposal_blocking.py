"""Which blocking rules a set of records can afford.

A rule of the general policy stays while the pairs of all rules, cheapest first, are at most `PAIRS_A_RECORD` a record.
A table that is small enough is also looked at through wider rules, as long as all together make at most `CHEAP_PAIRS`.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from scv_assets.identity.blocking import block_keys
from scv_assets.identity.plan import Plan
from scv_assets.identity.records import Records

PAIRS_A_RECORD = 40
#: Rules beside the general policy's, where looking at more pairs costs little; and the pairs that cost little.
WIDER: tuple[tuple[str, ...], ...] = (
    ("last_name",),
    ("first_name",),
    ("email_start",),
    ("street",),
    ("postcode",),
    ("birth_year", "first_start"),
    ("birth_year", "city"),
    ("first_start", "city"),
)
CHEAP_PAIRS = 3_000_000


@dataclass(frozen=True)
class RuleCost:
    """A blocking rule and the pairs that it makes; `is_kept` is false where they would be too many."""

    features: tuple[str, ...]
    pairs: int
    dropped_records: int
    is_kept: bool


def affordable_rules(
    plan: Plan, records: Records, rules: list[tuple[str, ...]], there: set[str]
) -> tuple[RuleCost, ...]:
    """Return the rules in their order, then the wider ones; the dearest of each left out where they are too many."""
    wider = [rule for rule in WIDER if set(rule) <= there and rule not in rules]
    general = _within([_cost(plan, records, rule) for rule in rules], PAIRS_A_RECORD * records.count)
    if not any(cost.is_kept for cost in general) and general:
        cheapest = min(general, key=lambda cost: (cost.pairs, cost.features))
        general = [dataclasses.replace(cost, is_kept=cost is cheapest) for cost in general]
    left = CHEAP_PAIRS - sum(cost.pairs for cost in general if cost.is_kept)
    return (*general, *_within([_cost(plan, records, rule) for rule in wider], left))


def _cost(plan: Plan, records: Records, rule: tuple[str, ...]) -> RuleCost:
    block = block_keys(plan, records, rule)
    sizes = np.bincount(block.keys[block.keys >= 0]).astype(np.int64)
    return RuleCost(rule, int((sizes * (sizes - 1) // 2).sum()), block.dropped_records, is_kept=False)


def _within(costs: list[RuleCost], most: int) -> list[RuleCost]:
    """Return the costs in their order; kept is what, cheapest first, makes no more pairs than `most` together."""
    ordered = sorted(costs, key=lambda cost: (cost.pairs, cost.dropped_records, cost.features))
    totals = np.cumsum([cost.pairs for cost in ordered])
    kept = {cost.features for cost, total in zip(ordered, totals, strict=True) if cost.pairs and total <= most}
    return [dataclasses.replace(cost, is_kept=cost.features in kept) for cost in costs]
