"""Birth dates: a day, or None where the source only had to fill the field."""

import re
from datetime import date

from scv_assets.standardisation.text import clean

#: Days that systems write for "unknown": the zero of Excel, SQL Server, Unix-less mainframes; nobody alive has them.
OLDEST = date(1900, 1, 2)

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})(?:[T ].*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


def birth_on(value: str | None, as_of: date | None = None) -> date | None:
    """Return the day of birth; None for a placeholder (before 1900-01-02), a day after `as_of`, or no date at all.

    ISO, `31/12/1980`, `31.12.1980` and `19801231` are read, day before month. 1 January stays: it may be true; that
    it is often invented is for identity to weigh.
    """
    text = clean(value)
    if text is None:
        return None
    if iso := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        year, month, day = (int(part) for part in iso.groups())
    elif day_first := _DAY_FIRST.fullmatch(text):
        day, month, year = (int(part) for part in day_first.groups())
    else:
        return None
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return None if found < OLDEST or (as_of is not None and found > as_of) else found
