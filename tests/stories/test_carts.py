"""A cart is left online. What happens until the reminder is due decides whether it goes, and of what it speaks."""

import pytest

from tests.activation.decisions import Company, reasons, said, sent

ANNS_REMINDER = [("reminder", "ann", "email")]


def ann_leaves_a_cart(*products: str) -> Company:
    """Ann, who reads our e-mails, leaves articles in the web shop's cart on Monday; the reminder is for Wednesday."""
    company = Company({"1": "ann"})
    company.allows("1", "email")
    company.leaves_cart("1", "2026-03-02 20:00:00", *products)
    return company


def test_a_cart_left_online_and_bought_in_the_store_next_day_is_not_reminded_of() -> None:
    company = ann_leaves_a_cart("lamp")
    company.buys("1", "2026-03-03 11:00:00", "lamp", source="pos")
    messages, held = company.run("2026-03-04")
    assert messages == []
    assert reasons(held) == [("reminder", "ann", "", "bought")]
    assert '"pos/o0"' in held[0]["evidence"]


@pytest.mark.slow
def test_had_she_bought_nothing_she_would_have_been_reminded_on_the_second_day_and_not_again() -> None:
    company = ann_leaves_a_cart("lamp")
    told = [sent(company.run(f"2026-03-0{day}")[0]) for day in range(2, 9)]
    assert told == [[], [], ANNS_REMINDER, [], [], [], []]


def test_of_two_items_of_which_one_was_bought_the_other_is_reminded_of() -> None:
    company = ann_leaves_a_cart("lamp", "rug")
    company.buys("1", "2026-03-03 11:00:00", "lamp", source="pos")
    (message,), held = company.run("2026-03-04")
    assert [item["product_id"] for item in said(message)["items"]] == ["rug"]
    assert "lamp" not in said(message)["text"]
    assert reasons(held) == [("reminder", "ann", "product:lamp", "bought")]


@pytest.mark.slow
def test_what_she_sent_back_she_is_not_asked_to_buy_again() -> None:
    company = ann_leaves_a_cart("lamp", "rug")
    company.buys("1", "2026-02-20 11:00:00", "lamp")
    company.buys("1", "2026-03-01 11:00:00", "lamp", is_return=True)
    (message,), held = company.run("2026-03-04")
    assert [item["product_id"] for item in said(message)["items"]] == ["rug"]
    assert reasons(held) == [("reminder", "ann", "product:lamp", "returned")]


def test_bought_between_the_decision_and_the_sending_the_reminder_is_held_back() -> None:
    company = ann_leaves_a_cart("lamp")
    (message,), _ = company.run("2026-03-04")
    assert company.refused("2026-03-05 07:00:01") == {}
    company.buys("1", "2026-03-05 07:00:00", "lamp")
    assert company.refused("2026-03-05 07:00:01") == {message["idempotency_key"]: "bought"}


@pytest.mark.slow
def test_a_purchase_on_a_card_that_is_known_to_be_hers_only_since_counts_all_the_same() -> None:
    company = ann_leaves_a_cart("lamp")
    company.records["2"] = "somebody"
    company.buys("2", "2026-03-03 11:00:00", "lamp")
    company.records["2"] = "ann"
    assert reasons(company.run("2026-03-04")[1]) == [("reminder", "ann", "", "bought")]
