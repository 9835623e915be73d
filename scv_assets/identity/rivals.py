"""Competition between pairs: what a rival of one record says of the other, where the pair itself says nothing.

A rival of a pair (a, b) is a record c that is linked to a, or to b, so surely the same person. Where a and b have
nothing to compare (a tells no birth date) and c and b do, c speaks in a's stead: the pair is weighed anew with its gaps
filled from (c, b), the correlated fields and lookalikes of the model included. With s the bits of the link a-c, c is a
with probability P = 1 / (1 + 2^-s), and by the law of total probability the pair gains or loses

    log2(1 + P (2^d - 1)),   d = weight with the gaps filled - weight

so a rival never takes more than the bits of its own link, and a weak one says little. Nor does it lift a pair above its
own link: by way of c, a and b are no surer one person than a and c. One rival speaks a pair, the surest that has
something new to say. What the pair tells itself is never counted a second time.

Only for pairs that the model alone decides, and only where it could matter: where the pair is at or above the review
threshold before or after. Anonymous and deleted records are nobody's rivals.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from scv_assets.identity.agreements import Compared, Places
from scv_assets.identity.clustering import Links
from scv_assets.identity.engines import Levels
from scv_assets.identity.policy import Policy, Rivals
from scv_assets.identity.records import Flags, Numbers, Pairs, Records
from scv_assets.identity.scoring import Bits, Rows, Scores

#: So many of the surest links of each record are asked.
_MOST = 2
#: A pair further below the review threshold is not asked about: rivals lift hardly any of them so far.
_REACH_BITS = 10.0
_LEAST_BITS = 0.001
_CLIP_BITS = 60.0
_MISSING = 0
_CHUNK = 1_000_000


#: Returns what pairs of some levels come to, the rarity of values by the left record.
Weigh = Callable[[Pairs, Levels], Bits]


def in_reach(policy: Policy, rows: Rows) -> Flags:
    """Return the rows whose pairs a rival might lift to a question or lower from one."""
    return np.asarray((rows.weight >= _review_bits(policy) - _REACH_BITS) & (rows.forbidden_by < 0))


def with_rivals(
    policy: Policy,
    records: Records,
    compared: Compared,
    pairs: Pairs,
    scores: Scores,
    links: Links,
    is_open: Flags,
    weigh: Weigh,
) -> Scores:
    """Return the scores of some of the compared pairs with what rivals say.

    `links`: the pairs that are one person so far, strength in bits; `is_open`: the pairs that the model alone decides
    (what a rule forbids is left as it is).
    """
    if not (policy.rivals.agree or policy.rivals.disagree) or not len(links.pairs):
        return scores
    asked = np.flatnonzero(is_open & in_reach(policy, scores.rows)[scores.row])
    asked = asked[(scores.rows.levels == _MISSING).any(axis=1)[scores.row[asked]]]
    near = _Near.of(records, links)
    found = [
        _heard(policy, compared, pairs, scores, near, asked[start : start + _CHUNK], weigh)
        for start in range(0, len(asked), _CHUNK)
    ]
    if not found:
        return scores
    which, bits, rival = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return scores.heard(which, bits, rival)


def _review_bits(policy: Policy) -> float:
    return float(np.log2(policy.thresholds.review / (1 - policy.thresholds.review)))


@dataclass(frozen=True)
class _Near:
    """The records linked to each record, surest first: those of record r stand from start[r] to start[r + 1]."""

    start: Numbers
    record: Numbers
    bits: Bits

    @staticmethod
    def of(records: Records, links: Links) -> "_Near":
        one = np.concatenate([links.pairs.left, links.pairs.right])
        other = np.concatenate([links.pairs.right, links.pairs.left])
        bits = np.tile(links.strength, 2)
        may_speak = (records.is_scored & ~records.is_deleted)[other]
        one, other, bits = one[may_speak], other[may_speak], bits[may_speak]
        order = np.lexsort((other, -bits, one))
        start = np.concatenate([[0], np.cumsum(np.bincount(one, minlength=records.count))])
        return _Near(start, other[order], bits[order])

    def surest(self, of: Numbers, but: Numbers) -> Iterator[tuple[Places, Places]]:
        """Return, rank by rank, places in `of` and places here: the surest links of `of` to any other than `but`."""
        taken = np.zeros(len(of), dtype=np.int64)
        for rank in range(_MOST + 1):
            here = self.start[of] + rank
            is_there = np.flatnonzero((here < self.start[of + 1]) & (taken < _MOST))
            is_there = is_there[self.record[here[is_there]] != but[is_there]]
            taken[is_there] += 1
            yield is_there, here[is_there]


@dataclass(frozen=True)
class _Triads:
    """Of a pair (its place) `rival[i]` speaks for `spoken_for[i]` to `other[i]`; `third`: their pair's place."""

    place: Places
    spoken_for: Numbers
    other: Numbers
    rival: Numbers
    sure: Bits
    third: Places

    def take(self, which: Places | Flags) -> "_Triads":
        return _Triads(*(getattr(self, name)[which] for name in _Triads.__dataclass_fields__))


def _heard(
    policy: Policy, compared: Compared, pairs: Pairs, scores: Scores, near: _Near, asked: Places, weigh: Weigh
) -> tuple[Places, Bits, Numbers]:
    """Return which of the asked pairs a rival speaks of, the bits, and the rival."""
    triads = _triads(pairs.take(asked), asked, near, compared)
    levels = scores.rows.levels
    own, third = scores.row[triads.place], compared.agreement[triads.third]
    fills = ((levels[own] == _MISSING) & (levels[third] != _MISSING)).any(axis=1)
    triads = triads.take(fills)
    order = np.lexsort((triads.spoken_for, triads.rival, -triads.sure, triads.place))
    triads = triads.take(order[np.diff(triads.place[order], prepend=-1) != 0])
    own, third = scores.row[triads.place], compared.agreement[triads.third]
    filled = weigh(
        Pairs(triads.other, triads.spoken_for), np.where(levels[own] == _MISSING, levels[third], levels[own])
    )
    weight = scores.rows.weight[own]
    bits = second_hand_bits(policy.rivals, weight, filled, triads.sure)
    matters = (np.maximum(weight, weight + bits) >= _review_bits(policy)) & (np.abs(bits) >= _LEAST_BITS)
    return triads.place[matters], bits[matters], triads.rival[matters]


def _triads(pairs: Pairs, place: Places, near: _Near, compared: Compared) -> _Triads:
    found = []
    for of, other in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
        for which, here in near.surest(of, other):
            rival, far = near.record[here], other[which]
            third = compared.place(Pairs(np.minimum(rival, far), np.maximum(rival, far)))
            triads = _Triads(place[which], of[which], far, rival, near.bits[here], third)
            found.append(triads.take(third >= 0))
    return _Triads(*(np.concatenate([getattr(t, name) for t in found]) for name in _Triads.__dataclass_fields__))


def second_hand_bits(settings: Rivals, weight: Bits, filled: Bits, sure: Bits) -> Bits:
    """Return what pairs of some weight gain or lose by rivals whose links have `sure` bits.

    `filled`: the weight with the pair's gaps filled from the rival's; all in bits. The formula: see the module.
    """
    change = filled - weight
    change = change * np.where(change < 0, settings.disagree, settings.agree)
    is_same = 1 / (1 + np.exp2(-sure))
    bits = np.log2(1 + is_same * (np.exp2(np.clip(change, -_CLIP_BITS, _CLIP_BITS)) - 1))
    return np.asarray(np.minimum(bits, np.maximum(0.0, sure - weight)).round(6))
