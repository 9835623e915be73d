"""The documentation as the tests read it: pages, their code, their links."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from typer.core import TyperArgument, TyperGroup, TyperOption
from typer.main import get_command

from scv_assets.cli import app
from scv_assets.commands.default_command import DefaultGroup

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^(?: {4}|\t).*\n?)+", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def pages() -> list[Path]:
    """Return every page of the documentation."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


@cache
def text(page: Path) -> str:
    """Return a page's text."""
    return page.read_text(encoding="utf-8")


def fenced(page: Path) -> list[tuple[str, str]]:
    """Return (language, content) of the fenced blocks."""
    return _FENCED.findall(text(page))


def spans(page: Path) -> list[str]:
    """Return the code that stands in running text."""
    return _SPAN.findall(_FENCED.sub("", text(page)))


def code_lines(page: Path) -> list[str]:
    """Return the lines of all code blocks, indented ones too."""
    indented = _INDENTED.findall(_FENCED.sub("", text(page)))
    return [line for block in (*(content for _, content in fenced(page)), *indented) for line in block.splitlines()]


def links(page: Path) -> list[str]:
    """Return the targets of the links that lead to a place of the repository."""
    prose = _SPAN.sub("", _FENCED.sub("", text(page)))
    return [target for target in _LINK.findall(prose) if "://" not in target and not target.startswith("mailto:")]


def anchors(page: Path) -> set[str]:
    """Return what a link may name after `#`, in GitHub's way."""
    headings = _HEADING.findall(_FENCED.sub("", text(page)))
    kept = (re.sub(r"[^\w\s-]", "", heading.replace("`", "")).strip().lower() for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


def commands() -> dict[str, list[TyperOption | TyperArgument]]:
    """Return command line -> its parameters, without `--help`: `{"quarantine list": [--home, …]}`.

    The command of a group that needs no name stands under the group's: `{"review": …}`.
    """
    return dict(_commands(get_command(app), ""))


def options(command: str) -> set[str]:
    """Return the options of a command, `--help` too."""
    found = {name for one in commands()[command] if isinstance(one, TyperOption) for name in one.opts}
    return {*found, "--help"}


def _commands(command: Any, path: str) -> Iterator[tuple[str, list[TyperOption | TyperArgument]]]:
    if isinstance(command, TyperGroup):
        unnamed = command.default_command if isinstance(command, DefaultGroup) else None
        for name, inner in command.commands.items():
            yield from _commands(inner, path if name == unnamed else f"{path} {name}".strip())
    else:
        yield path, [one for one in command.params if "--help" not in one.opts]
