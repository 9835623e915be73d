"""Weighing: what the compared pairs come to, by the model, by identifiers and by rivals.

Nearly all pairs of a wide net are too unlike to come to anything: they are counted by weight and go no further.
"""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scv_assets.identity import clustering, scoring
from scv_assets.identity.agreements import Compared, Places
from scv_assets.identity.arrays import Flags
from scv_assets.identity.clustering import Links
from scv_assets.identity.context import Context
from scv_assets.identity.distinct_numbers import distinct
from scv_assets.identity.engines import Levels
from scv_assets.identity.identifiers import SharedIdentifiers, exact_links
from scv_assets.identity.judgements import Decided
from scv_assets.identity.model import Model
from scv_assets.identity.pair_levels import PairLevels
from scv_assets.identity.policy import Policy
from scv_assets.identity.records import Merging, Pairs, Records
from scv_assets.identity.rivals import in_reach, with_rivals
from scv_assets.identity.scoring import Bits, Rows, Scores


@dataclass(frozen=True)
class Weighed:
    """Pairs that were looked at, with everything known of each. `is_exact`: identifiers link them."""

    pairs: Pairs
    scores: Scores
    is_exact: Flags

    def take(self, which: Flags) -> "Weighed":
        """Return some of the pairs."""
        return Weighed(self.pairs.take(which), self.scores.take(which), self.is_exact[which])

    def joined(self, other: "Weighed", count: int) -> "Weighed":
        """Return these pairs and others, in order; none is in both."""
        merging = Merging.of_pairs(self.pairs, other.pairs, count)
        return Weighed(
            merging.pairs(self.pairs, other.pairs),
            self.scores.joined(other.scores, merging),
            merging(self.is_exact, other.is_exact),
        )


def told(decisions: Decided, sharing: SharedIdentifiers, count: int) -> Pairs:
    """Return the pairs that stewards, sources and identifiers bring together, or keep apart."""
    groups = [decisions.must_link, decisions.cannot_link, decisions.merged_by_source, sharing.pairs]
    return Pairs.union(groups, count)


@dataclass(frozen=True)
class Scales:
    """Weighs pairs: what they agree on, scores, and what their identifiers say.

    `compared`: all pairs that were looked at, those that somebody told of among them.
    """

    policy: Policy
    model: Model
    context: Context
    levels: PairLevels
    compared: Compared
    decisions: Decided
    sharing: SharedIdentifiers

    @cached_property
    def rows(self) -> Rows:
        """What each agreement of the compared pairs comes to."""
        return scoring.score(self.policy, self.context.plan, self.model, self.compared.agreements)

    @property
    def records(self) -> Records:
        """The records whose pairs are weighed."""
        return self.context.records

    def worth_weighing(self) -> Places:
        """Return the places of the pairs that may come to something, with those that somebody told of."""
        comes_near = in_reach(self.policy, self.rows) | (self.rows.weight > 0)
        by_others = self.compared.place(told(self.decisions, self.sharing, self.records.count))
        return distinct(np.concatenate([np.flatnonzero(comes_near[self.compared.agreement]), by_others]))

    def weighed(self, which: Places) -> Weighed:
        """Return the pairs of some places, weighed by themselves."""
        pairs = self.compared.pairs(which)
        scores = Scores.of(self.compared.agreement[which], self.rows)
        return Weighed(pairs, scores, np.zeros(len(pairs), dtype=bool))

    def with_identifiers(self, weighed: Weighed) -> Weighed:
        """Return the pairs with what identifiers link, all of which are among them."""
        count = self.records.count
        place = np.searchsorted(weighed.pairs.keys(count), self.sharing.pairs.keys(count))
        scores, is_exact = weighed.scores.take(place), weighed.is_exact.copy()
        is_exact[place[exact_links(self.policy, self.sharing, scores.disagrees, scores.agrees)]] = True
        return dataclasses.replace(weighed, is_exact=is_exact)

    def counted_but(self, which: Places) -> Counter[float]:
        """Return how many of all pairs but those of some places have which weight."""
        counts = self.compared.counts
        return self.rows.counted(counts - np.bincount(self.compared.agreement[which], minlength=len(counts)))

    def compared_anew(self, pairs: Pairs) -> Weighed:
        """Weigh pairs that were never looked at, so that share no identifier that could link."""
        found = self.context.compared(pairs, self.levels(pairs))
        rows = scoring.score(self.policy, self.context.plan, self.model, found.agreements)
        return Weighed(pairs, Scores(found.agreement, rows), np.zeros(len(pairs), dtype=bool))

    def with_rivals(self, weighed: Weighed, is_link: Flags, tier: npt.NDArray[np.int8]) -> Weighed:
        """Weigh in what rivals say of the pairs that the model alone decides."""

        def weigh(pairs: Pairs, levels: Levels) -> Bits:
            number, rows = self.context.numbered(pairs, levels)
            agreements = self.context.agreements(rows)
            return np.asarray(scoring.score(self.policy, self.context.plan, self.model, agreements).weight[number])

        is_open = tier == clustering.PROBABILISTIC
        links = as_links(self.policy, weighed, np.flatnonzero(is_link), tier, ~is_open)
        scores = with_rivals(
            self.policy, self.records, self.compared, weighed.pairs, weighed.scores, links, is_open, weigh
        )
        return dataclasses.replace(weighed, scores=scores)


def as_links(
    policy: Policy,
    weighed: Weighed,
    which: npt.NDArray[np.intp],
    tier: npt.NDArray[np.int8],
    is_exact: Flags,
) -> Links:
    """Return some of the pairs as links, strength in bits: what is told exactly counts some at least."""
    weight = weighed.scores.take(which).weight
    strength = np.where(is_exact[which], np.fmax(weight, policy.clustering.exact_bits), weight)
    return Links(weighed.pairs.take(which), tier[which], np.nan_to_num(strength, nan=0.0))
