"""Numbers each once, their places, and rows as numbers; beside Python's sorting."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.identity.distinct_numbers import combined, distinct, numbered

NUMBERS = st.lists(st.integers(0, 1 << 62) | st.integers(0, 9), max_size=60)


@given(NUMBERS, st.integers(1, 200))
@settings(deadline=None)
def test_numbered_is_what_sorting_gives(some: list[int], repeated: int) -> None:
    numbers = np.array(some * repeated, dtype=np.int64)
    known, places = numbered(numbers)
    assert known.tolist() == sorted(set(some))
    assert known[places].tolist() == numbers.tolist()


def test_a_table_grows_with_what_it_holds() -> None:
    numbers = np.random.default_rng(7).integers(0, 1 << 60, 50_000)
    known, places = numbered(np.concatenate([numbers, numbers[::-1]]))
    assert (known == np.unique(numbers)).all()
    assert (known[places] == np.concatenate([numbers, numbers[::-1]])).all()


@given(NUMBERS)
def test_distinct_is_each_number_once_in_order(some: list[int]) -> None:
    assert distinct(np.array(some, dtype=np.int64)).tolist() == sorted(set(some))


@st.composite
def coded_rows(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, ...]]]:
    """Draw the sizes of some columns of codes, and rows of the highest of these."""
    sizes = draw(st.lists(st.sampled_from([1, 3, 1 << 31, 1 << 40]), min_size=1, max_size=5))
    return sizes, draw(st.lists(st.tuples(*[st.integers(max(size - 3, 0), size - 1) for size in sizes])))


@given(coded_rows())
@settings(deadline=None)
def test_rows_of_codes_are_numbers_in_the_order_of_the_rows_however_many_there_could_be(
    drawn: tuple[list[int], list[tuple[int, ...]]],
) -> None:
    sizes, rows = drawn
    codes = np.array(rows, dtype=np.int64).reshape(-1, len(sizes))
    numbers = combined(zip(codes.T, sizes, strict=True)).tolist()
    ranks = {number: rank for rank, number in enumerate(sorted(set(numbers)))}
    assert [ranks[number] for number in numbers] == [sorted(set(rows)).index(row) for row in rows]
