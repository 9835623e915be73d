"""From linked pairs to clusters: one a person, under constraints.

Strongest links first. A link joins two clusters unless a constraint between them says no:

- a steward's cannot-link, or a negative rule, between any record of one and any of the other (so cannot-link holds
  transitively); only a must-link passes over a rule;
- the evidence between all their records, taken together, speaks against it: no cluster grows by chaining alone;
- the joined cluster would be past its limits (records; values of a namespace);
- the link rests on a deleted record: such a record may come to a living cluster, never join two.

A link that was refused and whose ends stay apart is a cut, for a steward to look at. Ties are broken by record number.
A component without any contradiction is taken whole, which is what one by one would give.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from scv_assets.identity.arrays import Flags, Numbers
from scv_assets.identity.distinct_numbers import distinct
from scv_assets.identity.policy import Clustering
from scv_assets.identity.records import Pairs, pairs_within

STEWARD, SOURCE, EXACT, PROBABILISTIC = 0, 1, 2, 3

Refusal = Literal["cannot_link", "cohesion", "limit", "deleted"]
_REFUSALS: tuple[Refusal, ...] = ("cannot_link", "cohesion", "limit", "deleted")

_CLIP_BITS = 30.0


@dataclass(frozen=True)
class Links:
    """Pairs that speak for one person. `tier`: who says so (0 steward, 1 source, 2 identifier, 3 model)."""

    pairs: Pairs
    tier: npt.NDArray[np.int8]
    strength: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contradictions:
    """What is known against and for of every compared pair: evidence in bits, and whether the pair is forbidden.

    `forbidden`: 0 no, 1 by a negative rule, 2 by a steward.
    """

    pairs: Pairs
    evidence: npt.NDArray[np.float64]
    forbidden: npt.NDArray[np.int8]


@dataclass(frozen=True)
class Limited:
    """Values of one namespace of which a customer may hold `most`: row i says record[i] holds value[i]."""

    namespace: str
    most: int
    record: Numbers
    value: Numbers


@dataclass(frozen=True)
class Clusters:
    """`label[record]` is the lowest record number of its cluster; `cuts` the refused links with the reason of each."""

    label: Numbers
    cuts: Pairs
    reasons: tuple[Refusal, ...]
    refused_weight: npt.NDArray[np.float64]


def components(count: int, pairs: Pairs) -> Numbers:
    """Return the lowest record number of each record's connected component."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(pairs), np.int8), (pairs.left, pairs.right)), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    lowest = np.full(count, count, dtype=np.int64)
    np.minimum.at(lowest, component, np.arange(count))
    return lowest[component]


def cluster(
    settings: Clustering,
    count: int,
    links: Links,
    contradictions: Contradictions,
    is_deleted: Flags,
    limited: tuple[Limited, ...] = (),
) -> Clusters:
    """Return the clusters of `count` records."""
    label = components(count, links.pairs)
    contested = _contested(settings, count, label, contradictions, is_deleted, limited)
    is_open = contested[label[links.pairs.left]]
    which = np.flatnonzero(is_open)
    order = which[
        np.lexsort(
            (
                links.pairs.right[which],
                links.pairs.left[which],
                -links.strength[which],
                np.minimum(links.tier[which], 2),
            )
        )
    ]
    solver = _Solver(settings, contradictions, contested[label], is_deleted, limited, label)
    refused: list[tuple[int, str]] = []
    for place in order:
        reason = solver.join(int(links.pairs.left[place]), int(links.pairs.right[place]), int(links.tier[place]))
        if reason:
            refused.append((int(place), reason))
    label = np.where(contested[label], solver.labels(count), label)
    kept = [
        (place, reason)
        for place, reason in refused
        if label[links.pairs.left[place]] != label[links.pairs.right[place]]
    ]
    places = np.array([place for place, _ in kept], dtype=np.intp)
    return Clusters(label, links.pairs.take(places), tuple(r for _, r in kept), links.strength[places])  # type: ignore[misc]


def _contested(
    settings: Clustering,
    count: int,
    label: Numbers,
    contradictions: Contradictions,
    is_deleted: Flags,
    limited: tuple[Limited, ...],
) -> Flags:
    """Return which components hold anything that a constraint could refuse, by label."""
    contested = np.bincount(label, minlength=count) > settings.max_records
    contested |= (np.bincount(label[is_deleted], minlength=count) > 0)[:count]
    within = label[contradictions.pairs.left] == label[contradictions.pairs.right]
    against = within & ((contradictions.forbidden > 0) | (contradictions.evidence < settings.min_cohesion_bits))
    contested[label[contradictions.pairs.left[against]]] = True
    for limit in limited:
        width = np.int64(limit.value.max(initial=0) + 1)
        held = distinct(label[limit.record] * width + limit.value) // width
        contested |= np.bincount(held, minlength=count) > limit.most
    return np.asarray(contested)


