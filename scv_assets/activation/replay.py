"""What campaigns would have sent over past days, each day decided at its end with what the days before had sent."""

from collections.abc import Sequence
from datetime import date, datetime

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.admit import admitted
from scv_assets.activation.local_time import end_of_day, literal
from scv_assets.activation.material import Material, narrowed
from scv_assets.activation.screen import screened
from scv_assets.activation.triggers import candidates
from scv_assets.activation.view import HISTORY
from scv_assets.working_tables import keep


def replay(con: Connection, material: Material, days: Sequence[date]) -> Relation:
    """Return what would have been decided on the days, in their order: the columns of `admit.admitted`, kept.

    What was really sent before the first of the days counts; what was sent since is as if it had not been. The same
    occasion that is refused day after day has a row a day.
    """
    instants = [end_of_day(day, material.view.time_zone) for day in sorted(days)]
    due = keep(con, candidates(con, material, instants))
    material = narrowed(con, material, due)
    looked = screened(con, material, due)
    past = keep(con, material.view.outbox.filter(f"created_at < {literal(instants[0])}").project(", ".join(HISTORY)))
    told: list[Relation] = []
    for at in instants:
        decided = admitted(con, material.view.with_outbox(past), looked, at)
        told.append(decided)
        past = keep(con, past.union(_as_sent(con, decided, at)))
    found = told[0]
    for more in told[1:]:
        found = found.union(more)
    return keep(con, found)


def _as_sent(con: Connection, decided: Relation, at: datetime) -> Relation:
    return con.sql(
        f"""
        SELECT idempotency_key, campaign, customer_id, source, source_key, occurrence, purpose, channel,
               'delivered' AS status, NULL::VARCHAR AS reason, {literal(at)} AS created_at, '{{}}' AS decided_by
        FROM decided WHERE reason IS NULL
        """
    )
