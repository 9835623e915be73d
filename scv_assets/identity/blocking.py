"""Blocking keys: which records fall into one block of a rule, and what is done with a block that is too big.

Shared by all engines, so that each makes the same pairs: an engine only has to pair the records of equal keys.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scv_assets.identity.plan import Plan
from scv_assets.identity.records import NULL, Codes, Column, Flags, Numbers, Records, combined, numbered

_NO_KEY = np.int64(NULL)


@dataclass(frozen=True)
class BlockKeys:
    """One rule's key of every record (-1: in no block of two or more), and what its big blocks came to.

    `split_blocks` were too big and were split; `dropped_records` are in blocks that stayed too big: the rule pairs them
    with nobody.
    """

    rule: str
    keys: Codes
    split_blocks: int
    dropped_blocks: int
    dropped_records: int


def block_keys(plan: Plan, records: Records, rule: tuple[str, ...]) -> BlockKeys:
    """Return the keys of one rule; records that are not scored, or miss a feature of the rule, are in no block."""
    columns = [records.columns[feature] for feature in rule]
    has_all = np.logical_and.reduce([records.is_scored, *(column.is_there for column in columns)])
    which = np.flatnonzero(has_all)
    keys = np.full(records.count, _NO_KEY)
    keys[which] = _dense(combined((column.codes[which], len(column.texts)) for column in columns))
    keys = _without_single(keys)
    limit = plan.blocking.max_records
    too_big = _in_big_block(keys, limit)
    split_blocks = _distinct(keys, too_big)
    for feature in plan.blocking.split_by:
        if feature not in rule and too_big.any():
            keys = _without_single(_refined(keys, records.columns[feature], too_big))
            too_big = _in_big_block(keys, limit)
    dropped_blocks, dropped_records = _distinct(keys, too_big), int(too_big.sum())
    return BlockKeys(
        rule="+".join(rule),
        keys=np.where(too_big, _NO_KEY, keys).astype(np.int32),
        split_blocks=split_blocks,
        dropped_blocks=dropped_blocks,
        dropped_records=dropped_records,
    )


def _refined(keys: Numbers, column: Column, which: Flags) -> Numbers:
    """Return keys that also tell the column's values apart for the records in `which`; no value, no key."""
    width = np.int64(len(column.texts) + 1)
    codes = np.where(which, column.codes, len(column.texts)).astype(np.int64)
    combined = np.where((keys >= 0) & (codes >= 0), keys * width + codes, _NO_KEY)
    return _dense(combined)


def _dense(keys: Numbers) -> Numbers:
    return np.asarray(numbered(keys + 1)[1] - int((keys == _NO_KEY).any()))


def _sizes(keys: Numbers) -> npt.NDArray[np.int64]:
    return np.bincount(keys[keys >= 0], minlength=1).astype(np.int64)


def _without_single(keys: Numbers) -> Numbers:
    sizes = _sizes(keys)
    return np.where((keys >= 0) & (sizes[np.maximum(keys, 0)] > 1), keys, _NO_KEY)


def _in_big_block(keys: Numbers, limit: int) -> Flags:
    return np.asarray((keys >= 0) & (_sizes(keys)[np.maximum(keys, 0)] > limit))


def _distinct(keys: Numbers, which: Flags) -> int:
    return len(np.unique(keys[which]))
