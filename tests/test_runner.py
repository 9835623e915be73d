"""A run says beforehand how many steps it has, whatever there is to bring in."""

import shutil
from pathlib import Path

import pytest

from tests.heard import Heard
from tests.pipeline.company import Company

pytestmark = pytest.mark.slow


def test_as_many_steps_are_told_as_were_planned_though_days_lie_apart(tmp_path: Path) -> None:
    company = Company(tmp_path / "company")
    assert company.scv("init", str(company.root)).code == 0
    (first,) = (company.root / "inbox").rglob("*.csv")
    for day in ("2026-01-03", "2026-01-05"):
        shutil.copyfile(first, first.with_name(first.name.replace("2026-01-01", day)))
    heard = Heard()
    with heard.listening():
        company.must_run()
    assert len([step for step in heard.steps if step.stage == "sources"]) == 3
    assert heard.planned == [len(heard.steps)]
