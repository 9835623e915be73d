"""The stage's one call: traits, membership with its history, moves and matrices."""

from dataclasses import dataclass
from datetime import date, datetime

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.segments.activity import SegmentInputs, activity
from scv_assets.segments.definitions import definitions
from scv_assets.segments.history import bitemporal
from scv_assets.segments.matrix import transition_matrix
from scv_assets.segments.membership import membership
from scv_assets.segments.overlapping import as_exclusive, parted, recorded_as_exclusive
from scv_assets.segments.passage import passage_factors
from scv_assets.segments.policy import SegmentPolicy
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
    facts = keep(con, activity(con, inputs, policy, time_zone))
    rules = as_exclusive(policy)
    current = keep(con, membership(con, facts, rules, first_on=first_on, as_of_on=as_of_on))
    before = recorded_as_exclusive(con, recorded.membership, recorded.overlapping, policy)
    known = keep(
        con,
        bitemporal(
            con,
            current,
            before,
            members=_members(con, inputs.crosswalk, rules),
            first_on=first_on,
            as_of_on=as_of_on,
            now=now,
            horizon=horizon,
        ),
    )
    exclusive, overlapping = parted(con, known)
    moves = keep(con, transitions(con, exclusive, facts, policy))
    begin, end = _known_days(con, exclusive, first_on, as_of_on if horizon is None else max(as_of_on, horizon))
    return SegmentTables(
        traits(con, facts, as_of_on),
        exclusive,
        overlapping,
        definitions(con, policy, recorded.definitions, first_on, as_of_on),
        moves,
        passage_factors(con, moves),
        transition_matrix(con, moves, begin, end),
    )


def _members(con: Connection, crosswalk: Relation, policy: SegmentPolicy) -> Relation:
    names = ", ".join(f"('{segmentation.name}')" for segmentation in policy.segmentations)
    return con.sql(
        f"""
        FROM (SELECT DISTINCT customer_id FROM crosswalk) CROSS JOIN (VALUES {names}) AS named(segmentation)
        """
    )


def _known_days(con: Connection, known: Relation, first_on: date, last_on: date) -> tuple[date, date]:
    """Return the first and the last day of the history: a back-fill leaves earlier days as they are."""
    begin = con.sql("SELECT min(valid_from) FROM known WHERE superseded_at IS NULL").fetchall()[0][0]
    return min(begin or first_on, first_on), last_on
