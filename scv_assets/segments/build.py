"""The stage's one call: traits, membership with its history, moves and matrices."""

from collections.abc import Mapping
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
from scv_assets.segments.business_days import day
from scv_assets.segments.codes import Names, as_published, coded, numbered
from scv_assets.segments.definitions import definitions
from scv_assets.segments.history import bitemporal
from scv_assets.segments.matrix import transition_matrix
from scv_assets.segments.news import changed, prints
from scv_assets.segments.overlapping import as_exclusive, parted, recorded_as_exclusive, recorded_names
from scv_assets.segments.passage import passage_factors
from scv_assets.segments.policy import SegmentPolicy
from scv_assets.segments.scales import scales_of
from scv_assets.segments.stays import ranks, stays
from scv_assets.segments.traits import traits
from scv_assets.segments.transitions import transitions
from scv_assets.segments.turns import Values, of_some
from scv_assets.sql_quoting import literal
from scv_assets.working_tables import keep


@dataclass(frozen=True)
class Recorded:
    """What was last published: `segment_membership`, `overlapping_membership`, `segment_definition`."""

    membership: Relation
    overlapping: Relation
    definitions: Relation


@dataclass(frozen=True)
class LastRun:
    """What the run left that made what is `Recorded`, by the same rules, first day and time zone.

    `prints` (customer_id, print) of its last day `as_of_on` (`news`), and the `segment_transition` that it published.
    """

    prints: Relation
    transitions: Relation
    as_of_on: date


@dataclass(frozen=True)
class SegmentTables:
    """The published tables of the stage, each sorted by key, and the `prints` for the next run."""

    traits: Relation
    membership: Relation
    overlapping: Relation
    definitions: Relation
    transitions: Relation
    factors: Relation
    matrix: Relation
    prints: Relation


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
    last: LastRun | None = None,
) -> SegmentTables:
    """Return the stage's tables over the days [first_on, as_of_on].

    `recorded`: what was last published, and `horizon` the last day that was known then (null: first
    time). `traits` are those at the end of `as_of_on`; `transitions` and `matrix` follow all that is known now of the
    days up to the later of `as_of_on` and `horizon`. Same input, same tables, to the byte. With `last` only the history
    of those of whom something changed is worked out; the tables are the same.
    """
    when = _When(time_zone, first_on, as_of_on, now, horizon)
    last = last if last is not None and last.as_of_on == horizon and as_of_on >= last.as_of_on else None
    ground = _ground(con, inputs, policy, recorded, last, when)
    asked = _Asked(con, None if last is None else keep(con, ground.changed(con, last)))
    theirs = asked.of(ground.facts)
    exclusive, several = parted(con, _history(con, ground, asked, theirs, policy, when))
    moves = keep(con, transitions(con, exclusive, theirs, policy, ground.names))
    if last is not None:
        exclusive, several, moves = _with_the_rest(con, asked, ground, last, exclusive, several, moves)
    days = _known_days(con, exclusive, first_on, max(as_of_on, horizon or as_of_on))
    return SegmentTables(
        as_published(con, traits(con, ground.facts, as_of_on), CUSTOMER_TRAIT, ground.codes),
        as_published(con, exclusive, SEGMENT_MEMBERSHIP, ground.codes),
        as_published(con, several, OVERLAPPING_MEMBERSHIP, ground.codes),
        definitions(con, policy, recorded.definitions, first_on, as_of_on),
        as_published(con, moves, SEGMENT_TRANSITION, ground.codes),
        passage_factors(con, moves),
        transition_matrix(con, moves, *days),
        ground.prints(con, as_of_on),
    )


@dataclass(frozen=True)
class _When:
    """The days that are looked at, and what is known of time: see `build`."""

    time_zone: str
    first_on: date
    as_of_on: date
    now: datetime
    horizon: date | None


@dataclass(frozen=True)
class _Ground:
    """What all is worked out from: customers by number (`codes`), and everything else in that form.

    `rules`: every segmentation as an exclusive one. `ranked`: everybody's places among the buyers. `printed`: `prints`.
    """

    codes: Relation
    facts: Relation
    crosswalk: Relation
    rules: SegmentPolicy
    ranked: Mapping[str, Values]
    printed: Relation
    membership: Relation
    overlapping: Relation
    names: Names

    def changed(self, con: Connection, last: LastRun) -> Relation:
        """Return of whom something changed since the last run."""
        return changed(con, self.printed, coded(con, last.prints, self.codes))

    def prints(self, con: Connection, as_of_on: date) -> Relation:
        """Return the prints for the next run, each under its customer's id, sorted."""
        printed, codes = self.printed, self.codes
        return con.sql(
            f"""
            SELECT codes.customer_id, print, {day(as_of_on)} AS as_of_on
            FROM printed JOIN codes ON code = printed.customer_id ORDER BY code
            """
        )


