"""From matching.yaml to a `Policy`; every refusal says file, line and the nearest word that would have been right."""

import re
from collections.abc import Iterable

from scv_assets.canonical import IDENTIFIER_NAMESPACES
from scv_assets.identity.features import FEATURES
from scv_assets.identity.policy import (
    CONTACTS,
    DIFFERENT,
    MISSING,
    SHARED,
    Blocking,
    Clustering,
    Comparison,
    FeatureTest,
    Level,
    LevelPattern,
    Lookalikes,
    NameRules,
    Namespace,
    NegativeRule,
    Policy,
    Rivals,
    Thresholds,
    Training,
)
from scv_assets.identity.value_tests import MEASURES, TESTS
from scv_assets.yaml_document import Node, YamlDocument

#: The section that says what the columns of a table are; read by `tables.columns`, for `scv match FILE` alone.
TABLE = "table"

#: A level is kept as one character of ASCII from "0" on (`pair_levels`), the policy's, missing, shared and different.
_MOST_LEVELS = 75

_NAMESPACE_KEYS = {"links", "needs_names", "max_people", "max_records", "max_per_customer", "blocked"}
_COMPARISON_KEYS = {"of", "levels", "neutral", "term_frequency", "shared_by"}
_REQUIRED = {"namespaces", "blocking", "comparisons", "names", "thresholds"}
_SECTIONS = _REQUIRED | {"lookalikes", "negative_rules", "rivals", "clustering", "training", TABLE}


def read_policy(document: YamlDocument) -> Policy:
    """Return the policy that a matching.yaml holds.

    Raises `ConfigError` with file and line.
    """
    root = document.root.mapping(allowed=_SECTIONS, required=_REQUIRED)
    namespaces = {
        name: _namespace(name, node) for name, node in root["namespaces"].mapping(IDENTIFIER_NAMESPACES).items()
    }
    comparisons = tuple(_comparison(name, node) for name, node in root["comparisons"].mapping().items())
    if not comparisons:
        root["comparisons"].refuse("there is no comparison, so nothing to weigh pairs by")
    return Policy(
        namespaces=namespaces,
        blocking=_blocking(root["blocking"]),
        comparisons=comparisons,
        lookalikes=tuple(
            _lookalikes(name, node, comparisons)
            for name, node in (root["lookalikes"].mapping() if "lookalikes" in root else {}).items()
        ),
        names=_names(root["names"], comparisons),
        negative_rules=tuple(
            _negative_rule(name, node, comparisons)
            for name, node in (root["negative_rules"].mapping() if "negative_rules" in root else {}).items()
        ),
        thresholds=_thresholds(root["thresholds"]),
        rivals=_rivals(root.get("rivals")),
        clustering=_clustering(root.get("clustering")),
        training=_training(root.get("training")),
    )


def _namespace(name: str, node: Node) -> Namespace:
    keys = node.mapping(_NAMESPACE_KEYS, {"links"})
    blocked = keys["blocked"].mapping({"values", "patterns"}) if "blocked" in keys else {}
    return Namespace(
        name=name,
        links=keys["links"].choice(["alone", "with_names", "anonymous", "never"]),  # type: ignore[arg-type]
        needs_names="needs_names" in keys and keys["needs_names"].boolean(),
        max_people=_at_least(keys["max_people"], 1) if "max_people" in keys else 1,
        max_records=_at_least(keys["max_records"], 2) if "max_records" in keys else 50,
        max_per_customer=_at_least(keys["max_per_customer"], 1) if "max_per_customer" in keys else None,
        blocked_values=tuple(blocked["values"].texts()) if "values" in blocked else (),
        blocked_patterns=tuple(_pattern(item) for item in blocked["patterns"].items()) if "patterns" in blocked else (),
    )


def _pattern(node: Node) -> str:
    pattern = node.text()
    try:
        re.compile(pattern)
    except re.error as error:
        node.refuse(f"'{pattern}' is no regular expression ({error})")
    return pattern


def _blocking(node: Node) -> Blocking:
    keys = node.mapping({"rules", "max_records", "split_by"}, {"rules", "max_records"})
    rules = tuple(tuple(_feature(item) for item in rule.items()) for rule in keys["rules"].items())
    split_by = tuple(_feature(item) for item in keys["split_by"].items()) if "split_by" in keys else ()
    return Blocking(rules=rules, max_records=_at_least(keys["max_records"], 2), split_by=split_by)


def _feature(node: Node) -> str:
    return node.choice(FEATURES)


def _comparison(name: str, node: Node) -> Comparison:
    keys = node.mapping(_COMPARISON_KEYS, {"of", "levels"})
    levels = tuple(_level(level, tests) for level, tests in keys["levels"].mapping().items())
    names = [level.name for level in levels]
    if not levels:
        keys["levels"].refuse(f"comparison '{name}' has no level")
    if len(levels) > _MOST_LEVELS:
        keys["levels"].refuse(f"comparison '{name}' has {len(levels)} levels, and may have {_MOST_LEVELS}")
    return Comparison(
        name=name,
        of=tuple(_feature(item) for item in keys["of"].items()),
        levels=levels,
        neutral=tuple(item.choice(names) for item in keys["neutral"].items()) if "neutral" in keys else (),
        term_frequency=_feature(keys["term_frequency"]) if "term_frequency" in keys else None,
        shared_by=keys["shared_by"].choice(CONTACTS) if "shared_by" in keys else None,
    )


