"""Engines: each takes a plan and records, and gives candidate pairs and their levels.

What an engine may do in its own way is how pairs are made and how values are compared; which pairs and which levels is
the plan's, so all engines agree. Scoring, constraints and clusters are shared code that runs after it.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol
from urllib.parse import parse_qsl

import numpy as np
import numpy.typing as npt

from scv_assets.errors import ConfigError
from scv_assets.identity.blocking import BlockKeys
from scv_assets.identity.plan import Plan
from scv_assets.identity.records import Pairs, Records

#: One row a pair, one column a comparison of the plan: the code of the level (`Comparison.level_names`).
Levels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Candidates:
    """The pairs that any blocking rule brings together, and what became of each rule's blocks.

    `parts`: each makes some of the pairs, those of a stretch of lower records, stretch after stretch; `most`: so many
    pairs there are at most.
    """

    parts: tuple[Callable[[], Pairs], ...]
    most: int
    blocks: tuple[BlockKeys, ...]

    @cached_property
    def pairs(self) -> Pairs:
        """All of them."""
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            found = list(pool.map(lambda part: part(), self.parts))
        none = np.empty(0, np.int32)
        left, right = (np.concatenate([none, *(getattr(part, side) for part in found)]) for side in ("left", "right"))
        return Pairs(left, right)

    @staticmethod
    def of(pairs: Pairs, blocks: tuple[BlockKeys, ...]) -> "Candidates":
        """Return pairs that are made already."""
        return Candidates((lambda: pairs,), len(pairs), blocks)


class Engine(Protocol):
    """What runs a plan."""

    name: str
    #: Whether levels that the last run found are read back sooner than they are found again.
    keeps_levels: bool

    def candidate_pairs(self, plan: Plan, records: Records) -> Candidates:
        """Return the pairs that agree on all features of any one blocking rule; anonymous records are in none."""
        ...

    def compare(self, plan: Plan, records: Records, pairs: Pairs) -> Levels:
        """Return the level of every comparison of every pair; left and right swapped give the same."""
        ...


def engine(address: str) -> Engine:
    """Return the engine of that name, importing what it needs.

    `address`: the name, and after a question mark what it may use (`splink?memory=2GB&threads=2`).
    Raises `ConfigError` where there is none of that name, or it is not installed.
    """
    name, _, options = address.partition("?")
    if name == "native":
        from scv_assets.identity.engines.native_engine import NativeEngine

        return NativeEngine()
    if name == "recordlinkage":
        from scv_assets.identity.engines.recordlinkage_engine import RecordlinkageEngine

        return RecordlinkageEngine()
    if name == "splink":
        from scv_assets.identity.engines.splink_backends import backend
        from scv_assets.identity.engines.splink_engine import SplinkEngine

        return SplinkEngine(backend(dict(parse_qsl(options))))
    raise ConfigError(f"'{name}' is no matching engine; write native, recordlinkage or splink", where="scv.yaml")
