"""Two customers turn out to be one, and then not: segments, consent and attribution are right at every step."""

from pathlib import Path

import pytest

from scv_assets.governance.permission import allowed
from tests.pipeline.company import Company
from tests.pipeline.shop import customers, customers_file, orders, orders_file
from tests.stories.shop import segment_now, told

HOME, WORK = "jan.peeters@mail.be", "jp@werk.be"


def customer_of(shop: Company, key: str) -> str:
    rows = shop.rows("crosswalk")
    return next(str(row["customer_id"]) for row in rows if (row["source"], row["source_key"]) == ("customers", key))


def may(shop: Company, key: str, channel: str = "email") -> bool:
    with shop.store() as store:
        return allowed(store, customer_of(shop, key), channel, "marketing").is_allowed


def credited(shop: Company) -> dict[str, set[str]]:
    """Return which campaigns have a share in each order."""
    found: dict[str, set[str]] = {}
    for row in shop.rows("attribution"):
        if row["model"] == "linear":
            found.setdefault(row["order_id"], set()).add(row["campaign"])
    return found


@pytest.mark.slow
def test_two_customers_turn_out_to_be_one_and_then_not(shop: Company, tmp_path: Path) -> None:
    # A Jan Peeters said no to the newsletter and bought once; another said yes, opened it, and bought once, later.
    one = f"2,Jan,Peeters,{HOME},0470 00 00 02,Gent,active,no,2026-03-01T09:05:00"
    other = f"3,Jan,Peeters,{WORK},0470 00 00 03,Brussel,active,yes,2026-03-02T10:00:00"
    shop.deliver(customers_file(2), customers(one, other))
    opened = {"message": "m1", "mail": WORK, "campaign": "spring", "what": "opened", "at": "2026-03-02T11:00:00"}
    told(shop, "mailing", 2, opened)
    shop.deliver(
        orders_file(5),
        orders(f"J1;2026-03-03T12:00:00;{HOME};Jan Peeters;5,00", f"S1;2026-03-05T12:00:00;{WORK};Jan Peeters;8,00"),
    )
    shop.must_run()
    apart = shop.tables(["golden_profile", "consent_state", "attribution"])
    assert [segment_now(shop, customer_of(shop, key)) for key in ("2", "3")] == ["one_purchase", "one_purchase"]
    assert (may(shop, "2"), may(shop, "3")) == (False, True)
    assert credited(shop) == {"J1": {"(none)"}, "S1": {"spring"}}

    # A steward finds that they are one: two orders make a multi-purchase customer, the no of one record outweighs the
    # yes of the other, and the newsletter now stands before the first order.
    judged = shop.scv("review", "judge", "customers:2", "customers:3", "match", "--as", "eva")
    assert judged.code == 0, judged.text
    shop.must_run()
    both = customer_of(shop, "2")
    assert customer_of(shop, "3") == both
    assert segment_now(shop, both) == "multi_purchase"
    live = [
        row
        for row in shop.rows("segment_membership")
        if row["segmentation"] == "lifecycle" and row["superseded_at"] is None
    ]
    assert {row["customer_id"] for row in live} == {both}
    assert {row["cause"] for row in live if row["segment"] == "multi_purchase"} == {"correction"}
    assert not may(shop, "3")
    assert credited(shop) == {"J1": {"spring"}, "S1": {"(none)"}}

    # In the preference centre that one customer says no to SMS as well.
    words = tmp_path / "words.csv"
    words.write_text(f"customer,channel,purpose,granted,occurred_at\n{both},sms,marketing,no,2026-03-06 10:00\n")
    said = shop.scv("consent", "import", str(words), "--as", "eva")
    assert said.code == 0, said.text
    assert not may(shop, "2", "sms")
    shop.must_run()
    state = {(row["channel"], row["is_granted"]) for row in shop.rows("consent_state")}
    assert state == {("email", False), ("sms", False)}

    # It was a mistake: each has its own segments, words and credit back, and the no to SMS holds for both.
    shop.scv("review", "revoke", str(shop.rows("judgement")[0]["judgement_id"]), "--as", "eva")
    shop.must_run()
    assert customer_of(shop, "2") != customer_of(shop, "3")
    assert [segment_now(shop, customer_of(shop, key)) for key in ("2", "3")] == ["one_purchase", "one_purchase"]
    assert (may(shop, "2"), may(shop, "3")) == (False, True)
    assert [row["is_granted"] for row in shop.rows("consent_state") if row["channel"] == "sms"] == [False, False]
    assert credited(shop) == {"J1": {"(none)"}, "S1": {"spring"}}
    assert [row["customer_id"] for row in shop.rows("attribution")] == [
        row["customer_id"] for row in apart["attribution"]
    ]
