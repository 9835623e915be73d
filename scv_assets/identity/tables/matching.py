"""A table matched: clusters of rows and the edges between them, by row number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import JUDGEMENT, duckdb_schema
from scv_assets.identity.arrays import Numbers
from scv_assets.identity.engines import engine as engine_named
from scv_assets.identity.evaluation import Quality, quality
from scv_assets.identity.evidence import named_namespaces, shared_namespaces
from scv_assets.identity.features import read_records
from scv_assets.identity.holdings import all_identifiers, holdings
from scv_assets.identity.judgements import decided
from scv_assets.identity.match_edges import VIA, WORDS, kept
from scv_assets.identity.matching import Matching, match
from scv_assets.identity.pair_levels import PairLevels
from scv_assets.identity.plan import compile_plan
from scv_assets.identity.policy import Policy
from scv_assets.identity.records import Pairs, Records
from scv_assets.identity.scoring import PRIOR, evidence_names, prior_bits
from scv_assets.identity.tables.person_rows import PersonRows
from scv_assets.identity.tables.reading import ROW
from scv_assets.sql_quoting import identifier


@dataclass(frozen=True)
class MatchedTable:
    """`clusters`: row, cluster (numbered by their first rows), records in it, confidence; `edges`: the pairs kept.

    confidence: probability of the strongest link that holds the row in its cluster, 1 for an identifier's; null alone.
    `candidates`: how many pairs the blocking rules looked at.
    """

    clusters: pa.Table
    edges: pa.Table
    candidates: int


def match_table(con: Connection, rows: PersonRows, policy: Policy, *, engine: str) -> MatchedTable:
    """Return the clusters and edges of a table's rows; the same rows, policy and engine give the same.

    The matching of `resolve` without its history: a table has no customers of yesterday, no stewards and no events.
    """
    plan, runner = compile_plan(policy), engine_named(engine)
    records = read_records(con, rows.records, policy)
    nothing = ", ".join(f"CAST(NULL AS {type_}) AS {name}" for name, type_ in duckdb_schema(JUDGEMENT).items())
    undecided = decided(con, con.sql(f"SELECT {nothing} LIMIT 0"), records)
    held = holdings(con, all_identifiers(con, rows.records, rows.identifiers), records)
    levels = PairLevels(con, plan, runner, records)
    found = match(policy, plan, runner, records, held, undecided, levels, None)
    decision, which = kept(policy, found)
    pairs = found.weighed.pairs.take(which)
    edges = _edges(policy, found, pairs, decision, which)
    return MatchedTable(_clusters(records, found.clusters.label, pairs, edges), edges, found.candidates)


def _edges(
    policy: Policy, found: Matching, pairs: Pairs, decision: npt.NDArray[np.int8], which: npt.NDArray[np.intp]
) -> pa.Table:
    """Return the pairs worth keeping, sorted by both rows; the columns of bits add up to the weight."""
    scores, row = found.weighed.scores.take(which), _rows(found.records)
    return pa.table(
        {
            "left_row": row[pairs.left],
            "right_row": row[pairs.right],
            "weight": pa.array(scores.weight, from_pandas=True),
            "probability": pa.array(scores.probability, from_pandas=True),
            "decision": _worded(decision, WORDS),
            "via": _worded(found.tier[which], [VIA[tier] for tier in sorted(VIA)]),
            "identifiers": named_namespaces(found, shared_namespaces(found)[which]),
            **_witnesses(policy, found, which),
        }
    )


def _witnesses(policy: Policy, found: Matching, which: npt.NDArray[np.intp]) -> dict[str, pa.Array]:
    """Return the level of each comparison, the rule that forbids the pair, and what each says in bits."""
    plan, scores = found.plan, found.weighed.scores.take(which)
    levels = scores.levels
    columns = {
        f"{comparison.name}_level": _worded(levels[:, place], [None, *comparison.level_names[1:]])
        for place, comparison in enumerate(plan.comparisons)
    }
    columns["rule"] = _worded(scores.forbidden_by + 1, [None, *(rule.name for rule in policy.negative_rules)])
    for name, bits in zip(evidence_names(plan), scores.bits(np.arange(len(which))).T, strict=True):
        columns[f"{name}_bits"] = pa.array(bits.round(3))
    rival = scores.rival(np.arange(len(which)))
    columns["rival_row"] = pa.array(_rows(found.records)[rival], mask=rival < 0)
    prior = np.where(np.isnan(scores.weight), 0.0, prior_bits(found.model))
    return columns | {f"{PRIOR}_bits": pa.array(prior.astype(np.float32).round(3))}


def _worded(codes: npt.NDArray[np.integer], words: Sequence[str | None]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(words, pa.string()))


def _rows(records: Records) -> Numbers:
    return np.asarray(records.keys["source_key"].cast(pa.int64()).to_numpy())


def _clusters(records: Records, label: Numbers, pairs: Pairs, edges: pa.Table) -> pa.Table:
    """Return the clusters; rows are in the order of their numbers, so a cluster's label is its first row's place.

    `edges`: of the pairs.
    """
    is_match = pc.equal(edges["decision"], "match")
    probability = pc.if_else(pc.equal(edges["via"], "probabilistic"), edges["probability"], 1.0).filter(is_match)
    confidence = np.full(records.count, np.nan)
    matched = pairs.take(is_match.to_numpy())
    for record in (matched.left, matched.right):
        np.fmax.at(confidence, record, probability.to_numpy())
    first = label == np.arange(records.count)
    return pa.table(
        {
            "row": _rows(records),
            "cluster": np.cumsum(first)[label],
            "records": np.bincount(label, minlength=records.count)[label],
            "confidence": pa.array(confidence.round(6), from_pandas=True),
        }
    )


def measured(table: Relation, clusters: pa.Table, truth: str) -> tuple[Quality, int]:
    """Return how well the clusters agree with a column that says who is who, and how many rows it says nothing of.

    Such rows are left out.
    """
    told = table.project(f"{ROW}, {identifier(truth)}").order(ROW).fetchall()
    found = dict(zip(clusters["row"].to_pylist(), clusters["cluster"].to_pylist(), strict=True))
    labelled = [(found[row], entity) for row, entity in told if entity is not None]
    return quality([one for one, _ in labelled], [entity for _, entity in labelled]), len(told) - len(labelled)