def _level(name: str, node: Node) -> Level:
    if name in (MISSING, DIFFERENT, SHARED):
        node.refuse(f"'{name}' is a level that every comparison has by itself; choose another name")
    alternatives = node.items() if node.is_list else [node]
    return Level(name, tuple(_tests(alternative) for alternative in alternatives))


def _tests(node: Node) -> tuple[FeatureTest, ...]:
    found = []
    for feature, test in node.mapping(FEATURES).items():
        if test.is_mapping:
            measures = test.mapping(MEASURES)
            if len(measures) != 1:
                test.refuse(f"'{feature}' must have one test, such as {{jaro_winkler: 0.9}}")
            found += [FeatureTest(feature, name, value.number()) for name, value in measures.items()]
        else:
            found.append(FeatureTest(feature, test.choice(TESTS)))
    if not found:
        node.refuse("a level must have a test")
    return tuple(found)


def _lookalikes(name: str, node: Node, comparisons: Iterable[Comparison]) -> Lookalikes:
    keys = node.mapping({"share", "by_chance"}, {"share"})
    known = [comparison.name for comparison in comparisons]
    return Lookalikes(
        name,
        tuple(item.choice(known) for item in keys["share"].items()),
        "by_chance" in keys and keys["by_chance"].boolean(),
    )


def _level_pattern(node: Node, comparisons: Iterable[Comparison]) -> LevelPattern:
    known = {c.name: c.level_names for c in comparisons}
    return {
        name: tuple(item.choice(known[name]) for item in levels.items()) for name, levels in node.mapping(known).items()
    }


def _names(node: Node, comparisons: tuple[Comparison, ...]) -> NameRules:
    keys = node.mapping({"disagree", "agree"}, {"disagree", "agree"})
    return NameRules(
        disagree=tuple(_level_pattern(item, comparisons) for item in keys["disagree"].items()),
        agree=tuple(_level_pattern(item, comparisons) for item in keys["agree"].items()),
    )


def _negative_rule(name: str, node: Node, comparisons: tuple[Comparison, ...]) -> NegativeRule:
    keys = node.mapping({"when", "then", "bits"}, {"when", "then"})
    then = keys["then"].choice(["forbid", "weigh"])
    if then == "weigh" and "bits" not in keys:
        node.refuse(f"negative rule '{name}' weighs, and does not say how many bits")
    bits = keys["bits"].number() if "bits" in keys else 0.0
    if bits < 0:
        keys["bits"].refuse("'bits' is what the pair loses; write it without a sign")
    return NegativeRule(name, _level_pattern(keys["when"], comparisons), then, bits)  # type: ignore[arg-type]


def _thresholds(node: Node) -> Thresholds:
    keys = node.mapping({"match", "review"}, {"match", "review"})
    match, review = keys["match"].number(), keys["review"].number()
    if not 0 < review <= match < 1:
        node.refuse("thresholds are probabilities: 0 < review <= match < 1")
    return Thresholds(match=match, review=review)


def _rivals(node: Node | None) -> Rivals:
    keys = node.mapping({"agree", "disagree"}) if node is not None else {}
    shares = {name: share.number() for name, share in keys.items()}
    for name, share in shares.items():
        if not 0 <= share <= 1:
            keys[name].refuse(f"'{name}' is the share of the bits that counts, from 0 to 1")
    return Rivals(**shares)


def _clustering(node: Node | None) -> Clustering:
    keys = node.mapping({"max_records", "min_cohesion_bits", "exact_bits"}) if node is not None else {}
    default = Clustering()
    return Clustering(
        max_records=_at_least(keys["max_records"], 2) if "max_records" in keys else default.max_records,
        min_cohesion_bits=keys["min_cohesion_bits"].number()
        if "min_cohesion_bits" in keys
        else default.min_cohesion_bits,
        exact_bits=keys["exact_bits"].number() if "exact_bits" in keys else default.exact_bits,
    )


def _training(node: Node | None) -> Training:
    keys = node.mapping({"seed", "random_pairs", "rounds", "pseudo_pairs"}) if node is not None else {}
    default = Training()
    return Training(
        seed=keys["seed"].integer() if "seed" in keys else default.seed,
        random_pairs=_at_least(keys["random_pairs"], 1000) if "random_pairs" in keys else default.random_pairs,
        rounds=_at_least(keys["rounds"], 1) if "rounds" in keys else default.rounds,
        pseudo_pairs=keys["pseudo_pairs"].number() if "pseudo_pairs" in keys else default.pseudo_pairs,
    )


def _at_least(node: Node, least: int) -> int:
    number = node.integer()
    if number < least and not node.is_faulty:
        node.refuse(f"'{node.label}' must be at least {least}")
    return number
