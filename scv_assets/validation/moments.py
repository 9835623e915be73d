"""Days and instants: ISO 8601 unless the column names formats; `excel`, `epoch`, `epoch_ms` and `iso` are formats too.

The formats are tried in order, first with every field in its full width (`05/01/2026`), then loosely (`5/1/2026`). An
instant without an offset is a local time of the column's zone. A local time that comes twice (clocks go back) is its
first occurrence; one that never was (clocks go forward) is as long after the change as it says.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from scv_assets.sql_quoting import literal
from scv_assets.validation.conversion import NOT_QUICK, Conversion

ISO = "iso"
EXCEL = "excel"
EPOCH = "epoch"
EPOCH_MS = "epoch_ms"

_WIDTHS = {"Y": "[1-9][0-9]{3}", "m": "[0-9]{2}", "d": "[0-9]{2}", "H": "[0-9]{2}", "M": "[0-9]{2}", "S": "[0-9]{2}"}
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?"
_ISO_DAY = "[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
_OFFSET = r"(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])"
#: Serial 1 is 1 January 1900 and 60 the 29 February that 1900 did not have (Lotus 1-2-3's bug, kept by Excel).
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001
_EXCEL_LAST = 2_958_465
_UNIX_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001


def excel_instant(text: str) -> datetime | None:
    """Return the local time of an Excel serial number of the 1900 date system, to the second."""
    if not re.fullmatch(r"[0-9]{1,7}(?:[.][0-9]{1,15})?", text):
        return None
    serial = Decimal(text)
    if serial >= _EXCEL_LAST + 1 or serial < 1 or 60 <= serial < 61:
        return None
    seconds = round((serial + (1 if serial < 60 else 0)) * 86_400)
    return _EXCEL_EPOCH + timedelta(seconds=seconds)


def epoch_instant(text: str, units_a_second: int) -> datetime | None:
    """Return the instant of a count since 1970, naive UTC."""
    if not re.fullmatch(r"-?[0-9]{1,16}(?:[.][0-9]{1,9})?", text):
        return None
    try:
        return _UNIX_EPOCH + timedelta(microseconds=int(Decimal(text) * (1_000_000 // units_a_second)))
    except OverflowError:
        return None


def to_utc(moment: datetime, zone: ZoneInfo) -> datetime | None:
    """Return a moment as naive UTC; a naive one is a local time of the zone."""
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone, fold=0)).astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None


def read_moment(text: str, formats: Sequence[str]) -> datetime | None:
    """Return the moment that a text writes in the first format that fits it, naive where it has no offset."""
    for accepts in (_has_full_width, _has_any_width):
        for pattern in formats or (ISO,):
            found = _read_in(text, pattern) if accepts(text, pattern) else None
            if found is not None:
                return found
    return None


def read_date(text: str, formats: Sequence[str]) -> date | None:
    """Return a day; a moment is one only at midnight, since any other time may belong to another day elsewhere."""
    moment = read_moment(text, formats)
    if moment is None or moment.tzinfo is not None or moment.time() != datetime.min.time():
        return None
    return moment.date()


def read_instant(text: str, formats: Sequence[str], zone: ZoneInfo) -> datetime | None:
    """Return an instant as naive UTC."""
    moment = read_moment(text, formats)
    return None if moment is None else to_utc(moment, zone)


def _read_in(text: str, pattern: str) -> datetime | None:
    if pattern == EXCEL:
        return excel_instant(text)
    if pattern in (EPOCH, EPOCH_MS):
        instant = epoch_instant(text, 1 if pattern == EPOCH else 1000)
        return None if instant is None else instant.replace(tzinfo=UTC)
    try:
        return datetime.fromisoformat(text) if pattern == ISO else datetime.strptime(text, pattern)  # noqa: DTZ007
    except ValueError:
        return None


@cache
def _shape(pattern: str) -> str | None:
    """Return the regular expression of a format with its fields in full width; None where one has no fixed width."""
    pieces = re.split(r"%(.)", pattern, flags=re.DOTALL)
    if any(field not in _WIDTHS for field in pieces[1::2]) or len(set(pieces[1::2])) < len(pieces[1::2]):
        return None
    return "".join(_WIDTHS[piece] if i % 2 else re.escape(piece) for i, piece in enumerate(pieces))


def _has_full_width(text: str, pattern: str) -> bool:
    if pattern in (ISO, EXCEL, EPOCH, EPOCH_MS):
        return True
    shape = _shape(pattern)
    return shape is None or re.fullmatch(shape, text) is not None


def _has_any_width(text: str, pattern: str) -> bool:
    return True


def day(formats: Sequence[str]) -> Conversion:
    """Return the conversion of a column of days."""
    return Conversion(
        "DATE",
        f"a date ({_told(formats)})",
        lambda text: _quick(text, formats, _quick_day),
        lambda text: read_date(text, formats),
    )


def instant(formats: Sequence[str], time_zone: str) -> Conversion:
    """Return the conversion of a column of instants, to UTC."""
    zone = ZoneInfo(time_zone)
    return Conversion(
        "TIMESTAMP",
        f"an instant ({_told(formats)})",
        lambda text: _quick(text, formats, lambda text, pattern: _quick_instant(text, pattern, time_zone)),
        lambda text: read_instant(text, formats, zone),
    )


def _told(formats: Sequence[str]) -> str:
    return " or ".join(formats) if formats else "ISO 8601"


def _quick(text: str, formats: Sequence[str], one: Callable[[str, str], str | None]) -> str:
    """Return SQL over the formats up to the first without a quick way: what comes after it must wait its turn."""
    ways: list[str] = []
    for pattern in formats or (ISO,):
        way = one(text, pattern)
        if way is None:
            break
        ways.append(way)
    return f"COALESCE({', '.join(ways)})" if ways else NOT_QUICK


def _quick_day(text: str, pattern: str) -> str | None:
    if pattern == ISO:
        return _where(text, _ISO_DAY, f"TRY_CAST({text} AS DATE)")
    if pattern == EXCEL:
        serial = f"TRY_CAST({text} AS INTEGER)"
        return _where(text, "[1-9][0-9]{4,5}", f"DATE '1899-12-30' + {serial}")
    shape = None if pattern in (EPOCH, EPOCH_MS) or re.search("%[HMS]", pattern) else _shape(pattern)
    return shape and _where(text, shape, f"CAST(TRY_STRPTIME({text}, {literal(pattern)}) AS DATE)")


def _quick_instant(text: str, pattern: str, time_zone: str) -> str | None:
    if pattern == ISO:
        local = _where(text, f"{_ISO_DAY}(?:[T ]{_CLOCK})?", f"TRY_CAST({text} AS TIMESTAMP)")
        offset = _where(text, f"{_ISO_DAY}[T ]{_CLOCK}{_OFFSET}", f"timezone('UTC', TRY_CAST({text} AS TIMESTAMPTZ))")
        return f"COALESCE({_quick_utc(local, time_zone)}, {offset})"
    if pattern in (EPOCH, EPOCH_MS):
        units = f"TRY_CAST({text} AS BIGINT) * {1_000_000 if pattern == EPOCH else 1000}"
        return _where(text, "[0-9]{1,11}" if pattern == EPOCH else "[0-9]{1,14}", f"make_timestamp({units})")
    shape = None if pattern == EXCEL else _shape(pattern)
    return shape and _quick_utc(_where(text, shape, f"TRY_STRPTIME({text}, {literal(pattern)})"), time_zone)


def _quick_utc(local: str, time_zone: str) -> str:
    """Return SQL of a local time in UTC, null within three hours of a change of the clocks and outside 1972 to 2037."""
    if time_zone == "UTC":
        return local

    def utc(hours: int) -> str:
        shifted = f"({local} + INTERVAL '{hours} hours')"
        return f"(timezone('UTC', timezone({literal(time_zone)}, {shifted})) - INTERVAL '{hours} hours')"

    same = f"{utc(-3)} = {utc(0)} AND {utc(0)} = {utc(3)} AND year({local}) BETWEEN 1972 AND 2037"
    return f"CASE WHEN {same} THEN {utc(0)} END"


def _where(text: str, shape: str, value: str) -> str:
    return f"CASE WHEN regexp_full_match({text}, {literal(shape)}) THEN {value} END"
