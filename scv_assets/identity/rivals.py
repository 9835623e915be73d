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
import numpy.typing as npt

from scv_assets.identity.clustering import Links
from scv_assets.identity.engines import Levels
from scv_assets.identity.policy import Policy, Rivals
from scv_assets.identity.records import Flags, Numbers, Pairs, Records
from scv_assets.identity.scoring import Bits, Scores

#: So many of the surest links of each record are asked.
_MOST = 2
#: A pair further below the review threshold is not asked about: rivals lift hardly any of them so far.
_REACH_BITS = 10.0
_LEAST_BITS = 0.001
_CLIP_BITS = 60.0
_MISSING = 0
_CHUNK = 1_000_000

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Compared:
    """Pairs that were looked at, sorted, with their levels (context included) and scores."""

    pairs: Pairs
    levels: Levels
    scores: Scores


def with_rivals(
    policy: Policy,
    records: Records,
    compared: Compared,
    links: Links,
    is_open: Flags,
    weigh: Callable[[Pairs, Levels], Scores],
) -> Scores:
    """Return the scores with what rivals say.

    `links`: the pairs that are one person so far, strength in bits; `is_open`: the compared pairs that the model alone
    decides (what a rule forbids is left as it is); `weigh` gives the scores of levels, the rarity by the left record.
    """
    if not (policy.rivals.agree or policy.rivals.disagree) or not len(links.pairs):
        return compared.scores
    review = float(np.log2(policy.thresholds.review / (1 - policy.thresholds.review)))
    rows = compared.scores.rows
    in_reach = (rows.weight >= review - _REACH_BITS) & (rows.forbidden_by < 0)
    asked = np.flatnonzero(is_open & in_reach[compared.scores.row])
    near, keys = _Near.of(records, links), compared.pairs.keys(records.count)
    found = [
        _heard(policy.rivals, review, compared, near, keys, asked[start : start + _CHUNK], weigh)
        for start in range(0, len(asked), _CHUNK)
    ]
    if not found:
        return compared.scores
    which, bits, rival = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return compared.scores.heard(which, bits, rival)


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
    settings: Rivals,
    review: float,
    compared: Compared,
    near: _Near,
    keys: Numbers,
    asked: Places,
    weigh: Callable[[Pairs, Levels], Scores],
) -> tuple[Places, Bits, Numbers]:
    """Return which of the asked pairs a rival speaks of, the bits, and the rival."""
    levels = compared.levels
    asked = asked[(levels[asked] == _MISSING).any(axis=1)]
    triads = _triads(compared.pairs.take(asked), asked, near, keys, len(near.start) - 1)
    triads = triads.take(((levels[triads.place] == _MISSING) & (levels[triads.third] != _MISSING)).any(axis=1))
    order = np.lexsort((triads.spoken_for, triads.rival, -triads.sure, triads.place))
    triads = triads.take(order[np.diff(triads.place[order], prepend=-1) != 0])
    own = levels[triads.place]
    filled = weigh(Pairs(triads.other, triads.spoken_for), np.where(own == _MISSING, levels[triads.third], own))
    weight = compared.scores.rows.weight[compared.scores.row[triads.place]]
    bits = second_hand_bits(settings, weight, filled.weight, triads.sure)
    matters = (np.maximum(weight, weight + bits) >= review) & (np.abs(bits) >= _LEAST_BITS)
    return triads.place[matters], bits[matters], triads.rival[matters]


def _triads(pairs: Pairs, place: Places, near: _Near, keys: Numbers, count: int) -> _Triads:
    found = []
    for of, other in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
        for which, here in near.surest(of, other):
            rival, far = near.record[here], other[which]
            wanted = np.minimum(rival, far) * np.int64(count) + np.maximum(rival, far)
            third = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            triads = _Triads(place[which], of[which], far, rival, near.bits[here], third)
            found.append(triads.take(keys[third] == wanted))
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
