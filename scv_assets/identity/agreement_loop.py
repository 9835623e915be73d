"""The loop that looks up what the population says of the values that pairs agree on. Compiled."""

import numpy as np
import numpy.typing as npt

from scv_assets.compiled import compiled
from scv_assets.identity.arrays import RecordNumbers
from scv_assets.identity.context import Tables
from scv_assets.identity.engines import Levels

#: Code of the strongest level.
_EXACT = 1


@compiled
def fill_agreements(
    tables: Tables, left: RecordNumbers, right: RecordNumbers, levels: Levels, rows: npt.NDArray[np.int32]
) -> None:
    """Fill in a row a pair: its levels, `shared` where several people hold the value; codes of shares; is it scored."""
    shared_row, shared_code, is_shared, share_row, share, is_scored = tables
    width = levels.shape[1]
    for pair in range(len(left)):
        one = left[pair]
        for comparison in range(width):
            level = levels[pair, comparison]
            if level == _EXACT and shared_row[comparison] >= 0 and is_shared[shared_row[comparison], one]:
                level = shared_code[comparison]
            rows[pair, comparison] = level
            if share_row[comparison] >= 0:
                rows[pair, width + share_row[comparison]] = share[share_row[comparison], one] if level == _EXACT else 0
        rows[pair, rows.shape[1] - 1] = is_scored[one] and is_scored[right[pair]]
