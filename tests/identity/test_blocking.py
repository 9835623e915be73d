"""Blocks of a rule, split where they are too big, beside grouping by hand."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.identity.arrays import Codes
from scv_assets.identity.block_loop import number_by_hash, number_by_table
from scv_assets.identity.blocking import block_keys
from scv_assets.identity.columns import Column
from scv_assets.identity.plan import Plan, compile_plan
from scv_assets.identity.policy import Blocking
from scv_assets.identity.records import Records
from tests.identity.people import policy

FEATURES = ("a", "b", "c", "d")
#: Of each record, its value of each feature, or -1.
ROWS = st.lists(st.tuples(*[st.integers(-1, 3)] * 4), max_size=40)
#: How many texts a column has: few, so that keys are counted in a table; many; so many that no number holds all four.
TEXTS = {size: pa.array(np.arange(size)).cast(pa.string()) for size in (4, 400, 1 << 16)}
PLAN = compile_plan(policy())

Blocks = set[frozenset[int]]


def records_of(rows: list[tuple[int, ...]], is_scored: list[bool], size: int) -> Records:
    codes = np.array(rows, np.int32).reshape(-1, len(FEATURES)).T
    spread = np.where(codes < 0, -1, codes * (size // 4) + size // 4 - 1).astype(np.int32)
    columns = {name: Column(column.copy(), TEXTS[size]) for name, column in zip(FEATURES, spread, strict=True)}
    nobody = np.zeros(len(rows), dtype=bool)
    return Records(pa.table({"record": np.arange(len(rows))}), columns, np.array(is_scored, dtype=bool), nobody)


def plan_of(split_by: tuple[str, ...], most: int) -> Plan:
    return dataclasses.replace(PLAN, blocking=Blocking((), max_records=most, split_by=split_by))


def grouped(rows: list[tuple[int, ...]], members: Iterable[int], features: Iterable[str]) -> Blocks:
    """Group records by hand; without those that miss a feature, and those that are alone."""
    found = defaultdict(set)
    for record in members:
        values = tuple(rows[record][FEATURES.index(feature)] for feature in features)
        if min(values) >= 0:
            found[values].add(record)
    return {frozenset(group) for group in found.values() if len(group) > 1}


def blocks_of(keys: Codes) -> Blocks:
    found = defaultdict(set)
    for record in np.flatnonzero(keys >= 0):
        found[keys[record]].add(int(record))
    return {frozenset(block) for block in found.values()}


@given(
    ROWS,
    st.data(),
    st.lists(st.sampled_from(FEATURES), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from(FEATURES), max_size=3, unique=True),
    st.integers(1, 6),
    st.sampled_from(sorted(TEXTS)),
)
@settings(deadline=None, max_examples=300)
def test_records_that_agree_are_a_block_and_one_too_big_is_split_feature_by_feature(
    rows: list[tuple[int, ...]], data: st.DataObject, rule: list[str], split_by: list[str], most: int, size: int
) -> None:
    is_scored = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    found = block_keys(plan_of(tuple(split_by), most), records_of(rows, is_scored, size), tuple(rule))
    wanted = grouped(rows, np.flatnonzero(is_scored).tolist(), rule)
    too_big = {block for block in wanted if len(block) > most}
    assert found.split_blocks == len(too_big)
    for feature in split_by:
        if feature not in rule:
            finer = [grouped(rows, block, [feature]) for block in too_big]
            wanted = (wanted - too_big).union(*finer)
            too_big = {block for block in wanted if len(block) > most}
    assert (found.dropped_blocks, found.dropped_records) == (len(too_big), sum(map(len, too_big)))
    assert blocks_of(found.keys) == wanted - too_big


@pytest.mark.parametrize("span", [1, 700, 30_000, 60_000, 1 << 60])
def test_a_table_and_a_hash_table_in_parts_give_the_blocks_that_sorting_gives(span: int) -> None:
    draw = np.random.default_rng(3)
    keys = np.where(draw.random(90_000) < 0.9, draw.integers(0, span, 90_000), -1)
    keys[1::2] = keys[::2]
    _, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    is_in_block = (keys >= 0) & (counts[place] > 1)
    found = np.empty(len(keys), dtype=np.int32)
    ways = [partial(number_by_hash, keys, found)]
    if span <= 60_000:
        ways.append(partial(number_by_table, keys, span, found))
    for number in ways:
        sizes = number()
        assert ((found >= 0) == is_in_block).all()
        assert (sizes[found[is_in_block]] == counts[place[is_in_block]]).all()
        both = np.unique(np.column_stack([keys, found])[is_in_block], axis=0)
        assert len(both) == len(sizes) == len(np.unique(keys[is_in_block]))
