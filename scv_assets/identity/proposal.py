"""A policy for a set of records that nobody has described: what the general policy says, cut to what the data have.

- Comparisons, levels, names and rules stay where their features are filled; what speaks of an absent one goes.
- Blocking rules stay as long as they can be afforded; a small table can afford wider ones (`proposal_blocking`).
- Negative rules, and the household kind of lookalikes, are there because families share what people are known by. They
  stay where the data show families: where records of one family name that share a mailbox, a phone or a door often tell
  another given name and another birth date. Where hardly any do, such a contradiction is a typing error. An identifier
  of the person overrules this: if records that share one contradict each other, contradictions mean little.
- Where the data show no families, what looks alike is nearly always one person, so less is asked for a match. Beside an
  identifier that links alone and that nearly every record has, more is asked: it has joined nearly all, and what only
  looks alike mostly has two different ones.
- An identifier links alone where records that share it seldom tell of different people, else with names.
"""

import copy
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.identity.engines import Engine
from scv_assets.identity.features import FEATURES, read_records
from scv_assets.identity.plan import Plan, compile_plan
from scv_assets.identity.policy import MISSING, LevelPattern, Policy
from scv_assets.identity.proposal_blocking import RuleCost, affordable_rules
from scv_assets.identity.records import Pairs, Records
from scv_assets.identity.scoring import holds_any, holds_pattern

Settings = dict[str, Any]

#: Probability of a match where the data do not show families, and beside an identifier that `FILLED_BY_ALL` of the
#: records have; elsewhere it is the general policy's.
MATCH_WITHOUT_FAMILIES = 0.8
MATCH_BESIDE_IDENTIFIER = 0.98
FILLED_BY_ALL = 0.9
#: A feature that fewer records have is left out.
LEAST_FILLED = 0.005
#: Share of contradictions among records that share a contact point from which the data have families.
FAMILIES_FROM = 0.15
#: Share of contradictions among records that share an identifier of the person, up to which they mean something.
CONTRADICTIONS_UP_TO = 0.005
#: Share of pairs with one identifier that tell of different people, up to which it links alone.
DISAGREEMENTS_UP_TO = 0.2

_LEAST_PAIRS = 20
_MOST_PAIRS = 300_000
_PLACES = (("street", "house_number", "postcode"), ("street", "house_number", "city"))
_CONTACTS = (("email",), ("phone",), *_PLACES)
_CONTRADICTION: LevelPattern = {"first_name": ("different",), "birth_on": ("different", "generation_apart", "year")}


@dataclass(frozen=True)
class Proposal:
    """`settings` as matching.yaml has them; `rules`: what blocking costs; `families`, `contradictions`: shares found.

    A share is None where too few pairs could tell.
    """

    settings: Settings
    rules: tuple[RuleCost, ...]
    families: float | None
    contradictions: Mapping[str, float] = field(default_factory=dict)

    @property
    def has_families(self) -> bool:
        """True where negative rules are worth having."""
        if any(share > CONTRADICTIONS_UP_TO for share in self.contradictions.values()):
            return False
        return self.families is None or self.families >= FAMILIES_FROM

    @property
    def shows_families(self) -> bool:
        """True where the data show families: where nothing can tell, `has_families` is true and this is not."""
        return self.has_families and self.families is not None


