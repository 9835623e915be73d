"""Days and instants: formats, Excel serials, offsets, and what the clocks do in spring and autumn."""

# ruff: noqa: DTZ001 (instants are naive UTC, local times are naive)

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from duckdb import DuckDBPyConnection as Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.validation import moments
from scv_assets.validation.moments import excel_instant, read_date, read_instant
from tests.validation.builders import column, values
from tests.validation.test_figures import quickly

BRUSSELS = ZoneInfo("Europe/Brussels")


@pytest.mark.parametrize(
    ("text", "formats", "day"),
    [
        ("2026-02-28", (), date(2026, 2, 28)),
        ("2026-02-28 00:00:00", (), date(2026, 2, 28)),
        ("20260228", (), date(2026, 2, 28)),
        ("0985-01-02", (), date(985, 1, 2)),
        ("05/01/2026", ("%d/%m/%Y",), date(2026, 1, 5)),
        ("5/1/2026", ("%d/%m/%Y",), date(2026, 1, 5)),
        ("13.01.26", ("%d/%m/%Y", "%d.%m.%y"), date(2026, 1, 13)),
        ("2026-01-05", ("%d/%m/%Y", "iso"), date(2026, 1, 5)),
        ("46027", ("excel",), date(2026, 1, 5)),
        ("46027.0", ("excel",), date(2026, 1, 5)),
        ("1", ("excel",), date(1900, 1, 1)),
        ("59", ("excel",), date(1900, 2, 28)),
        ("61", ("excel",), date(1900, 3, 1)),
        ("05/01/2026", ("excel", "%d/%m/%Y"), date(2026, 1, 5)),
    ],
)
def test_days(con: Connection, text: str, formats: tuple[str, ...], day: date) -> None:
    assert values(con, column("on", "date", formats=formats), text) == [day]


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("2026-02-30", ()),
        ("31/02/2026", ("%d/%m/%Y",)),
        ("29/02/2025", ("%d/%m/%Y",)),
        ("05/01/26", ("%d/%m/%Y",)),
        ("2026-01-05T22:00:00Z", ()),
        ("2026-01-05 10:00", ()),
        ("0000-01-01", ()),
        ("60", ("excel",)),
        ("0", ("excel",)),
        ("46027.5", ("excel",)),
        ("9999999", ("excel",)),
        ("yesterday", ()),
    ],
)
def test_impossible_days_are_refused(con: Connection, text: str, formats: tuple[str, ...]) -> None:
    told = " or ".join(formats) or "ISO 8601"
    assert values(con, column("on", "date", formats=formats), text) == [f"on: '{text}' is not a date ({told})"]


@pytest.mark.parametrize(
    ("text", "formats", "utc"),
    [
        ("2026-09-01T10:00:00", (), datetime(2026, 9, 1, 8)),
        ("2026-09-01 10:00", (), datetime(2026, 9, 1, 8)),
        ("2026-09-01", (), datetime(2026, 8, 31, 22)),
        ("2026-09-01T10:00:00.123456Z", (), datetime(2026, 9, 1, 10, 0, 0, 123456)),
        ("2026-09-01T10:00:00+05:30", (), datetime(2026, 9, 1, 4, 30)),
        ("2026-01-01T10:00:00", (), datetime(2026, 1, 1, 9)),
        ("01/09/2026 10:00", ("%d/%m/%Y %H:%M",), datetime(2026, 9, 1, 8)),
        ("01/09/2026 10:00 +0000", ("%d/%m/%Y %H:%M %z",), datetime(2026, 9, 1, 10)),
        ("1788256800", ("epoch",), datetime(2026, 9, 1, 10)),
        ("1788256800.5", ("epoch",), datetime(2026, 9, 1, 10, 0, 0, 500000)),
        ("1788256800123", ("epoch_ms",), datetime(2026, 9, 1, 10, 0, 0, 123000)),
        ("-1", ("epoch",), datetime(1969, 12, 31, 23, 59, 59)),
        ("46266.5", ("excel",), datetime(2026, 9, 1, 10)),
    ],
)
def test_instants_are_utc(con: Connection, text: str, formats: tuple[str, ...], utc: datetime) -> None:
    assert values(con, column("at", "instant", formats=formats), text) == [utc]


