"""Context: what the population says of a value that a pair agrees on.

An e-mail address or a phone that several different people hold says less about who someone is than a personal one. How
many hold it is counted exactly at each run, so it is not part of the levels that are kept from run to run: engines
compare two records, this looks around them.
"""

from collections.abc import Mapping

import numpy as np

from scv_assets.identity.engines import Levels
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import SHARED
from scv_assets.identity.records import Flags, Pairs, Records

#: Namespace -> for each value of the feature of that name, true where several different people hold it.
SharedValues = Mapping[str, Flags]

#: Code of the strongest level.
_EXACT = 1


def with_context(plan: Plan, records: Records, pairs: Pairs, levels: Levels, shared: SharedValues) -> Levels:
    """Return the levels with the strongest replaced by `shared` where several people hold the value."""
    found = levels.copy()
    for place, comparison in enumerate(plan.comparisons):
        if comparison.shared_by is None or comparison.shared_by not in shared:
            continue
        exact = np.flatnonzero(levels[:, place] == _EXACT)
        codes = records.columns[comparison.of[0]].codes[pairs.left[exact]]
        found[exact[shared[comparison.shared_by][codes]], place] = comparison.level_names.index(SHARED)
    return found
