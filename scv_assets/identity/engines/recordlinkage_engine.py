"""The plan run with the Python Record Linkage Toolkit: the reference that a person can read.

Blocks are the toolkit's `Block` index over the shared keys; text measures are its `Compare`, over distinct pairs of
values instead of pairs of records (a surname pair that stands in a thousand pairs is compared once). Pairs go through
in chunks, so memory does not grow with their number. The toolkit costs 2 s to import: only inside functions.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from scv_assets.identity.arrays import Codes, Flags, Numbers, RecordNumbers
from scv_assets.identity.blocking import block_keys
from scv_assets.identity.columns import Column
from scv_assets.identity.engines import Candidates, Levels
from scv_assets.identity.engines.limits import Limits, limits
from scv_assets.identity.letters import Letters
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import Comparison, FeatureTest
from scv_assets.identity.records import Pairs, Records
from scv_assets.identity.value_tests import SWAPPED_FROM, pair_tests
from scv_assets.progress import under_way

CHUNK = 500_000

_NEW_YEAR = "-01-01"
_METHODS = {"jaro_winkler": "jarowinkler", "edits": "damerau_levenshtein"}


class RecordlinkageEngine:
    """See the module."""

    name = "recordlinkage"
    keeps_levels = True

    def __init__(self, *, tells: bool = True) -> None:
        """`tells`: how far it is; not where one that tells itself asks it about some of its pairs."""
        self._tells = tells

    def candidate_pairs(self, plan: Plan, records: Records) -> Candidates:
        """Return the pairs of all blocking rules, each once."""
        blocks = tuple(block_keys(plan, records, rule) for rule in plan.blocking.rules)
        pairs = Pairs.union((_block_pairs(block.keys) for block in blocks), records.count)
        return Candidates.of(pairs, blocks)

    def compare(self, plan: Plan, records: Records, pairs: Pairs) -> Levels:
        """Return the level of every comparison of every pair."""
        levels = np.zeros((len(pairs), len(plan.comparisons)), dtype=np.uint8)
        past = limits(plan)
        for start in range(0, len(pairs), CHUNK):
            part = slice(start, start + CHUNK)
            chunk = _Chunk(records, past, pairs.left[part], pairs.right[part])
            for place, comparison in enumerate(plan.comparisons):
                levels[part, place] = _levels(chunk, comparison)
            if self._tells:
                under_way("identity", "pairs compared", min(start + CHUNK, len(pairs)), len(pairs))
        return levels


def _block_pairs(keys: Codes) -> Pairs:
    from recordlinkage.index import Block

    which = np.flatnonzero(keys >= 0)
    if not len(which):
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64))
    found = Block(left_on="key", verify_integrity=False).index(pd.DataFrame({"key": keys[which]}, index=which))
    one, other = (which[np.asarray(codes)] for codes in found.codes)
    return Pairs.of(one, other, len(keys))


def _levels(chunk: "_Chunk", comparison: Comparison) -> npt.NDArray[np.uint8]:
    names = comparison.level_names
    found = np.zeros(chunk.size, dtype=np.uint8)
    is_open = np.logical_or.reduce([chunk.is_there(feature) for feature in comparison.of])
    for level in comparison.levels:
        holds = np.logical_or.reduce(
            [np.logical_and.reduce([chunk.holds(test) for test in tests]) for tests in level.alternatives]
        )
        found[is_open & holds] = 0 if level.name in comparison.neutral else names.index(level.name)
        is_open &= ~holds
    found[is_open] = len(names) - 1
    return found


class _Chunk:
    """Some pairs, with each answer kept that more than one level asks for."""

    def __init__(self, records: Records, limits: Limits, left: RecordNumbers, right: RecordNumbers) -> None:
        self._columns = records.columns
        self._limits = limits
        self._left, self._right = left, right
        self._answers: dict[FeatureTest, Flags] = {}
        self._measures: dict[tuple[str, str], npt.NDArray[np.float64]] = {}
        self.size = len(left)

    def is_there(self, feature: str) -> Flags:
        """True where both records have the feature."""
        codes = self._columns[feature].codes
        return np.asarray((codes[self._left] >= 0) & (codes[self._right] >= 0))

    def holds(self, test: FeatureTest) -> Flags:
        """True where both records have the feature and the test says yes."""
        if test not in self._answers:
            self._answers[test] = self._answer(test)
        return self._answers[test]

    def _answer(self, test: FeatureTest) -> Flags:
        column = self._columns[test.feature]
        left, right = (column.codes[side].astype(np.int64) for side in (self._left, self._right))
        is_equal = (left == right) & (left >= 0)
        if test.test == "equal":
            return np.asarray(is_equal)
        if test.test in ("equal_day", "new_year"):
            is_new_year = _flags(column, lambda value: value.endswith(_NEW_YEAR))
            if test.test == "equal_day":
                return np.asarray(is_equal & ~is_new_year[left])
            return np.asarray((is_equal & is_new_year[left]) | (self._scattered(test, column, left, right) > 0))
        if test.test == "swapped_with_last_name":
            return np.asarray(np.logical_and(*self._crossings()))
        if test.test == "crossed_with_last_name":
            return np.asarray(np.logical_or(*self._crossings()) & self.is_there(test.feature))
        if test.parameter is None:
            return np.asarray(is_equal | (self._scattered(test, column, left, right) > 0))
        measure = self._measure(test, column, left, right)
        if test.test == "years_apart":
            return np.asarray(measure >= test.parameter)
        return np.asarray(
            is_equal | ((measure <= test.parameter) if test.test == "edits" else (measure >= test.parameter))
        )

    def _crossings(self) -> tuple[Flags, Flags]:
        """Return where the left first name is like the right last name, and where it is the other way round."""
        first, last = self._columns["first_name"], self._columns["last_name"]
        return (
            _is_crossed(first, last, first.codes[self._left], last.codes[self._right]),
            _is_crossed(first, last, first.codes[self._right], last.codes[self._left]),
        )

    def _measure(self, test: FeatureTest, column: Column, left: Numbers, right: Numbers) -> npt.NDArray[np.float64]:
        key = (test.feature, test.test)
        if key not in self._measures:
            self._measures[key] = self._scattered(test, column, left, right)
        return self._measures[key]

    def _scattered(self, test: FeatureTest, column: Column, left: Numbers, right: Numbers) -> npt.NDArray[np.float64]:
        """Return the answer for every pair (NaN: nothing to compare), asking once a distinct pair of values."""
        answers = np.full(self.size, np.nan)
        which = np.flatnonzero((left >= 0) & (right >= 0) & (left != right))
        low, high = np.minimum(left, right)[which], np.maximum(left, right)[which]
        width = np.int64(len(column.values))
        distinct, places = np.unique(low * width + high, return_inverse=True)
        low, high = distinct // width, distinct % width
        limit = self._limits.get((test.feature, test.test))
        answers[which] = (
            _asked(test.test, column, low, high) if limit is None else _measured(test.test, column, low, high, limit)
        )[places]
        return answers


def _measured(test: str, column: Column, low: Numbers, high: Numbers, limit: float) -> npt.NDArray[np.float64]:
    """Measure the pairs that can be within the limit, by a bound on their letters; the others are past it."""
    found = np.full(len(low), np.inf if test == "edits" else 0.0)
    possible = np.flatnonzero(Letters(column.texts).may_be_alike(test, low, high, limit))
    found[possible] = _asked(test, column, low[possible], high[possible])
    return found


def _asked(test: str, column: Column, low: Numbers, high: Numbers) -> npt.NDArray[np.float64]:
    """Ask the toolkit about distinct pairs of values."""
    if not len(low):
        return np.empty(0)
    from recordlinkage import Compare

    if test == "years_apart":
        years = column.values.astype(np.int64)
        apart: npt.NDArray[np.float64] = np.abs(years[low] - years[high]).astype(np.float64)
        return apart
    values = pd.DataFrame({"value": column.values})
    compare = Compare()
    if test in _METHODS:
        compare.string("value", "value", method=_METHODS[test])
    else:
        compare.compare_vectorized(_vectorised(pair_tests()[test]), "value", "value")
    found: npt.NDArray[np.float64] = compare.compute(pd.MultiIndex.from_arrays([low, high]), values)[0].to_numpy(float)
    if test == "edits":
        lengths = np.array([len(value) for value in column.values])
        found = np.round((1 - found) * np.maximum(lengths[low], lengths[high]))
    return found


def _initials(column: Column) -> npt.NDArray[np.int64]:
    """Return the first letter of every value as a number, with one for "no value" last (code -1)."""
    return np.array([*(ord(value[0]) for value in column.values), 0], dtype=np.int64)


def _is_crossed(first: Column, last: Column, codes: Codes, other_codes: Codes) -> Flags:
    """Return whether a first name is like a last name (`SWAPPED_FROM`); asked only where they begin alike."""
    initials, other_initials = _initials(first), _initials(last)
    which = np.flatnonzero((codes >= 0) & (other_codes >= 0) & (initials[codes] == other_initials[other_codes]))
    width = np.int64(max(len(last.values), 1))
    distinct, places = np.unique(codes[which].astype(np.int64) * width + other_codes[which], return_inverse=True)
    both = Column(np.empty(0, np.int32), pa.concat_arrays([first.texts, last.texts]))
    left, right = distinct // width, distinct % width + len(first.values)
    found = np.zeros(len(codes), dtype=bool)
    found[which] = (_measured("jaro_winkler", both, left, right, SWAPPED_FROM) >= SWAPPED_FROM)[places]
    return found


def _vectorised(test: Callable[[str, str], bool]) -> Callable[[pd.Series, pd.Series], pd.Series]:
    def asked(left: pd.Series, right: pd.Series) -> pd.Series:
        answers: Iterator[bool] = map(test, left, right)
        return pd.Series(np.fromiter(answers, dtype=float, count=len(left)), index=left.index)

    return asked


def _flags(column: Column, test: Callable[[str], bool]) -> Flags:
    """Return the test of every value, with False last for records without one (code -1)."""
    return np.array([*map(test, column.values), False], dtype=bool)
