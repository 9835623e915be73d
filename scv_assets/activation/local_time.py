"""The instants (UTC) at which days of the company begin and end, and clocks show an hour (see also `business_days`)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def start_of(day: str, time_zone: str) -> str:
    """Return the SQL of the instant (UTC) at which a day, an SQL expression, begins in the time zone."""
    return at_local(f"CAST({day} AS TIMESTAMP)", time_zone)


def end_of(day: str, time_zone: str) -> str:
    """Return the SQL of the instant at which a day is over: the next one's beginning."""
    return start_of(f"({day} + 1)", time_zone)


def at_local(shown: str, time_zone: str) -> str:
    """Return the SQL of the instant (UTC) at which a clock on the wall shows this."""
    return f"timezone('UTC', timezone('{ZoneInfo(time_zone).key}', {shown}))"


def end_of_day(day: date, time_zone: str) -> datetime:
    """Return the instant (naive UTC) at which a day is over in the time zone."""
    midnight = datetime.combine(day + timedelta(days=1), time(0), tzinfo=ZoneInfo(time_zone))
    return midnight.astimezone(UTC).replace(tzinfo=None)


def literal(instant: datetime) -> str:
    """Return an instant as an SQL literal."""
    return f"TIMESTAMP '{instant.isoformat(sep=' ')}'"
