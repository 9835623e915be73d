"""Keeping a limit of calls in a window of time, so that the server never has to refuse one.

A call's place becomes free one window after its answer came, not after it was sent: the server saw the call at some
moment before its answer, so that in none of its windows it sees more calls than allowed, however long they travelled.
The price is one answer's time a window.
"""

import heapq
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What tells the time and waits (`resources.clock.SystemClock`)."""

    def now(self) -> datetime:
        """Return this instant, naive UTC."""

    def seconds(self) -> float:
        """Return seconds since some moment."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Pace:
    """At most `calls` calls in any `window` seconds; any number of threads may take turns."""

    def __init__(self, calls: int, window: float, clock: Clock) -> None:
        self._window = window
        self._clock = clock
        self._free_at = [float("-inf")] * calls
        self._given_back = threading.Condition()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until a call may go; the block is the call with its answer."""
        with self._given_back:
            while not self._free_at:
                self._given_back.wait()
            free_at = heapq.heappop(self._free_at)
        wait = free_at - self._clock.seconds()
        while wait > 0:
            self._clock.sleep(wait)
            wait = free_at - self._clock.seconds()
        try:
            yield
        finally:
            with self._given_back:
                heapq.heappush(self._free_at, self._clock.seconds() + self._window)
                self._given_back.notify()
