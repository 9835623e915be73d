"""Companies that deliver, and the servers they deliver to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from destination_sandbox.serving import Running, running
from tests.activation.delivery.company import Company, make_company


class Loose:
    """A clock that goes on by a second whenever it is looked at: no limit is ever met, and a token lives for long."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def seconds(self) -> float:
        self._seconds += 1.0
        return self._seconds

    def sleep(self, seconds: float) -> None:
        self._seconds += seconds


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def company(tmp_path: Path, store: sa.Engine) -> Company:
    return make_company(tmp_path / "company", store)


@pytest.fixture
def hubspot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with running("hubspot", Loose()) as server:
        monkeypatch.setenv("HUBSPOT_URL", server.url)
        monkeypatch.setenv("HUBSPOT_TOKEN", "hush-token")
        yield server


@pytest.fixture
def actito(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with running("actito", Loose()) as server:
        monkeypatch.setenv("ACTITO_URL", server.url)
        monkeypatch.setenv("ACTITO_KEY", "hush-key")
        yield server


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with running("sms", Loose()) as server:
        monkeypatch.setenv("SMS_URL", server.url)
        monkeypatch.setenv("SMS_TOKEN", "hush-sms")
        yield server
