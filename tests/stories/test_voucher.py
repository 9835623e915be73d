"""A multi-purchase customer becomes an ambassador: one voucher, ever, by SMS; by e-mail where only that is allowed."""

import pytest

from tests.activation.decisions import Company, reasons, said, sent

pytestmark = pytest.mark.slow


def ann_becomes_ambassador(*channels: str) -> Company:
    """Ann, who allows marketing on these channels, becomes an ambassador on Tuesday 3 March."""
    company = Company({"1": "ann"})
    for channel in channels:
        company.allows("1", channel)
    company.becomes_ambassador("ann", "2026-03-03")
    return company


@pytest.mark.parametrize(
    ("allowed", "channel", "address"),
    [
        (("sms", "email"), "sms", "+32470000001"),
        (("sms",), "sms", "+32470000001"),
        (("email",), "email", "1@mail.be"),
    ],
)
def test_she_gets_her_voucher_by_sms_and_by_email_where_sms_is_not_allowed(
    allowed: tuple[str, ...], channel: str, address: str
) -> None:
    (message,), _ = ann_becomes_ambassador(*allowed).run("2026-03-03")
    assert (message["campaign"], message["channel"], said(message)["to"]) == ("voucher", channel, address)


def test_she_gets_none_where_neither_is_allowed_and_it_is_known_why() -> None:
    messages, held = ann_becomes_ambassador().run("2026-03-03")
    assert messages == []
    assert reasons(held) == [("voucher", "ann", "", "no_consent")]


def test_a_refusal_after_the_consent_is_a_refusal() -> None:
    company = ann_becomes_ambassador("sms")
    company.allows("1", "sms", "2026-03-03 09:00:00", granted=False)
    assert reasons(company.run("2026-03-03")[1]) == [("voucher", "ann", "", "no_consent")]


def test_there_is_one_voucher_in_a_lifetime_however_often_she_leaves_and_comes_back() -> None:
    company = ann_becomes_ambassador("sms")
    assert sent(company.run("2026-03-03")[0]) == [("voucher", "ann", "sms")]
    company.members = []
    company.is_in("ann", "multi_purchase", "2026-01-01", "2026-03-03")
    company.is_in("ann", "ambassador", "2026-03-03", "2026-04-01")
    company.is_in("ann", "multi_purchase", "2026-04-01", "2026-05-01")
    company.is_in("ann", "ambassador", "2026-05-01")
    messages, held = company.run("2026-05-01")
    assert messages == []
    assert reasons(held) == [("voucher", "ann", "", "already_sent")]


def test_a_run_that_is_repeated_or_comes_late_sends_no_second_one() -> None:
    company = ann_becomes_ambassador("sms")
    runs = [company.run("2026-03-03"), company.run("2026-03-03"), company.run("2026-03-05"), company.run("2026-09-05")]
    assert [len(messages) for messages, _ in runs] == [1, 0, 0, 0]


def test_an_open_complaint_stops_promotion_and_its_closing_allows_it_again() -> None:
    company = ann_becomes_ambassador("sms")
    company.complains("1", "2026-03-02 09:00:00", closed_at="2026-03-04 17:00:00")
    messages, held = company.run("2026-03-03")
    assert (messages, reasons(held)) == ([], [("voucher", "ann", "", "open_complaint")])
    assert sent(company.run("2026-03-04")[0]) == [("voucher", "ann", "sms")]


def test_consent_that_is_withdrawn_between_selection_and_sending_is_withdrawn() -> None:
    company = ann_becomes_ambassador("sms")
    (message,), _ = company.run("2026-03-03")
    company.allows("1", "sms", "2026-03-04 07:30:00", granted=False)
    assert company.refused("2026-03-04 09:00:00") == {message["idempotency_key"]: "no_consent"}
