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

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from scv_assets.identity.agreements import Compared, Places
from scv_assets.identity.arrays import Flags, Numbers, RecordNumbers
from scv_assets.identity.clustering import Links
from scv_assets.identity.engines import Levels
from scv_assets.identity.policy import Policy, Rivals
from scv_assets.identity.records import Pairs, Records
from scv_assets.identity.scoring import Bits, Rows, Scores

#: So many of the surest links of each record are asked.
_MOST = 2
#: A pair further below the review threshold is not asked about: rivals lift hardly any of them so far.
_REACH_BITS = 10.0
_LEAST_BITS = 0.001
_CLIP_BITS = 60.0
_MISSING = 0
#: Pairs that one thread asks about at once.
_CHUNK = 1 << 18


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

    def heard(start: int) -> tuple[Places, Bits, RecordNumbers]:
        return _heard(policy, compared, pairs, scores, near, asked[start : start + _CHUNK], weigh)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        parts = list(pool.map(heard, range(0, max(len(asked), 1), _CHUNK)))
    return scores.heard(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _review_bits(policy: Policy) -> float:
    return float(np.log2(policy.thresholds.review / (1 - policy.thresholds.review)))


@dataclass(frozen=True)
class _Near:
    """The records linked to each record, surest first: those of record r stand from start[r] to start[r + 1]."""

    start: Numbers
    record: RecordNumbers
    bits: Bits

    @staticmethod
    def of(records: Records, links: Links) -> "_Near":
        from scv_assets.identity.rival_loop import lay_near

        left, right, may_speak = links.pairs.left, links.pairs.right, records.is_scored & ~records.is_deleted
        sizes = sum(
            np.bincount(one[may_speak[other]], minlength=records.count) for one, other in ((left, right), (right, left))
        )
        start = np.concatenate([[0], np.cumsum(sizes)])
        near = _Near(start, np.empty(start[-1], dtype=left.dtype), np.empty(start[-1]))
        lay_near(left, right, links.strength, may_speak, start, near.record, near.bits)
        return near


def _heard(
    policy: Policy, compared: Compared, pairs: Pairs, scores: Scores, near: _Near, asked: Places, weigh: Weigh
) -> tuple[Places, Bits, RecordNumbers]:
    """Return which of the asked pairs a rival speaks of, the bits, and the rival."""
    from scv_assets.identity.rival_loop import find_rivals

    asked_pairs, own, of_third = pairs.take(asked), scores.row[asked], compared.agreements.levels
    rival, speaks_for = np.empty((2, len(asked)), dtype=pairs.left.dtype)
    sure, third = np.empty(len(asked)), np.empty(len(asked), dtype=np.int32)
    find_rivals(
        asked_pairs.left, asked_pairs.right, own, scores.rows.levels, near.start, near.record, near.bits,
        compared.start, compared.right, compared.agreement, of_third, _MOST, rival, speaks_for, sure, third,
    )  # fmt: skip
    told = np.flatnonzero(rival >= 0)
    pairs, own = asked_pairs.take(told), own[told]
    speaks_for = speaks_for[told].astype(pairs.left.dtype)
    levels = scores.rows.levels[own]
    filled = weigh(
        Pairs(np.where(speaks_for == pairs.left, pairs.right, pairs.left), speaks_for),
        np.where(levels == _MISSING, of_third[third[told]], levels),
    )
    weight = scores.rows.weight[own]
    bits = second_hand_bits(policy.rivals, weight, filled, sure[told])
    matters = (np.maximum(weight, weight + bits) >= _review_bits(policy)) & (np.abs(bits) >= _LEAST_BITS)
    return asked[told[matters]], bits[matters], rival[told[matters]]


def second_hand_bits(settings: Rivals, weight: Bits, filled: Bits, sure: Bits) -> Bits:
    """Return what pairs of some weight gain or lose by rivals whose links have `sure` bits.

    `filled`: the weight with the pair's gaps filled from the rival's; all in bits. The formula: see the module.
    """
    change = filled - weight
    change = change * np.where(change < 0, settings.disagree, settings.agree)
    is_same = 1 / (1 + np.exp2(-sure))
    bits = np.log2(1 + is_same * (np.exp2(np.clip(change, -_CLIP_BITS, _CLIP_BITS)) - 1))
    return np.asarray(np.minimum(bits, np.maximum(0.0, sure - weight)).round(6))
