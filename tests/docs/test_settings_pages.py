"""Every key that a company's YAML may hold is documented on the page of its file.

What the readers accept is not repeated here: they are watched while they read, and each mapping tells its allowed keys.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from scv_assets.canonical import KINDS
from scv_assets.commands.check import HOOKS
from scv_assets.commands.init import lay_folder
from scv_assets.home import load_home
from scv_assets.sources.option_reading import READER_OPTIONS
from scv_assets.yaml_document import Node
from tests.docs.pages import DOCS, ROOT, text

#: file -> the pages of which one has to have each of its keys
PAGES: dict[str, tuple[str, ...]] = {
    "scv.yaml": ("settings.md",),
    "sources": ("sources.md", "vocabulary.md"),
    "matching.yaml": ("identity.md", "sources.md"),
    "survivorship.yaml": ("golden.md",),
    "segments.yaml": ("segments.md",),
    "campaigns.yaml": ("campaigns.md",),
    "governance.yaml": ("consent.md",),
    "destinations.yaml": ("destinations.md",),
}
COMPANY = ROOT / "data" / "demo"
#: names of the company's own, which patterns of levels then speak of
COMPARISONS = set(yaml.safe_load((COMPANY / "matching.yaml").read_text(encoding="utf-8"))["comparisons"])


def accepted(folder: Path) -> set[tuple[str, str]]:
    """Return (file, key) of every key that some mapping of a company's YAML may have."""
    found: set[tuple[str, str]] = set()
    plain = Node.mapping

    def watched(self: Node, allowed: Iterable[str] | None = None, required: Iterable[str] = ()) -> dict[str, Node]:
        words = [] if allowed is None else list(allowed)
        file = self.where.split(":")[0].split("/")[0]
        found.update((file, key) for key in (*words, *required))
        return plain(self, allowed if allowed is None else words, required)

    patch = pytest.MonkeyPatch()
    with patch.context() as patched:
        patched.setattr(Node, "mapping", watched)
        home = load_home(folder)
        for hook in HOOKS:
            hook(home)
    return found


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Every key that the demo company's files might have, and the options of readers that it does not use."""
    folder = tmp_path_factory.mktemp("company") / "company"
    lay_folder(folder)
    for file in sorted([*COMPANY.glob("*.yaml"), *COMPANY.glob("sources/*.yaml")]):
        if file.name != "scv.yaml":
            (folder / file.relative_to(COMPANY)).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    with (folder / "scv.yaml").open("a", encoding="utf-8") as settings:
        settings.write("\nstore: {url: 'sqlite:///scv.db'}\nlake: {url: lake}\nengine: {threads: 1}\n")
    with (folder / "segments.yaml").open("a", encoding="utf-8") as segments:
        segments.write("\norders: {repeated: [{source: erp, channels: [online]}]}\nattribution: {lookback_days: 30}\n")
    return accepted(folder) | {("sources", option) for allowed, _, _ in READER_OPTIONS.values() for option in allowed}


@pytest.mark.parametrize("file", PAGES)
def test_every_key_is_on_its_page(file: str, keys: set[tuple[str, str]]) -> None:
    said = " ".join(text(DOCS / page) for page in PAGES[file])
    mine = {key for of, key in keys if of == file} - COMPARISONS
    assert len(mine) > 2, "the readers were not watched"
    assert sorted(key for key in mine if not _is_told(key, said)) == []


def _is_told(key: str, said: str) -> bool:
    """Tell whether a key stands in code or in a heading; a word like loyalty_card may stand anywhere."""
    word = re.escape(key)
    in_code = re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`|(?:^|[\s{{,]){word}:|^## {word}$", said, re.MULTILINE) is not None
    return in_code or ("_" in key and re.search(rf"\b{word}\b", said) is not None)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_vocabulary_page_has_every_field_with_its_meaning(kind: object) -> None:
    name, fields = kind.name, kind.fields  # type: ignore[attr-defined]
    section = text(DOCS / "vocabulary.md").split(f"\n## {name}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (required)? ?\| (.+) \|$", section, re.MULTILINE)
    told = {field: (bool(required), meaning) for field, required, meaning in rows}
    assert told == {field: (of.required, of.description) for field, of in fields.items()}
