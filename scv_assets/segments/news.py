"""Whose history one more run has to look at: those of whom something changed since the last, or whom time moves on.

A customer's print is a number made of every fact up to a day, of its places among the buyers and of whether it is a
member of the crosswalk at all. The last run left the prints of its last day. Whose print of that day is another now (a
late fact, one that is no more, a merge, a split, a place that others shifted) is looked at again; so is who did
something since, and who comes to the end of a window or to an age that a rule names. Of everybody else a computation
of the whole history would say again what was published. More may be looked at than have changed, never fewer.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.segments.business_days import day
from scv_assets.segments.catalogue import MEASURES, OLDEST_DAYS
from scv_assets.segments.scales import Scale
from scv_assets.segments.timelines import DAY_BITS, arrow_days, days_of
from scv_assets.segments.turns import Values

#: a prime below 2 to the 62nd: sums of hashes are told by what is left of them
_ROOM = 4_611_686_018_427_387_847


def prints(
    con: Connection,
    activity: Relation,
    crosswalk: Relation,
    places: Mapping[str, Values],
    scales: Sequence[Scale],
    *,
    as_of_on: date,
    before_on: date | None,
) -> Relation:
    """Return a row a customer: `customer_id`, `print` of all up to `as_of_on`, `print_before` of all up to `before_on`.

    All in coded form. `is_news`: something is dated, or something ends or comes of age, in the days between the two
    (after `before_on`, to `as_of_on`). `before_on` null: there was no run before; `print_before` is null and everybody
    is news.
    """
    before = "NULL::DATE" if before_on is None else day(before_on)
    turning = " OR ".join(["false", *_turning(scales, before_on, as_of_on)])
    ranked = con.sql("SELECT 0::INTEGER AS customer_id, DATE 'infinity' AS on_day, 0::UBIGINT AS token LIMIT 0")
    for name, values in sorted(places.items()):
        ranked = ranked.union(_placed(con, name, values))
    return con.sql(
        f"""
        WITH tokens AS (
          SELECT customer_id, happened_on AS on_day,
                 hash(hash(kind, detail, channel, happened_at, happened_on, amount_cents)) AS token,
                 {turning} AS is_turning
          FROM activity WHERE happened_on <= {day(as_of_on)}
          UNION ALL
          SELECT DISTINCT customer_id, DATE '-infinity', hash('member'), false FROM crosswalk
          UNION ALL
          SELECT customer_id, on_day, token, false FROM ranked
        )
        SELECT customer_id, (sum(token) % {_ROOM})::BIGINT AS print,
               (sum(token) FILTER (on_day <= {before}) % {_ROOM})::BIGINT AS print_before,
               coalesce(bool_or(is_turning OR on_day > {before}), true) AS is_news
        FROM tokens GROUP BY customer_id
        """
    )


def changed(con: Connection, now: Relation, last: Relation) -> Relation:
    """Return the `customer_id` of everybody to look at: `now` of `prints`, `last` the prints that the last run left."""
    return con.sql(
        """
        SELECT customer_id FROM now FULL JOIN last USING (customer_id)
        WHERE coalesce(now.is_news, true) OR now.print_before IS DISTINCT FROM last.print
        """
    )


def _placed(con: Connection, name: str, values: Values) -> Relation:
    table = pa.table(
        {
            "customer_id": (values.moments >> DAY_BITS).astype(np.int32),
            "on_day": pa.array(arrow_days(days_of(values.moments)), pa.date32()),
            "tile": values.values,
        }
    )
    rows = con.from_arrow(table)
    return rows.project(f"customer_id, on_day, hash(hash('{name}', on_day, tile)) AS token")


def _turning(scales: Sequence[Scale], before_on: date | None, as_of_on: date) -> Iterator[str]:
    """Give the SQL of facts by which a window ends or an age is reached in the days after `before_on`."""
    if before_on is None:
        return
    first, last = before_on + timedelta(days=1), as_of_on
    for scale in scales:
        holds = MEASURES[scale.trait.of].holds if scale.trait.kind in {"sum", "age"} else "false"
        ends = [scale.trait.days] if scale.trait.days else []
        if scale.trait.kind == "age":
            ends = sorted({n + step for n in scale.numbers for step in (0, 1) if 0 < n + step <= OLDEST_DAYS})
        for after in ends:
            yield f"({holds} AND happened_on BETWEEN {day(first)} - {after} AND {day(last)} - {after})"
