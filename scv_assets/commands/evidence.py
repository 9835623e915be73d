"""How the evidence of a pair stands in a terminal: the waterfall as a table with bars, and what weighs nothing."""

from rich.table import Column, Table
from rich.text import Text

from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.identity.explain import Key, Witness
from scv_assets.identity.policy import Policy
from scv_assets.identity.policy_words import negative_rule_words
from scv_assets.identity.scoring import RULE
from scv_assets.identity.waterfall import bars, falls

#: a verdict as the log has it -> as people say it
VERDICTS = {"must_link": "one person", "cannot_link": "two people", "unsure": "unsure"}

_BAR = 24


def evidence_table(witnesses: tuple[Witness, ...]) -> Table:
    """Return the waterfall: comparison, level, bits, their sum, the probability so far, and a bar."""
    right = [Column(name, justify="right", no_wrap=True) for name in ("bits", "sum", "so far")]
    table = listing("Evidence, in bits", folded("of"), folded("level"), *right, whole(""))
    steps = falls(witnesses)
    for step, bar in zip(steps, bars(steps, _BAR), strict=True):
        level = "" if step.level == step.comparison else step.level.replace("_", " ")
        table.add_row(
            step.comparison.replace("_", " "),
            level,
            f"{step.bits:+.2f}",
            f"{step.total:+.2f}",
            percent(step.probability),
            Text(bar, style="green" if step.bits >= 0 else "red"),
        )
    return table


def percent(probability: float | None) -> str:
    """Return a probability as a share that never rounds to certainty."""
    if probability is None:
        return ""
    if 0.0005 <= probability <= 0.9995:
        return f"{probability:.1%}"
    return "<0.1%" if probability < 0.5 else ">99.9%"


def words_beside(witnesses: tuple[Witness, ...], policy: Policy) -> list[str]:
    """Return what stands beside the bits, a sentence each: shared identifiers, a rule, a steward's word."""
    said = []
    rules = {rule.name: rule for rule in policy.negative_rules}
    for witness in witnesses:
        if witness.comparison == "identifier":
            said.append(f"They share an identifier that may link: {witness.level.replace(' ', ', ')}.")
        elif witness.comparison == RULE and witness.level in rules and rules[witness.level].then == "forbid":
            said.append(rule_sentence(witness.level, policy))
    return said


def rule_sentence(name: str, policy: Policy) -> str:
    """Return what a rule that forbids the pair says."""
    rule = next((rule for rule in policy.negative_rules if rule.name == name), None)
    return f"Rule {name}: {negative_rule_words(rule)}." if rule is not None else f"Rule {name} forbids it."


def record_name(key: Key) -> str:
    """Return a record as a person types it."""
    return shown(f"{key[0]}:{key[1]}").plain