def propose(
    con: Connection, template: Settings, policy: Policy, records: Relation, identifiers: Relation, engine: Engine
) -> Proposal:
    """Return a policy for these records.

    `template`: the general policy as its YAML has it, `policy`: the same, read. `records` and `identifiers` as
    `resolve` takes them.
    """
    known = read_records(con, records, policy)
    there = {name for name in FEATURES if known.columns[name].is_there.sum() >= max(2, LEAST_FILLED * known.count)}
    settings = _cut(copy.deepcopy(template), there)
    plan = compile_plan(policy)
    rules = affordable_rules(plan, known, [tuple(rule) for rule in settings["blocking"]["rules"]], there)
    settings["blocking"]["rules"] = [list(rule.features) for rule in rules if rule.is_kept]
    families = _share(plan, known, engine, _contact_pairs(plan, known, engine, there), _CONTRADICTION)
    contradictions, disagreements = {}, {}
    for namespace, pairs in _sharing(con, known, identifiers).items():
        share = _share(plan, known, engine, pairs, _CONTRADICTION)
        if share is not None:
            contradictions[namespace] = share
        disagreements[namespace] = _disagreeing(plan, policy, known, engine, pairs)
    settings["namespaces"] = _namespaces(settings["namespaces"], there, disagreements)
    proposal = Proposal(settings, rules, families, contradictions)
    if not proposal.has_families:
        settings.pop("negative_rules", None)
        settings.get("lookalikes", {}).pop("household", None)
    alone = [name for name, rule in settings["namespaces"].items() if rule["links"] == "alone"]
    if _most_filled(con, known, identifiers, alone) >= FILLED_BY_ALL:
        settings["thresholds"]["match"] = max(settings["thresholds"]["match"], MATCH_BESIDE_IDENTIFIER)
    elif not proposal.shows_families:
        settings["thresholds"]["match"] = MATCH_WITHOUT_FAMILIES
    return proposal


def _cut(settings: Settings, there: set[str]) -> Settings:
    """Leave out of the general policy what speaks of features that are not there."""
    comparisons = {
        name: cut for name, comparison in settings["comparisons"].items() if (cut := _comparison(comparison, there))
    }
    namespaces = {name for name in ("email", "phone") if name in there}
    for comparison in comparisons.values():
        if comparison.get("shared_by") not in namespaces:
            comparison.pop("shared_by", None)
    settings["comparisons"] = comparisons
    settings["lookalikes"] = _lookalikes(settings.get("lookalikes", {}), comparisons)
    settings["names"] = {
        which: [cut for pattern in settings["names"][which] if (cut := _pattern(pattern, comparisons))]
        for which in ("disagree", "agree")
    }
    settings["negative_rules"] = {
        name: {**rule, "when": cut}
        for name, rule in settings.get("negative_rules", {}).items()
        if (cut := _pattern(rule["when"], comparisons))
    }
    blocking = settings["blocking"]
    blocking["rules"] = [rule for rule in blocking["rules"] if set(rule) <= there]
    blocking["split_by"] = [feature for feature in blocking.get("split_by", []) if feature in there]
    return {name: value for name, value in settings.items() if value != {}}


def _comparison(comparison: Settings, there: set[str]) -> Settings | None:
    of = [feature for feature in comparison["of"] if feature in there]
    levels = {name: cut for name, level in comparison["levels"].items() if (cut := _level(level, there)) is not None}
    if not of or not levels:
        return None
    cut = {**comparison, "of": of, "levels": levels}
    if "neutral" in cut:
        cut["neutral"] = [name for name in cut["neutral"] if name in levels]
    if cut.get("term_frequency") not in there:
        cut.pop("term_frequency", None)
    return {name: value for name, value in cut.items() if value != []}


def _level(level: Any, there: set[str]) -> Any:
    """Return the alternatives whose features are all there; None where there are none."""
    alternatives = level if isinstance(level, list) else [level]
    needs_last_name = ("swapped_with_last_name", "crossed_with_last_name")
    kept = [
        tests
        for tests in alternatives
        if set(tests) <= there and ("last_name" in there or not set(map(str, tests.values())) & set(needs_last_name))
    ]
    return (kept if len(kept) > 1 else kept[0]) if kept else None


def _pattern(pattern: Settings, comparisons: Mapping[str, Settings]) -> Settings | None:
    """Return the pattern without absent comparisons, which are always missing; None where it can never hold."""
    cut = {}
    for name, levels in pattern.items():
        if name not in comparisons:
            if MISSING not in levels:
                return None
            continue
        known = {*comparisons[name]["levels"], MISSING, "different"}
        known |= {"shared"} if "shared_by" in comparisons[name] else set()
        cut[name] = [level for level in levels if level in known]
        if not cut[name]:
            return None
    return cut or None


