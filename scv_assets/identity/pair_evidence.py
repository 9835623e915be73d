"""The evidence of any two records, weighed with the trained model: also of pairs whose edge was not kept.

What `match_edge` holds of a kept pair comes out here too (a test holds it), as long as neither record, nor the policy,
nor who else holds their e-mail and phone has changed since the last run.
"""

from dataclasses import dataclass

import numpy as np
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.identity import folding
from scv_assets.identity.context import Context, SharedValues
from scv_assets.identity.engines import engine as engine_named
from scv_assets.identity.explain import Witness
from scv_assets.identity.features import read_records
from scv_assets.identity.model import Model
from scv_assets.identity.plan import compile_plan
from scv_assets.identity.policy import MISSING, Policy
from scv_assets.identity.records import Pairs, Records
from scv_assets.identity.scoring import PRIOR, Scores, evidence_names, prior_bits, score
from scv_assets.standardisation.emails import email_key

LIKE = "like"

_NO_BITS = 0.0005


@dataclass(frozen=True)
class PairEvidence:
    """Weight in bits (None where a record is anonymous), the witnesses that add up to it, the rule that forbids."""

    weight: float | None
    witnesses: tuple[Witness, ...]
    forbidden_by: str | None


def weigh(
    con: Connection, records: Relation, identifiers: Relation, policy: Policy, model: Model, *, engine: str
) -> PairEvidence:
    """Weigh two records.

    `records`: two rows of source_record; `identifiers`: their rows of record_identifier, which tell what other people
    hold as well.

    Raises `ModelRefused` where the model was trained for another plan.
    """
    plan = compile_plan(policy)
    model.check(plan)
    two = read_records(con, records, policy)
    pair = Pairs(np.array([0], np.int64), np.array([1], np.int64))
    context = Context(plan, two, _shared(identifiers, two), model.frequencies)
    compared = context.compared(pair, engine_named(engine).compare(plan, two, pair))
    scores = Scores(compared.agreement, score(policy, plan, model, compared.agreements))
    if np.isnan(scores.weight[0]):
        return PairEvidence(None, (), None)
    found = [c.level_names[code] for c, code in zip(plan.comparisons, scores.levels[0], strict=True)]
    named = [*found, *([LIKE] * len(plan.lookalikes)), "", "weighs"]
    witnesses = [
        Witness(name, level, round(float(bits), 3))
        for name, level, bits in zip(evidence_names(plan), named, scores.bits(np.array([0]))[0], strict=True)
        if level != MISSING and (abs(bits) > _NO_BITS or name not in evidence_names(plan)[len(found) :])
    ]
    witnesses.append(Witness(PRIOR, PRIOR, round(prior_bits(model), 3)))
    rule = int(scores.forbidden_by[0])
    return PairEvidence(
        float(scores.weight[0]), tuple(witnesses), policy.negative_rules[rule].name if rule >= 0 else None
    )


def _shared(identifiers: Relation, two: Records) -> SharedValues:
    """Return which of the two records' e-mails and phones several people hold, as the last run counted them."""
    held = identifiers.filter("people > 1").project("namespace, value").distinct().order("ALL").fetchall()
    found = {}
    for name, fold in (("email", email_key), ("phone", folding.phone)):
        values = {fold(value) for namespace, value in held if namespace == name}
        found[name] = np.fromiter((v in values for v in two.columns[name].values), bool, len(two.columns[name].values))
    return found
