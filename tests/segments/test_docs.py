from pathlib import Path

import pytest

from scv_assets.interactions import vocabulary
from scv_assets.segments.catalogue import TRAITS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(TRAITS))
def test_every_trait_that_a_rule_may_use_is_documented(name: str) -> None:
    assert f"`{name}`" in (DOCS / "segments.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "setting",
    ["name", "title", "definition", "owner", "version", "description", "when", "otherwise", "source", "channels"],
)
def test_every_setting_is_documented(setting: str) -> None:
    text = (DOCS / "segments.md").read_text(encoding="utf-8")
    assert any(f"{start}{setting}`" in text for start in ("`.", "].", "`"))


def test_every_word_that_rules_hang_on_is_documented() -> None:
    text = (DOCS / "interactions.md").read_text(encoding="utf-8")
    words = vocabulary.CANCELLED + vocabulary.COMPLAINT + vocabulary.RECOMMENDATION + vocabulary.REACTION
    assert [word for word in words if f"`{word}`" not in text] == []
