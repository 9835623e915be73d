"""Levels of some pairs: from the strongest level down, each test asked only of the pairs that are still open.

An answer is found once a distinct pair of values and kept for the other levels and pairs that want it.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scv_assets.identity.engines.native.feature_texts import FeatureTexts
from scv_assets.identity.engines.native.plan_texts import PlanTexts
from scv_assets.identity.engines.native.questions import Measured, answers, measures
from scv_assets.identity.policy import Comparison, FeatureTest
from scv_assets.identity.records import Flags, Numbers, RecordNumbers

_EQUALITIES = ("equal", "equal_day")
_CROSSINGS = ("swapped_with_last_name", "crossed_with_last_name")


@dataclass
class _Feature:
    """A feature of both records of each pair. `place`: of the distinct pair of values, where there are two."""

    texts: FeatureTexts
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    low: Numbers = field(init=False)
    high: Numbers = field(init=False)
    place: npt.NDArray[np.int32] = field(init=False)
    answered: dict[str, npt.NDArray[np.int8]] = field(default_factory=dict)
    measured: dict[str, Measured] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.is_there = (self.left >= 0) & (self.right >= 0)
        self.is_equal = self.is_there & (self.left == self.right)
        self.place = np.full(len(self.left), -1, dtype=np.int32)
        self._is_numbered = False

    def numbered(self) -> None:
        """Number the distinct pairs of different values."""
        if self._is_numbered:
            return
        which = np.flatnonzero(self.is_there & ~self.is_equal)
        left, right = self.left[which], self.right[which]
        width = np.int64(max(self.texts.count, 1))
        keys = np.minimum(left, right) * width + np.maximum(left, right)
        distinct, self.place[which] = np.unique(keys, return_inverse=True)
        self.low, self.high = distinct // width, distinct % width
        self._is_numbered = True


class Chunk:
    """Some pairs of records."""

    def __init__(self, texts: PlanTexts, left: RecordNumbers, right: RecordNumbers) -> None:
        self._texts = texts
        self._left, self._right = left, right
        self._features: dict[str, _Feature] = {}
        self._crossings: tuple[Flags, Flags] | None = None

    def levels(self, comparison: Comparison) -> npt.NDArray[np.uint8]:
        """Return the level of each pair in one comparison."""
        names = comparison.level_names
        found = np.zeros(len(self._left), dtype=np.uint8)
        is_there = np.logical_or.reduce([self._feature(feature).is_there for feature in comparison.of])
        still_open = np.flatnonzero(is_there)
        for level in comparison.levels:
            holds = np.zeros(len(still_open), dtype=bool)
            for tests in level.alternatives:
                rest = np.flatnonzero(~holds)
                for test in sorted(tests, key=lambda test: test.test not in _EQUALITIES):
                    rest = rest[self._holds(test, still_open[rest])]
                holds[rest] = True
            found[still_open[holds]] = 0 if level.name in comparison.neutral else names.index(level.name)
            still_open = still_open[~holds]
        found[still_open] = len(names) - 1
        return found

    def _feature(self, name: str) -> _Feature:
        if name not in self._features:
            texts = self._texts.feature(name)
            self._features[name] = _Feature(texts, texts.codes[self._left], texts.codes[self._right])
        return self._features[name]

    def _holds(self, test: FeatureTest, which: npt.NDArray[np.intp]) -> Flags:
        """Return the test of the pairs at `which`; false where a record has no value."""
        if test.test in _CROSSINGS:
            one, other = (flags[which] for flags in self._crossed())
            if test.test == "swapped_with_last_name":
                return np.asarray(one & other)
            return np.asarray((one | other) & self._feature(test.feature).is_there[which])
        feature = self._feature(test.feature)
        is_equal = feature.is_equal[which]
        if test.test == "equal":
            return np.asarray(is_equal)
        if test.test in ("equal_day", "new_year"):
            is_new_year = feature.texts.is_new_year[feature.left[which]]
            if test.test == "equal_day":
                return np.asarray(is_equal & ~is_new_year)
            is_equal &= is_new_year
        if test.test == "years_apart":
            is_equal[:] = False
        feature.numbered()
        differ = np.flatnonzero(feature.place[which] >= 0)
        is_equal[differ] = self._says(test, feature, feature.place[which[differ]])
        return np.asarray(is_equal)

    def _says(self, test: FeatureTest, feature: _Feature, places: npt.NDArray[np.int32]) -> Flags:
        """Return the test of distinct pairs of values, asking it of those that nobody asked about yet."""
        if test.parameter is None:
            known = feature.answered.setdefault(test.test, np.full(len(feature.low), -1, dtype=np.int8))
            new = _distinct(places[known[places] < 0], len(known))
            known[new] = answers(test.test, feature.texts, feature.low[new], feature.high[new])
            return np.asarray(known[places] > 0)
        measured = feature.measured.setdefault(test.test, np.full(len(feature.low), np.nan))
        new = _distinct(places[np.isnan(measured[places])], len(measured))
        limit = self._texts.limits.get((test.feature, test.test), 0.0)
        measured[new] = measures(test.test, feature.texts, feature.low[new], feature.high[new], limit)
        found = measured[places]
        return np.asarray(found <= test.parameter if test.test == "edits" else found >= test.parameter)

    def _crossed(self) -> tuple[Flags, Flags]:
        """Return where the left first name is like the right last name, and where it is the other way round."""
        if self._crossings is None:
            first, last = self._feature("first_name"), self._feature("last_name")
            crossing = self._texts.crossing
            self._crossings = (crossing(first.left, last.right), crossing(first.right, last.left))
        return self._crossings


def _distinct(places: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.intp]:
    is_asked = np.zeros(count, dtype=bool)
    is_asked[places] = True
    return np.flatnonzero(is_asked)
