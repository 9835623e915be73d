"""Every setting of a contract and of scv.yaml is in the docs, and the example there is sound."""

import re
from pathlib import Path

import pytest

from scv_assets.canonical import IDENTIFIER_NAMESPACES, KINDS
from scv_assets.home import COMPANY_SETTINGS, ENGINE_SETTINGS
from scv_assets.sources.check import problems
from scv_assets.sources.column_reading import COLUMN_SETTINGS
from scv_assets.sources.contract import COLUMN_TYPES, READERS, SOURCE_KINDS
from scv_assets.sources.contract_reading import OPTIONAL_SETTINGS, REQUIRED_SETTINGS
from scv_assets.sources.map_reading import EXPRESSIONS
from scv_assets.sources.option_reading import READER_OPTIONS
from scv_assets.sources.readers.options import PAGING_KINDS
from tests.sources.company import CRM, Company

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "sources.md").read_text(encoding="utf-8")

_options = sorted({option for allowed, _, _ in READER_OPTIONS.values() for option in allowed})
_settings = sorted({*REQUIRED_SETTINGS, *OPTIONAL_SETTINGS, *COLUMN_SETTINGS, *_options, "when", "each", "accumulate"})


@pytest.mark.parametrize("setting", _settings)
def test_every_setting_has_its_line(setting: str) -> None:
    assert f"`{setting}`" in PAGE


@pytest.mark.parametrize("word", EXPRESSIONS)
def test_every_expression_is_shown(word: str) -> None:
    assert f"{{{word}: " in PAGE


@pytest.mark.parametrize(
    "word", [*COLUMN_TYPES, *READERS, *SOURCE_KINDS, *KINDS, *IDENTIFIER_NAMESPACES, *PAGING_KINDS[1:]]
)
def test_every_word_of_a_list_is_named(word: str) -> None:
    assert re.search(rf"\b{word}\b", PAGE)


@pytest.mark.parametrize(
    "setting", sorted({*COMPANY_SETTINGS, *(f"engine.{name}" for name in ENGINE_SETTINGS)} - {"engine"})
)
def test_every_setting_of_the_company_has_its_line(setting: str) -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{re.escape(setting)}(\.url)?` \|", page, re.MULTILINE)


def test_the_example_is_sound(company: Company) -> None:
    example = PAGE.split("```yaml\n", 1)[1].split("```", 1)[0]
    loyalty = CRM.replace("source: crm", "source: loyalty").replace(
        "email: {type", "card: {type: text}\n  email: {type"
    )
    company.contract(example).contract(loyalty)
    assert problems(company.root) == []
