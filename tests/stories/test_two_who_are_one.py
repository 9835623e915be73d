"""Two customers turn out to be one, and then not: each side keeps what is its own, and nobody gets a second voucher."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.activation.company import VOUCHER, policy
from tests.activation.decisions import Company, reasons, sent

pytestmark = pytest.mark.slow


def ann_and_bob() -> Company:
    """Two customers who allow SMS, records 1 and 2."""
    company = Company({"1": "ann", "2": "bob"})
    for key in company.records:
        company.allows(key, "sms")
    return company


def test_after_a_merge_there_is_no_second_voucher() -> None:
    company = ann_and_bob()
    company.becomes_ambassador("bob", "2026-03-03")
    assert sent(company.run("2026-03-03")[0]) == [("voucher", "bob", "sms")]
    company.records["2"] = "ann"
    company.redirects["bob"] = "ann"
    company.members = []
    company.becomes_ambassador("ann", "2026-03-05")
    messages, held = company.run("2026-03-05")
    assert (messages, reasons(held)) == ([], [("voucher", "ann", "", "already_sent")])


def test_of_two_vouchers_that_wait_when_their_customers_become_one_only_the_first_leaves() -> None:
    company = ann_and_bob()
    company.becomes_ambassador("ann", "2026-03-03")
    company.becomes_ambassador("bob", "2026-03-03")
    first, second = sorted(message["idempotency_key"] for message in company.run("2026-03-03")[0])
    assert company.refused("2026-03-04 09:00:00") == {}
    company.records["2"] = "ann"
    company.redirects["bob"] = "ann"
    assert company.refused("2026-03-04 09:00:00") == {second: "already_sent"}
    assert first < second


def test_after_a_split_each_side_has_its_own_messages() -> None:
    company = Company({"1": "ann", "2": "ann"})
    for key in company.records:
        company.allows(key, "sms")
    company.becomes_ambassador("ann", "2026-03-03")
    assert sent(company.run("2026-03-03")[0]) == [("voucher", "ann", "sms")]
    company.records["2"] = "bob"
    company.becomes_ambassador("bob", "2026-03-10")
    assert sent(company.run("2026-03-10")[0]) == [("voucher", "bob", "sms")]


def test_merged_and_split_again_all_is_as_it_was() -> None:
    company = ann_and_bob()
    company.becomes_ambassador("bob", "2026-03-03")
    company.run("2026-03-03")
    company.records["2"] = "ann"
    company.run("2026-03-04")
    company.records["2"] = "bob"
    company.becomes_ambassador("ann", "2026-03-10")
    assert sent(company.run("2026-03-10")[0]) == [("voucher", "ann", "sms")]
    company.members = []
    company.becomes_ambassador("bob", "2026-03-20")
    assert reasons(company.run("2026-03-20")[1]) == [("voucher", "bob", "", "already_sent")]


def test_a_refusal_of_either_record_is_a_refusal_of_both_once_they_are_one() -> None:
    company = ann_and_bob()
    company.allows("2", "sms", "2026-03-01", granted=False)
    company.becomes_ambassador("ann", "2026-03-03")
    (message,), _ = company.run("2026-03-03")
    assert company.refused("2026-03-04 09:00:00") == {}
    company.records["2"] = "ann"
    assert company.refused("2026-03-04 09:00:00") == {message["idempotency_key"]: "no_consent"}


KEYS = ("1", "2", "3")
CUSTOMERS = ("ann", "bob", "cy")
OWNERS = st.tuples(*(st.sampled_from(CUSTOMERS) for _ in KEYS))
STEP = st.tuples(OWNERS, st.sets(st.sampled_from(CUSTOMERS)), st.integers(1, 2))


@settings(max_examples=10)
@given(st.lists(STEP, min_size=2, max_size=4))
def test_one_voucher_ever_in_whatever_order_customers_merge_split_and_move_and_runs_are_repeated(
    steps: list[tuple[tuple[str, ...], set[str], int]],
) -> None:
    """At each step records belong to whom they belong, some become ambassadors, and a run is made once or twice."""
    company = Company({}, rules=policy(VOUCHER))
    for key in KEYS:
        company.allows(key, "sms")
    for day, (owners, ambassadors, runs) in enumerate(steps, start=1):
        company.records = dict(zip(KEYS, owners, strict=True))
        company.members = []
        for customer in sorted(ambassadors & set(owners)):
            company.becomes_ambassador(customer, f"2026-03-{day:02}")
        for _ in range(runs):
            had = {company.records[m["source_key"]] for m in company.outbox}
            messages, _ = company.run(f"2026-03-{day:02}")
            got = [message["customer_id"] for message in messages]
            assert not had & set(got), "a second voucher"
            assert len(got) == len(set(got))
    keys = [message["idempotency_key"] for message in company.outbox]
    assert len(keys) == len(set(keys))
    once_each = [message["customer_id"] for message in company.outbox]
    assert len(once_each) == len(set(once_each)), "a second voucher under one id"
