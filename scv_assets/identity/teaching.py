"""The review queue in the order of what a decision would teach.

teaching = doubt * stakes.

- doubt, 0 to 1: 1 / (1 + d), d the distance in bits between the pair's weight and the weight at the threshold of a
  match: the answer that the model can foresee least says most of where the threshold should stand (uncertainty
  sampling, Lewis and Gale 1994). A conflict or an alarm, where evidence stands against evidence, has doubt 1.
- stakes: log2(1 + records + orders) of the smaller of the two customers: what would move, or stay apart, with it.
"""

import json
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from resources.store.engine import reading
from resources.store.tables import CROSSWALK, CUSTOMER_ORDER
from scv_assets.identity.explain import Key
from scv_assets.identity.policy import Thresholds
from scv_assets.identity.surroundings import Row, links_of, open_tasks

_AT_ONCE = 5_000
_SURE = 1e-9


@dataclass(frozen=True)
class Question:
    """An open review task: its two records, and why it is asked before others.

    `records_count`, `orders_count`: of the smaller of the two customers.
    """

    task_id: str
    kind: str
    left: Key
    right: Key
    probability: float | None
    reason: str
    records_count: int
    orders_count: int
    teaching: float


def questions(store: sa.Engine, thresholds: Thresholds) -> list[Question]:
    """Return the open tasks of two known records, what teaches most first, then by task_id."""
    found = [(task, pair) for task in open_tasks(store) if (pair := _pair(task)) is not None]
    customer_of = links_of(store, {key for _, pair in found for key in pair})
    known = [(task, pair) for task, pair in found if all(key in customer_of for key in pair)]
    customers = {customer_of[key] for _, pair in known for key in pair}
    records, orders = (_counts(store, table, customers) for table in (CROSSWALK, CUSTOMER_ORDER))
    asked = []
    for task, (left, right) in known:
        sizes = [(records.get(c, 0), orders.get(c, 0)) for c in (customer_of[left], customer_of[right])]
        of_records, of_orders = min(sizes, key=lambda size: (sum(size), size))
        doubt = _doubt(task["match_probability"], thresholds.match) if task["kind"] == "pair" else 1.0
        teaching = round(doubt * float(np.log2(1 + of_records + of_orders)), 6)
        asked.append(
            Question(
                task["task_id"],
                task["kind"],
                left,
                right,
                task["match_probability"],
                task["reason"],
                of_records,
                of_orders,
                teaching,
            )
        )
    return sorted(asked, key=lambda question: (-question.teaching, question.task_id))


def _pair(task: Row) -> tuple[Key, Key] | None:
    keys = [(entry["source"], entry["source_key"]) for entry in json.loads(task["records"] or "[]")]
    return (keys[0], keys[1]) if len(keys) == 2 else None


def _doubt(probability: float | None, threshold: float) -> float:
    if probability is None:
        return 1.0
    return 1 / (1 + abs(_weight(probability) - _weight(threshold)))


def _weight(probability: float) -> float:
    kept = min(max(probability, _SURE), 1 - _SURE)
    return float(np.log2(kept / (1 - kept)))


def _counts(store: sa.Engine, table: sa.Table, customers: set[str]) -> dict[str, int]:
    """Return how many rows each customer has."""
    listed = sorted(customers)
    found: dict[str, int] = {}
    column = table.c.customer_id
    with reading(store) as connection:
        for start in range(0, len(listed), _AT_ONCE):
            chosen = column.in_(listed[start : start + _AT_ONCE])
            query = sa.select(column, sa.func.count()).where(chosen).group_by(column)
            found |= {str(customer): int(count) for customer, count in connection.execute(query)}
    return found
