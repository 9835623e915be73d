"""Pairs of a blocking rule by one sort: key and record number in one integer, so that a sort gives the groups."""

import numpy as np

from scv_assets.identity.records import Numbers, pairs_within


def block_pairs(keys: Numbers) -> Numbers:
    """Return every pair of records of equal key as `left * count + right`, unsorted; -1 is no key."""
    count = np.int64(len(keys))
    which = np.flatnonzero(keys >= 0)
    ordered = np.sort(keys[which] * count + which)
    group = ordered // np.maximum(count, 1)
    record = ordered - group * count
    one, other = pairs_within(group)
    return np.asarray(record[one] * count + record[other])
