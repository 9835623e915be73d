"""The only reader of the clock: everything else receives the instant that one run calls now."""

import os
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
