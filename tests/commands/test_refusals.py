"""What cannot be is told in one sentence on standard error, with exit code 1 and without a traceback."""

import re
from pathlib import Path

import pytest

from tests.pipeline.company import Company

COMMANDS = (
    ("run",),
    ("status",),
    ("check",),
    ("profile", "x"),
    ("dev",),
    ("quarantine", "list"),
    ("quarantine", "replay"),
    ("quarantine", "discard", "crm", "f", "1", "--by", "anna"),
)


def refusal(company: Company, *arguments: str, **environment: str) -> str:
    """Type a command, see that it is refused as it should be, and return the sentence."""
    told = company.scv(*arguments, **environment)
    assert told.code == 1, told.text
    assert "Traceback" not in told.text
    assert told.out == ""
    assert told.err.endswith("\n")
    assert told.err.count("\n") == 1
    return told.err.strip()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_folder_that_is_none(known: Company, command: tuple[str, ...]) -> None:
    said = refusal(known, *command, "--home", "nowhere")
    assert said.removeprefix("ConfigError: ") == (
        "nowhere: there is no such folder; lay one with 'scv init', or set SCV_HOME"
    )


def test_a_folder_that_holds_something_is_not_laid(known: Company) -> None:
    assert refusal(known, "init", str(known.root)) == f"ConfigError: {known.root} is not empty; name a new folder"


def test_a_folder_that_cannot_be_written(known: Company, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    place = str(tmp_path / "file" / "company")
    assert "cannot be laid (Not a directory); name another folder" in refusal(known, "init", place)


def test_somebodys_company_is_not_generated_over(known: Company) -> None:
    before = (known.root / "scv.yaml").read_text()
    told = known.scv("generate", str(known.root), "--people", "1", "--days", "1")
    assert told.code == 1
    assert "its inbox was not generated; choose another folder or empty the inbox" in told.err
    assert "Traceback" not in told.err
    assert (known.root / "scv.yaml").read_text() == before


def test_a_state_that_is_none(known: Company) -> None:
    said = refusal(known, "quarantine", "list", "--status", "bad")
    assert said == "ConfigError: --status bad is none of open, replayed, discarded"


def test_a_source_that_is_none(known: Company) -> None:
    said = refusal(known, "quarantine", "list", "--source", "nope")
    assert said == "NotFound: no source is called 'nope'; there are customers"


def test_a_row_that_is_not_in_quarantine(known: Company) -> None:
    said = refusal(known, "quarantine", "discard", "customers", "f.csv", "1", "--by", "anna")
    assert said == "NotFound: no row 1 of f.csv of customers is in quarantine"


def test_days_in_the_wrong_order(known: Company) -> None:
    said = refusal(known, "run", "--from", "2026-11-12", "--to", "2026-11-10")
    assert said == "ConfigError: --from 2026-11-12 is after --to 2026-11-10"


@pytest.mark.parametrize("command", COMMANDS[:2] + COMMANDS[3:4] + COMMANDS[5:], ids=" ".join)
def test_a_store_that_does_not_answer_is_told_without_its_password(
    changeable: Company, command: tuple[str, ...]
) -> None:
    with (changeable.root / "scv.yaml").open("a") as settings:
        settings.write('\nstore: {url: "postgresql://scv:topsecret@127.0.0.1:1/scv"}\n')
    said = refusal(changeable, *command)
    assert said.startswith("StoreUnavailable: the store postgresql://127.0.0.1:1/scv cannot be used now (")
    assert said.endswith("; see that it runs, then try again")
    assert "topsecret" not in said


def test_a_variable_that_is_not_set_is_told_by_its_name(changeable: Company) -> None:
    with (changeable.root / "scv.yaml").open("a") as settings:
        settings.write('\nstore: {url: "postgresql://scv:${SCV_TEST_UNSET}@127.0.0.1:1/scv"}\n')
    assert re.fullmatch(
        r"ConfigError: scv\.yaml:\d+: the environment variable SCV_TEST_UNSET is not set", refusal(changeable, "status")
    )


def test_check_tells_a_missing_folder_once_and_as_a_mistake(known: Company) -> None:
    told = known.scv("check", "--home", "nowhere")
    assert (told.code, told.out) == (1, "")
    assert told.err.count("nowhere") == 1


@pytest.mark.parametrize(
    "typed",
    [
        ("bogus",),
        ("run", "--from", "yesterday"),
        ("profile",),
        ("profile", "x", "--days", "0"),
        ("generate", "new", "--people", "0"),
        ("quarantine", "list", "--limit", "0"),
        ("quarantine", "discard", "customers", "f.csv", "1"),
    ],
    ids=" ".join,
)
def test_what_is_typed_wrongly_ends_with_the_usage_and_code_2(known: Company, typed: tuple[str, ...]) -> None:
    told = known.scv(*typed)
    assert told.code == 2
    assert "Usage" in told.err
    assert "Traceback" not in told.err
