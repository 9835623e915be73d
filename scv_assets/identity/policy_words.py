"""matching.yaml in words: what each rule does, as a person would say it.

For `scv match explain-policy`, for `scv why` where a rule forbids, and whoever reviews a policy.
"""

from collections.abc import Iterable

from scv_assets.identity.policy import (
    SHARED,
    Blocking,
    Clustering,
    Comparison,
    FeatureTest,
    Level,
    LevelPattern,
    Lookalikes,
    Namespace,
    NegativeRule,
    Policy,
    Rivals,
    Thresholds,
)

_FEATURES: dict[str, str] = {
    "first_name": "the given name",
    "first_words": "the words of the given name",
    "first_start": "the first three letters of the given name",
    "last_name": "the family name",
    "last_core": "the family name without particles",
    "last_words": "the words of the family name",
    "last_start": "the first four letters of the family name",
    "full_name": "both names (in either order)",
    "generation": "Jr or Sr",
    "birth_on": "the birth date",
    "birth_year": "the year of birth",
    "email": "the e-mail address",
    "email_local": "what stands before the @",
    "email_start": "the first five characters of the e-mail address",
    "phone": "the last nine digits of the phone",
    "street": "the street",
    "house_number": "the house number",
    "postcode": "the postcode",
    "postcode_area": "the first three characters of the postcode",
    "city": "the city",
}
_TESTS: dict[str, str] = {
    "equal": "{feature} is the same",
    "equal_day": "{feature} is the same, and not 1 January",
    "new_year": "{feature} is 1 January on one side, of the same year",
    "transposed": "{feature} has day and month change places",
    "one_digit": "{feature} differs in one digit, or two neighbours change places",
    "same_root": "{feature} is a form of the other (Bob, Robert)",
    "initial": "{feature} is the first letter of the other",
    "shares_word": "{feature} have a word in common",
    "contains": "{feature} begins or ends with the other",
    "swapped_with_last_name": "given and family name change places",
    "crossed_with_last_name": "one given name is the other's family name",
    "jaro_winkler": "{feature} is alike (Jaro-Winkler {parameter:g} or more)",
    "edits": "{feature} differs by {parameter:g} edits at most",
    "years_apart": "{feature} is {parameter:g} years or more apart",
}
_LINKS: dict[str, str] = {
    "alone": "two records with the same {name} are one person",
    "with_names": "two records with the same {name} are one person, unless their names disagree",
    "anonymous": "a record that nothing else identifies comes to the one customer who holds its {name}",
    "never": "{name} is shown, and links nobody",
}


def feature_words(feature: str) -> str:
    """Return what a feature is."""
    return _FEATURES[feature]


def namespace_words(namespace: Namespace) -> str:
    """Return what an identifier of this kind does."""
    said = _LINKS[namespace.links].format(name=namespace.name)
    if namespace.links == "never":
        return said
    if namespace.needs_names:
        said = said.replace("unless their names disagree", "where both tell a name and the names agree")
    held = f"not where {_more(namespace.max_people, 'person')} or {_more(namespace.max_records, 'record')} hold it"
    parts = [said, held]
    if namespace.max_per_customer is not None:
        parts.append(f"a customer has {namespace.max_per_customer} of them at most")
    blocked = [
        _count(len(listed), what)
        for listed, what in ((namespace.blocked_values, "value"), (namespace.blocked_patterns, "pattern"))
        if listed
    ]
    if blocked:
        parts.append(f"{' and '.join(blocked)} say nothing (blocked)")
    return "; ".join(parts)


def blocking_rule_words(rule: Iterable[str]) -> str:
    """Return when a blocking rule looks at a pair."""
    features = list(rule)
    return f"{_and(map(feature_words, features))} {'agrees' if len(features) == 1 else 'agree'}"


def blocking_words(blocking: Blocking) -> str:
    """Return what becomes of big blocks."""
    split = (
        f"; a bigger one is split by {_and([feature_words(f) for f in blocking.split_by])}, one after the other"
        if blocking.split_by
        else ""
    )
    return f"a block has {blocking.max_records:,} records at most{split}; what stays too big gives no pair"


def comparison_words(comparison: Comparison) -> str:
    """Return what a comparison looks at, and when it says nothing."""
    parts = [
        f"looks at {_and([feature_words(feature) for feature in comparison.of])}; no evidence where one side is empty"
    ]
    if comparison.term_frequency:
        parts.append(f"a rare value of {feature_words(comparison.term_frequency)} says more than a common one")
    if comparison.shared_by:
        parts.append(f"where several people hold the {comparison.shared_by}, '{SHARED}' replaces the strongest level")
    if comparison.neutral:
        parts.append(f"{_or(comparison.neutral)} counts as no evidence here (another comparison counts it)")
    return "; ".join(parts)


def level_words(level: Level) -> str:
    """Return when a level holds."""
    return "; or ".join(" and ".join(_test_words(test) for test in tests) for tests in level.alternatives)


def pattern_words(pattern: LevelPattern) -> str:
    """Return what a pattern of levels asks for."""
    return " and ".join(f"{name} is {_or(levels)}" for name, levels in pattern.items())


def negative_rule_words(rule: NegativeRule) -> str:
    """Return what a negative rule does."""
    when = pattern_words(rule.when)
    if rule.then == "forbid":
        return f"never one person, nor by way of others, where {when}"
    return f"{rule.bits:g} bits less where {when}"


def lookalikes_words(kind: Lookalikes) -> str:
    """Return who the lookalikes are."""
    rare = "; a rare value makes them less likely" if kind.is_by_chance else ""
    return f"different people who have {_and(kind.share)} in common more often than strangers do{rare}"


def thresholds_words(thresholds: Thresholds) -> tuple[str, str]:
    """Return what happens from each threshold on."""
    return (
        f"from probability {thresholds.match:g} on, two records are one person",
        f"from probability {thresholds.review:g} on, a steward is asked",
    )


def rivals_words(rivals: Rivals) -> str:
    """Return what the word of a rival is worth."""
    if not (rivals.agree or rivals.disagree):
        return "what other records of the same person say does not count"
    return (
        "where two records have nothing to compare, the surest link of either speaks in its stead: what agrees counts "
        f"{rivals.agree:.0%}, what disagrees {rivals.disagree:.0%}"
    )


def clustering_words(clustering: Clustering) -> str:
    """Return the limits of a customer."""
    return (
        f"a customer has {clustering.max_records:,} records at most; two groups join where their records' evidence "
        f"is {clustering.min_cohesion_bits:g} bits or more in the mean (an identifier counts {clustering.exact_bits:g})"
    )


def names_words(policy: Policy) -> tuple[str, ...]:
    """Return when names disagree, a line a pattern."""
    return tuple(f"names disagree where {pattern_words(pattern)}" for pattern in policy.names.disagree)


def _test_words(test: FeatureTest) -> str:
    return _TESTS[test.test].format(feature=feature_words(test.feature), parameter=test.parameter or 0)


def _more(number: int, what: str) -> str:
    plural = "people" if what == "person" else f"{what}s"
    return f"more than {number:,} {what if number == 1 else plural}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what if number == 1 else what + 's'}"


def _and(parts: Iterable[str]) -> str:
    return _joined(list(parts), "and")


def _or(parts: Iterable[str]) -> str:
    return _joined(list(parts), "or")


def _joined(parts: list[str], word: str) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"