@pytest.mark.parametrize("text", ["2026-09-01T25:00", "2026-13-01T10:00:00", "2026-09-01T10:60:00", "now", "12:00"])
def test_impossible_instants_are_refused(con: Connection, text: str) -> None:
    assert values(con, column("at", "instant"), text) == [f"at: '{text}' is not an instant (ISO 8601)"]


def test_an_hour_that_comes_twice_is_its_first_occurrence(con: Connection) -> None:
    texts = ["2026-10-25T01:59:59", "2026-10-25T02:00:00", "2026-10-25T02:59:59", "2026-10-25T03:00:00"]
    assert values(con, column("at", "instant"), *texts) == [
        datetime(2026, 10, 24, 23, 59, 59),
        datetime(2026, 10, 25, 0, 0, 0),
        datetime(2026, 10, 25, 0, 59, 59),
        datetime(2026, 10, 25, 2, 0, 0),
    ]


def test_an_hour_that_never_was_is_as_long_after_the_change(con: Connection) -> None:
    texts = ["2026-03-29T01:59:59", "2026-03-29T02:30:00", "2026-03-29T03:00:00"]
    assert values(con, column("at", "instant"), *texts) == [
        datetime(2026, 3, 29, 0, 59, 59),
        datetime(2026, 3, 29, 1, 30, 0),
        datetime(2026, 3, 29, 1, 0, 0),
    ]


ZONES = ["Europe/Brussels", "Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]
LOCAL = st.datetimes(datetime(1960, 1, 1), datetime(2045, 1, 1))
NEAR_A_CHANGE = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes),
    st.sampled_from([datetime(2026, 3, 29, 2), datetime(2026, 10, 25, 3), datetime(1996, 10, 27, 3)]),
    st.integers(-400, 400),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(LOCAL | NEAR_A_CHANGE, min_size=1, max_size=80))
@pytest.mark.parametrize("zone", ZONES)
def test_local_times_agree_with_zoneinfo(con: Connection, zone: str, locals_: list[datetime]) -> None:
    expected = [local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None) for local in locals_]
    texts = [local.isoformat(sep=" ") for local in locals_]
    assert values(con, column("at", "instant", time_zone=zone), *texts) == expected


FORMATS = ["%d/%m/%Y", "%Y%m%d", "%m-%d-%Y", "%d.%m.%Y", "%Y/%m/%d"]
DAY_LIKE = st.text(alphabet="0123456789/-. ", min_size=6, max_size=10).map(str.strip).filter(bool)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([*FORMATS, "iso", "excel"]), min_size=1, max_size=3, unique=True).map(tuple),
    st.lists(
        DAY_LIKE | st.builds(lambda day, f: day.strftime(f), st.dates(date(1000, 1, 1)), st.sampled_from(FORMATS)),
        min_size=1,
        max_size=40,
    ),
)
def test_the_quick_way_reads_days_as_the_careful_way(
    con: Connection, formats: tuple[str, ...], texts: list[str]
) -> None:
    for text, quick in quickly(con, moments.day(formats), texts):
        assert quick is None or quick == read_date(text, formats), text


INSTANT_FORMATS = ["%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "iso", "epoch", "epoch_ms"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(INSTANT_FORMATS), min_size=1, max_size=3, unique=True).map(tuple),
    st.lists(
        st.builds(lambda at, f: at.strftime(f), LOCAL | NEAR_A_CHANGE, st.sampled_from(INSTANT_FORMATS[:2]))
        | LOCAL.map(datetime.isoformat)
        | st.builds(lambda at, offset: f"{at.isoformat()}{offset}", LOCAL, st.sampled_from(["Z", "+02:00", "-0330"]))
        | st.integers(0, 10**13).map(str),
        min_size=1,
        max_size=40,
    ),
)
def test_the_quick_way_reads_instants_as_the_careful_way(
    con: Connection, formats: tuple[str, ...], texts: list[str]
) -> None:
    for text, quick in quickly(con, moments.instant(formats, "Europe/Brussels"), texts):
        assert quick is None or quick == read_instant(text, formats, BRUSSELS), text


@given(st.dates(date(1900, 3, 1), date(9999, 12, 31)))
def test_excel_serials_count_days(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert excel_instant(str(serial)) == datetime(day.year, day.month, day.day)
