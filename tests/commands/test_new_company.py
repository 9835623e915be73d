"""`scv init` lays a company on which everything works as it is."""

from pathlib import Path

import pytest

from tests.docs.pages import commands
from tests.pipeline.company import Company

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A new company after its first run; not to be changed."""
    company = Company(tmp_path_factory.mktemp("laid") / "company")
    told = company.scv("init", str(company.root))
    assert told.code == 0, told.text
    company.must_run()
    return company


def test_init_tells_its_files_and_what_to_do_next(tmp_path: Path, known: Company) -> None:
    told = known.scv("init", str(tmp_path / "new"), COLUMNS="40")
    *files, run, check = told.out.splitlines()
    assert [Path(file) for file in files] == sorted(path for path in (tmp_path / "new").rglob("*") if path.is_file())
    assert run.startswith(f"It runs as it is: SCV_HOME={tmp_path / 'new'} ")
    assert run.endswith("scv run")
    assert check.endswith("scv check")


def test_nothing_is_wrong_in_it(laid: Company) -> None:
    told = laid.scv("check", COLUMNS="220")
    assert told.code == 0
    assert told.out == f"{laid.root}: everything is in order\n"


def test_it_brings_two_people_out_of_three_rows(laid: Company) -> None:
    assert len(laid.rows("source_record")) == 3
    assert {row["first_name"] for row in laid.rows("golden_profile")} == {"Amélie", "Jan"}


def test_a_second_run_says_that_there_is_nothing_new(laid: Company) -> None:
    assert laid.scv("run").out.startswith("Nothing new: every delivery of 1 sources is in")


def test_status_says_what_is_in_and_that_it_is_current(laid: Company) -> None:
    told = laid.scv("status", COLUMNS="80").out
    assert "customers                1  2026-01-01     3               –" in told
    assert "current\n" in told


def test_status_changes_nothing(laid: Company) -> None:
    before = laid.tables()
    laid.scv("status")
    assert laid.tables() == before


def test_the_summary_fits_into_80_columns(laid: Company) -> None:
    told = laid.scv("run", COLUMNS="80").out.split("Open next")[0]
    assert max(map(len, told.splitlines())) <= 80


def test_a_changed_policy_is_news(laid: Company, tmp_path: Path) -> None:
    company = laid.copied(tmp_path / "company")
    company.replace("segments.yaml", "orders_count >= 2", "orders_count >= 3")
    assert "behind its inputs" in company.scv("status").out


def test_a_store_that_was_lost_is_news(laid: Company, tmp_path: Path) -> None:
    company = laid.copied(tmp_path / "company")
    for file in company.root.glob("scv.db*"):
        file.unlink()
    assert "behind its inputs" in company.scv("status").out
    company.must_run()
    assert len(company.rows("golden_profile")) == 2


def test_help_lists_every_command(laid: Company) -> None:
    told = laid.scv("--help", COLUMNS="120").out
    for command in commands():
        assert f"│ {command.split()[0]} " in told


@pytest.mark.parametrize("command", commands())
def test_every_command_explains_itself(laid: Company, command: str) -> None:
    told = laid.scv(*command.split(), "--help", COLUMNS="80")
    assert told.code == 0
    assert f"scv {command}" in told.out
    assert max(map(len, told.out.splitlines())) <= 80
