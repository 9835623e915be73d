"""The published match edges: the pairs worth keeping, with the evidence of each as JSON.

Kept: matches, pairs under review, and the rest only where it explains something (records of one customer that do not
look alike, a pair that a rule or a steward keeps apart, records that share an identifier that could link).
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection

from scv_assets.identity.clustering import EXACT, PROBABILISTIC, SOURCE, STEWARD
from scv_assets.identity.judgements import Decided
from scv_assets.identity.matching import Matching
from scv_assets.identity.policy import Policy
from scv_assets.identity.records import Flags
from scv_assets.identity.scoring import PRIOR, RULE, evidence_names, prior_bits

IDENTIFIER, STEWARDS_WORD = "identifier", "steward"
VIA = {STEWARD: "steward", SOURCE: "exact", EXACT: "exact", PROBABILISTIC: "probabilistic"}

_NO_BITS = 0.0005


def decisions(policy: Policy, matching: Matching) -> npt.NDArray[np.object_]:
    """Return match, review or no_match for every weighed pair."""
    label, pairs, scores = matching.clusters.label, matching.weighed.pairs, matching.weighed.scores
    is_one = label[pairs.left] == label[pairs.right]
    is_open = (np.nan_to_num(scores.probability) >= policy.thresholds.review) & (scores.forbidden_by < 0)
    found = np.full(len(pairs), "no_match", dtype=object)
    found[is_open | (matching.is_link & ~is_one)] = "review"
    found[matching.is_link & is_one] = "match"
    found[matching.is_apart] = "no_match"
    return found


def match_edges(con: Connection, policy: Policy, matching: Matching, decided: Decided) -> pa.Table:
    """Return match_edge, by its key."""
    decision = decisions(policy, matching)
    which = np.flatnonzero(_is_kept(matching, decision))
    edges = evidence_table(policy, matching, which)
    edges = edges.append_column("decision", pa.array(decision[which], pa.string()))
    keys, verdicts = matching.records.keys, decided.verdicts
    return con.sql(f"""
        WITH named AS (
            SELECT l.source AS left_source, l.source_key AS left_key,
                   r.source AS right_source, r.source_key AS right_key, e.*
            FROM edges e JOIN keys l ON l.record = e.left_record JOIN keys r ON r.record = e.right_record
        )
        SELECT left_source, left_key, right_source, right_key, match_weight, match_probability, decision,
               CASE WHEN v.verdict IN ('must_link', 'cannot_link') THEN 'steward' ELSE via END AS via,
               {evidence_sql(policy, matching, "v.verdict")} AS evidence
        FROM named LEFT JOIN verdicts v USING (left_source, left_key, right_source, right_key)
        ORDER BY left_source, left_key, right_source, right_key
    """).to_arrow_table()


def _is_kept(matching: Matching, decision: npt.NDArray[np.object_]) -> Flags:
    label, pairs, scores = matching.clusters.label, matching.weighed.pairs, matching.weighed.scores
    is_one = label[pairs.left] == label[pairs.right]
    would_match = (scores.forbidden_by >= 0) & (np.nan_to_num(scores.weight, nan=-1.0) > 0)
    shares = pairs.are_in(matching.sharing.pairs, matching.records.count)
    is_one &= ~np.isnan(scores.weight)
    return np.asarray((decision != "no_match") | is_one | would_match | shares | matching.is_apart)


def evidence_table(policy: Policy, matching: Matching, which: npt.NDArray[np.intp]) -> pa.Table:
    """Return the evidence of some weighed pairs, a row each: level and bits of each column, rule, identifiers."""
    weighed, plan = matching.weighed, matching.plan
    pairs, scores = weighed.pairs.take(which), weighed.scores
    tier = matching.tier[which]
    columns: dict[str, object] = {
        "left_record": pairs.left,
        "right_record": pairs.right,
        "match_weight": pa.array(scores.weight[which], from_pandas=True),
        "match_probability": pa.array(scores.probability[which], from_pandas=True),
        "via": pa.array([VIA[t] for t in range(4)]).take(pa.array(tier)),
        "rule": pa.array([None, *(rule.name for rule in policy.negative_rules)]).take(
            pa.array(scores.forbidden_by[which] + 1)
        ),
        "identifiers": _shared_namespaces(matching, which),
    }
    for place, comparison in enumerate(plan.comparisons):
        names = pa.array([None, *comparison.level_names[1:]])
        columns[f"level_{place}"] = names.take(pa.array(weighed.levels[which, place]))
    for place in range(scores.bits.shape[1]):
        columns[f"bits_{place}"] = scores.bits[which, place].astype(np.float64)
    return pa.table(columns)


def _shared_namespaces(matching: Matching, which: npt.NDArray[np.intp]) -> pa.Array:
    """Return the namespaces of the values that each pair shares and that may link, joined by a blank; null: none."""
    sharing, count = matching.sharing, matching.records.count
    place = np.searchsorted(matching.weighed.pairs.keys(count), sharing.pairs.keys(count))
    spaces = np.zeros(len(matching.weighed.pairs), dtype=np.int64)
    np.bitwise_or.at(spaces, place[sharing.pair], np.int64(1) << sharing.namespace.astype(np.int64))
    distinct, back = np.unique(spaces[which], return_inverse=True)
    texts = [" ".join(name for bit, name in enumerate(sharing.names) if code >> bit & 1) or None for code in distinct]
    return pa.array(texts, pa.string()).take(pa.array(back))


def evidence_sql(policy: Policy, matching: Matching, verdict: str) -> str:
    """Return the SQL of the evidence of a row of `evidence_table` as JSON: a list of {comparison, level, bits}."""
    names, width = evidence_names(matching.plan), len(matching.plan.comparisons)
    entries = [_entry(name, f"level_{place}", f"bits_{place}") for place, name in enumerate(names[:width])]
    entries += [
        _entry(name, f"CASE WHEN abs(bits_{place}) > {_NO_BITS} THEN 'like' END", f"bits_{place}")
        for place, name in enumerate(names[width:-1], width)
    ]
    penalty = f"bits_{len(names) - 1}"
    entries += [
        _entry(RULE, f"coalesce(rule, CASE WHEN {penalty} <> 0 THEN 'weighs' END)", penalty),
        _entry(IDENTIFIER, "identifiers", "0"),
        _entry(STEWARDS_WORD, verdict, "0"),
        _entry(PRIOR, "CASE WHEN match_weight IS NOT NULL THEN 'prior' END", str(prior_bits(matching.model))),
    ]
    return f"to_json(list_filter([{', '.join(entries)}], lambda x: x.level IS NOT NULL))::VARCHAR"


def _entry(name: str, level: str, bits: str) -> str:
    quoted = name.replace("'", "''")
    return f"{{'comparison': '{quoted}', 'level': {level}, 'bits': round({bits}, 3)}}"
