"""Names for the arrays that the generator passes around, and the few moves on them that numpy has no word for."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Texts: TypeAlias = NDArray[np.object_]
Integers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = NDArray[np.float64]

#: A day index that is never reached: "has not happened, and will not".
NEVER = 1_000_000


def texts(values: Sequence[str | None]) -> Texts:
    """Return an object array of the texts (None: missing)."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def blank(size: int) -> Texts:
    """Return an array of missing texts."""
    return np.full(size, None, dtype=object)


def same(value: object, size: int) -> Texts:
    """Return an array that holds one value so many times."""
    array = np.empty(size, dtype=object)
    array[:] = value
    return array


def either(where: Flags, yes: Any, no: Any) -> Texts:
    """Return `yes` where the flag is true and `no` elsewhere; either may be an array or one value."""
    found: Texts = np.where(where, yes, no).astype(np.object_)
    return found


def only(where: Flags, values: Any) -> Texts:
    """Return the values (or the one value) where the flag is true, None elsewhere."""
    found = blank(len(where))
    found[where] = np.broadcast_to(np.asarray(values, dtype=np.object_), where.shape)[where]
    return found


def is_told(values: Texts) -> Flags:
    """Return which texts are not missing."""
    return np.array([value is not None for value in values], dtype=np.bool_)


def each_distinct(values: Texts, change: Callable[[str], str]) -> Texts:
    """Return the values changed by a function that is called once a distinct value; None stays None."""
    known: dict[str, str] = {}
    changed: list[str | None] = []
    for value in values:
        if value is None:
            changed.append(None)
            continue
        if value not in known:
            known[value] = change(value)
        changed.append(known[value])
    return texts(changed)


def choose(rng: np.random.Generator, values: Sequence[Any] | Texts, size: int, weights: Numbers | None = None) -> Texts:
    """Return `size` values drawn with replacement."""
    return np.asarray(values, dtype=np.object_)[draw(rng, len(values), size, weights)]


def draw(rng: np.random.Generator, count: int, size: int, weights: Numbers | None = None) -> Integers:
    """Return `size` positions below `count`, drawn with replacement in proportion to the weights."""
    if weights is None:
        return rng.integers(0, count, size)
    cumulative = np.cumsum(weights / weights.sum())
    return np.minimum(np.searchsorted(cumulative, rng.random(size), side="right"), count - 1).astype(np.int64)


def chance(rng: np.random.Generator, size: int, share: float | Numbers) -> Flags:
    """Return flags that are true with the given probability."""
    return np.asarray(rng.random(size) < share, dtype=np.bool_)


def pick(rng: np.random.Generator, candidates: Flags, share: float, least: int = 0) -> Flags:
    """Return a share of the candidates, at least `least` where there are as many."""
    places = np.flatnonzero(candidates)
    wanted = min(len(places), max(least, round(len(places) * share)))
    chosen = np.zeros(len(candidates), dtype=np.bool_)
    chosen[rng.permutation(places)[:wanted]] = True
    return chosen


def expand(counts: Integers) -> tuple[Integers, Integers]:
    """Return, for rows that become `counts` rows each, the row that each comes from and its place within it."""
    owner = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - starts[owner]
