"""The only reader of the clock: everything else receives the instant that one run calls now."""

import os
import time
from datetime import UTC, datetime

NOW_VARIABLE = "SCV_NOW"


def now() -> datetime:
    """Return this instant as naive UTC, in whole seconds; `SCV_NOW` (ISO 8601) fixes it for tests and replays."""
    fixed = os.environ.get(NOW_VARIABLE)
    if fixed:
        instant = datetime.fromisoformat(fixed)
        if instant.tzinfo is not None:
            instant = instant.astimezone(UTC)
    else:
        instant = datetime.now(tz=UTC)
    return instant.replace(microsecond=0, tzinfo=None)


class SystemClock:
    """The machine's clock, for whoever has to wait or to keep a rate: tests and benchmarks give another."""

    def now(self) -> datetime:
        """Return this instant as `now` does."""
        return now()

    def seconds(self) -> float:
        """Return seconds since some moment; they never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(0.0, seconds))
