"""The tests of `value_tests` for two different texts, compiled. Texts as in `text_measures`."""

from scv_assets.compiled import compilable
from scv_assets.identity.engines.native.text_letters import Units
from scv_assets.identity.value_tests import MIN_WORD

_BLANK, _HYPHEN = ord(" "), ord("-")
_YEAR, _MONTH, _DAY, _END = 4, 5, 8, 10
_MONTH_END = 7


@compilable
def _are_same(units: Units, one: int, other: int, length: int) -> bool:
    for place in range(length):  # noqa: SIM110 - all() of a generator is not compiled
        if units[one + place] != units[other + place]:
            return False
    return True


@compilable
def _is_same_part(
    units: Units, one: int, length: int, start: int, stop: int, other: int, other_length: int, first: int, last: int
) -> bool:
    """Return whether one[start:stop] == other[first:last], cut off at the texts' ends as Python does."""
    start, stop, first, last = min(start, length), min(stop, length), min(first, other_length), min(last, other_length)
    return stop - start == last - first and _are_same(units, one + start, other + first, stop - start)


@compilable
def is_same_year(units: Units, one: int, one_length: int, other: int, other_length: int) -> bool:
    """Return whether the first four characters are the same."""
    return _is_same_part(units, one, one_length, 0, _YEAR, other, other_length, 0, _YEAR)


@compilable
def is_transposed(units: Units, one: int, one_length: int, other: int, other_length: int) -> bool:
    """Return `value_tests.transposed`."""
    return (
        is_same_year(units, one, one_length, other, other_length)
        and _is_same_part(units, one, one_length, _MONTH, _MONTH_END, other, other_length, _DAY, _END)
        and _is_same_part(units, one, one_length, _DAY, _END, other, other_length, _MONTH, _MONTH_END)
    )


@compilable
def is_one_digit(units: Units, one: int, one_length: int, other: int, other_length: int) -> bool:
    """Return `value_tests.one_digit`."""
    if one_length != other_length:
        return False
    first, second, differing = 0, 0, 0
    for place in range(one_length):
        if units[one + place] != units[other + place]:
            differing += 1
            if differing > 2:
                return False
            if differing == 1:
                first = place
            else:
                second = place
    if differing < 2:
        return differing == 1
    beside = second == first + 1 or (second == first + 2 and units[one + first + 1] == _HYPHEN)
    return beside and units[one + first] == units[other + second] and units[one + second] == units[other + first]


@compilable
def is_initial(units: Units, one: int, one_length: int, other: int, other_length: int) -> bool:
    """Return `value_tests.initial`."""
    return min(one_length, other_length) == 1 and units[one] == units[other]


@compilable
def is_contained(units: Units, one: int, one_length: int, other: int, other_length: int) -> bool:
    """Return `value_tests.contains`."""
    short = min(one_length, other_length)
    return short >= MIN_WORD and (
        _are_same(units, one, other, short)
        or _are_same(units, one + one_length - short, other + other_length - short, short)
    )


@compilable
def _word_end(units: Units, text: int, length: int, start: int) -> int:
    while start < length and units[text + start] != _BLANK:
        start += 1
    return start


@compilable
def shares_word(units: Units, one: int, one_length: int, other: int, other_length: int) -> bool:
    """Return `value_tests.shares_word`."""
    start = 0
    while start < one_length:
        stop = _word_end(units, one, one_length, start)
        if stop - start >= MIN_WORD:
            other_start = 0
            while other_start < other_length:
                other_stop = _word_end(units, other, other_length, other_start)
                if other_stop - other_start == stop - start and _are_same(
                    units, one + start, other + other_start, stop - start
                ):
                    return True
                other_start = other_stop + 1
        start = stop + 1
    return False
