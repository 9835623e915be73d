"""How much each kind of contact matters: the removal effect of a Markov chain over journeys.

Anderl, Becker, von Wangenheim and Schumann (2016), Mapping the customer journey, International Journal of Research in
Marketing 33(3): journeys are walks from a start over kinds of contact to an order or to nothing; the removal effect of
a kind is the part of all orders that would be lost if every walk that comes to it ended there.
"""

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation
from numpy.typing import NDArray

#: Kinds of contact at most: the rarer campaigns count under their channel.
MOST = 400
#: where a walk ends
ORDER, NOTHING = -1, -2


def removal_effects(con: Connection, journeys: Relation) -> Relation:
    """Return the removal effect, 0 to 1, of each (channel, campaign); one row each, in no order.

    In: `touches.journeys`. A campaign beyond the `MOST` most frequent has the effect of all such of its channel.
    """
    states = con.sql(
        f"""
        WITH kinds AS (
            SELECT channel, campaign, row_number() OVER (ORDER BY count(*) DESC, channel, campaign) > {MOST} AS is_rare
            FROM journeys GROUP BY channel, campaign
        )
        SELECT channel, campaign,
            dense_rank() OVER (ORDER BY is_rare, channel, CASE WHEN is_rare THEN '' ELSE campaign END) AS state
        FROM kinds
        """
    ).to_arrow_table()
    walked = con.sql(
        f"""
        WITH steps AS (
            SELECT journey, position, contacts, order_id IS NOT NULL AS led, state,
                coalesce(lag(state) OVER (PARTITION BY journey ORDER BY position), 0) AS before
            FROM journeys JOIN states USING (channel, campaign)
        )
        SELECT before, state AS after, count(*) AS walks FROM steps GROUP BY ALL
        UNION ALL
        SELECT state, CASE WHEN led THEN {ORDER} ELSE {NOTHING} END, count(*) FROM steps
        WHERE position = contacts GROUP BY ALL
        ORDER BY before, after
        """
    ).fetchnumpy()
    effects = effects_of(walked["before"], walked["after"], walked["walks"])
    found = pa.table({"state": np.arange(len(effects)), "effect": effects})
    return con.sql("SELECT channel, campaign, effect FROM states JOIN found USING (state)")


def effects_of(before: NDArray[np.int64], after: NDArray[np.int64], walks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the removal effect of each state, by its number; place 0, the start, has 0.

    In: how many `walks` step from a state (0: the start) to another, to `ORDER` or to `NOTHING`. With N the expected
    visits to a state, the walks that ever come to s are N[0, s] / N[s, s]; those of them that end in an order are lost.
    """
    states = int(before.max(initial=0)) + 1
    steps = np.zeros((states, states))
    leads = np.zeros(states)
    is_step = after >= 0
    np.add.at(steps, (before[is_step], after[is_step]), walks[is_step])
    np.add.at(leads, before[after == ORDER], walks[after == ORDER])
    totals = np.bincount(before, weights=walks, minlength=states)
    totals[totals == 0] = 1
    visits = np.linalg.inv(np.eye(states) - steps / totals[:, None])
    success = visits @ (leads / totals)
    if success[0] <= 0:
        return np.zeros(states)
    effects: NDArray[np.float64] = visits[0] / np.diag(visits) * success / success[0]
    effects[0] = 0
    effects.clip(0, 1, out=effects)
    return effects
