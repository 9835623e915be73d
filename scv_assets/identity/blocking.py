"""Blocking keys: which records fall into one block of a rule, and what is done with a block that is too big.

Shared by all engines, so that each makes the same pairs: an engine only has to pair the records of equal keys.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scv_assets.identity.arrays import NULL, Codes, Flags, Numbers
from scv_assets.identity.columns import Column
from scv_assets.identity.plan import Plan
from scv_assets.identity.records import Records

#: A key stays below this, so that it fits 64 bits.
_MOST = 1 << 62
#: As many keys as there could be for each record are told apart by a table of them all.
_TABLE = 2


@dataclass(frozen=True)
class BlockKeys:
    """One rule's key of every record (-1: in no block of two or more), and what its big blocks came to.

    Keys say which records are together, and nothing else: their order has no meaning, and some numbers are no key.
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
    limit = plan.blocking.max_records
    scored = np.where(records.is_scored, 0, NULL).astype(np.int64)
    keys, sizes = _numbered(scored, 1, [records.columns[feature] for feature in rule])
    is_big = sizes > limit
    split_blocks = int(is_big.sum())
    too_big, given = _members(keys, is_big), len(sizes)
    for feature in plan.blocking.split_by:
        if feature not in rule and len(too_big):
            finer, sizes = _numbered(keys[too_big].astype(np.int64), given, [records.columns[feature].take(too_big)])
            keys[too_big] = np.where(finer == NULL, NULL, finer + given)
            is_big = sizes > limit
            too_big, given = too_big[_members(finer, is_big)], given + len(sizes)
    keys[too_big] = NULL
    return BlockKeys("+".join(rule), keys, split_blocks, int(is_big.sum()), len(too_big))


def _numbered(keys: Numbers, span: int, columns: list[Column]) -> tuple[Codes, Codes]:
    """Return the blocks of keys (below `span`) that also agree on the columns, and how many records each block has.

    Blocks are numbered from 0 on; -1 is no key, no value or nobody with the same. `keys` are written over.
    """
    from scv_assets.identity.block_loop import add_feature, number_by_hash, number_by_table

    for column in columns:
        if span * len(column.texts) > _MOST:
            coarser, sizes = _numbered(keys, span, [])
            keys, span = coarser.astype(np.int64), len(sizes)
        add_feature(keys, column.codes, len(column.texts))
        span *= len(column.texts)
    blocks = np.empty(len(keys), dtype=np.int32)
    if span <= _TABLE * len(keys):
        return blocks, number_by_table(keys, span, blocks)
    return blocks, number_by_hash(keys, blocks)


def _members(blocks: Codes, is_asked: Flags) -> npt.NDArray[np.intp]:
    """Return who is in the blocks that are asked for."""
    return np.flatnonzero(np.append(is_asked, False)[blocks])
