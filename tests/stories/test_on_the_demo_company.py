"""docs/stories.md on the committed demo company: each of its commands is typed, and what it shows is what is said."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from destination_sandbox.serving import SECONDS_TO_ARRIVE, running
from tests.demo_company.company import COMMITTED
from tests.pipeline.company import MADE, ROOT, Company

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "stories.md").read_text(encoding="utf-8")
_WIDTH = "80"


class Typed(NamedTuple):
    """A command of the page: its variables and arguments, and the lines that it shows of what is said."""

    variables: dict[str, str]
    arguments: list[str]
    shown: list[str]


def typed_commands() -> Iterator[Typed]:
    """Give the commands of the page in their order; a line `…` leaves lines out, and so may the end."""
    for block in re.findall(r"(?m)(?:^    .*\n|^\n(?=    ))+", PAGE):
        for part in re.split(r"(?m)^    \$ ", block)[1:]:
            command, *lines = part.splitlines()
            words = shlex.split(command)
            told = words.index("scv")
            variables = dict(word.split("=", 1) for word in words[:told])
            shown = [line.strip() for line in lines if line.strip() not in {"", "…"}]
            yield Typed(variables, words[told + 1 :], shown)


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """A copy of the demo company beside an SMS gateway, in a folder where the page's files stand."""
    company = Company(tmp_path / "nights")
    shutil.copytree(COMMITTED, company.root, ignore=shutil.ignore_patterns(*MADE))
    refusal = re.search(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    assert refusal is not None
    (tmp_path / "refusal.csv").write_text(refusal.group(1), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with running("sms") as gateway:
        gateway.holds.arrives_after = SECONDS_TO_ARRIVE
        monkeypatch.setenv("SMS_URL", gateway.url)
        monkeypatch.setenv("SMS_TOKEN", "anything")
        yield company


def test_each_story_is_seen_on_the_demo_company(nights: Company) -> None:
    commands = list(typed_commands())
    assert len(commands) > 15
    for command in commands:
        told = nights.scv(*command.arguments, COLUMNS=_WIDTH, **command.variables)
        assert told.code == 0, (command, told.text)
        lines = iter([line.strip() for line in told.out.splitlines()])
        for wanted in command.shown:
            assert any(line == wanted for line in lines), (command.arguments, wanted, told.out)
