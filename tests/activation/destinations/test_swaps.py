"""Of every circle of objects that wait for each other's value one lets go, and nobody else does."""

from hypothesis import given
from hypothesis import strategies as st

from scv_assets.activation.destinations.swaps import to_let_go

KEYS = "abcdef"


def test_two_who_swap_and_three_who_pass_it_round_let_go_of_one_each() -> None:
    held = {key: key.upper() for key in KEYS}
    assert to_let_go({"a": "B", "b": "A", "c": "D", "d": "E", "e": "C"}, held) == ["a", "c"]


def test_who_waits_for_somebody_outside_or_only_joins_a_circle_keeps_what_it_has() -> None:
    assert to_let_go({"a": "X", "b": "A"}, {"a": "A", "b": "B"}) == []
    assert to_let_go({"a": "C", "b": "C", "c": "B"}, {"a": "A", "b": "B", "c": "C"}) == ["b"]


@given(st.permutations(KEYS))
def test_once_they_have_let_go_everybody_gets_through_by_turns(order: list[str]) -> None:
    held = {key: key for key in KEYS}
    wanted = {key: value for key, value in zip(KEYS, order, strict=True) if key != value}
    for key in to_let_go(wanted, held):
        del held[key]
    waiting = dict(wanted)
    while waiting:
        free = [key for key, value in waiting.items() if value not in held.values()]
        assert free, "nobody gets any further"
        for key in free:
            held[key] = waiting.pop(key)
    assert held == dict(zip(KEYS, order, strict=True))
