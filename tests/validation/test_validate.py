"""Validation over a lake: only what is stale is computed, refused days keep their last good rows."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from resources.lake import Lake
from resources.store.tables import QUARANTINE, duckdb_schema
from scv_assets import stages
from scv_assets.home import Home, Settings
from scv_assets.sources.contract import Contract
from scv_assets.validation import validate as validation
from scv_assets.validation.schema import typed_schema
from scv_assets.validation.validate import ValidationResult, stale_days, validate_days
from tests.validation.builders import column, contract, raw_table

D1, D2, D3 = date(2026, 9, 1), date(2026, 9, 2), date(2026, 9, 3)
SHOP = contract(column("no", required=True), column("amount", "money"), key=("no",), max_share=0.5)


class Company:
    """A lake with the raw days of one source."""

    def __init__(self, root: Path) -> None:
        settings = Settings(
            "Test", "Europe/Brussels", "EUR", ("BE",), D1, None, "", str(root / "lake"), "", "500MB", 1, "BE", {}
        )
        self.home = Home(root, settings, {"shop": SHOP})
        self.lake = self.home.lake()

    def deliver(self, day: date, *amounts: str, first: int = 1) -> None:
        rows = [{"no": str(number), "amount": amount} for number, amount in enumerate(amounts, first)]
        table = raw_table(["no", "amount"], rows, day=None, file=f"{day}.csv")
        self.lake.write(stages.raw_path("shop"), table, made_from="delivery", partition=day.isoformat())

    def withdraw(self, day: date) -> None:
        self.lake.commit(stages.raw_path("shop"), {}, removed=[day.isoformat()])

    def validate(self, *days: date, of: Contract = SHOP) -> ValidationResult:
        return validate_days(self.home, of, days or None, self.lake)

    def stale(self, of: Contract = SHOP) -> list[date]:
        return stale_days(self.home, of, self.lake)

    def typed(self) -> list[tuple[Any, ...]]:
        with self.lake.connect() as con:
            return (
                self.lake.scan(con, stages.typed_path("shop"), typed_schema(SHOP))
                .project("_day, no, amount")
                .fetchall()
            )

    def refused(self) -> list[tuple[Any, ...]]:
        with self.lake.connect() as con:
            rows = self.lake.scan(con, stages.quarantine_path("shop"), duckdb_schema(QUARANTINE))
            return rows.project("extracted_on, file, row_number, reason").fetchall()


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


def test_days_become_typed_rows_and_quarantine(company: Company) -> None:
    company.deliver(D1, "1.50", "x", "3")
    company.deliver(D2, "4", first=10)
    assert company.stale() == [D1, D2]
    done = company.validate()
    assert (done.written, done.unchanged, done.refused_days) == ([D1, D2], [], [])
    assert (done.rows_in, done.rows_out, done.rows_refused) == (4, 3, 1)
    assert done.reasons == {"amount: is not money in EUR": 1}
    assert company.typed() == [(D1, "1", 150), (D1, "3", 300), (D2, "10", 400)]
    assert company.refused() == [(D1, "2026-09-01.csv", 2, "amount: 'x' is not money in EUR")]
    assert company.stale() == []


def test_what_is_current_is_not_computed_again(company: Company) -> None:
    company.deliver(D1, "1", "x")
    company.deliver(D2, "1")
    company.validate()
    company.deliver(D2, "2")
    assert company.stale() == [D2]
    done = company.validate()
    assert (done.written, done.unchanged, done.rows_in) == ([D2], [D1], 1)
    assert company.validate().written == []


def test_only_the_days_asked_for_are_touched(company: Company) -> None:
    for day in (D1, D2, D3):
        company.deliver(day, "1")
    assert company.validate(D2).written == [D2]
    assert company.stale() == [D1, D3]


def test_a_mended_file_empties_its_quarantine(company: Company) -> None:
    company.deliver(D1, "1", "x")
    company.validate()
    company.deliver(D1, "1", "2")
    company.validate()
    assert company.refused() == []
    assert len(company.typed()) == 2


def test_a_changed_contract_makes_every_day_stale_and_a_changed_map_none(company: Company) -> None:
    company.deliver(D1, "1,50")
    company.validate()
    comma = contract(column("no", required=True), column("amount", "money", decimal=","), key=("no",), max_share=0.5)
    assert company.stale(comma) == [D1]
    trusted = contract(*SHOP.columns.values(), key=("no",), max_share=0.5)
    assert company.stale(trusted) == []


def test_a_refused_day_keeps_its_last_good_rows_and_is_told_again(company: Company) -> None:
    company.deliver(D1, "1", "x")
    company.deliver(D2, "5")
    company.validate()
    good, quarantined = company.typed(), company.refused()
    company.deliver(D1, "x", "y", "3")
    first = company.validate()
    assert [error.day for error in first.refused_days] == ["2026-09-01"]
    assert (first.written, first.rows_in, first.rows_out, first.rows_refused) == ([], 3, 0, 0)
    assert (company.typed(), company.refused()) == (good, quarantined)
    assert company.stale() == []
    again = company.validate()
    assert [str(error) for error in again.refused_days] == [str(error) for error in first.refused_days]
    assert (again.rows_in, again.unchanged) == (0, [D2])


def test_a_refused_day_is_forgotten_once_it_is_mended_or_gone(company: Company) -> None:
    company.deliver(D1, "x", "y")
    company.deliver(D2, "x", "y")
    assert len(company.validate().refused_days) == 2
    company.deliver(D1, "1", "2")
    company.withdraw(D2)
    assert company.stale() == [D1, D2]
    done = company.validate()
    assert (done.written, done.removed, done.refused_days) == ([D1], [D2], [])
    assert json.loads(company.lake.read_text("validation/shop/_refused.json") or "") == {}


def test_a_file_put_back_as_it_was_lifts_the_refusal(company: Company) -> None:
    company.deliver(D1, "1")
    company.validate()
    company.deliver(D1, "x")
    company.validate()
    company.deliver(D1, "1")
    done = company.validate()
    assert (done.unchanged, done.refused_days) == ([D1], [])
    assert company.validate().refused_days == []


def test_a_day_without_raw_rows_any_more_is_removed(company: Company) -> None:
    company.deliver(D1, "1", "x")
    company.deliver(D2, "2")
    company.validate()
    company.withdraw(D1)
    assert company.stale() == [D1]
    assert company.validate().removed == [D1]
    assert company.typed() == [(D2, "1", 200)]
    assert company.refused() == []


def test_a_day_without_rows_is_a_day(company: Company) -> None:
    company.deliver(D1)
    company.deliver(D2)
    done = company.validate()
    assert (done.written, done.rows_in) == ([D1, D2], 0)
    assert company.stale() == []


def test_a_column_that_an_old_extract_does_not_have_is_null(company: Company) -> None:
    company.deliver(D1, "1")
    wider = contract(*SHOP.columns.values(), column("note"), key=("no",))
    assert company.validate(of=wider).rows_out == 1


def test_days_give_the_same_bytes_alone_and_together(company: Company, tmp_path: Path) -> None:
    other = Company(tmp_path / "other")
    for one in (company, other):
        for day in (D1, D2, D3):
            one.deliver(day, "1", "x", "3", "4")
    company.validate()
    for day in (D3, D1, D2):
        other.validate(day)
    for path in (stages.typed_path("shop"), stages.quarantine_path("shop")):
        assert company.lake.parts(path) == other.lake.parts(path)


@pytest.mark.slow
def test_batches_give_the_same_bytes_as_all_at_once(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Company(tmp_path / "other")
    for one in (company, other):
        for day in (D1, D2, D3):
            one.deliver(day, *(str(number) for number in range(50)), "x")
    company.validate()
    monkeypatch.setattr(validation, "ROWS_AT_ONCE", 60)
    monkeypatch.setattr("scv_assets.validation.judging.ROWS_AT_ONCE", 7)
    other.validate()
    assert company.lake.parts(stages.typed_path("shop")) == other.lake.parts(stages.typed_path("shop"))


def test_a_run_killed_between_quarantine_and_rows_is_done_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.deliver(D1, "1", "x")
    commit = Lake.commit

    def killed(lake: Lake, dataset: str, *arguments: Any, **named: Any) -> None:
        if dataset == stages.typed_path("shop"):
            raise KeyboardInterrupt
        commit(lake, dataset, *arguments, **named)

    monkeypatch.setattr(Lake, "commit", killed)
    with pytest.raises(KeyboardInterrupt):
        company.validate()
    monkeypatch.undo()
    assert company.stale() == [D1]
    company.validate()
    assert (len(company.typed()), len(company.refused())) == (1, 1)