@dataclass
class _Cluster:
    members: list[int]
    living: int
    held: list[set[int]]
    #: other cluster -> [sum of clipped evidence, compared pairs, forbidden (0, 1, 2)]
    against: dict[int, list[float]] = field(default_factory=dict)


class _Solver:
    """Joins clusters one link at a time."""

    def __init__(
        self,
        settings: Clustering,
        contradictions: Contradictions,
        is_open: Flags,
        is_deleted: Flags,
        limited: tuple[Limited, ...],
        component: Numbers,
    ) -> None:
        self._settings = settings
        self._limits = [limit.most for limit in limited]
        self._is_deleted = is_deleted
        held = _held(limited, is_open)
        self._cluster_of = {int(record): int(record) for record in np.flatnonzero(is_open)}
        self._clusters = {
            record: _Cluster([record], int(not is_deleted[record]), [set(values[record]) for values in held])
            for record in self._cluster_of
        }
        pairs = contradictions.pairs
        inside = is_open[pairs.left] & (component[pairs.left] == component[pairs.right])
        evidence = np.clip(contradictions.evidence, -_CLIP_BITS, _CLIP_BITS)
        for place in np.flatnonzero(inside):
            left, right = int(pairs.left[place]), int(pairs.right[place])
            known = [float(evidence[place]), 1.0, float(contradictions.forbidden[place])]
            self._clusters[left].against[right] = known
            self._clusters[right].against[left] = list(known)

    def join(self, left: int, right: int, tier: int) -> Refusal | None:
        """Join the clusters of two records, or say why not; None also where they are one already."""
        one, other = self._cluster_of[left], self._cluster_of[right]
        if one == other:
            return None
        reason = self._refusal(self._clusters[one], self._clusters[other], other, left, right, tier)
        if reason is None:
            if len(self._clusters[one].members) < len(self._clusters[other].members):
                one, other = other, one
            self._absorb(one, other)
        return reason

    def _refusal(
        self, one: _Cluster, other: _Cluster, other_name: int, left: int, right: int, tier: int
    ) -> Refusal | None:
        total, compared, forbidden = one.against.get(other_name, (0.0, 0.0, 0.0))
        is_must = tier in (STEWARD, SOURCE)
        if forbidden > (1 if is_must else 0):
            return "cannot_link"
        if is_must:
            return None
        if (self._is_deleted[left] or self._is_deleted[right]) and one.living and other.living:
            return "deleted"
        if len(one.members) + len(other.members) > self._settings.max_records:
            return "limit"
        if any(len(a | b) > most for a, b, most in zip(one.held, other.held, self._limits, strict=True)):
            return "limit"
        if compared and total / compared < self._settings.min_cohesion_bits:
            return "cohesion"
        return None

    def _absorb(self, one: int, other: int) -> None:
        kept, gone = self._clusters[one], self._clusters.pop(other)
        for record in gone.members:
            self._cluster_of[record] = one
        kept.members += gone.members
        kept.living += gone.living
        kept.held = [a | b for a, b in zip(kept.held, gone.held, strict=True)]
        kept.against.pop(other, None)
        gone.against.pop(one, None)
        for third, known in gone.against.items():
            far = self._clusters[third].against
            far.pop(other)
            if third in kept.against:
                mine = kept.against[third]
                both = [mine[0] + known[0], mine[1] + known[1], max(mine[2], known[2])]
            else:
                both = known
            kept.against[third] = both
            far[one] = list(both)

    def labels(self, count: int) -> Numbers:
        """Return the lowest record number of each open record's cluster."""
        label = np.arange(count, dtype=np.int64)
        for found in self._clusters.values():
            label[found.members] = min(found.members)
        return label


def _held(limited: tuple[Limited, ...], is_open: Flags) -> list[dict[int, set[int]]]:
    held: list[dict[int, set[int]]] = []
    for limit in limited:
        values: dict[int, set[int]] = defaultdict(set)
        which = is_open[limit.record]
        for record, value in zip(limit.record[which].tolist(), limit.value[which].tolist(), strict=True):
            values[record].add(value)
        held.append(values)
    return held


def inside_pairs(label: Numbers, which: Flags, most: int) -> Pairs:
    """Return every pair of the records in `which` that are in one cluster, for clusters of up to `most` of them."""
    order = np.argsort(label, kind="stable").astype(np.int64)
    order = order[which[order]]
    size = np.bincount(label[order], minlength=len(label))[label[order]]
    chosen = order[(size > 1) & (size <= most)]
    one, other = pairs_within(label[chosen])
    return Pairs.of(chosen[one], chosen[other], len(label))
