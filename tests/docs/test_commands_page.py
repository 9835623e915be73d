"""docs/commands.md has every command and option, and no page speaks of one that is none."""

import re
from functools import cache

import pytest
from typer.core import TyperArgument, TyperOption

from tests.docs.pages import DOCS, ROOT, code_lines, commands, options, pages, spans, text

PAGE = DOCS / "commands.md"
COMMANDS = commands()
GROUPS = {command.split()[0] for command in COMMANDS if " " in command}
#: `scv` and what follows, up to where the shell would end the command
_TYPED = re.compile(r"(?<![\w./=-])(?:\.venv/bin/)?scv(?= [a-z…-])([^#|&;)`>'\"]*)")


@cache
def section(command: str) -> str:
    """Return what the page says of one command."""
    parts = re.split(r"^## ", text(PAGE), flags=re.MULTILINE)
    found = [part for part in parts if part.startswith(f"scv {command}\n")]
    assert found, f"docs/commands.md has no section '## scv {command}'"
    return found[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_section_with_a_synopsis_and_an_example(command: str) -> None:
    told = section(command)
    assert f"    scv {command}" in told
    assert f"    $ scv {command}" in told or command in {"dev", "quarantine replay"}


def is_told(told: str, parameter: TyperOption | TyperArgument) -> bool:
    """Whether the synopsis has it and, but for `--home` (told once, for all commands), the text too."""
    synopsis = told.splitlines()[2]
    if isinstance(parameter, TyperArgument):
        return str(parameter.name).upper() in synopsis
    name = parameter.opts[0]
    return name in synopsis and (name == "--home" or f"`{name}`" in told)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_parameter_is_told(command: str) -> None:
    assert [str(one.name) for one in COMMANDS[command] if not is_told(section(command), one)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_default_is_told(command: str) -> None:
    defaults = {
        one.opts[0]: str(one.default)
        for one in COMMANDS[command]
        if isinstance(one, TyperOption) and isinstance(one.default, int | str) and one.default is not False
    }
    rows = {line.split(" | ")[0].strip("| `"): line for line in section(command).splitlines() if line.startswith("| `")}
    assert [option for option, default in defaults.items() if option not in rows or default not in rows[option]] == []


def test_every_command_is_in_the_table_at_the_top() -> None:
    top = text(PAGE).split("## ")[0]
    assert [command for command in COMMANDS if f"`scv {command.split()[0]}`" not in top] == []


def typed_on(page_lines: list[str]) -> list[list[str]]:
    return [found.group(1).split() for line in page_lines for found in _TYPED.finditer(line)]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_page_speaks_of_a_command_or_an_option_that_is_none(page: object) -> None:
    assert hasattr(page, "read_text")
    wrong = []
    for words in typed_on([*spans(page), *code_lines(page)]):  # type: ignore[arg-type]
        named = [word for word in words if re.fullmatch(r"[a-z]+(-[a-z]+)*", word)]
        given = {word.split("=")[0] for word in words if re.fullmatch(r"--[a-z][a-z-]*.*", word)}
        if not words or words[0] in {"…", "--help"} or words[0].startswith("init|"):
            continue
        command, inner = (named or [""])[0], " ".join(named[:2])
        if command in GROUPS and len(named) > 1 and (inner in COMMANDS or command not in COMMANDS):
            command = inner
        if (command not in COMMANDS and command not in GROUPS) or (
            command in COMMANDS and not given <= options(command)
        ):
            wrong.append(" ".join(words))
    assert wrong == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_page_speaks_of_a_make_target_that_is_none(page: object) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    lines = [*spans(page), *code_lines(page)]  # type: ignore[arg-type]
    named = {found for line in lines for found in re.findall(r"(?:^|\s)make ([a-z]+)", line)}
    assert named <= targets
