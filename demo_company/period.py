"""The company's calendar: days are counted from the first day, moments are seconds of the wall clock since 1970.

Shops and people keep no night: nothing happens between midnight and six, so no moment falls into the hour that a change
to winter time repeats.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from demo_company.arrays import Integers, Texts, texts

DAY = 86_400
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Period:
    """The days that the company's sources cover, and its time zone."""

    start_on: date
    days: int
    time_zone: str

    @property
    def first(self) -> int:
        """The first day, in days since 1970."""
        return (self.start_on - EPOCH).days

    @property
    def end_on(self) -> date:
        """The last day."""
        return self.start_on + timedelta(days=self.days - 1)

    def on(self, day: int) -> date:
        """Return the date of a day index."""
        return self.start_on + timedelta(days=int(day))

    def moment(self, days: Integers, seconds: Integers) -> Integers:
        """Return the wall-clock moments of day indexes and seconds since midnight."""
        return (days + self.first) * DAY + seconds

    def day_of(self, moments: Integers) -> Integers:
        """Return the day index of wall-clock moments."""
        return moments // DAY - self.first

    def utc(self, moments: Integers) -> Integers:
        """Return the moments in seconds of UTC; each distinct hour is looked up once."""
        hours, inverse = np.unique(moments // 3600, return_inverse=True)
        zone = ZoneInfo(self.time_zone)
        offsets = [_offset(int(hour) * 3600, zone) for hour in hours]
        return moments - np.array(offsets, dtype=np.int64)[inverse]


def _offset(moment: int, zone: ZoneInfo) -> int:
    """Return how many seconds a zone is ahead of UTC at a moment of its wall clock."""
    ahead = datetime.fromtimestamp(moment, tz=UTC).replace(tzinfo=zone).utcoffset()
    return int(ahead.total_seconds()) if ahead is not None else 0


def opening_hours(rng: np.random.Generator, size: int) -> Integers:
    """Return seconds since midnight within a store's hours (9 to 19)."""
    return rng.integers(9 * 3600, 19 * 3600, size)


def waking_hours(rng: np.random.Generator, size: int) -> Integers:
    """Return seconds since midnight when people are online (7 to 23, more in the evening)."""
    return (7 * 3600 + rng.beta(3, 2, size) * 15.5 * 3600).astype(np.int64)


def written(moments: Integers, pattern: str) -> Texts:
    """Return moments as text by a strftime pattern of which each distinct minute is formatted once."""
    minutes, inverse = np.unique(moments // 60, return_inverse=True)
    whole = [datetime.fromtimestamp(int(m) * 60, tz=UTC).strftime(pattern) for m in minutes]
    return np.asarray(whole, dtype=object)[inverse]


def iso(moments: Integers, suffix: str = "", separator: str = "T") -> Texts:
    """Return moments as ISO 8601 text to the second, with a suffix such as `Z`."""
    plain = np.datetime_as_string(moments.astype("datetime64[s]"), unit="s").tolist()
    return texts([text.replace("T", separator) + suffix for text in plain])


def iso_offset(period: Period, moments: Integers) -> Texts:
    """Return moments as ISO 8601 text with the zone's offset (`2026-08-23T14:05:00+02:00`)."""
    hours = (moments - period.utc(moments)) // 3600
    return np.array([f"{t}+{h:02d}:00" for t, h in zip(iso(moments), hours, strict=True)], dtype=object)


def dates(days_since_1970: Integers, pattern: str = "%Y-%m-%d") -> Texts:
    """Return days since 1970 as text."""
    distinct, inverse = np.unique(days_since_1970, return_inverse=True)
    whole = [(EPOCH + timedelta(days=int(day))).strftime(pattern) for day in distinct]
    return np.asarray(whole, dtype=object)[inverse]
