"""All that a plan asks of the records' values, shared by the chunks of pairs that threads work on."""

from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scv_assets.identity.engines.limits import Limits, limits
from scv_assets.identity.engines.native.feature_texts import FeatureTexts
from scv_assets.identity.engines.native.questions import text_measures
from scv_assets.identity.letters import Letters
from scv_assets.identity.plan import Plan
from scv_assets.identity.records import Column, Flags, Records
from scv_assets.identity.value_tests import SWAPPED_FROM


class PlanTexts:
    """See the module."""

    def __init__(self, plan: Plan, records: Records) -> None:
        self.limits: Limits = limits(plan)
        self._features = {name: FeatureTexts(column) for name, column in records.columns.items()}

    def feature(self, name: str) -> FeatureTexts:
        """Return the texts of a feature."""
        return self._features[name]

    @cached_property
    def crossing(self) -> "Crossing":
        """Return what tells first names that are like last names."""
        return Crossing(self._features["first_name"], self._features["last_name"])


class Crossing:
    """Which first names are like which last names (`SWAPPED_FROM`); asked only where they begin with one letter."""

    def __init__(self, first: FeatureTexts, last: FeatureTexts) -> None:
        self._first, self._last = first, last
        both = Column(np.empty(0, np.int32), pa.concat_arrays([first.column.texts, last.column.texts]))
        self._letters, self._values = Letters(both.texts), both.values

    def __call__(self, codes: npt.NDArray[np.int32], last_codes: npt.NDArray[np.int32]) -> Flags:
        """Return the answer for each first name and last name; false where one is missing (-1)."""
        begin_alike = self._first.first_letters[codes] == self._last.first_letters[last_codes]
        which = np.flatnonzero(begin_alike & (codes >= 0) & (last_codes >= 0))
        low, high = codes[which].astype(np.int64), last_codes[which].astype(np.int64) + self._first.count
        alike = text_measures("jaro_winkler", self._letters, self._values, low, high, SWAPPED_FROM)
        found = np.zeros(len(codes), dtype=bool)
        found[which] = alike >= SWAPPED_FROM
        return found
