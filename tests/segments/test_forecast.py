"""The models of what buyers do next give the published figures, and keep silent where they have nothing to say."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scv_assets.segments import bg_nbd, gamma_gamma
from scv_assets.segments.bg_nbd import BgNbd, Purchases
from scv_assets.segments.conditions import parse
from scv_assets.segments.forecast import FEWEST, FORECASTS
from scv_assets.segments.gamma_gamma import GammaGamma
from tests.golden.tables import rows_of
from tests.in_memory import connected
from tests.recipes.following import public_data
from tests.segments.company import inputs, policy, run

PUBLISHED = BgNbd(0.243, 4.414, 0.793, 2.426, -9582.4)
BUYERS = policy({"buyer": "orders_count >= 1"})


def one(repeats: float, last: float, age: float) -> Purchases:
    return Purchases(np.array([repeats]), np.array([last]), np.array([age]))


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """The 2,357 customers of the papers, 39 weeks."""
    return pd.read_csv(public_data("cdnow") / "cdnow_customers_summary_with_transactions.csv").astype(float)


def test_bg_nbd_on_cdnow_is_the_model_that_was_published(cdnow: pd.DataFrame) -> None:
    """Fader, Hardie and Lee (2005), table 2."""
    model = bg_nbd.fit(Purchases(*(cdnow[name].to_numpy() for name in ("x", "t_x", "T"))))
    assert model is not None
    found = (model.r, model.alpha, model.a, model.b)
    assert [round(value, 3) for value in found] == [0.243, 4.414, 0.793, 2.426]
    assert round(model.log_likelihood, 1) == -9582.4


def test_gamma_gamma_on_cdnow_is_the_model_that_was_published(cdnow: pd.DataFrame) -> None:
    """Fader and Hardie (2013): 946 customers with a repeat purchase."""
    again = cdnow[cdnow["x"] > 0]
    model = gamma_gamma.fit(again["x"].to_numpy(), again["zbar"].to_numpy())
    assert model is not None
    assert len(again) == 946
    assert (round(model.p, 2), round(model.q, 2)) == (6.25, 3.74)
    assert model.v == pytest.approx(15.44, abs=0.01)


def test_what_is_expected_of_a_customer_is_the_published_example() -> None:
    """Fader, Hardie and Lee (2005b), implementing the BG/NBD model in Excel: 1.226 purchases in 39 weeks."""
    assert PUBLISHED.expected(one(2, 30.43, 38.86), 39)[0] == pytest.approx(1.226, abs=0.001)


def test_hundreds_of_purchases_overflow_nothing() -> None:
    busy, gone = one(900, 364, 365), one(900, 100, 3650)
    assert 0 < PUBLISHED.expected(busy, 90)[0] < 900
    assert PUBLISHED.alive(busy)[0] > 0.9
    assert PUBLISHED.alive(gone)[0] == 0
    assert PUBLISHED.expected(gone, 90)[0] == 0


def test_the_value_of_a_customer_lies_between_its_own_and_everybodys() -> None:
    model = GammaGamma(6.25, 3.74, 15.44, 0)
    everybody = 6.25 * 15.44 / 2.74
    few, many, none = model.expected_value(np.array([1.0, 50.0, 0.0]), np.array([100.0, 100.0, 0.0]))
    assert none == pytest.approx(everybody)
    assert everybody < few < many < 100


@pytest.mark.parametrize("repeats", [[], [0.0, 0.0]], ids=["nobody", "nobody came back"])
def test_customers_who_tell_no_model_give_none(repeats: list[float]) -> None:
    same = np.array(repeats)
    assert bg_nbd.fit(Purchases(same, same, same + 10)) is None
    assert gamma_gamma.fit(np.array([]), np.array([])) is None


def bought(people: int, seed: int = 7) -> list[dict[str, Any]]:
    """Return the orders of people of whom each buys at a rate of its own, until it leaves."""
    chance = np.random.default_rng(seed)
    rows = []
    for number in range(people):
        on, rate = date(2025, 1, 1) + timedelta(days=int(chance.integers(0, 200))), chance.gamma(0.7, 0.03)
        while on <= date(2026, 1, 1):
            cents = int(chance.gamma(6, 500))
            rows.append({"customer_id": f"C{number:04}", "ordered_at": f"{on} 10:00:00", "gross_cents": cents})
            if chance.random() < 0.1:
                break
            on += timedelta(days=1 + min(int(chance.exponential(1 / rate)), 400))
    return [{"order_id": str(n), **row} for n, row in enumerate(rows)]


def forecast(people: int) -> list[dict[str, Any]]:
    con = connected()
    owners = {f"r{n}": f"C{n:04}" for n in range(people)}
    records = [{"source_key": key, "first_seen_at": "2025-01-01"} for key in owners]
    data = inputs(con, owners, orders=bought(people), records=records)
    return rows_of(run(con, data, BUYERS, days=("2025-12-30", "2026-01-01")).traits)


@pytest.fixture(scope="module")
def traits() -> list[dict[str, Any]]:
    return forecast(600)


def test_buyers_have_forecasts_and_the_longer_they_are_silent_the_likelier_they_have_left(
    traits: list[dict[str, Any]],
) -> None:
    again = [row for row in traits if row["churn_risk"] is not None]
    assert len(again) > FEWEST
    assert all(row["expected_purchases_90d"] >= 0 and row["expected_value_90d_cents"] >= 0 for row in again)
    regular = [row for row in again if row["orders_count"] >= 5]
    silent = np.array([row["recency_days"] for row in regular])
    risk = np.array([row["churn_risk"] for row in regular])
    assert ((risk >= 0) & (risk <= 1)).all()
    assert risk[silent > np.quantile(silent, 0.8)].mean() > risk[silent < np.quantile(silent, 0.2)].mean() + 0.2


def test_who_bought_once_has_no_churn_risk_and_who_never_bought_no_forecast(traits: list[dict[str, Any]]) -> None:
    once = [row for row in traits if row["orders_count"] == 1]
    assert once
    assert {row["churn_risk"] for row in once} == {None}
    assert all(row["expected_purchases_90d"] is not None for row in once)
    never = [row for row in traits if row["orders_count"] == 0]
    assert {row[name] for row in never for name in FORECASTS} <= {None}


def test_too_few_buyers_make_no_model() -> None:
    assert {row[name] for row in forecast(40) for name in FORECASTS} == {None}


@pytest.mark.parametrize("name", FORECASTS)
def test_a_rule_of_a_segment_cannot_hang_on_a_forecast(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' is a forecast of one day and has no past"):
        parse(f"{name} >= 1")
