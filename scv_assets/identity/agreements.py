"""What pairs agree on, each distinct case once: tens of millions of pairs show some hundred thousand of them.

An agreement is a pair's comparison vector (Fellegi & Sunter 1969) with what the population says of it (`context`). It
is all that a pair's score depends on, so pairs of one agreement have one score.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scv_assets.identity.arrays import Codes, Flags, Numbers, RecordNumbers
from scv_assets.identity.engines import Levels
from scv_assets.identity.records import Pairs

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Agreements:
    """A row an agreement. `levels`: a column a comparison, context included; `is_scored`: no record is anonymous.

    `shares`: a column a comparison with a term frequency: the share of the records that hold the value agreed on; of no
    meaning where the level is another than the strongest.
    """

    levels: Levels
    shares: npt.NDArray[np.float64]
    is_scored: Flags

    def __len__(self) -> int:
        """How many there are."""
        return len(self.levels)

    def take(self, which: slice) -> "Agreements":
        """Return some of them."""
        return Agreements(self.levels[which], self.shares[which], self.is_scored[which])

    def followed_by(self, others: "Agreements") -> "Agreements":
        """Return these and others."""
        return Agreements(
            np.concatenate([self.levels, others.levels]),
            np.concatenate([self.shares, others.shares]),
            np.concatenate([self.is_scored, others.is_scored]),
        )


@dataclass(frozen=True)
class Compared:
    """Pairs that were compared, sorted, in eight bytes each: there may be tens of millions.

    Those whose lower record is r stand from `start[r]` to `start[r + 1]`; `right`: the higher record of each;
    `agreement`: the number of what it agrees on in `agreements`.
    """

    start: Numbers
    right: RecordNumbers
    agreement: Codes
    agreements: Agreements

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self.right)

    @cached_property
    def counts(self) -> Numbers:
        """How many pairs there are of each agreement."""
        from scv_assets.identity.numbering import tally

        found = np.zeros(len(self.agreements), dtype=np.int64)
        tally(self.agreement, found)
        return found

    def pairs(self, which: Places) -> Pairs:
        """Return the pairs of some places."""
        left = np.searchsorted(self.start, which, side="right") - 1
        return Pairs(left.astype(self.right.dtype), self.right[which])

    def place(self, pairs: Pairs) -> Places:
        """Return where each of some pairs stands; -1 where it was not compared."""
        place = self._at(pairs)
        is_there = np.flatnonzero(place < self.start[pairs.left + 1])
        is_there = is_there[self.right[place[is_there]] == pairs.right[is_there]]
        found = np.full(len(pairs), -1, dtype=np.intp)
        found[is_there] = place[is_there]
        return found

    def within(self, group: Numbers, which: Flags) -> Places:
        """Return the places of the pairs of which both records are of one group, the lower one being in `which`."""
        from scv_assets.identity.numbering import find_within

        return find_within(self.start, self.right, group, which)

    def joined(self, other: "Compared") -> "Compared":
        """Return these pairs and others, none of which is here; what both agree on is listed twice then."""
        at = self._at(other.pairs(np.arange(len(other))))
        return Compared(
            self.start + other.start,
            np.insert(self.right, at, other.right),
            np.insert(self.agreement, at, other.agreement + np.int32(len(self.agreements))),
            self.agreements.followed_by(other.agreements),
        )

    def _at(self, pairs: Pairs) -> Places:
        """Return before which place each of some pairs stands, or would stand."""
        from scv_assets.identity.numbering import find_sorted

        at = np.empty(len(pairs), dtype=np.intp)
        find_sorted(self.start, self.right, pairs.left, pairs.right, at)
        return at
