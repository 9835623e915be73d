"""The plan, compiled to Splink's settings.

Without a model each level weighs its own code in bits (m = 1, u = 2^-code), so that Splink's column of match weights
holds what engines give: the code of the level, or `IN_DOUBT`. With a model they have its m and u, and agreement on a
value its term frequency, so that Splink's own weight is the sum of what the comparisons say. It is not the whole
weight: Splink has one kind of pairs that are not one person, so what lookalikes take back, and negative rules, are not
in it.
"""

import re
from typing import TYPE_CHECKING, Any

from scv_assets.identity.engines.splink_sql import Dialect, condition, doubt
from scv_assets.identity.engines.splink_table import UNIQUE_ID, block_column, shared_column
from scv_assets.identity.model import Model
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import DIFFERENT, MISSING, SHARED, Comparison

if TYPE_CHECKING:
    from splink import SettingsCreator
    from splink.internals.comparison_creator import ComparisonCreator

#: Code of a pair of which the database may say otherwise than the reference whether the next level holds.
IN_DOUBT = 255

Described = dict[str, Any]


def output_column(plan: Plan, comparison: Comparison) -> str:
    """Return Splink's name of a comparison: its place, and its own name in letters that SQL takes."""
    place = plan.comparisons.index(comparison)
    return f"{place}_{re.sub(r'[^a-z0-9]', '_', comparison.name.lower())}"


def weight_column(name: str) -> str:
    """Return the column of Splink's predictions in which a comparison's match weight stands."""
    return f"mw_{name}"


def settings(dialect: Dialect, plan: Plan, model: Model | None = None) -> "SettingsCreator":
    """Return the settings that run the plan on a database.

    Raises `ModelRefused` where the model was trained for another plan.
    """
    from splink import SettingsCreator
    from splink.blocking_rule_library import CustomRule

    if model is not None:
        model.check(plan)
    comparisons: list[ComparisonCreator | Described] = [_comparison(dialect, plan, c, model) for c in plan.comparisons]
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name=UNIQUE_ID,
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[
            CustomRule(f"l.{block_column(place)} = r.{block_column(place)}")
            for place in range(len(plan.blocking.rules))
        ],
        probability_two_random_records_match=0.5 if model is None else model.prior,
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,
    )


def _comparison(dialect: Dialect, plan: Plan, comparison: Comparison, model: Model | None) -> Described:
    sides = [f"({feature}_l IS NULL OR {feature}_r IS NULL)" for feature in comparison.of]
    levels: list[Described] = [_no_evidence(" AND ".join(sides), MISSING)]
    for place, level in enumerate(comparison.levels):
        asked = condition(dialect, level)
        unsure = doubt(dialect, level) if model is None else None
        if unsure is not None:
            levels.append(_coded(unsure, f"in doubt: {level.name}", IN_DOUBT))
        if place == 0 and comparison.shared_by is not None and model is not None:
            flag = f"{shared_column(comparison)}_l"
            levels.append(_weighed(f"({asked}) AND {flag}", SHARED, comparison, model))
        if level.name in comparison.neutral:
            levels.append(_no_evidence(asked, level.name))
        else:
            levels.append(_weighed(asked, level.name, comparison, model))
    if all(level.name in comparison.neutral for level in comparison.levels):
        # Splink wants two levels that count: this one never holds.
        levels.append(_weighed("1 = 0", DIFFERENT, comparison, model))
    levels.append(_weighed("ELSE", DIFFERENT, comparison, model))
    return {
        "output_column_name": output_column(plan, comparison),
        "comparison_description": comparison.name,
        "comparison_levels": levels,
    }


def _no_evidence(asked: str, name: str) -> Described:
    return {"sql_condition": asked, "label_for_charts": name, "is_null_level": True}


def _weighed(asked: str, name: str, comparison: Comparison, model: Model | None) -> Described:
    code = comparison.level_names.index(name)
    if model is None:
        return _coded(asked, name, code)
    odds = model.levels[comparison.name][name]
    level: Described = {"sql_condition": asked, "label_for_charts": name}
    level |= {"m_probability": odds.m, "u_probability": odds.u}
    if comparison.term_frequency is not None and code == 1:
        level |= {"tf_adjustment_column": comparison.term_frequency, "disable_tf_exact_match_detection": True}
    return level


def _coded(asked: str, name: str, code: int) -> Described:
    return {"sql_condition": asked, "label_for_charts": name, "m_probability": 1.0, "u_probability": 2.0**-code}
