"""The engine that ships: sorts and look-ups over whole arrays, compiled text measures, all cores.

Blocks come of one sort a rule, duplicate pairs go by one sort of all. Levels are found from the strongest down, over
distinct pairs of values, chunk by chunk in threads; each chunk fills rows of its own, so any number of threads gives
the same levels.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from scv_assets.identity.blocking import BlockKeys, block_keys
from scv_assets.identity.engines import Candidates, Levels
from scv_assets.identity.engines.native.blocks import block_pairs
from scv_assets.identity.engines.native.chunk import Chunk
from scv_assets.identity.engines.native.plan_texts import PlanTexts
from scv_assets.identity.plan import Plan
from scv_assets.identity.records import Numbers, Pairs, Records, each_once
from scv_assets.progress import under_way

#: Pairs of a chunk, at most: more need no fewer comparisons, and more memory.
CHUNK = 1 << 18


class NativeEngine:
    """See the module. It keeps what it found of the values of the records that it was asked about last."""

    name = "native"
    keeps_levels = False

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or len(os.sched_getaffinity(0))
        self._asked: tuple[Plan, Records] | None = None
        self._texts: PlanTexts | None = None

    def candidate_pairs(self, plan: Plan, records: Records) -> Candidates:
        """Return the pairs of all blocking rules, each once."""

        def paired(rule: tuple[str, ...]) -> tuple[BlockKeys, Numbers]:
            block = block_keys(plan, records, rule)
            return block, block_pairs(block.keys)

        with ThreadPoolExecutor(self._threads) as pool:
            found = list(pool.map(paired, plan.blocking.rules))
        blocks = tuple(block for block, _ in found)
        keys = np.concatenate([np.empty(0, np.int64), *(pairs for _, pairs in found)])
        del found
        keys.sort()
        return Candidates(Pairs.of_keys(each_once(keys), records.count), blocks)

    def compare(self, plan: Plan, records: Records, pairs: Pairs) -> Levels:
        """Return the level of every comparison of every pair."""
        texts = self._texts_of(plan, records)
        levels = np.zeros((len(pairs), len(plan.comparisons)), dtype=np.uint8)

        size = min(CHUNK, -(-len(pairs) // self._threads)) or 1

        def fill(start: int) -> int:
            part = slice(start, start + size)
            chunk = Chunk(texts, pairs.left[part], pairs.right[part])
            for place, comparison in enumerate(plan.comparisons):
                levels[part, place] = chunk.levels(comparison)
            return min(start + size, len(pairs))

        with ThreadPoolExecutor(self._threads) as pool:
            for done in pool.map(fill, range(0, len(pairs), size)):
                under_way("identity", "pairs compared", done, len(pairs))
        return levels

    def _texts_of(self, plan: Plan, records: Records) -> PlanTexts:
        if self._texts is None or self._asked is None or self._asked[0] is not plan or self._asked[1] is not records:
            self._asked, self._texts = (plan, records), PlanTexts(plan, records)
        return self._texts
