"""All candidate pairs compared, part by part: of each pair only the number of what it agrees on is kept."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scv_assets.identity.agreements import Compared
from scv_assets.identity.context import Context, numbered_rows
from scv_assets.identity.engines import Candidates, Levels
from scv_assets.identity.records import Codes, Numbers, Pairs, RecordNumbers
from scv_assets.progress import under_way

#: Levels of pairs, without context.
LevelsOf = Callable[[Pairs], Levels]


@dataclass(frozen=True)
class _Part:
    """`later[i]`: how many pairs have the lower record `first` + i; agreements are numbered within the part."""

    first: int
    later: Numbers
    right: RecordNumbers
    number: Codes
    rows: npt.NDArray[np.int32]


def compare_candidates(context: Context, candidates: Candidates, levels: LevelsOf) -> Compared:
    """Return the pairs of all blocking rules with what they agree on: the same on any number of cores."""

    def compared(part: Callable[[], Pairs]) -> _Part:
        pairs = part()
        first = int(pairs.left[0]) if len(pairs) else 0
        return _Part(first, np.bincount(pairs.left - first), pairs.right, *context.numbered(pairs, levels(pairs)))

    parts, done = [], 0
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for part in pool.map(compared, candidates.parts):
            parts.append(part)
            done += len(part.right)
            is_last = len(parts) == len(candidates.parts)
            under_way("identity", "pairs compared", done, done if is_last else candidates.most)
    return _together(context, parts)


def _together(context: Context, parts: list[_Part]) -> Compared:
    """Return the pairs of all parts; agreements of different parts that are the same get one number."""
    later = np.zeros(context.records.count, dtype=np.int64)
    for part in parts:
        later[part.first : part.first + len(part.later)] += part.later
    number, rows = numbered_rows(np.concatenate([np.empty((0, context.width), np.int32), *(p.rows for p in parts)]))
    before = np.cumsum([0, *(len(part.rows) for part in parts)])
    for part, start in zip(parts, before, strict=False):
        np.take(number[start : start + len(part.rows)], part.number, out=part.number)
    return Compared(
        np.concatenate([[0], np.cumsum(later)]),
        np.concatenate([np.empty(0, np.int32), *(part.right for part in parts)]),
        np.concatenate([np.empty(0, np.int32), *(part.number for part in parts)]),
        context.agreements(rows),
    )


def compare_more(context: Context, compared: Compared, pairs: Pairs, levels: LevelsOf) -> Compared:
    """Return what was compared with those of the pairs that were not."""
    new = pairs.take(compared.place(pairs) < 0)
    return compared.joined(context.compared(new, levels(new))) if len(new) else compared
