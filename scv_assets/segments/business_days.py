"""The company's clock and calendar in SQL: what is shown at an instant, and the business day that it falls on."""

from datetime import date
from zoneinfo import ZoneInfo


def local(instant: str, time_zone: str) -> str:
    """Return the SQL of what a clock on the wall shows in the time zone (an IANA name) at an instant (UTC)."""
    return f"timezone('{ZoneInfo(time_zone).key}', timezone('UTC', {instant}))"


def business_day(column: str, time_zone: str) -> str:
    """Return the SQL of the calendar day on which a UTC instant falls in the time zone."""
    return f"CAST({local(column, time_zone)} AS DATE)"


def day(value: date) -> str:
    """Return a day as an SQL literal."""
    return f"DATE '{value.isoformat()}'"
