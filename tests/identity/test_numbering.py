"""Rows by hash tables, sorted lists walked side by side; beside NumPy and sets."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.identity.numbering import find_sorted, mark_common
from scv_assets.identity.records import Pairs
from scv_assets.identity.row_numbers import RowNumbers


def test_rows_are_numbered_as_they_come_whatever_parts_they_come_in() -> None:
    rows = np.random.default_rng(11).integers(0, 5, (30_000, 6)).astype(np.int32)
    at_once, in_parts = RowNumbers(6), RowNumbers(6)
    places = at_once(rows)
    assert np.concatenate([in_parts(part) for part in np.array_split(rows, 7)]).tolist() == places.tolist()
    assert (at_once.rows == in_parts.rows).all()
    assert (at_once.rows[places] == rows).all()
    assert len(at_once.rows) == len(np.unique(rows, axis=0)) > 2_048
    assert (np.diff(np.unique(places, return_index=True)[1]) > 0).all()


@given(st.lists(st.sets(st.integers(0, 20)), min_size=1, max_size=5), st.data())
@settings(deadline=None)
def test_a_number_is_found_where_it_stands_in_its_group(groups: list[set[int]], data: st.DataObject) -> None:
    start = np.cumsum([0, *map(len, groups)])
    members = np.array([member for group in groups for member in sorted(group)], dtype=np.int32)
    asked = data.draw(st.lists(st.tuples(st.integers(0, len(groups) - 1), st.integers(-1, 21))))
    group, wanted = (np.array([pair[side] for pair in asked], dtype=np.int32) for side in (0, 1))
    places = np.empty(len(asked), dtype=np.intp)
    find_sorted(start, members, group, wanted, places)
    assert places.tolist() == [start[g] + sum(member < w for member in groups[g]) for g, w in asked]


@given(st.sets(st.integers(0, 50)), st.sets(st.integers(0, 50)))
@settings(deadline=None)
def test_what_two_lists_have_in_common_is_marked(one: set[int], other: set[int]) -> None:
    ordered = np.array(sorted(one), dtype=np.int64)
    is_common = np.empty(len(one), dtype=bool)
    mark_common(ordered, np.array(sorted(other), dtype=np.int64), is_common)
    assert set(ordered[is_common].tolist()) == one & other


PAIRS = st.sets(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20)


@given(st.lists(PAIRS, max_size=4))
@settings(deadline=None)
def test_a_union_has_every_pair_of_any_group_once_and_in_order(groups: list[set[tuple[int, int]]]) -> None:
    made = [
        Pairs.of(np.array([a for a, _ in group], np.int64), np.array([b for _, b in group], np.int64), 13)
        for group in groups
    ]
    found = Pairs.union(made, 13)
    wanted = sorted({(min(pair), max(pair)) for group in groups for pair in group if pair[0] != pair[1]})
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == wanted
