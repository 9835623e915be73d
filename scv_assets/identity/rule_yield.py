"""What each blocking rule brings: pairs, the true ones among them, and those that no other rule finds.

True means linked: two records of one customer as it is now. Pair completeness and reduction ratio as Christen (2012),
Data Matching, 7.3: the share of true pairs that any rule finds, and of all pairs that none looks at.
"""

from dataclasses import dataclass

import numpy as np
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.identity.arrays import NULL, Codes
from scv_assets.identity.blocking import BlockKeys, block_keys
from scv_assets.identity.clustering import inside_pairs
from scv_assets.identity.engines import Engine
from scv_assets.identity.plan import Plan
from scv_assets.identity.records import Pairs, Records

#: Worst values named of each rule.
WORST = 3


@dataclass(frozen=True)
class BigValue:
    """What the records of a block too big agree on, and how many they are."""

    value: str
    records: int


@dataclass(frozen=True)
class RuleYield:
    """A blocking rule: `pairs` it makes, `linked` ones among them, `only` linked ones that no other rule makes.

    `split_blocks` were too big and split; `dropped_records` stayed in blocks too big and give no pair by this rule.
    """

    features: tuple[str, ...]
    pairs: int
    linked: int
    only: int
    split_blocks: int
    dropped_records: int
    worst: tuple[BigValue, ...]


@dataclass(frozen=True)
class BlockingYield:
    """All rules together: different pairs, linked pairs of all records, those found, the share of pairs left out."""

    rules: tuple[RuleYield, ...]
    pairs: int
    linked: int
    found: int
    reduction: float

    @property
    def completeness(self) -> float | None:
        """Share of the linked pairs that any rule finds; None where nothing is linked."""
        return self.found / self.linked if self.linked else None


def blocking_yield(con: Connection, plan: Plan, engine: Engine, records: Records, crosswalk: Relation) -> BlockingYield:
    """Return what the rules of a plan bring for these records; `crosswalk`: who is whose record now."""
    linked = _linked_pairs(con, records, crosswalk)
    keys = [block_keys(plan, records, rule) for rule in plan.blocking.rules]
    covers = np.array([_covers(block.keys, linked) for block in keys]).reshape(len(keys), len(linked))
    times = covers.sum(axis=0)
    rules = tuple(
        RuleYield(
            features=rule,
            pairs=_pair_count(block.keys),
            linked=int(covers[place].sum()),
            only=int((covers[place] & (times == 1)).sum()),
            split_blocks=block.split_blocks,
            dropped_records=block.dropped_records,
            worst=_worst(plan, records, rule, block),
        )
        for place, (rule, block) in enumerate(zip(plan.blocking.rules, keys, strict=True))
    )
    people = int(records.is_scored.sum())
    pairs = len(engine.candidate_pairs(plan, records).pairs)
    every = people * (people - 1) // 2
    return BlockingYield(rules, pairs, len(linked), int((times > 0).sum()), 1 - pairs / every if every else 1.0)


def _linked_pairs(con: Connection, records: Records, crosswalk: Relation) -> Pairs:
    keys = records.keys
    label = con.sql("""
        SELECT coalesce(min(k.record) OVER (PARTITION BY coalesce(c.customer_id, k.source || chr(31) || k.source_key)),
                        k.record) AS label
        FROM keys k LEFT JOIN crosswalk c USING (source, source_key) ORDER BY k.record
    """).to_arrow_table()["label"]
    return inside_pairs(label.to_numpy().astype(np.int64), records.is_scored, records.count)


def _covers(keys: Codes, pairs: Pairs) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return np.asarray((keys[pairs.left] >= 0) & (keys[pairs.left] == keys[pairs.right]))


def _pair_count(keys: Codes) -> int:
    sizes = np.bincount(keys[keys >= 0]).astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _worst(plan: Plan, records: Records, rule: tuple[str, ...], block: BlockKeys) -> tuple[BigValue, ...]:
    """Return the values of the biggest blocks, of those that were too big."""
    if not block.split_blocks:
        return ()
    columns = [records.columns[feature] for feature in rule]
    whole = records.is_scored & np.logical_and.reduce([column.codes != NULL for column in columns])
    codes = np.column_stack([column.codes for column in columns])[whole]
    distinct, sizes = np.unique(codes, axis=0, return_counts=True)
    order = np.lexsort((*distinct.T[::-1], -sizes))[:WORST]
    return tuple(
        BigValue(
            ", ".join(str(column.values[code]) for column, code in zip(columns, distinct[place], strict=True)),
            int(sizes[place]),
        )
        for place in order
        if sizes[place] > plan.blocking.max_records
    )
