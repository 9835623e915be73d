"""How the evidence of a pair stands in a terminal: the waterfall as a table with bars, and what weighs nothing."""

from dataclasses import dataclass

import duckdb
from rich.table import Column, Table
from rich.text import Text

from resources.store.tables import CROSSWALK, MATCH_EDGE, RECORD_IDENTIFIER, SOURCE_RECORD
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.errors import ModelRefused
from scv_assets.home import Home
from scv_assets.identity.explain import Key, PairExplanation, Witness, explain_pair
from scv_assets.identity.model import Model
from scv_assets.identity.pair_evidence import PairEvidence, weigh
from scv_assets.identity.policy import Policy
from scv_assets.identity.policy_words import negative_rule_words
from scv_assets.identity.run import MODEL
from scv_assets.identity.scoring import RIVALS, RULE
from scv_assets.identity.surroundings import Surroundings
from scv_assets.identity.waterfall import bars, falls

#: a verdict as the log has it -> as people say it
VERDICTS = {"must_link": "one person", "cannot_link": "two people", "unsure": "unsure"}

_BAR = 24


@dataclass(frozen=True)
class PairView:
    """What is known of two records: as published, and, where their edge was not kept, weighed now."""

    told: PairExplanation
    weighed: PairEvidence | None

    @property
    def witnesses(self) -> tuple[Witness, ...]:
        """The evidence, from wherever it is known."""
        if self.told.edge is not None:
            return self.told.edge.waterfall
        return self.weighed.witnesses if self.weighed is not None else ()

    def sentences(self, policy: Policy) -> list[str]:
        """Return what stands beside the bits, a sentence each."""
        said = _sentences(self.witnesses, policy)
        if self.weighed is not None and self.weighed.forbidden_by is not None:
            said.append(_rule_sentence(self.weighed.forbidden_by, policy))
        return said


def view_pair(home: Home, policy: Policy, around: Surroundings, left: Key, right: Key) -> PairView:
    """Return what is known of two records; `around`: of both."""
    with duckdb.connect() as con:
        told = explain_pair(con, around.relation(con, CROSSWALK), around.relation(con, MATCH_EDGE), left, right)
        if told.edge is not None:
            return PairView(told, None)
        text = home.lake().read_text(MODEL)
        if text is None:
            return PairView(told, None)
        two = around.of([left, right])
        records, identifiers = two.relation(con, SOURCE_RECORD), two.relation(con, RECORD_IDENTIFIER)
        try:
            model = Model.from_json(text)
            return PairView(told, weigh(con, records, identifiers, policy, model, engine=home.settings.engine_address))
        except ModelRefused:
            return PairView(told, None)


def evidence_table(witnesses: tuple[Witness, ...]) -> Table:
    """Return the waterfall: comparison, level, bits, their sum, the probability so far, and a bar."""
    right = [Column(name, justify="right", no_wrap=True) for name in ("bits", "sum", "so far")]
    table = listing("Evidence, in bits", folded("of"), folded("level"), *right, whole(""))
    steps = falls(witnesses)
    for step, bar in zip(steps, bars(steps, _BAR), strict=True):
        level = "" if step.level == step.comparison else step.level
        if step.comparison != RIVALS:
            level = level.replace("_", " ")
        table.add_row(
            step.comparison.replace("_", " "),
            shown(level),
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


def record_name(key: Key) -> str:
    """Return a record as a person types it."""
    return shown(f"{key[0]}:{key[1]}").plain


def _sentences(witnesses: tuple[Witness, ...], policy: Policy) -> list[str]:
    said = []
    for witness in witnesses:
        if witness.comparison == "identifier":
            said.append(f"They share an identifier that may link: {witness.level.replace(' ', ', ')}.")
        elif witness.comparison == RIVALS:
            said.append(
                f"Rivals: {witness.level} is linked to one of them, and has what the other can be compared with."
            )
        elif witness.comparison == RULE and not witness.bits:
            said.append(_rule_sentence(witness.level, policy))
    return said


def _rule_sentence(name: str, policy: Policy) -> str:
    rule = next((rule for rule in policy.negative_rules if rule.name == name), None)
    return f"Rule {name}: {negative_rule_words(rule)}." if rule is not None else f"Rule {name} forbids it."
