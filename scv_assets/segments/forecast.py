"""What buyers are expected to buy next, and how likely they have left: BG/NBD and Gamma-Gamma over their purchases.

A purchase is a day with orders, its value what was ordered that day, as in the papers' own examples. The models are
fitted anew on every day that is looked at, on all buyers or on a fixed sample of them, and so are forecasts of one day:
they have no past, and no rule of a segment may speak of them.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation
from numpy.typing import NDArray

from scv_assets.segments import bg_nbd, gamma_gamma
from scv_assets.segments.bg_nbd import BgNbd, Purchases
from scv_assets.segments.business_days import day
from scv_assets.segments.gamma_gamma import GammaGamma

#: Names of what is forecast: a rule that speaks of one is told why it cannot.
FORECASTS = ("churn_risk", "expected_purchases_90d", "expected_value_90d_cents")
#: Days ahead.
AHEAD = 90
#: Buyers without whom a model is a guess: with a repeat purchase.
FEWEST = 100
#: Dropping out after a purchase less often than this, on average, is not seen in what customers did.
LEAST_DROPOUT = 1e-3
#: Buyers on whom a model is fitted at most; their parameters then stand within a percent of those of all.
MOST = 50_000


@dataclass(frozen=True)
class _Buyers:
    ids: pa.Array
    purchases: Purchases
    value: NDArray[np.float64]  # mean of the repeat purchases, cents; nan without one that has a value


def forecasts(con: Connection, happened: Relation, as_of_on: date) -> Relation:
    """Return the forecasts for every buyer; one row a customer_id, in no order. Nulls where there is nothing to say.

    In: activity up to the end of `as_of_on`. `expected_purchases_90d`: days with orders in the 90 days that follow;
    `expected_value_90d_cents`: these times what one is expected to be worth; `churn_risk`: probability, 0 to 1, that
    the customer buys no more, null for those who bought once (the model holds all of them for alive), and for everybody
    where the model sees next to nobody leave. All are null
    where fewer than `FEWEST` customers have bought again, or the models cannot be fitted to what they did.
    """
    buyers = _buyers(con, happened, as_of_on)
    expected = np.full(len(buyers.purchases), np.nan)
    risk, value = expected.copy(), expected.copy()
    model, worth = _fitted(buyers)
    if model is not None:
        repeats = buyers.purchases.repeats
        expected = np.round(model.expected(buyers.purchases, AHEAD), 4)
        if model.a / (model.a + model.b) >= LEAST_DROPOUT:
            risk = np.where(repeats > 0, np.round(1 - model.alive(buyers.purchases), 4), np.nan)
        if worth is not None:
            has_value = np.isfinite(buyers.value)
            each = worth.expected_value(np.where(has_value, repeats, 0), np.where(has_value, buyers.value, 0))
            value = np.round(expected * each)
    columns: dict[str, Any] = {
        "churn_risk": risk,
        "expected_purchases_90d": expected,
        "expected_value_90d_cents": value,
    }
    return con.from_arrow(
        pa.table(
            {
                "customer_id": buyers.ids,
                **{name: pa.array(values, pa.float64(), from_pandas=True) for name, values in columns.items()},
            }
        )
    )


def _buyers(con: Connection, happened: Relation, as_of_on: date) -> _Buyers:
    """Return the buyers by id; an id is a hash, so that the first of them are a sample."""
    table = con.sql(
        f"""
        WITH days AS (
            SELECT customer_id, happened_on, sum(amount_cents) AS value FROM happened WHERE kind = 'order' GROUP BY ALL
        ), firsts AS (
            SELECT *, min(happened_on) OVER (PARTITION BY customer_id) AS first_on FROM days
        )
        SELECT customer_id, (count(*) - 1)::DOUBLE AS repeats, (max(happened_on) - min(first_on))::DOUBLE AS last,
            ({day(as_of_on)} - min(first_on))::DOUBLE AS age,
            CASE WHEN bool_and(value > 0) FILTER (happened_on > first_on)
                THEN avg(value) FILTER (happened_on > first_on) END::DOUBLE AS value
        FROM firsts GROUP BY customer_id ORDER BY customer_id
        """
    ).to_arrow_table()
    numbers = {name: table[name].to_numpy(zero_copy_only=False) for name in ("repeats", "last", "age", "value")}
    return _Buyers(
        table["customer_id"].combine_chunks(),
        Purchases(numbers["repeats"], numbers["last"], numbers["age"]),
        numbers["value"],
    )


def _fitted(buyers: _Buyers) -> tuple[BgNbd | None, GammaGamma | None]:
    purchases, value = buyers.purchases, buyers.value
    if np.count_nonzero(purchases.repeats) < FEWEST:
        return None, None
    some = slice(MOST)
    model = bg_nbd.fit(Purchases(purchases.repeats[some], purchases.last[some], purchases.age[some]))
    valued = np.flatnonzero(np.isfinite(value) & (purchases.repeats > 0))[some]
    return model, gamma_gamma.fit(purchases.repeats[valued], value[valued])
