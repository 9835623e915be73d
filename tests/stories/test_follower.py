"""A follower becomes a lead, subscribes, sleeps, buys, and calls the service: one profile, one timeline."""

import pytest

from resources.store.profile import profile
from scv_assets.governance.permission import allowed
from tests.pipeline.company import Company
from tests.pipeline.shop import customers, customers_file, orders, orders_file
from tests.stories.shop import attention_now, segment_now, the_only_customer, told

MAIL = "lea.simon@mail.be"


def may_be_mailed(shop: Company, customer: str) -> bool:
    with shop.store() as store:
        return allowed(store, customer, "email", "marketing").is_allowed


def moves(shop: Company) -> list[tuple[int, str | None, str, str, str]]:
    """Return day of March, from, to, what made it and through which channel, of every move of the lifecycle."""
    found = [row for row in shop.rows("segment_transition") if row["segmentation"] == "lifecycle"]
    names = ("from_segment", "to_segment", "factor", "channel")
    return sorted((row["moved_on"].day, *(row[name] for name in names)) for row in found)


@pytest.mark.slow
def test_a_follower_becomes_a_lead_subscribes_sleeps_buys_and_calls_the_service(shop: Company) -> None:
    # She follows the page: somebody is there, whom nobody can reach.
    told(shop, "social", 1, {"follower": "f1", "handle": "@lea_s", "at": "2026-03-01T10:00:00"})
    shop.must_run()
    lea = the_only_customer(shop)
    assert segment_now(shop, lea) == "visitor"

    # She fills in a form on the page: a lead with a mailbox, who has not said that she may be written to.
    told(
        shop,
        "social",
        2,
        {"follower": "f1", "handle": "@lea_s", "mail": MAIL, "name": "Léa Simon", "at": "2026-03-02T10:00:00"},
    )
    shop.must_run()
    assert the_only_customer(shop) == lea
    assert segment_now(shop, lea) == "prospect"
    assert moves(shop)[1:] == [(2, "visitor", "prospect", "contact", "social")]
    assert not may_be_mailed(shop, lea)

    # She subscribes to the newsletter, opens it once, and falls asleep.
    row = f"7,Léa,Simon,{MAIL},,Liège,active,yes,2026-03-03T09:00:00"
    shop.deliver(customers_file(3), customers(row))
    opened = {"message": "m1", "mail": MAIL, "campaign": "spring"}
    told(shop, "mailing", 4, *({**opened, "what": what, "at": "2026-03-04T08:00:00"} for what in ("sent", "opened")))
    told(shop, "social", 20, {"follower": "f1", "handle": "@lea_s", "mail": MAIL, "at": "2026-03-02T10:00:00"})
    shop.must_run()
    assert the_only_customer(shop) == lea
    assert segment_now(shop, lea) == "prospect"
    assert attention_now(shop, lea) == {"asleep"}
    assert may_be_mailed(shop, lea)

    # She buys online: awake, a customer, and the newsletter has its share in it.
    shop.deliver(orders_file(21), orders(f"B1;2026-03-21T12:00:00;{MAIL};Léa Simon;49,90"))
    shop.must_run()
    assert the_only_customer(shop) == lea
    assert segment_now(shop, lea) == "one_purchase"
    assert attention_now(shop, lea) == set()
    credit = [row for row in shop.rows("attribution") if row["order_id"] == "B1"]
    assert {(row["channel"], row["campaign"], row["credit_cents"]) for row in credit} == {("email", "spring", 4990)}
    assert len(credit) == 5

    # She calls the service: something is wrong, and while it is, she is in trouble.
    case = {"case": "T1", "mail": MAIL, "about": "complaint", "opened": "2026-03-22T09:00:00"}
    told(shop, "desk", 22, case)
    shop.must_run()
    assert attention_now(shop, lea) == {"in_trouble"}

    # It is put right; and she has had enough of the newsletter, which counts in the run that learns of it.
    told(shop, "desk", 24, {**case, "closed": "2026-03-23T17:00:00"})
    told(shop, "mailing", 24, {**opened, "what": "complained", "at": "2026-03-24T08:00:00"})
    shop.must_run()
    assert the_only_customer(shop) == lea
    assert attention_now(shop, lea) == set()
    assert not may_be_mailed(shop, lea)

    # One timeline tells it all, each step by what made it.
    assert moves(shop) == [
        (1, None, "visitor", "record", "social"),
        (2, "visitor", "prospect", "contact", "social"),
        (21, "prospect", "one_purchase", "order", "online"),
    ]
    history = [row for row in shop.rows("segment_membership") if row["segmentation"] == "lifecycle"]
    assert {(row["cause"], row["superseded_at"]) for row in history} == {("move", None)}
    with shop.store() as store:
        timeline = [item["what"] for item in profile(store, lea)["timeline"] if item["what"] != "identity_event"]
    happened = ["segment_transition", "message_event", "customer_order", "ticket"]
    assert [what for n, what in enumerate(timeline) if what in happened and what not in timeline[:n]] == happened
