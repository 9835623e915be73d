"""The stage's one call: traits, membership with its history, moves and matrices."""

from dataclasses import dataclass
from datetime import date, datetime

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import (
    CUSTOMER_TRAIT,
    OVERLAPPING_MEMBERSHIP,
    SEGMENT_MEMBERSHIP,
    SEGMENT_TRANSITION,
)
from scv_assets.segments.activity import SegmentInputs, activity
from scv_assets.segments.codes import Names, as_published, coded, numbered, quoted
from scv_assets.segments.definitions import definitions
from scv_assets.segments.history import bitemporal
from scv_assets.segments.matrix import transition_matrix
from scv_assets.segments.overlapping import as_exclusive, parted, recorded_as_exclusive
from scv_assets.segments.passage import passage_factors
from scv_assets.segments.policy import SegmentPolicy
from scv_assets.segments.stays import stays
from scv_assets.segments.traits import traits
from scv_assets.segments.transitions import transitions
from scv_assets.working_tables import keep


@dataclass(frozen=True)
class Recorded:
    """What was last published: `segment_membership`, `overlapping_membership`, `segment_definition`."""

    membership: Relation
    overlapping: Relation
    definitions: Relation


@dataclass(frozen=True)
class SegmentTables:
    """The published tables of the stage, each sorted by key: `customer_trait`, `segment_membership`, …"""

    traits: Relation
    membership: Relation
    overlapping: Relation
    definitions: Relation
    transitions: Relation
    factors: Relation
    matrix: Relation


def build(
    con: Connection,
    inputs: SegmentInputs,
    policy: SegmentPolicy,
    *,
    recorded: Recorded,
    time_zone: str,
    first_on: date,
    as_of_on: date,
    now: datetime,
    horizon: date | None,
) -> SegmentTables:
    """Return the stage's tables over the days [first_on, as_of_on].

    `recorded`: what was last published, and `horizon` the last day that was known then (null: first
    time). `traits` are those at the end of `as_of_on`; `transitions` and `matrix` follow all that is known now of the
    days up to the later of `as_of_on` and `horizon`. Same input, same tables, to the byte.
    """
    codes = keep(con, numbered(con, _customers(inputs, recorded)))
    facts = keep(con, coded(con, activity(con, inputs, policy, time_zone), codes))
    rules = as_exclusive(policy)
    before = recorded_as_exclusive(
        con, coded(con, recorded.membership, codes), coded(con, recorded.overlapping, codes), policy
    )
    names = _names(before, rules)
    current = stays(con, facts, rules, names, first_on=first_on, as_of_on=as_of_on)
    known = bitemporal(
        con,
        current,
        keep(con, names.applied(before)),
        members=_members(con, coded(con, inputs.crosswalk, codes), rules, names),
        first_on=first_on,
        as_of_on=as_of_on,
        now=now,
        horizon=horizon,
    )
    exclusive, overlapping = parted(con, keep(con, known))
    moves = keep(con, transitions(con, exclusive, facts, policy, names))
    begin, end = _known_days(con, exclusive, first_on, as_of_on if horizon is None else max(as_of_on, horizon))
    return SegmentTables(
        as_published(con, traits(con, facts, as_of_on), CUSTOMER_TRAIT, codes),
        as_published(con, exclusive, SEGMENT_MEMBERSHIP, codes),
        as_published(con, overlapping, OVERLAPPING_MEMBERSHIP, codes),
        definitions(con, policy, recorded.definitions, first_on, as_of_on),
        as_published(con, moves, SEGMENT_TRANSITION, codes),
        passage_factors(con, moves),
        transition_matrix(con, moves, begin, end),
    )


def _customers(inputs: SegmentInputs, recorded: Recorded) -> Relation:
    """Return the ids of everybody that any of these tells of."""
    tables = (
        *(inputs.crosswalk, inputs.orders, inputs.visits, inputs.carts, inputs.tickets, inputs.messages),
        *(recorded.membership, recorded.overlapping),
    )
    together = tables[0].project("customer_id")
    for table in tables[1:]:
        together = together.union(table.project("customer_id"))
    return together


def _names(recorded: Relation, policy: SegmentPolicy) -> Names:
    found = recorded.project("segmentation, segment").distinct().fetchall()
    segmentations, segments = policy.names
    return Names.of(
        [*segmentations, *(segmentation for segmentation, _ in found)], [*segments, *(segment for _, segment in found)]
    )


def _known_days(con: Connection, known: Relation, first_on: date, last_on: date) -> tuple[date, date]:
    """Return the first and the last day of the history: a back-fill leaves earlier days as they are."""
    begin = con.sql("SELECT min(valid_from) FROM known WHERE superseded_at IS NULL").fetchall()[0][0]
    return min(begin or first_on, first_on), last_on


def _members(con: Connection, crosswalk: Relation, policy: SegmentPolicy, names: Names) -> Relation:
    """Return who has a history at all: (customer_id, segmentation)."""
    listed = ", ".join(quoted(segmentation.name) for segmentation in policy.segmentations)
    return con.sql(
        f"""
        SELECT customer_id, unnest(CAST([{listed}] AS {names.segmentation_type}[])) AS segmentation
        FROM (SELECT DISTINCT customer_id FROM crosswalk)
        """
    )
