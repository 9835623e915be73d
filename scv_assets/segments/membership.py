"""Who is in which segment on which day: the rules over the traits over time, as intervals of days.

Exclusive by construction: of each segmentation the first segment whose condition holds wins, and the last takes
everyone who is left, so that from the day when it is first seen a customer is in exactly one.
"""

from datetime import date

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.segments.business_days import day
from scv_assets.segments.policy import Segmentation, SegmentPolicy
from scv_assets.segments.states import TraitNeeds, change_points, states_of
from scv_assets.working_tables import keep

#: Customers whose histories are sorted at once: what bounds the memory.
AT_ONCE = 200_000


def membership(
    con: Connection, activity: Relation, policy: SegmentPolicy, *, first_on: date, as_of_on: date
) -> Relation:
    """Return the segments of every customer on every day of [first_on, as_of_on] on which it was already known.

    `activity`: see `activity.activity`; what happens after `as_of_on` is not looked at. One row a (customer_id,
    segmentation, valid_from), sorted: `segment` holds from `valid_from` to the day before `valid_to` (null: still on
    `as_of_on`). Neighbouring rows differ in their segment.
    """
    if as_of_on < first_on:
        raise ValueError(f"the days end ({as_of_on}) before they begin ({first_on})")
    codes = keep(con, _codes(con, activity, as_of_on))
    turns = _turns(con, activity, codes, policy, first_on, as_of_on)
    intervals = " UNION ALL ".join(_intervals(segmentation) for segmentation in policy.segmentations)
    return con.sql(
        f"""
        SELECT codes.customer_id, stays.* EXCLUDE (code) FROM ({intervals}) AS stays JOIN codes USING (code)
        ORDER BY customer_id, segmentation, valid_from
        """
    )


def _codes(con: Connection, activity: Relation, as_of_on: date) -> Relation:
    """Number the customers who are known by the end of a day: numbers sort and join in half the time of ids."""
    return con.sql(
        f"""
        SELECT customer_id, row_number() OVER (ORDER BY customer_id)::INTEGER AS code
        FROM (SELECT DISTINCT customer_id FROM activity WHERE happened_on <= {day(as_of_on)})
        """
    )


def _turns(
    con: Connection, activity: Relation, codes: Relation, policy: SegmentPolicy, first_on: date, as_of_on: date
) -> Relation:
    """Return the days on which any segment of a customer is another than before: a column a segmentation, two times.

    Columns: `code`, `from_on`, each segmentation's segment, and the one before it as `before <segmentation>`.
    """
    needs = TraitNeeds(tuple(policy.traits), tuple(policy.numbers))
    coded = con.sql(
        "SELECT code AS customer_id, activity.* EXCLUDE (customer_id) FROM activity JOIN codes USING (customer_id)"
    )
    points = change_points(con, coded, needs, first_on, as_of_on)
    turns = None
    for begin in range(0, max(len(codes), 1), AT_ONCE):
        some = points.filter(f"customer_id > {begin} AND customer_id <= {begin + AT_ONCE}")
        part = keep(con, _turns_of(con, states_of(con, some, needs), policy, first_on))
        turns = part if turns is None else turns.union(part)
    assert turns is not None
    return turns


def _turns_of(con: Connection, over_time: Relation, policy: SegmentPolicy, first_on: date) -> Relation:
    """Return the turns of some customers; `over_time`: their states."""
    names = [one.name for one in policy.segmentations]
    segments = "".join(f', {_segment(one)} AS "{one.name}"' for one in policy.segmentations)
    befores = "".join(f', lag("{name}") OVER story AS "before {name}"' for name in names)
    turning = " OR ".join(f'"{name}" IS DISTINCT FROM "before {name}"' for name in names)
    return con.sql(
        f"""
        WITH known AS (
          SELECT customer_id AS code, greatest(from_on, {day(first_on)}) AS from_on{segments} FROM over_time
          WHERE to_on IS NULL OR to_on > {day(first_on)}
        )
        SELECT * FROM (SELECT *{befores} FROM known WINDOW story AS (PARTITION BY code ORDER BY from_on))
        WHERE {turning}
        """
    )


def segment_on(con: Connection, membership: Relation, segmentation: str, on: date) -> Relation:
    """Return each customer's segment on a day, as known now; one row a customer_id, sorted.

    `membership`: as published, or as `membership` gives it.
    """
    now = "AND superseded_at IS NULL" if "superseded_at" in membership.columns else ""
    name = segmentation.replace("'", "''")
    return con.sql(
        f"""
        SELECT customer_id, segment FROM membership
        WHERE segmentation = '{name}' AND valid_from <= {day(on)} AND (valid_to IS NULL OR valid_to > {day(on)}) {now}
        ORDER BY customer_id
        """
    )


def _segment(segmentation: Segmentation) -> str:
    cases = " ".join(f"WHEN {s.condition.sql} THEN '{s.name}'" for s in segmentation.segments)
    return f"CASE {cases} END"


def _intervals(segmentation: Segmentation) -> str:
    """Return the SQL of one segmentation's stays: from one turn of its own to the next."""
    name = segmentation.name
    return f"""(
        SELECT code, '{name}' AS segmentation, "{name}" AS segment, from_on AS valid_from,
               lead(from_on) OVER (PARTITION BY code ORDER BY from_on) AS valid_to
        FROM turns WHERE "{name}" IS DISTINCT FROM "before {name}"
    )"""
