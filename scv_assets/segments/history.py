"""What we knew of the segments, and when: membership with two times.

`valid_from`/`valid_to` say on which days a segment was true, `recorded_at`/`superseded_at` between which instants we
held it for true. Nothing is ever rewritten: a row that turns out wrong is superseded, and its better version recorded.
A change on a day after the last one that was known when we last recorded is the customer's `move`; any other is a
`correction`: something of the past (a late ticket, a merge, a new rule) was learnt, and nothing may be sent for it.
"""

from datetime import date, datetime, timedelta

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.segments.business_days import day
from scv_assets.working_tables import keep

_FACT = "customer_id, segmentation, segment, valid_from, valid_to"


def bitemporal(
    con: Connection,
    current: Relation,
    recorded: Relation,
    *,
    members: Relation,
    first_on: date,
    as_of_on: date,
    now: datetime,
    horizon: date | None,
) -> Relation:
    """Return the whole of `segment_membership` once `current` is known, in no order.

    `current`: `membership.membership` over [first_on, as_of_on]; what was recorded of other days stays, so a back-fill
    of some days leaves the rest alone. `members` (customer_id, segmentation): who has a history at all; the rows of
    anyone else (merged away, a segmentation that is no more) are superseded. `horizon`: last day that was known when
    we last recorded; null: never, then all rows are moves. The same state gives back `recorded`, unchanged.
    """
    live = con.sql(f"SELECT {_FACT}, recorded_at, cause FROM recorded WHERE superseded_at IS NULL")
    last_on = _last_replaced(as_of_on, horizon)
    known_now = current
    if last_on is not None or live.filter(f"valid_from < {day(first_on)}").limit(1).fetchall():
        known_now = keep(con, _spliced(con, current, live, members, first_on, last_on))
    kept, learnt = _kept(con, recorded, known_now, now), _learnt(con, known_now, live, now, horizon)
    return con.sql("FROM kept UNION ALL BY NAME FROM learnt")


def _last_replaced(as_of_on: date, horizon: date | None) -> date | None:
    """Return the last day whose record is replaced; null where nothing was known of the days that follow."""
    return as_of_on if horizon is not None and as_of_on < horizon else None


def _spliced(
    con: Connection, current: Relation, live: Relation, members: Relation, first_on: date, last_on: date | None
) -> Relation:
    """Put the current days between what was recorded before and after them; neighbours of one segment become one row.

    What was recorded before a customer is now known to have been first seen falls away.
    """
    resumed = (
        "false" if last_on is None else f"coalesce(valid_to, DATE 'infinity') > {day(last_on + timedelta(days=1))}"
    )
    resumes = "valid_from" if last_on is None else f"greatest(valid_from, {day(last_on + timedelta(days=1))})"
    return con.sql(
        f"""
        WITH recorded_of_members AS (
          SELECT {_FACT} FROM live SEMI JOIN members USING (customer_id, segmentation)
        ), starts AS (
          SELECT customer_id, segmentation, min(valid_from) AS starts_on FROM current GROUP BY ALL
        ), after AS (
          SELECT * REPLACE ({resumes} AS valid_from) FROM recorded_of_members WHERE {resumed}
        ), resumes AS (
          SELECT customer_id, segmentation, min(valid_from) AS resumes_on FROM after GROUP BY ALL
        ), facts AS (
          SELECT {_FACT} FROM after
          UNION ALL
          SELECT * REPLACE (least(coalesce(valid_to, {day(first_on)}), {day(first_on)}) AS valid_to)
          FROM recorded_of_members SEMI JOIN starts
            ON starts.customer_id = recorded_of_members.customer_id
            AND starts.segmentation = recorded_of_members.segmentation AND starts.starts_on = {day(first_on)}
          WHERE valid_from < {day(first_on)}
          UNION ALL
          SELECT customer_id, segmentation, segment, valid_from, coalesce(valid_to, resumes_on)
          FROM current LEFT JOIN resumes USING (customer_id, segmentation)
        ), entered AS (
          SELECT *, segment IS DISTINCT FROM lag(segment) OVER story
                    OR valid_from IS DISTINCT FROM lag(valid_to) OVER story AS is_entry
          FROM facts WINDOW story AS (PARTITION BY customer_id, segmentation ORDER BY valid_from)
        ), stays AS (
          SELECT *, count(*) FILTER (WHERE is_entry)
                      OVER (PARTITION BY customer_id, segmentation ORDER BY valid_from) AS stay
          FROM entered
        )
        SELECT customer_id, segmentation, segment, min(valid_from) AS valid_from,
               nullif(max(coalesce(valid_to, DATE 'infinity')), DATE 'infinity') AS valid_to
        FROM stays GROUP BY customer_id, segmentation, segment, stay
        """
    )


def _kept(con: Connection, recorded: Relation, known_now: Relation, now: datetime) -> Relation:
    """Return what was recorded, superseded where it is no longer known; what was recorded at `now` is replaced."""
    instant = f"TIMESTAMP '{now.isoformat(sep=' ')}'"
    return con.sql(
        f"""
        SELECT recorded.* REPLACE (
          CASE WHEN superseded_at IS NULL AND known_now.customer_id IS NULL THEN {instant} ELSE superseded_at END
          AS superseded_at)
        FROM recorded LEFT JOIN known_now ON {_same_fact("recorded")}
        WHERE superseded_at IS NOT NULL OR known_now.customer_id IS NOT NULL OR recorded_at < {instant}
        """
    )


def _learnt(con: Connection, known_now: Relation, live: Relation, now: datetime, horizon: date | None) -> Relation:
    """Return the rows that are new, in the columns of the table, with their cause.

    A row that only ends because of a move after the horizon is as true as before: it keeps its cause.
    """
    cause = "'move'"
    if horizon is not None:
        after = f"> {day(horizon)}"
        cause = f"""
          CASE WHEN known_now.valid_from {after} THEN 'move'
               WHEN original.customer_id IS NOT NULL AND original.valid_to IS NULL
                    AND coalesce(known_now.valid_to {after}, true) THEN original.cause
               ELSE 'correction' END"""
    return con.sql(
        f"""
        WITH unknown AS (SELECT * FROM known_now ANTI JOIN live ON {_same_fact("live")})
        SELECT known_now.customer_id, known_now.segmentation, known_now.valid_from,
               TIMESTAMP '{now.isoformat(sep=" ")}' AS recorded_at, known_now.segment, known_now.valid_to,
               {cause} AS cause, NULL::TIMESTAMP AS superseded_at
        FROM unknown AS known_now LEFT JOIN live AS original USING (customer_id, segmentation, segment, valid_from)
        """
    )


def _same_fact(table: str) -> str:
    equal = " AND ".join(
        f"known_now.{name} = {table}.{name}" for name in ("customer_id", "segmentation", "segment", "valid_from")
    )
    return f"{equal} AND known_now.valid_to IS NOT DISTINCT FROM {table}.valid_to"
