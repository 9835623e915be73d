"""The published match edges: the pairs worth keeping, with the evidence of each as JSON.

Kept: matches, pairs under review, and the rest only where it explains something (records of one customer that do not
look alike, a pair that a rule, a steward or a rival keeps apart, records that share an identifier that could link).
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection as Connection

from scv_assets.identity.clustering import EXACT, PROBABILISTIC, SOURCE, STEWARD
from scv_assets.identity.evidence import evidence
from scv_assets.identity.judgements import Decided
from scv_assets.identity.matching import Matching
from scv_assets.identity.policy import Policy

VIA = {STEWARD: "steward", SOURCE: "exact", EXACT: "exact", PROBABILISTIC: "probabilistic"}

#: Decisions by their code.
NO_MATCH, REVIEW, MATCH = 0, 1, 2
WORDS = ["no_match", "review", "match"]


def decisions(policy: Policy, matching: Matching) -> npt.NDArray[np.int8]:
    """Return `MATCH`, `REVIEW` or `NO_MATCH` for every weighed pair."""
    label, pairs, scores = matching.clusters.label, matching.weighed.pairs, matching.weighed.scores
    is_one = label[pairs.left] == label[pairs.right]
    is_open = scores.reaches(policy.thresholds.review) & ~scores.is_forbidden
    found = np.full(len(pairs), NO_MATCH, dtype=np.int8)
    found[is_open | (matching.is_link & ~is_one)] = REVIEW
    found[matching.is_link & is_one] = MATCH
    found[matching.is_apart] = NO_MATCH
    return found


def match_edges(con: Connection, policy: Policy, matching: Matching, decided: Decided) -> pa.Table:
    """Return match_edge, by its key."""
    decision, which = kept(policy, matching)
    weighed, scores = matching.weighed, matching.weighed.scores.take(which)
    edges = matching.records.named(weighed.pairs.take(which))
    verdicts = _verdicts(con, edges, decided)
    is_stewards = pc.fill_null(pc.is_in(verdicts, pa.array(["must_link", "cannot_link"])), False)
    via = pa.array([VIA[t] for t in range(4)]).take(pa.array(matching.tier[which]))
    columns = {
        "match_weight": pa.array(scores.weight, from_pandas=True),
        "match_probability": pa.array(scores.probability, from_pandas=True),
        "decision": pa.array(WORDS).take(pa.array(decision)),
        "via": pc.if_else(is_stewards, "steward", via),
        "evidence": evidence(con, policy, matching, which, verdicts),
    }
    for name, column in columns.items():
        edges = edges.append_column(name, column)
    return edges


def _verdicts(con: Connection, edges: pa.Table, decided: Decided) -> pa.Array:
    """Return the steward's verdict in force of each edge; null where there is none."""
    verdicts = decided.verdicts
    if not verdicts.num_rows:
        return pa.nulls(edges.num_rows, pa.string())
    numbered = edges.append_column("place", pa.array(np.arange(edges.num_rows)))
    found = con.sql("""
        SELECT verdict FROM numbered LEFT JOIN verdicts USING (left_source, left_key, right_source, right_key)
        ORDER BY place
    """).to_arrow_table()
    return found["verdict"].combine_chunks()


def kept(policy: Policy, matching: Matching) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.intp]]:
    """Return the decisions of the pairs worth keeping, and the places of these among the weighed pairs."""
    decision = decisions(policy, matching)
    label, pairs, scores = matching.clusters.label, matching.weighed.pairs, matching.weighed.scores
    is_one = label[pairs.left] == label[pairs.right]
    would_match = scores.is_forbidden & (np.nan_to_num(scores.rows.weight, nan=-1.0) > 0)[scores.row]
    shares = pairs.are_in(matching.sharing.pairs, matching.records.count)
    has_rival = (scores.rows.rival >= 0)[scores.row]
    is_one &= ~np.isnan(scores.rows.weight)[scores.row]
    which = np.flatnonzero((decision != NO_MATCH) | is_one | would_match | shares | has_rival | matching.is_apart)
    return decision[which], which
