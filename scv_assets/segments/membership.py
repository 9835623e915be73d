"""Who is in which segment on which day: the rules over the traits over time, as intervals of days.

Exclusive by construction: of each segmentation the first segment whose condition holds wins, and the last takes
everyone who is left, so that from the day when it is first seen a customer is in exactly one. Only the days on which a
trait passes into another class of its scale are looked at, and the rules are asked once for each combination of
classes that anybody is ever in: the cost goes with what happened, not with customers times days times rules.
"""

from datetime import date

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.segments.business_days import day
from scv_assets.segments.codes import Names, coded, numbered
from scv_assets.segments.policy import SegmentPolicy
from scv_assets.segments.stays import ranks, stays
from scv_assets.sql_quoting import literal
from scv_assets.working_tables import keep


def membership(
    con: Connection, activity: Relation, policy: SegmentPolicy, *, first_on: date, as_of_on: date
) -> Relation:
    """Return the segments of every customer on every day of [first_on, as_of_on] on which it was already known.

    `activity`: see `activity.activity`; what happens after `as_of_on` is not looked at. One row a (customer_id,
    segmentation, valid_from), sorted: `segment` holds from `valid_from` to the day before `valid_to` (null: still on
    `as_of_on`). Neighbouring rows differ in their segment.
    """
    codes = keep(con, numbered(con, activity.project("customer_id")))
    facts = keep(con, coded(con, activity, codes))
    ranked = ranks(facts, policy, first_on, as_of_on)
    found = stays(con, facts, ranked, policy, Names.of(*policy.names), first_on=first_on, as_of_on=as_of_on)
    return con.sql(
        """
        SELECT codes.customer_id, segmentation::VARCHAR AS segmentation, segment::VARCHAR AS segment, valid_from,
            valid_to
        FROM found JOIN codes ON code = found.customer_id
        ORDER BY code, found.segmentation, valid_from
        """
    )


def segment_on(con: Connection, membership: Relation, segmentation: str, on: date) -> Relation:
    """Return each customer's segment on a day, as known now; one row a customer_id, sorted.

    `membership`: as published, or as `membership` gives it.
    """
    now = "AND superseded_at IS NULL" if "superseded_at" in membership.columns else ""
    return con.sql(
        f"""
        SELECT customer_id, segment FROM membership
        WHERE segmentation = {literal(segmentation)} AND valid_from <= {day(on)}
          AND (valid_to IS NULL OR valid_to > {day(on)}) {now}
        ORDER BY customer_id
        """
    )
