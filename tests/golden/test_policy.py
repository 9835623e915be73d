"""Reading survivorship.yaml: what ships is right, and a mistake is told with its place."""

from pathlib import Path

import pytest

from resources.store.tables import GOLDEN_FIELDS
from scv_assets.errors import ConfigError
from scv_assets.golden.policy import (
    ONLY_VALUE,
    RULES,
    TIE_BREAK,
    SurvivorshipPolicy,
    survivorship_policy,
)
from scv_assets.yaml_document import YamlDocument, read_yaml

SHIPPED = Path(__file__).parents[2] / "demo_company" / "company" / "survivorship.yaml"
SOURCES = ("crm", "erp", "pos", "social")


def read(text: str) -> SurvivorshipPolicy:
    return survivorship_policy(YamlDocument(text, "survivorship.yaml"), sources=SOURCES)


def every_field_but(*left_out: str) -> str:
    lines = [f"  {name}: [most_recent]" for name in GOLDEN_FIELDS if name not in left_out]
    return "fields:\n" + "\n".join(lines) + "\n"


def test_the_shipped_policy_has_rules_for_every_golden_field() -> None:
    policy = survivorship_policy(read_yaml(SHIPPED), sources=SOURCES)
    assert sorted(name for unit in policy.units for name in unit.fields) == sorted(GOLDEN_FIELDS)
    address = next(unit for unit in policy.units if unit.name == "address")
    assert address.fields == ("street", "house_number", "postcode", "city", "country")
    assert policy.overridable == frozenset(GOLDEN_FIELDS)
    first_name = next(unit for unit in policy.units if unit.name == "first_name")
    assert (first_name.is_folded, first_name.not_from) == (True, ("social",))


def test_a_list_of_rules_is_enough() -> None:
    policy = read(every_field_but())
    assert {unit.rules for unit in policy.units} == {("most_recent",)}
    assert policy.overridable == frozenset()
    assert policy.max_people == 12


def test_households_may_be_bounded() -> None:
    assert read(every_field_but() + "households: {max_people: 6}\n").max_people == 6


MISTAKES = {
    "an unknown rule": (
        every_field_but("city") + "  city: [most_recnt]\n",
        r"survivorship.yaml:12: 'most_recnt' is not one of .*; did you mean 'most_recent'\?",
    ),
    "an unknown field": (
        every_field_but() + "  citty: [most_recent]\n",
        r"survivorship.yaml:13: unknown key 'citty'; did you mean 'city'\?",
    ),
    "a field without rules": (every_field_but("city"), r"no rule for the golden field 'city'"),
    "a field in two places": (
        every_field_but() + "groups:\n  name: {fields: [first_name, last_name], rules: [most_recent]}\n",
        r"the golden field 'first_name' has rules in more than one place; keep one",
    ),
    "an unknown source": (
        every_field_but("city") + "  city: {rules: [most_recent], not_from: [socail]}\n",
        r"survivorship.yaml:12: no contract describes a source 'socail'; did you mean 'social'\?",
    ),
    "a rule twice": (
        every_field_but("city") + "  city: [most_recent, most_recent]\n",
        r"'most_recent' is listed twice",
    ),
    "a steward who comes second": (
        every_field_but("city") + "  city: [most_recent, stewards_override]\n",
        r"'stewards_override' must come first",
    ),
    "nothing but the steward": (
        every_field_but("city") + "  city: [stewards_override]\n",
        r"at least one rule is needed",
    ),
    "no rule": (every_field_but("city") + "  city: []\n", r"at least one rule is needed"),
    "validity of what has none": (
        every_field_but("city") + "  city: [valid]\n",
        r"'valid' is known of email and phone only",
    ),
    "a comparison that nothing uses": (
        every_field_but("city") + "  city: {rules: [most_recent], compare: folded}\n",
        r"'compare' says how 'most_frequent' counts",
    ),
    "an empty group": (
        every_field_but() + "groups:\n  a: {fields: [], rules: [most_recent]}\n",
        r"the group 'a' has no field",
    ),
    "a household of one": (every_field_but() + "households: {max_people: 1}\n", r"'max_people' must be 2 or more"),
    "an unknown part": (every_field_but() + "houshold: {}\n", r"unknown key 'houshold'; did you mean 'households'\?"),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(text)


def test_all_mistakes_are_told_at_once_where_the_document_collects_them() -> None:
    problems: list[ConfigError] = []
    text = every_field_but("city", "email") + "  city: [most_recnt]\n  email: [valid, valid]\n"
    survivorship_policy(YamlDocument(text, "survivorship.yaml", problems=problems), sources=SOURCES)
    assert [problem.where for problem in problems] == ["survivorship.yaml:11", "survivorship.yaml:12"]


def test_every_rule_and_setting_is_in_the_docs() -> None:
    docs = (SHIPPED.parents[2] / "docs" / "golden.md").read_text(encoding="utf-8")
    for word in (*RULES, ONLY_VALUE, TIE_BREAK, *GOLDEN_FIELDS, "rules", "compare", "not_from", "max_people"):
        assert f"`{word}`" in docs or f".{word}`" in docs, word
