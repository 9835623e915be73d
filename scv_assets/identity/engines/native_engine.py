"""The engine that ships: blocks merged record by record, levels found batch by batch in compiled loops, all cores.

Pairs of records that a machine's way of counting letters does not do justice to are the reference engine's. Each part
of the pairs fills rows of its own, so any number of threads gives the same levels.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock

import numpy as np

from scv_assets.identity.blocking import BlockKeys, block_keys
from scv_assets.identity.engines import Candidates, Levels
from scv_assets.identity.engines.native.batches import empty_batch
from scv_assets.identity.engines.native.blocks import Blocks
from scv_assets.identity.engines.native.level_loop import fill_levels
from scv_assets.identity.engines.native.program import program_of
from scv_assets.identity.engines.native.values import Values, values_of
from scv_assets.identity.engines.recordlinkage_engine import RecordlinkageEngine
from scv_assets.identity.plan import Plan
from scv_assets.identity.records import Pairs, Records

#: Pairs of a part, about: between two of them it is told how far this is, and can be stopped.
CHUNK = 1 << 20


class NativeEngine:
    """See the module. It keeps what it laid out of the records that it was asked about last."""

    name = "native"
    keeps_levels = False

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or len(os.sched_getaffinity(0))
        self._laid: tuple[Plan, Records, Values] | None = None
        self._laying = Lock()

    def candidate_pairs(self, plan: Plan, records: Records) -> Candidates:
        """Return the pairs of all blocking rules, each once."""

        def block(rule: tuple[str, ...]) -> BlockKeys:
            return block_keys(plan, records, rule)

        with ThreadPoolExecutor(self._threads) as pool:
            made = tuple(pool.map(block, plan.blocking.rules))
            blocks = Blocks([rule.keys for rule in made], pool)
        parts = tuple(partial(blocks.pairs, *part) for part in blocks.parts(CHUNK))
        return Candidates(parts, blocks.most, made)

    def compare(self, plan: Plan, records: Records, pairs: Pairs) -> Levels:
        """Return the level of every comparison of every pair."""
        values, program = self._values_of(plan, records), program_of(plan)
        levels = np.zeros((len(pairs), len(plan.comparisons)), dtype=np.uint8)
        size = min(CHUNK, -(-len(pairs) // self._threads)) or 1

        def fill(start: int) -> None:
            part = slice(start, start + size)
            batch = empty_batch(len(program.limit))
            fill_levels(program, values, batch, pairs.left[part], pairs.right[part], levels[part])

        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(fill, range(0, len(pairs), size)))
        strange = np.flatnonzero(values.is_strange[pairs.left] | values.is_strange[pairs.right])
        if len(strange):
            levels[strange] = RecordlinkageEngine(tells=False).compare(plan, records, pairs.take(strange))
        return levels

    def _values_of(self, plan: Plan, records: Records) -> Values:
        with self._laying:
            if self._laid is None or self._laid[0] is not plan or self._laid[1] is not records:
                self._laid = plan, records, values_of(plan, records)
            return self._laid[2]
