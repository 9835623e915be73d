"""docs/faults.md names every kind of refusal, and what it quotes is what the code says."""

import inspect
import re

import pytest

from scv_assets import errors
from tests.docs.pages import DOCS, ROOT, text

PAGE = text(DOCS / "faults.md")
KINDS = [name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.ScvError)]
SOURCE = "\n".join(
    file.read_text(encoding="utf-8")
    for package in ("scv_assets", "resources", "demo_company")
    for file in sorted((ROOT / package).rglob("*.py"))
)
#: what a literal over several lines has between its words
_JOIN = re.compile(r'"\s*\n\s*f?"')
STRINGS = _JOIN.sub("", SOURCE)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"ScvError"}))
def test_every_kind_of_refusal_is_explained(kind: str) -> None:
    assert f"| `{kind}` |" in PAGE


def quoted() -> list[str]:
    """Return the messages of the tables, without the kind before them."""
    cells = [cell for line in PAGE.splitlines() if line.startswith("| ") for cell in line.split(" | ")[1:]]
    found = [span for cell in cells for span in re.findall(r"`([^`]+)`", cell)]
    return [re.sub(r"^\w+: |^… ", "", span) for span in found if len(span.split()) > 3]


@pytest.mark.parametrize("message", quoted())
def test_what_is_quoted_is_what_the_code_says(message: str) -> None:
    """Some words in a row, as many as hold no value of the example, stand so in the code."""
    words = message.split()
    length = 2 if len(words) < 6 else 3
    runs = [" ".join(words[start : start + length]) for start in range(len(words) - length + 1)]
    assert [run for run in runs if run in STRINGS] != []
