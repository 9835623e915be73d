"""All candidate pairs compared, part by part: of each pair only the number of what it agrees on is kept."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from scv_assets.identity.agreements import Agreements, Compared
from scv_assets.identity.arrays import Codes, Numbers, RecordNumbers
from scv_assets.identity.context import Context
from scv_assets.identity.engines import Candidates, Levels
from scv_assets.identity.records import Pairs
from scv_assets.identity.row_numbers import RowNumbers
from scv_assets.progress import under_way

#: Returns the levels of pairs, without context.
LevelsOf = Callable[[Pairs], Levels]

_Any = TypeVar("_Any", bound=np.generic)


@dataclass(frozen=True)
class Parts:
    """Compared pairs in parts, stretch after stretch of lower records.

    `later[r]`: how many pairs have the lower record r. By part: `right`, the higher record of each pair; `agreement`,
    what it agrees on by its number in `agreements`.
    """

    later: Numbers
    right: list[RecordNumbers]
    agreement: list[Codes]
    agreements: Agreements


def compare_candidates(context: Context, candidates: Candidates, levels: LevelsOf) -> Parts:
    """Return the pairs of all blocking rules with what they agree on: the same on any number of cores."""

    def compared(part: Callable[[], Pairs]) -> tuple[Pairs, Codes, npt.NDArray[np.int32]]:
        pairs = part()
        return pairs, *context.numbered(pairs, levels(pairs))

    later, done = np.zeros(context.records.count, dtype=np.int64), 0
    rights: list[RecordNumbers] = []
    agreements: list[Codes] = []
    numbers = RowNumbers(context.width)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for pairs, own, rows in pool.map(compared, candidates.parts):
            if len(pairs):
                first = int(pairs.left[0])
                of_left = np.bincount(pairs.left - first)
                later[first : first + len(of_left)] += of_left
            rights.append(pairs.right)
            agreements.append(np.take(numbers(rows), own, out=own))
            done += len(pairs)
            is_last = len(rights) == len(candidates.parts)
            under_way("identity", "pairs compared", done, done if is_last else candidates.most)
    return Parts(later, rights, agreements, context.agreements(numbers.rows))


def together(parts: Parts) -> Compared:
    """Return the pairs of all parts, which are used up."""
    return Compared(
        np.concatenate([[0], np.cumsum(parts.later)]),
        _joined(parts.right, np.empty(0, np.int32)),
        _joined(parts.agreement, np.empty(0, np.int32)),
        parts.agreements,
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
