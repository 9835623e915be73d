"""Every word of the policy that ships has its sentence."""

import pytest

from scv_assets.identity import policy_words as words
from scv_assets.identity.features import FEATURES
from scv_assets.identity.policy import FeatureTest, Level, Namespace, NegativeRule, Rivals
from scv_assets.identity.value_tests import MEASURES, TESTS
from tests.identity.people import policy


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_has_its_words(feature: str) -> None:
    assert words.feature_words(feature)


@pytest.mark.parametrize("test", [*TESTS, *MEASURES])
def test_every_test_has_its_words(test: str) -> None:
    said = words.level_words(Level("x", ((FeatureTest("first_name", test, 2),),)))
    assert "name" in said
    assert "{" not in said


def test_everything_in_the_policy_that_ships_can_be_said() -> None:
    shipped = policy()
    said = [
        *map(words.namespace_words, shipped.namespaces.values()),
        *map(words.blocking_rule_words, shipped.blocking.rules),
        *map(words.comparison_words, shipped.comparisons),
        *(words.level_words(level) for comparison in shipped.comparisons for level in comparison.levels),
        *map(words.lookalikes_words, shipped.lookalikes),
        *map(words.negative_rule_words, shipped.negative_rules),
        *words.names_words(shipped),
        *words.thresholds_words(shipped.thresholds),
        words.rivals_words(shipped.rivals),
        words.clustering_words(shipped.clustering),
        words.blocking_words(shipped.blocking),
    ]
    assert all(said)


def test_what_is_said_is_what_is_set() -> None:
    assert words.blocking_rule_words(("last_name", "postcode")) == "the family name and the postcode agree"
    assert words.blocking_rule_words(("email",)) == "the e-mail address agrees"
    rule = NegativeRule("x", {"birth_on": ("different", "year"), "first_name": ("different",)}, "weigh", 3.5)
    assert (
        words.negative_rule_words(rule)
        == "3.5 bits less where birth_on is different or year and first_name is different"
    )
    assert words.rivals_words(Rivals(agree=1, disagree=0.25)).endswith("what agrees counts 100%, what disagrees 25%")
    assert words.rivals_words(Rivals(agree=0, disagree=0)).endswith("does not count")
    namespace = Namespace("email", "with_names", needs_names=True, max_people=2, max_per_customer=8)
    assert words.namespace_words(namespace) == (
        "two records with the same email are one person, where both tell a name and the names agree; not where more "
        "than 2 people or more than 50 records hold it; a customer has 8 of them at most"
    )
