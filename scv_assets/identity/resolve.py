"""One run of identity resolution: records and what is known of them in, customers out.

Pure: it reads no clock and no file, and the same input gives the same tables to the byte. Everything that a next run
needs of this one is in the result (crosswalk, redirects, review tasks, model, levels of pairs). A run that is given the
levels of the last one (`Engine.keeps_levels`) compares only pairs with a new or changed record, and gives what a run
over everything gives.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import (
    CROSSWALK,
    CUSTOMER_REDIRECT,
    IDENTITY_EVENT,
    MATCH_EDGE,
    RECORD_IDENTIFIER,
    REVIEW_TASK,
    duckdb_schema,
)
from scv_assets.identity import customer_ids, identity_events, review
from scv_assets.identity.bulk_folding import none_if_empty
from scv_assets.identity.engines import engine as engine_named
from scv_assets.identity.evaluation import id_churn_rate
from scv_assets.identity.features import read_records
from scv_assets.identity.holdings import all_identifiers, holdings
from scv_assets.identity.judgements import Decided, decided
from scv_assets.identity.match_edges import MATCH, REVIEW, VIA, decisions, match_edges
from scv_assets.identity.matching import Matching, match
from scv_assets.identity.model import Model
from scv_assets.identity.pair_levels import PairLevels
from scv_assets.identity.plan import compile_plan
from scv_assets.identity.policy import Policy
from scv_assets.identity.records import Pairs

Counted = dict[str, int | float | dict[str, int]]

_CAUSES = {0: "steward", 1: "merged by its source", 2: "shared identifier", 3: "match"}


@dataclass(frozen=True)
class PreviousState:
    """What the last run published: crosswalk, customer_redirect, review_task."""

    crosswalk: Relation
    redirects: Relation
    review_tasks: Relation

    @staticmethod
    def none(con: Connection) -> "PreviousState":
        """Return the state before the first run."""
        return PreviousState(*(_empty(con, duckdb_schema(t)) for t in (CROSSWALK, CUSTOMER_REDIRECT, REVIEW_TASK)))


@dataclass(frozen=True)
class Resolution:
    """The identity tables, as published, and what the next run and the UI need.

    `new_events`: only this run's. `pair_levels`: the cache for the next run (`pair_levels.PAIR_LEVELS`). `counts`:
    numbers of the run for people to look at, without any personal data.
    """

    record_identifier: Relation
    match_edge: Relation
    crosswalk: Relation
    customer_redirect: Relation
    new_events: Relation
    review_task: Relation
    pair_levels: Relation
    model: Model
    counts: Counted


def resolve(
    con: Connection,
    records: Relation,
    identifiers: Relation,
    judgements: Relation,
    previous: PreviousState,
    policy: Policy,
    *,
    model: Model | None,
    now: datetime,
    run_id: str,
    pair_cache: Relation | None = None,
    engine: str = "native",
    forgotten: pa.Table | None = None,
) -> Resolution:
    """Resolve who is who.

    `records`: source_record. `identifiers`: source, source_key, namespace, value, first_seen_at, last_seen_at; e-mail
    and phone of a record are its identifiers too. `judgements`: judgement. A model is kept while its plan is the
    policy's, and trained anew otherwise. `forgotten` (customer_id): who asked for it and is in neither records nor
    `previous`.
    """
    plan = compile_plan(policy)
    runner = engine_named(engine)
    before = customer_ids.previous_identity(con, previous.crosswalk, previous.redirects)
    matched, settled = _parted(con, records, before.crosswalk)
    numbered = read_records(con, matched, policy)
    told = all_identifiers(con, records, identifiers)
    decisions_made = decided(con, judgements, numbered)
    levels = PairLevels(con, plan, runner, numbered, pair_cache)
    usable = model if model is not None and model.plan_hash == plan.hash else None
    held = holdings(con, told, numbered)
    found = match(policy, plan, runner, numbered, held, decisions_made, levels, usable)
    assigned = customer_ids.assign(con, _cluster_table(found), settled, before, now)
    links, separations = _told_links(found), _separations(decisions_made)
    events = identity_events.events(con, assigned, before, links, separations, now, run_id, forgotten)
    tasks = review.tasks(con, _uncertain(con, policy, found), previous.review_tasks, decisions_made.verdicts, now)
    return Resolution(
        record_identifier=_shaped(con, _record_identifier(told, found), duckdb_schema(RECORD_IDENTIFIER)),
        match_edge=_shaped(con, match_edges(con, policy, found, decisions_made), duckdb_schema(MATCH_EDGE)),
        crosswalk=_shaped(con, assigned.crosswalk, duckdb_schema(CROSSWALK)),
        customer_redirect=_shaped(con, assigned.redirects, duckdb_schema(CUSTOMER_REDIRECT)),
        new_events=_shaped(con, events, duckdb_schema(IDENTITY_EVENT)),
        review_task=_shaped(con, tasks, duckdb_schema(REVIEW_TASK)),
        pair_levels=levels.cached(con),
        model=found.model,
        counts=_counts(policy, found, before, assigned, levels),
    )


def _parted(con: Connection, records: Relation, crosswalk: pa.Table) -> tuple[Relation, pa.Table]:
    """Return the records to match, and those that only keep their customer: deleted ones that have one.

    A record that its source merged into another one is still evidence, and takes part. A deleted record that never had
    a customer takes part too, as one that joins nobody else.
    """
    gone = con.sql("""
        SELECT r.source, r.source_key FROM records r
        LEFT JOIN records t ON t.source = r.source AND t.source_key = r.merged_into
        WHERE r.is_deleted AND t.source_key IS NULL
    """).to_arrow_table()
    settled = con.sql("SELECT source, source_key FROM gone SEMI JOIN crosswalk USING (source, source_key)")
    settled = settled.to_arrow_table()
    matched = con.sql("""
        SELECT r.* REPLACE (g.source_key IS NOT NULL AS is_deleted)
        FROM records r LEFT JOIN gone g USING (source, source_key) ANTI JOIN settled USING (source, source_key)
    """)
    return matched, settled


def _record_identifier(told: pa.Table, found: Matching) -> pa.Table:
    """Return the identifiers with what is counted of the value of each; nothing where no matched record holds it."""
    counts, value = found.counts, found.held.of_rows
    listed = pa.array(np.append(counts.reasons, ""), pa.string()).take(
        pa.array(np.where(value < 0, len(counts.people), value))
    )
    reasons = none_if_empty(listed)
    columns = {
        "is_blocked": pa.compute.is_valid(reasons),
        "block_reason": reasons,
        "holders": np.append(counts.holders, 0)[value],
        "people": np.append(counts.people, 0)[value],
    }
    for name, column in columns.items():
        told = told.append_column(name, pa.array(column))
    return told


def _cluster_table(found: Matching) -> pa.Table:
    """Return a row a matched record: source, source_key, cluster, via, first_seen_at, is_deleted."""
    pairs, label = found.weighed.pairs, found.clusters.label
    is_held = found.is_link & (label[pairs.left] == label[pairs.right])
    strongest = np.full(found.records.count, len(VIA), dtype=np.int8)
    for side in (pairs.left, pairs.right):
        np.minimum.at(strongest, side[is_held], found.tier[is_held])
    via = pa.array([*(VIA[tier] for tier in sorted(VIA)), "alone"]).take(pa.array(strongest))
    keys = found.records.keys.select(["source", "source_key", "first_seen_at", "is_deleted"])
    return keys.append_column("cluster", pa.array(label)).append_column("via", via)


def _told_links(found: Matching) -> pa.Table:
    pairs = found.weighed.pairs.take(found.is_link)
    tier = found.tier[found.is_link]
    causes = pa.array([_CAUSES[t] for t in sorted(_CAUSES)]).take(pa.array(tier))
    return found.records.named(pairs).append_column("rank", pa.array(tier)).append_column("cause", causes)


def _separations(decisions_made: Decided) -> pa.Table:
    verdicts = decisions_made.verdicts
    return verdicts.filter(pa.compute.equal(verdicts["verdict"], "cannot_link"))


def _uncertain(con: Connection, policy: Policy, found: Matching) -> pa.Table:
    """Return the pairs that a steward is to decide: of two clusters the most probable pair, and the cuts."""
    label, pairs = found.clusters.label, found.weighed.pairs
    is_open = (decisions(policy, found) == REVIEW) & (label[pairs.left] != label[pairs.right]) & ~found.is_link
    which = np.flatnonzero(is_open)
    cuts = found.clusters.cuts
    table = pa.table(
        {
            "left_record": np.concatenate([pairs.left[which], cuts.left]),
            "right_record": np.concatenate([pairs.right[which], cuts.right]),
            "match_probability": np.concatenate(
                [found.weighed.scores.take(which).probability, 1 / (1 + np.exp2(-found.clusters.refused_weight))]
            ),
            "reason": pa.array(["pair"] * len(which) + list(found.clusters.reasons), pa.string()),
            "one": np.concatenate([label[pairs.left[which]], label[cuts.left]]),
            "other": np.concatenate([label[pairs.right[which]], label[cuts.right]]),
        }
    )
    chosen = con.sql("""
        SELECT left_record, right_record, match_probability, reason FROM "table"
        QUALIFY row_number() OVER (
            PARTITION BY least(one, other), greatest(one, other)
            ORDER BY reason = 'pair', match_probability DESC, left_record, right_record
        ) = 1
        ORDER BY left_record, right_record
    """).to_arrow_table()
    records = Pairs(*(chosen[side].to_numpy() for side in ("left_record", "right_record")))
    named = found.records.named(records)
    for column in ("match_probability", "reason"):
        named = named.append_column(column, chosen[column])
    return named


def _counts(
    policy: Policy,
    found: Matching,
    before: customer_ids.PreviousIdentity,
    assigned: customer_ids.Assignment,
    levels: PairLevels,
) -> Counted:
    decision = decisions(policy, found)
    sizes = _histogram(np.bincount(found.clusters.label))
    return {
        "records": found.records.count,
        "customers": pa.compute.count_distinct(assigned.crosswalk["customer_id"]).as_py(),
        "id_churn_rate": id_churn_rate(before.crosswalk, assigned.crosswalk),
        "candidate_pairs": found.candidates,
        "pairs_weighed": found.weights.total(),
        "pairs_compared": levels.compared,
        "match": int((decision == MATCH).sum()),
        "review": int((decision == REVIEW).sum()),
        "cuts": len(found.clusters.reasons),
        "identifiers": len(found.counts.holders),
        "identifiers_blocked": int(found.counts.is_blocked.sum()),
        "records_in_dropped_blocks": found.in_dropped_blocks,
        "cluster_sizes": {size: count for size, count in sizes.items() if size != "0"},
        "weight_histogram": {str(int(step)): count for step, count in sorted(found.weights.items())},
    }


def _histogram(values: npt.NDArray[np.integer]) -> dict[str, int]:
    distinct, counts = np.unique(values, return_counts=True)
    return dict(zip(map(str, distinct.tolist()), counts.tolist(), strict=True))


def _shaped(con: Connection, table: pa.Table, schema: dict[str, str]) -> Relation:
    """Return the table with exactly the published columns and types, in its order."""
    columns = ", ".join(f'CAST("{name}" AS {type_}) AS "{name}"' for name, type_ in schema.items())
    return con.from_arrow(table).project(columns)


def _empty(con: Connection, schema: dict[str, str]) -> Relation:
    columns = ", ".join(f'CAST(NULL AS {type_}) AS "{name}"' for name, type_ in schema.items())
    return con.sql(f"SELECT {columns} LIMIT 0")
