"""The small parts that every command's output is made of."""

from pathlib import Path

import pytest
from rich.console import Console

from scv_assets.commands.invocation import typed
from scv_assets.commands.listing import amount, folded, listing, shown, whole
from scv_assets.summary import Summary, print_summary, store_place


@pytest.mark.parametrize(
    ("cents", "currency", "written"),
    [
        (123456, "EUR", "1,234.56 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (0, "EUR", "0.00 EUR"),
        (1500, "JPY", "1,500 JPY"),
        (1500, "KWD", "1.500 KWD"),
        (100, "", "1.00"),
    ],
)
def test_an_amount_has_its_currencys_decimals(cents: int, currency: str, written: str) -> None:
    assert amount(cents, currency) == written


@pytest.mark.parametrize(
    ("value", "seen"),
    [(None, ""), (7, "7"), ("[/red]", "[/red]"), ("a\x1b[2Jb", "a�[2Jb"), ("\u202eabc", "�abc"), ("a\nb", "a\nb")],
)
def test_a_delivered_value_is_shown_and_acts_on_nothing(value: object, seen: str) -> None:
    assert shown(value).plain == seen


def test_a_title_is_never_wrapped_and_a_value_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    table = listing("A title that is longer than its table", whole("id"), folded("value"))
    table.add_row("C0123456789abcdef01234567", shown("x" * 30))
    Console(width=40).print(table)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == "A title that is longer than its table"
    assert lines[4] == f"C0123456789abcdef01234567  {'x' * 13}"
    assert lines[5].strip() == "x" * 13


def test_a_command_is_printed_as_it_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "scv"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCV_HOME", str(tmp_path / "mine"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert typed(tmp_path / "mine", "run") == "scv run"
    assert typed(tmp_path / "an other", "run") == "SCV_HOME='an other' scv run"
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sys.argv", ["bin/scv", "status"])
    assert typed(tmp_path / "mine", "run") == "bin/scv run"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("sqlite:////data/scv.db", "/data/scv.db"),
        ("postgresql://scv:topsecret@db:5432/scv", "postgresql://scv:***@db:5432/scv"),
    ],
)
def test_the_stores_place_holds_no_password(url: str, place: str) -> None:
    assert store_place(url) == place


def summary(**more: object) -> Summary:
    empty: dict[str, object] = {
        "records": 0,
        "sources": 0,
        "customers": 0,
        "merged_records": 0,
        "inside": [],
        "between": [],
        "segments": [],
        "matrix": {},
        "period": None,
        "quarantined": [],
        "interactions": [],
        "open_reviews": 0,
        "decisions": [],
        "decided_at": None,
    }
    return Summary(**{**empty, **more})  # type: ignore[arg-type]


def printed(of: Summary, capsys: pytest.CaptureFixture[str]) -> str:
    print_summary(Console(width=80), of, title="[/red] & Co", next_steps=[("a", "scv [x]")])
    return capsys.readouterr().out


def test_a_company_without_anything_has_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(summary(), capsys)
    assert "[/red] & Co" in told
    assert "No row is in quarantine." in told
    assert "a: scv [x]" in told


def test_the_matrix_has_a_segment_that_everybody_left(capsys: pytest.CaptureFixture[str]) -> None:
    matrix = {("(new)", "visitor"): 3, ("one_purchase", "multi_purchase"): 1_000}
    told = printed(summary(segments=[("visitor", 3)], matrix=matrix, period=("2026-11-01", "2026-11-20")), capsys)
    lines = [line.rstrip() for line in told.splitlines()]
    start = next(number for number, line in enumerate(lines) if line.startswith("from \\ to"))
    assert lines[start : start + 4] == [
        "from \\ to     visitor  multi purchase",
        "─────────────────────────────────────",
        "(new)               3               ·",
        "one purchase        ·           1,000",
    ]


def test_reasons_past_the_first_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(summary(quarantined=[("crm", f"reason {n}: [/x]", 10) for n in range(10)]), capsys)
    assert "In quarantine: 100 rows" in told
    assert "2 more reasons (scv quarantine list)" in told
    assert "reason 0: [/x]" in told


def test_decisions_are_told_by_campaign_with_what_held_messages_back(capsys: pytest.CaptureFixture[str]) -> None:
    decisions = [("cart_reminder", "by email", 1_200), ("cart_reminder", "not: no consent", 3)]
    told = printed(summary(decisions=decisions, decided_at="2026-11-20 23:00"), capsys)
    assert "Messages decided last (2026-11-20 23:00 UTC)" in told
    lines = [line.split() for line in told.splitlines()]
    assert ["cart", "reminder", "by", "email", "1,200"] in lines
    assert ["cart", "reminder", "not:", "no", "consent", "3"] in lines
