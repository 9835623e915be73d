"""The business day of an instant: the calendar day in the company's time zone."""

from datetime import date
from zoneinfo import ZoneInfo


def business_day(column: str, time_zone: str) -> str:
    """Return the SQL of the day on which a UTC instant falls in the time zone (an IANA name)."""
    name = ZoneInfo(time_zone).key
    return f"CAST(timezone('{name}', timezone('UTC', {column})) AS DATE)"


def day(value: date) -> str:
    """Return a day as an SQL literal."""
    return f"DATE '{value.isoformat()}'"
