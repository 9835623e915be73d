"""A limit is kept as the server counts it, and as much of it is used as it allows."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destination_sandbox.limits import Window
from scv_assets.activation.destinations.pace import Pace
from tests.activation.delivery.company import TestClock


@given(
    calls=st.integers(1, 5),
    travel=st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=40),
)
def test_however_long_calls_and_answers_travel_the_server_never_counts_too_many(
    calls: int, travel: list[tuple[float, float]]
) -> None:
    clock = TestClock()
    pace, window = Pace(calls, 10.0, clock), Window(calls, 10.0, clock)
    for there, back in travel:
        with pace.turn():
            clock.move(seconds=there)
            assert window.take() is None
            clock.move(seconds=back)


def test_no_more_time_is_taken_than_the_limit_asks_for() -> None:
    clock = TestClock()
    pace = Pace(100, 60.0, clock)
    for _ in range(1000):
        with pace.turn():
            pass
    assert clock.seconds() == pytest.approx(9 * 60.0)


def test_threads_share_one_window() -> None:
    clock = TestClock()
    pace, window = Pace(7, 10.0, clock), Window(7, 10.0, clock)
    lock, refused = threading.Lock(), []

    def work() -> None:
        for _ in range(20):
            with pace.turn(), lock:
                refused.append(window.take() is not None)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [False] * 80


def test_a_call_that_fails_gives_its_place_back() -> None:
    pace = Pace(1, 1.0, TestClock())
    for _ in range(3):
        with pytest.raises(RuntimeError), pace.turn():
            raise RuntimeError
