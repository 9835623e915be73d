"""The fourteen contracts load without a word, and every extract is read by its contract."""

import pytest

from scv_assets.home import Home
from scv_assets.sources.check import problems, warnings
from scv_assets.sources.deliveries import deliveries
from scv_assets.sources.extraction import extract
from tests.demo_company.company import Company
from tests.demo_company.rows import PERSON_KEY

DAILY = ("crm", "pos", "web", "app", "ecommerce", "service", "call_centre")


def test_there_are_the_fourteen_sources(home: Home) -> None:
    assert set(home.contracts) == set(PERSON_KEY)


def test_the_folder_has_no_problem_and_nothing_forgotten(company: Company) -> None:
    assert problems(company.folder) == []
    assert warnings(company.folder) == []


def test_every_source_and_column_is_described_and_owned(home: Home) -> None:
    for contract in home.contracts.values():
        assert contract.description
        assert contract.owner.steward
        assert all(column.description for column in contract.columns.values()), contract.source


@pytest.mark.parametrize("source", sorted(PERSON_KEY))
def test_every_extract_is_read_by_its_contract(company: Company, home: Home, source: str) -> None:
    contract = home.contracts[source]
    found = deliveries(home, contract)
    assert found
    rows = sum(extract(home, contract, delivery).num_rows for delivery in found)
    assert rows >= company.report.rows[source]


@pytest.mark.parametrize("source", DAILY)
def test_a_daily_source_delivers_on_most_days(home: Home, source: str) -> None:
    assert len(deliveries(home, home.contracts[source])) >= 80
