"""`scv quarantine`: refused rows can be found, copied and given up."""

from datetime import date
from typing import Any

import pytest

from tests.commands.customers import insert
from tests.pipeline.company import Company

FILE = "customers/customers_2026-01-01.csv"


def refused(row_number: int, day: int = 1, **more: object) -> dict[str, Any]:
    return {
        "source": "customers",
        "file": FILE,
        "row_number": row_number,
        "reason": "email: required but empty",
        "column": "email",
        "row": "{}",
        "extracted_on": date(2026, 1, day),
        "status": "open",
        **more,
    }


@pytest.fixture
def company(changeable: Company) -> Company:
    with changeable.store() as engine:
        insert(
            engine,
            quarantine=[
                refused(1),
                refused(2, day=2),
                refused(3, status="replayed"),
                refused(4, reason="[/red] '\x1b'"),
            ],
        )
    return changeable


def test_the_newest_day_comes_first_with_file_row_and_reason(company: Company) -> None:
    told = company.scv("quarantine", "list", COLUMNS="80").out
    assert "3 rows open in quarantine, 3 shown" in told
    assert told.index("2026-01-02  customers    2  " + FILE) < told.index("2026-01-01  customers    1  " + FILE)
    assert "email: required but empty" in told
    assert "[/red] '�'" in told
    assert max(map(len, told.splitlines())) <= 80


def test_a_limit_says_how_many_there_are(company: Company) -> None:
    assert "3 rows open in quarantine, 1 shown" in company.scv("quarantine", "list", "--limit", "1").out


def test_another_status_is_another_list(company: Company) -> None:
    assert "1 rows replayed in quarantine" in company.scv("quarantine", "list", "--status", "replayed").out
    assert company.scv("quarantine", "list", "--status", "discarded").out == "No row is discarded in quarantine.\n"


def test_what_is_given_up_no_longer_waits_and_stays_on_record(company: Company) -> None:
    told = company.scv("quarantine", "discard", "customers", FILE, "2", "--by", "anna", COLUMNS="220")
    assert told.out == f"customers, {FILE}, row 2: given up by anna; it stays on record.\n"
    assert "2 rows open" in company.scv("quarantine", "list").out
    assert "1 rows discarded" in company.scv("quarantine", "list", "--status", "discarded").out