def _ground(
    con: Connection,
    inputs: SegmentInputs,
    policy: SegmentPolicy,
    recorded: Recorded,
    last: LastRun | None,
    when: _When,
) -> _Ground:
    codes = keep(con, numbered(con, _customers(inputs, recorded, last)))
    facts = keep(con, coded(con, activity(con, inputs, policy, when.time_zone), codes))
    away, owned = inputs.gone, inputs.crosswalk
    crosswalk = coded(con, con.sql("FROM owned ANTI JOIN away USING (customer_id)"), codes)
    rules = as_exclusive(policy)
    ranked = ranks(facts, rules, when.first_on, when.as_of_on)
    before_on = last.as_of_on if last is not None else None
    printed = prints(con, facts, crosswalk, ranked, scales_of(rules), as_of_on=when.as_of_on, before_on=before_on)
    membership, overlapping = coded(con, recorded.membership, codes), coded(con, recorded.overlapping, codes)
    names = recorded_names(membership, overlapping, rules)
    return _Ground(codes, facts, crosswalk, rules, ranked, keep(con, printed), membership, overlapping, names)


def _history(
    con: Connection, ground: _Ground, asked: "_Asked", theirs: Relation, policy: SegmentPolicy, when: _When
) -> Relation:
    """Return the whole bitemporal history of those who are asked about, in coded form; `theirs`: their facts."""
    before = recorded_as_exclusive(con, asked.of(ground.membership), asked.of(ground.overlapping), policy)
    places, rules, names = asked.places(ground.ranked), ground.rules, ground.names
    known = bitemporal(
        con,
        stays(con, theirs, places, rules, names, first_on=when.first_on, as_of_on=when.as_of_on),
        keep(con, names.applied(before)),
        members=_members(con, asked.of(ground.crosswalk), rules, names),
        first_on=when.first_on,
        as_of_on=when.as_of_on,
        now=when.now,
        horizon=when.horizon,
    )
    return keep(con, known)


@dataclass(frozen=True)
class _Asked:
    """Whose history is worked out: everybody's (`customers` null), or theirs alone, the rest as it was published."""

    con: Connection
    customers: Relation | None

    def of(self, rows: Relation) -> Relation:
        """Return their rows."""
        if self.customers is None:
            return rows
        customers = self.customers
        return keep(self.con, self.con.sql("SELECT rows.* FROM rows JOIN customers USING (customer_id)"))

    def places(self, ranked: Mapping[str, Values]) -> Mapping[str, Values]:
        """Return their places."""
        if self.customers is None:
            return ranked
        who = self.customers.to_arrow_table()["customer_id"].to_numpy()
        return {name: of_some(values, who) for name, values in ranked.items()}

    def together(self, theirs: Relation, published: Relation) -> Relation:
        """Return what is theirs now, and of all others what was published."""
        customers = self.customers
        return self.con.sql("FROM theirs UNION ALL BY NAME (FROM published ANTI JOIN customers USING (customer_id))")


def _with_the_rest(
    con: Connection,
    asked: _Asked,
    ground: _Ground,
    last: LastRun,
    exclusive: Relation,
    several: Relation,
    moves: Relation,
) -> tuple[Relation, Relation, Relation]:
    """Return the three with what was published of everybody who is not asked about."""
    names, published = ground.names, coded(con, last.transitions, ground.codes)
    segments = (f"CAST({name} AS {names.segment_type}) AS {name}" for name in ("from_segment", "to_segment"))
    in_names = published.project(
        f"* REPLACE (CAST(segmentation AS {names.segmentation_type}) AS segmentation, {', '.join(segments)})"
    )
    return (
        keep(con, asked.together(exclusive, names.applied(ground.membership))),
        asked.together(several, ground.overlapping),
        keep(con, asked.together(moves, in_names)),
    )


def _customers(inputs: SegmentInputs, recorded: Recorded, last: LastRun | None) -> Relation:
    """Return the ids of everybody that any of these tells of."""
    tables = [
        *(inputs.crosswalk, inputs.orders, inputs.visits, inputs.carts, inputs.tickets, inputs.messages),
        *(recorded.membership, recorded.overlapping),
        *([] if last is None else [last.prints]),
    ]
    together = tables[0].project("customer_id")
    for table in tables[1:]:
        together = together.union(table.project("customer_id"))
    return together


def _known_days(con: Connection, known: Relation, first_on: date, last_on: date) -> tuple[date, date]:
    """Return the first and the last day of the history: a back-fill leaves earlier days as they are."""
    begin = con.sql("SELECT min(valid_from) FROM known WHERE superseded_at IS NULL").fetchall()[0][0]
    return min(begin or first_on, first_on), last_on


def _members(con: Connection, crosswalk: Relation, policy: SegmentPolicy, names: Names) -> Relation:
    """Return who has a history at all: (customer_id, segmentation)."""
    listed = ", ".join(literal(segmentation.name) for segmentation in policy.segmentations)
    return con.sql(
        f"""
        SELECT customer_id, unnest(CAST([{listed}] AS {names.segmentation_type}[])) AS segmentation
        FROM (SELECT DISTINCT customer_id FROM crosswalk)
        """
    )
