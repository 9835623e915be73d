"""What a page leads to exists; what it shows can be read."""

import re
from pathlib import Path

import pytest
import yaml

from scv_assets.stages import PUBLISHED, STAGES
from tests.docs.pages import DOCS, ROOT, anchors, fenced, links, pages, spans, text

PAGES = pages()
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
#: made by the pipeline, or by whoever follows the page: not in the repository
MADE = re.compile(r"(^|/)(lake|scv\.db)(/|$)|^(inbox|truth|sources|mycompany|large|other)(/|$)|^\.")
#: a path of the repository: it begins with one of its folders, or is one of its files
_PATH = re.compile(r"^[\w.-]+(/[\w.*-]+)*/?$")


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for target in links(page):
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or (anchor and place.suffix == ".md" and anchor not in anchors(place)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_file_and_folder_that_is_named_exists(page: Path) -> None:
    folders = {entry.name for entry in ROOT.iterdir() if entry.is_dir() and not entry.name.startswith(".")}
    lost = []
    for span in spans(page):
        first = span.split("/")[0]
        if not _PATH.match(span) or MADE.search(span) or "/" not in span or first not in folders:
            continue
        places = (ROOT / span, ROOT / f"{span}.py")
        if "*" not in span and not any(place.exists() for place in places):
            lost.append(span)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_module_that_is_named_exists(page: Path) -> None:
    lost = []
    for span in spans(page):
        for module in re.findall(r"\b(?:scv_assets|resources|schedules|demo_company|benchmarks)(?:\.\w+)+", span):
            parts = module.split(".")
            ends = [ROOT.joinpath(*parts[:depth]) for depth in range(2, len(parts) + 1)]
            if not any(end.is_dir() or end.with_suffix(".py").exists() for end in ends):
                lost.append(module)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_yaml_example_can_be_read(page: Path) -> None:
    for language, content in fenced(page):
        if language in {"yaml", "yml"}:
            yaml.safe_load(content.replace("…", "# …"))


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_python_example_compiles(page: Path) -> None:
    for language, content in fenced(page):
        if language == "python":
            compile(content, str(page), "exec")


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_every_page_is_in_the_index(page: Path) -> None:
    assert page.name == "README.md" or f"({page.name})" in text(DOCS / "README.md")


@pytest.mark.parametrize("recipe", sorted((DOCS / "recipes").glob("*/README.md")), ids=lambda page: page.parent.name)
def test_every_recipe_is_in_the_recipes_index(recipe: Path) -> None:
    assert f"({recipe.parent.name}/README.md)" in text(DOCS / "recipes" / "README.md")


@pytest.mark.parametrize("folder", sorted(entry.name for entry in ROOT.iterdir() if entry.is_dir()))
def test_every_folder_of_the_house_is_told(folder: str) -> None:
    is_ours = not folder.startswith((".", "_")) and not folder.endswith(".egg-info") and folder not in {"build", "docs"}
    assert not is_ours or f"`{folder}/" in text(DOCS / "architecture.md")


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_told(stage: str) -> None:
    has_modules = any((ROOT / "scv_assets" / stage).glob("*.py"))
    assert not has_modules or f"`scv_assets/{stage}/`" in text(DOCS / "architecture.md")


@pytest.mark.parametrize("table", PUBLISHED)
def test_every_published_table_is_named_on_some_page(table: str) -> None:
    assert any(f"`{table}`" in text(page) for page in PAGES)
