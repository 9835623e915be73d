"""Pairs of values of which one is a form of the other: marks first, then the list."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.compiled import compiled
from scv_assets.identity.distinct_numbers import distinct
from scv_assets.identity.engines.native import root_pairs
from scv_assets.identity.engines.native.root_pairs import marks_of

IS_MARKED, IS_AMONG = compiled(root_pairs.is_marked), compiled(root_pairs.is_among)
PAIRS = st.lists(st.integers(0, 1 << 42), max_size=40)


@given(PAIRS, PAIRS)
@settings(deadline=None)
def test_pairs_are_among_those_that_are_listed_and_all_of_these_are_marked(some: list[int], others: list[int]) -> None:
    listed = distinct(np.array(some, np.int64))
    marks = marks_of(listed)
    wanted = np.array([*some, *others], np.int64)
    assert all(IS_MARKED(marks, pair) for pair in listed)
    assert [IS_AMONG(listed, pair) for pair in wanted] == np.isin(wanted, listed).tolist()


def test_few_of_those_that_are_not_listed_are_marked() -> None:
    rng = np.random.default_rng(1)
    listed, others = distinct(rng.integers(0, 1 << 42, 4000)), rng.integers(0, 1 << 42, 4000)
    marks = marks_of(listed)
    assert sum(IS_MARKED(marks, pair) for pair in others) < len(others) // 50
