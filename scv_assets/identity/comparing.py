"""All candidate pairs compared, part by part: of each pair only the number of what it agrees on is kept."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from scv_assets.identity.agreements import Compared
from scv_assets.identity.context import Context, numbered_rows
from scv_assets.identity.engines import Candidates, Levels
from scv_assets.identity.records import Codes, Numbers, Pairs, RecordNumbers
from scv_assets.progress import under_way

#: Returns the levels of pairs, without context.
LevelsOf = Callable[[Pairs], Levels]

_Any = TypeVar("_Any", bound=np.generic)


@dataclass(frozen=True)
class Parts:
    """Compared pairs in parts, stretch after stretch of lower records; agreements are numbered within their part.

    `later[r]`: how many pairs have the lower record r. By part: `right`, the higher record of each pair; `number`, its
    agreement; `rows`, the agreements.
    """

    later: Numbers
    right: list[RecordNumbers]
    number: list[Codes]
    rows: list[npt.NDArray[np.int32]]


def compare_candidates(context: Context, candidates: Candidates, levels: LevelsOf) -> Parts:
    """Return the pairs of all blocking rules with what they agree on: the same on any number of cores."""

    def compared(part: Callable[[], Pairs]) -> tuple[Pairs, Codes, npt.NDArray[np.int32]]:
        pairs = part()
        return pairs, *context.numbered(pairs, levels(pairs))

    found, done = Parts(np.zeros(context.records.count, dtype=np.int64), [], [], []), 0
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for pairs, number, rows in pool.map(compared, candidates.parts):
            if len(pairs):
                first = int(pairs.left[0])
                later = np.bincount(pairs.left - first)
                found.later[first : first + len(later)] += later
            found.right.append(pairs.right)
            found.number.append(number)
            found.rows.append(rows)
            done += len(pairs)
            is_last = len(found.right) == len(candidates.parts)
            under_way("identity", "pairs compared", done, done if is_last else candidates.most)
    return found


def together(context: Context, parts: Parts) -> Compared:
    """Return the pairs of all parts, which are used up; agreements of different parts that are alike get one number."""
    before = np.cumsum([0, *map(len, parts.rows)])
    number, rows = numbered_rows(_joined(parts.rows, np.empty((0, context.width), np.int32)))
    for own, (start, stop) in zip(parts.number, pairwise(before), strict=True):
        np.take(number[start:stop], own, out=own)
    return Compared(
        np.concatenate([[0], np.cumsum(parts.later)]),
        _joined(parts.right, np.empty(0, np.int32)),
        _joined(parts.number, np.empty(0, np.int32)),
        context.agreements(rows),
    )


def _joined(arrays: list[npt.NDArray[_Any]], none: npt.NDArray[_Any]) -> npt.NDArray[_Any]:
    """Return the arrays one after the other, and let go of them: there is no room for both."""
    found = np.concatenate([none, *arrays])
    arrays.clear()
    return found


def compare_more(context: Context, compared: Compared, pairs: Pairs, levels: LevelsOf) -> Compared:
    """Return what was compared with those of the pairs that were not."""
    new = pairs.take(compared.place(pairs) < 0)
    return compared.joined(context.compared(new, levels(new))) if len(new) else compared
