"""A server's limits: so many calls in any window of time, so many under way at once."""

import time
from collections import deque
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def seconds(self) -> float:
        """Return seconds since some moment."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class WallClock:
    """The machine's clock; `speed` makes it run so many times faster, for who cannot wait."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed

    def seconds(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic() * self._speed

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(0.0, seconds / self._speed))


class Window:
    """A rolling window: a call is taken where fewer than `calls` were taken in the `seconds` before it."""

    def __init__(self, calls: int, seconds: float, clock: Clock) -> None:
        self._calls = calls
        self._seconds = seconds
        self._clock = clock
        self._taken: deque[float] = deque()
        self.taken_at = 0.0

    def take(self) -> float | None:
        """Take a call (None), or return the seconds after which one would be taken."""
        now = self._clock.seconds()
        while self._taken and self._taken[0] <= now - self._seconds:
            self._taken.popleft()
        if len(self._taken) < self._calls:
            self._taken.append(now)
            self.taken_at = now
            return None
        return self._taken[0] + self._seconds - now
