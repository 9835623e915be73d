"""All that a plan asks of the records' values, shared by the chunks of pairs that threads work on."""

from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.identity.engines.limits import Limits, limits
from scv_assets.identity.engines.native.feature_texts import FeatureTexts
from scv_assets.identity.engines.native.questions import text_measures
from scv_assets.identity.letters import Letters
from scv_assets.identity.plan import Plan
from scv_assets.identity.records import Flags, Records
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
        both = pa.concat_arrays([first.texts, last.texts])
        self._letters, self._behind = Letters(both), first.count
        self._initials = pc.utf8_slice_codeunits(both, 0, 1).dictionary_encode().indices.to_numpy()

    def __call__(self, codes: npt.NDArray[np.int32], last_codes: npt.NDArray[np.int32]) -> Flags:
        """Return the answer for each first name and last name; false where one is missing (-1)."""
        found = np.zeros(len(codes), dtype=bool)
        which = np.flatnonzero((codes >= 0) & (last_codes >= 0))
        low, high = codes[which].astype(np.int64), last_codes[which].astype(np.int64) + self._behind
        begin_alike = self._initials[low] == self._initials[high]
        which, low, high = which[begin_alike], low[begin_alike], high[begin_alike]
        found[which] = text_measures("jaro_winkler", self._letters, low, high, SWAPPED_FROM) >= SWAPPED_FROM
        return found