def _lookalikes(kinds: Settings, comparisons: Mapping[str, Settings]) -> Settings:
    cut = {
        name: {**kind, "share": [one for one in kind["share"] if one in comparisons]} for name, kind in kinds.items()
    }
    return {name: kind for name, kind in cut.items() if len(kind["share"]) > 1}


def _contact_pairs(plan: Plan, records: Records, engine: Engine, there: set[str]) -> Pairs:
    """Return pairs of one family name that share a mailbox, a phone or a door."""
    rules = tuple(("last_name", *rule) for rule in _CONTACTS if {"last_name", *rule} <= there)
    blocking = dataclasses.replace(plan.blocking, rules=rules)
    return engine.candidate_pairs(dataclasses.replace(plan, blocking=blocking), records).pairs


def _most_filled(con: Connection, records: Records, identifiers: Relation, namespaces: list[str]) -> float:
    """Return the share of the records that have the identifier which most have; 0 without any."""
    keys = records.keys
    held = con.sql("SELECT DISTINCT record, namespace FROM identifiers JOIN keys USING (source, source_key)")
    counts = dict(held.aggregate("namespace, count(*)").fetchall())
    return max((counts.get(name, 0) for name in namespaces), default=0) / max(records.count, 1)


def _sharing(con: Connection, records: Records, identifiers: Relation) -> dict[str, Pairs]:
    """Return the pairs that share a value, by namespace; values on more than 50 records apart."""
    keys = records.keys
    held = con.sql("SELECT record, namespace, value FROM identifiers JOIN keys USING (source, source_key)")
    pairs = con.sql("""
        WITH usable AS (SELECT * FROM held QUALIFY count(*) OVER (PARTITION BY namespace, value) <= 50)
        SELECT namespace, a.record AS one, b.record AS other
        FROM usable a JOIN usable b USING (namespace, value) WHERE a.record < b.record ORDER BY ALL
    """).df()
    return {
        str(namespace): Pairs.of(some["one"].to_numpy(), some["other"].to_numpy(), records.count)
        for namespace, some in pairs.groupby("namespace", sort=True)
    }


def _some(pairs: Pairs) -> Pairs:
    step = max(len(pairs) // _MOST_PAIRS, 1)
    return pairs.take(np.arange(0, len(pairs), step))


def _share(plan: Plan, records: Records, engine: Engine, pairs: Pairs, pattern: LevelPattern) -> float | None:
    """Return the share of pairs in a pattern, of those that have what it looks at; None of too few."""
    looked_at = _some(pairs)
    levels = engine.compare(plan, records, looked_at)
    places = [place for place, comparison in enumerate(plan.comparisons) if comparison.name in pattern]
    has_both = (levels[:, places] > 0).all(axis=1)
    if has_both.sum() < _LEAST_PAIRS:
        return None
    return float(holds_pattern(plan, levels[has_both], pattern).mean())


def _disagreeing(plan: Plan, policy: Policy, records: Records, engine: Engine, pairs: Pairs) -> float:
    looked_at = _some(pairs)
    if not len(looked_at):
        return 0.0
    return float(holds_any(plan, engine.compare(plan, records, looked_at), policy.names.disagree).mean())


def _namespaces(template: Settings, there: set[str], disagreements: Mapping[str, float]) -> Settings:
    """Return the rules of e-mail and phone, where they are there, and of each identifier by what it is worth."""
    found: Settings = {name: template[name] for name in ("email", "phone") if name in there and name in template}
    for name, share in disagreements.items():
        general = template.get(name, {"links": "alone", "max_people": 1})
        if general["links"] == "alone" and share <= DISAGREEMENTS_UP_TO:
            people = 3 if share > 0 else 1
            found[name] = {**general, "max_people": people}
        elif general["links"] == "alone":
            found[name] = {**general, "links": "with_names"}
        else:
            found[name] = general
    return found
