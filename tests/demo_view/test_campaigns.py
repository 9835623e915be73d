"""The voucher and the cart reminder over all days of the demo company, held against the truth that no pipeline sees.

The days are replayed as a run at the end of each would have decided them.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scv_assets.activation.local_time import end_of_day
from scv_assets.activation.metrics import BLIND_RATE, RATE, leaving
from scv_assets.activation.replay import replay
from scv_assets.activation.run import gather, load_campaigns
from scv_assets.activation.triggers import candidates
from scv_assets.home import load_home

pytestmark = pytest.mark.slow

Frames = Callable[[str], pd.DataFrame]
DAYS = [date(2026, 8, 23) + timedelta(days=n) for n in range(90)]
#: share of the reminders that would contradict the truth, were each source alone: 18 of 48
BLIND_FLOOR = 0.375


@pytest.fixture(scope="module")
def reminders(demo: Path) -> dict[bool, pd.DataFrame]:
    """What reminders would have left, with reconciliation (True) and without."""
    home = load_home(demo)
    with home.lake().connect() as con:
        material = gather(con, home, home.lake(), load_campaigns(home), outbox=None)
        due = candidates(con, material, [end_of_day(day, home.settings.time_zone) for day in DAYS])
        found = {told: leaving(con, material, due, is_reconciled=told).df() for told in (True, False)}
    return {told: frame[frame["campaign"] == "cart_reminder"] for told, frame in found.items()}


@pytest.fixture(scope="module")
def messages(demo: Path, truth: Frames) -> pd.DataFrame:
    """Every message that would have been decided, with the person behind the record that it goes to."""
    home = load_home(demo)
    with home.lake().connect() as con:
        material = gather(con, home, home.lake(), load_campaigns(home), outbox=None)
        told: pd.DataFrame = replay(con, material, DAYS).filter("reason IS NULL").df()
    return told.merge(truth("who_is_who")[["source", "source_key", "person_id"]], on=["source", "source_key"])


def contradicted(truth: Frames, reminders: pd.DataFrame) -> list[str]:
    """Return the carts of which a reminder names an article that its person had bought, or has a complaint open."""
    orders, tickets = truth("orders"), truth("tickets")
    kept = orders[(orders["status"] != "cancelled") & ~orders["is_anonymous"] & ~orders["is_return"]]
    bought = kept.merge(truth("order_lines"), on=["source", "order_id"])
    carts = truth("carts").set_index("cart_id")["person_id"]

    def is_wrong(row: Mapping[Any, Any]) -> bool:
        person = carts[row["trigger_key"].removeprefix("web/")]
        mine = bought[(bought["person_id"] == person) & bought["product_id"].isin(list(row["items"]))]
        cases = tickets[(tickets["person_id"] == person) & (tickets["kind"] == "complaint")]
        is_open = (cases["opened_at"] <= row["asked_at"]) & ~(cases["closed_at"] <= row["asked_at"])
        return bool(mine["ordered_at"].between(row["since"], row["asked_at"]).any() or is_open.any())

    return [row["trigger_key"] for row in reminders.to_dict("records") if is_wrong(row)]


def test_no_reminder_contradicts_the_truth_and_without_reconciliation_four_in_ten_would(
    reminders: dict[bool, pd.DataFrame], truth: Frames
) -> None:
    wrong = {told: contradicted(truth, frame) for told, frame in reminders.items()}
    print({told: f"{len(carts)} of {len(reminders[told])}" for told, carts in wrong.items()})
    assert len(reminders[True]) >= 30
    assert wrong[True] == []
    assert len(wrong[False]) / len(reminders[False]) >= BLIND_FLOOR


def test_a_cart_that_was_bought_in_the_store_is_never_reminded_of_and_of_two_articles_only_the_other_is(
    reminders: dict[bool, pd.DataFrame], truth: Frames
) -> None:
    carts = truth("carts").set_index("cart_id")
    found = {row["trigger_key"].removeprefix("web/"): row["items"] for row in reminders[True].to_dict("records")}
    fates = {cart: carts.loc[cart, "fate"] for cart in found}
    assert "left_for_store" not in fates.values()
    partly = [cart for cart, fate in fates.items() if fate == "left_partly_for_store"]
    assert partly
    assert all(list(found[cart]) == [carts.loc[cart, "products"][1]] for cart in partly)


def test_nobody_gets_a_second_voucher_whoever_the_pipeline_takes_them_for(messages: pd.DataFrame) -> None:
    vouchers = messages[messages["campaign"] == "ambassador_voucher"]
    assert len(vouchers) >= 70
    assert set(vouchers["channel"]) == {"sms", "email"}
    assert vouchers["person_id"].is_unique


def test_no_message_is_against_the_persons_own_last_word(messages: pd.DataFrame, truth: Frames) -> None:
    consents = truth("consents").sort_values(["occurred_at", "granted"], ascending=[True, False])
    for row in messages.to_dict("records"):
        said = consents[(consents["person_id"] == row["person_id"]) & (consents["channel"] == row["channel"])]
        said = said[said["occurred_at"] <= row["asked_at"]]
        assert not said.empty
        assert said.iloc[-1]["granted"]


def test_the_published_metric_says_the_same(table: Frames) -> None:
    metric = table("campaign_metric")
    of_reminders = metric[metric["campaign"] == "cart_reminder"]
    known, blind = (of_reminders[of_reminders["metric"] == name] for name in (RATE, BLIND_RATE))
    assert known["denominator"].sum() >= 30
    assert known["numerator"].sum() == 0
    assert blind["numerator"].sum() >= BLIND_FLOOR * blind["denominator"].sum()
