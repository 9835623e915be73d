"""The clock: UTC, whole seconds, and fixed where a test or a replay says so."""

from datetime import UTC, datetime, timedelta

import pytest

from resources.clock import NOW_VARIABLE, now


@pytest.mark.parametrize(
    ("fixed", "instant"),
    [
        ("2026-11-20T03:00:00.9", "2026-11-20T03:00:00"),
        ("2026-11-20T03:00:00+01:00", "2026-11-20T02:00:00"),
        ("2026-11-20T03:00:00Z", "2026-11-20T03:00:00"),
        ("2026-11-20", "2026-11-20T00:00:00"),
    ],
)
def test_the_instant_can_be_fixed(fixed: str, instant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NOW_VARIABLE, fixed)
    assert now() == datetime.fromisoformat(instant)


def test_otherwise_it_is_this_second_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NOW_VARIABLE, raising=False)
    instant = now()
    assert instant.tzinfo is None
    assert instant.microsecond == 0
    assert abs(datetime.now(tz=UTC).replace(tzinfo=None) - instant) < timedelta(seconds=5)
