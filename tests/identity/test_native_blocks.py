"""Pairs merged out of the blocks of all rules, beside pairs made one by one."""

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.identity.engines.native.blocks import Blocks

#: Of each record, its block by each of four rules.
BLOCKS = st.lists(st.tuples(*[st.integers(-1, 3)] * 4), max_size=30)


def laid_out(rows: list[tuple[int, ...]]) -> Blocks:
    with ThreadPoolExecutor(2) as pool:
        return Blocks(list(np.array(rows, np.int32).reshape(-1, 4).T.copy()), pool)


@given(BLOCKS, st.integers(1, 50))
@settings(deadline=None)
def test_records_that_share_a_block_of_any_rule_are_a_pair_once_and_in_order(
    rows: list[tuple[int, ...]], most: int
) -> None:
    blocks = laid_out(rows)
    found = [
        pair
        for pairs in (blocks.pairs(*part) for part in blocks.parts(most))
        for pair in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    ]
    assert found == [
        (one, other)
        for one, other in combinations(range(len(rows)), 2)
        if any(a == b >= 0 for a, b in zip(rows[one], rows[other], strict=True))
    ]


@given(BLOCKS)
@settings(deadline=None)
def test_pairs_are_counted_with_their_repetitions_before_they_are_made(rows: list[tuple[int, ...]]) -> None:
    shared = [a == b >= 0 for one, other in combinations(rows, 2) for a, b in zip(one, other, strict=True)]
    assert laid_out(rows).most == sum(shared)


def test_without_rules_there_are_no_pairs() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert Blocks([], pool).parts(10) == []
