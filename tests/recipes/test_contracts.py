"""What holds of every recipe without its data: the contracts are sound, and the page names what is there."""

import re
import shutil
from pathlib import Path

import pytest

from scv_assets.commands.init import lay_folder
from scv_assets.home import load_home
from scv_assets.sources.check import problems, warnings
from tests.recipes.following import RECIPES, ROOT, commands

RECIPE_NAMES = sorted(folder.name for folder in RECIPES.iterdir() if folder.is_dir())


@pytest.fixture(params=RECIPE_NAMES)
def recipe(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def company(recipe: str, tmp_path: Path) -> Path:
    folder = tmp_path / "company"
    lay_folder(folder)
    shutil.rmtree(folder / "sources")
    shutil.rmtree(folder / "inbox")
    (folder / "inbox").mkdir()
    shutil.copytree(RECIPES / recipe, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("README.md"))
    return folder


def test_the_contracts_have_no_mistake(company: Path) -> None:
    assert problems(company) == []
    assert warnings(company) == []


def test_every_column_says_what_it_holds(company: Path) -> None:
    undescribed = [
        f"{contract.source}.{column.name}"
        for contract in load_home(company).contracts.values()
        for column in contract.columns.values()
        if not column.description
    ]
    assert undescribed == []


def test_a_recipe_is_settings_and_contracts_only(recipe: str) -> None:
    files = {file.relative_to(RECIPES / recipe).as_posix() for file in (RECIPES / recipe).rglob("*") if file.is_file()}
    sources = {name for name in files if re.fullmatch(r"sources/\w+\.yaml", name)}
    assert sources
    assert files - sources == {"README.md", "scv.yaml"}


def test_the_page_copies_what_is_there_and_ends_in_a_run(recipe: str) -> None:
    typed = commands(recipe).splitlines()
    named = [word for line in typed for word in line.split() if word.startswith("docs/")]
    assert [word for word in named if not list(ROOT.glob(word.replace("$SET", "3")))] == []
    assert any(word.endswith("scv.yaml") for word in named)
    assert re.fullmatch(r"SCV_HOME=\w+ scv run", typed[-1])


def test_the_list_of_recipes_is_whole() -> None:
    page = (RECIPES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\((\w+)/README\.md\)", page)) == RECIPE_NAMES
