"""matching.yaml: what ships is read, what is wrong is refused with its line and the word that was meant."""

import dataclasses
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection as Connection

from scv_assets.errors import ConfigError
from scv_assets.identity.plan import compile_plan
from scv_assets.identity.policy import Policy, Rivals
from scv_assets.identity.policy_reading import read_policy
from scv_assets.yaml_document import YamlDocument
from tests.identity.people import MATCHING, person, policy, resolved

SHIPPED = MATCHING.read_text(encoding="utf-8")


def read(text: str) -> Policy:
    return read_policy(YamlDocument(text, "matching.yaml"))


def test_the_policy_that_ships() -> None:
    found = policy()
    assert found.namespace("email").links == "with_names"
    assert found.namespace("social_handle").links == "never"
    assert found.namespace("not_named").links == "never"
    assert found.comparison("first_name").level_names[:2] == ("missing", "exact")
    assert found.comparison("email").level_names[1:3] == ("exact", "shared")
    assert found.thresholds.review < found.thresholds.match


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("links: with_name\n", "links: with_names\n", "did you mean 'with_names'"),
        ("- [emial]", "- [email]", "did you mean 'email'"),
        ("{first_name: equals}", "{first_name: equal}", "did you mean 'equal'"),
        ("max_peopel: 1\n    max_per", "max_people: 1\n    max_per", "did you mean 'max_people'"),
        ("then: forbidden}", "then: forbid}", "did you mean 'forbid'"),
        ("first_name: [differnt]}", "first_name: [different]}", "did you mean 'different'"),
        ("match: 1.95", "match: 0.95", "0 < review <= match < 1"),
        ("max_records: 1\n", "max_records: 60\n", "must be at least 2"),
        ("share: [lastname,", "share: [last_name,", "did you mean 'last_name'"),
        ("exact: {}", "exact: {phone: equal}", "a level must have a test"),
        ("different: {phone: equal}", "exact: {phone: equal}", "choose another name"),
        ("[test@test.com,", "[7,", "must be text"),
    ],
)
def test_a_mistake_is_refused_with_its_line(wrong: str, right: str, message: str) -> None:
    if message == "must be text":
        wrong, right = right, wrong
    assert right in SHIPPED
    before = SHIPPED[: SHIPPED.index(right)]
    with pytest.raises(ConfigError, match=message) as refused:
        read(SHIPPED.replace(right, wrong, 1))
    line = int(refused.value.where.split(":")[1])
    assert abs(line - before.count("\n") - 1) <= 1


def test_a_missing_section_is_refused() -> None:
    with pytest.raises(ConfigError, match="'thresholds' is missing"):
        read(SHIPPED.replace("thresholds: {match: 0.95, review: 0.5}", ""))


def test_rivals_have_a_default_and_count_at_most_in_full() -> None:
    written = "rivals: {agree: 1, disagree: 0.5}"
    assert read(SHIPPED.replace(written, "")).rivals == policy().rivals
    assert read(SHIPPED.replace(written, "rivals: {disagree: 0.2}")).rivals == Rivals(agree=1, disagree=0.2)
    with pytest.raises(ConfigError, match="'agree' is the share of the bits that counts, from 0 to 1"):
        read(SHIPPED.replace(written, "rivals: {agree: 2}"))


def generation(levels: int) -> str:
    """Return what ships with so many levels of the comparison that nothing else speaks of."""
    listed = "".join(f"      l{place}: {{generation: equal}}\n" for place in range(1, levels))
    return SHIPPED.replace("      exact: {generation: equal}\n", f"      exact: {{generation: equal}}\n{listed}")


def test_more_levels_than_can_be_told_apart_are_refused() -> None:
    assert len(read(generation(75)).comparison("generation").levels) == 75
    with pytest.raises(ConfigError, match="comparison 'generation' has 76 levels, and may have 75"):
        read(generation(76))


@pytest.mark.slow
def test_the_last_of_all_levels_is_kept_from_run_to_run(con: Connection) -> None:
    people = [person(name, first_name="Jan", last_name=f"Maes {name}") for name in ("junior", "senior")]
    using = read(generation(75))
    first = resolved(con, people, using=using, engine="recordlinkage", model=None)
    second = resolved(con, people, using=using, engine="recordlinkage", model=first.model, previous=first, day=2)
    assert (first.counts["pairs_compared"], second.counts["pairs_compared"]) == (1, 0)
    assert second.match_edge.fetchall() == first.match_edge.fetchall()


def test_a_policy_that_compares_nothing_is_refused() -> None:
    start, end = SHIPPED.index("comparisons:\n"), SHIPPED.index("lookalikes:\n")
    with pytest.raises(ConfigError, match="there is no comparison"):
        read(f"{SHIPPED[:start]}comparisons: {{}}\n{SHIPPED[end:]}")


def test_only_a_contact_can_be_shared() -> None:
    """Other identifiers are no features: which of them several hold says nothing of what is compared."""
    assert "shared_by: email" in SHIPPED
    with pytest.raises(ConfigError, match="loyalty_card"):
        read(SHIPPED.replace("shared_by: email", "shared_by: loyalty_card"))


def test_a_bad_pattern_is_refused() -> None:
    with pytest.raises(ConfigError, match="no regular expression"):
        read(SHIPPED.replace(r"'0?123456789?$'", "'(['"))


def test_every_problem_is_told_where_they_are_collected() -> None:
    problems: list[ConfigError] = []
    text = SHIPPED.replace("links: never", "links: nevr").replace("- [email]", "- [emial]")
    read_policy(YamlDocument(text, "matching.yaml", problems=problems))
    assert len(problems) == 2


def test_the_plan_changes_with_what_a_model_depends_on_and_with_nothing_else() -> None:
    plan = compile_plan(policy())
    other_threshold = dataclasses.replace(policy(), thresholds=dataclasses.replace(policy().thresholds, match=0.9))
    assert compile_plan(other_threshold).hash == plan.hash
    fewer_rules = dataclasses.replace(policy().blocking, rules=policy().blocking.rules[1:])
    assert compile_plan(dataclasses.replace(policy(), blocking=fewer_rules)).hash != plan.hash
    fewer = dataclasses.replace(policy(), comparisons=policy().comparisons[:-1])
    assert compile_plan(fewer).hash != plan.hash


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "identity.md").read_text(encoding="utf-8")
    from scv_assets.identity import features, policy_reading, value_tests

    words = policy_reading._SECTIONS | policy_reading._NAMESPACE_KEYS | policy_reading._COMPARISON_KEYS
    settings = [*words, *features.FEATURES, *value_tests.TESTS, *value_tests.MEASURES]
    assert [word for word in settings if f"`{word}`" not in page] == []
