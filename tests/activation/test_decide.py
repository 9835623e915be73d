"""What a run decides: each limit of a campaign, by itself."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from scv_assets.activation.draw import drawn
from tests.activation.company import HEAD, REMINDER, SECRET, VOUCHER, policy
from tests.activation.decisions import Company, reasons, said, sent
from tests.in_memory import connected

pytestmark = pytest.mark.slow

REMINDED = ("reminder", "ann", "email")


def reminding(**values: object) -> Company:
    """Return a company in which Ann, who allows e-mail, left a cart on 1 March; its reminder is due on the 3rd."""
    company = Company({"1": "ann"}, **values)  # type: ignore[arg-type]
    company.allows("1", "email")
    company.leaves_cart("1", "2026-03-01 10:00:00", "p1", "p2")
    return company


def test_a_message_is_decided_when_it_is_due_and_once() -> None:
    company = reminding()
    assert company.run("2026-03-02") == ([], [])
    messages, _ = company.run("2026-03-03")
    assert sent(messages) == [REMINDED]
    assert company.run("2026-03-03") == ([], [])
    assert company.run("2026-03-04") == ([], [])


def test_what_was_due_long_ago_is_never_sent() -> None:
    assert reminding().run("2026-03-05") == ([], [])
    assert reminding().run("2026-09-05") == ([], [])


def test_who_withdrew_after_the_day_was_over_is_sent_nothing_of_it() -> None:
    company = reminding()
    company.allows("1", "email", "2026-03-04 08:00:00", granted=False)
    messages, suppressions = company.run("2026-03-03")
    assert (messages, reasons(suppressions)) == ([], [("reminder", "ann", "", "no_consent")])


def test_who_withdrew_one_channel_after_the_day_was_over_is_written_to_by_another() -> None:
    routes = "channels: [{channel: email, destination: mailer}, {channel: sms, destination: gateway}]"
    only = "channels: [{channel: email, destination: mailer}]"
    company = reminding(rules=policy(REMINDER.replace(only, routes)))
    company.allows("1", "sms")
    company.allows("1", "email", "2026-03-04 08:00:00", granted=False)
    messages, _ = company.run("2026-03-03")
    assert sent(messages) == [("reminder", "ann", "sms")]


def test_the_same_input_gives_the_same_message_to_the_byte() -> None:
    assert reminding().run("2026-03-03") == reminding().run("2026-03-03")


def test_a_message_says_what_it_was_decided_by() -> None:
    company = reminding()
    company.buys("1", "2026-03-02 12:00:00", "p1")
    (message,), _ = company.run("2026-03-03")
    evidence = json.loads(message["decided_by"])
    assert evidence["trigger"] == {"kind": "abandoned_cart", "cart": "web/c1", "left_at": "2026-03-01 10:00:00"}
    assert evidence["items"] == ["p2"]
    assert [(one["product"], one["reason"]) for one in evidence["left_out"]] == [("p1", "bought")]
    assert json.loads(evidence["left_out"][0]["evidence"]) == {"orders": ["pos/o0"]}
    assert evidence["routing"]["consent"] == "e0"
    assert (message["source"], message["source_key"]) == ("crm", "1")
    assert message["expires_at"] == datetime.fromisoformat("2026-03-05 10:00:00")


def test_a_suppression_is_written_when_its_reason_changes_and_not_at_every_run() -> None:
    company = reminding()
    company.allows("1", "email", "2026-03-01 12:00:00", granted=False)
    assert reasons(company.run("2026-03-03")[1]) == [("reminder", "ann", "", "no_consent")]
    assert company.run("2026-03-03") == ([], [])
    company.complains("1", "2026-03-04 08:00:00")
    assert reasons(company.run("2026-03-04")[1]) == [("reminder", "ann", "", "open_complaint")]


def test_texts_are_in_the_customers_language_and_the_first_one_serves_all_others() -> None:
    text = '{fr: "Bonjour {profile.first_name} : {cart.items} ({cart.count})", en: "Hello"}'
    campaign = REMINDER.replace('"You left {cart.items}"', text)
    for language, wanted in (("en", "Hello"), ("nl", "Bonjour Ann : p1, p2 (2)"), (None, "Bonjour Ann : p1, p2 (2)")):
        company = reminding(rules=policy(campaign), languages={"ann": language} if language else {})
        (message,), _ = company.run("2026-03-03")
        assert said(message)["text"] == wanted


def test_articles_are_called_by_the_name_under_which_they_were_sold() -> None:
    company = reminding()
    company.buys("9", "2026-01-01 12:00:00", "p1")
    (message,), _ = company.run("2026-03-03")
    assert said(message)["items"] == [{"product_id": "p1", "name": "Article p1"}, {"product_id": "p2", "name": "p2"}]


def test_a_voucher_code_is_the_keyed_hash_of_the_message() -> None:
    company = Company({"1": "ann"})
    company.allows("1", "sms")
    company.becomes_ambassador("ann", "2026-03-03")
    (message,), _ = company.run("2026-03-03")
    digest = hmac.new(SECRET.encode(), message["idempotency_key"].encode(), hashlib.sha256).hexdigest()
    code = "MT" + digest[:12].translate(str.maketrans("0123456789abcdef", "BCDFGHJKMNPQRTVW"))
    assert said(message)["voucher"] == {"code": code, "amount_cents": 3000, "currency": "EUR"}
    assert code in said(message)["text"]


def test_a_correction_of_the_past_sends_nothing() -> None:
    company = Company({"1": "ann"})
    company.allows("1", "sms")
    company.becomes_ambassador("ann", "2026-03-03", cause="correction")
    assert company.run("2026-03-03") == ([], [])


def test_an_ambassador_who_is_none_any_more_gets_no_voucher() -> None:
    company = Company({"1": "ann"})
    company.allows("1", "sms")
    company.is_in("ann", "multi_purchase", "2026-01-01", "2026-03-03")
    company.is_in("ann", "ambassador", "2026-03-03", "2026-03-04")
    company.is_in("ann", "multi_purchase", "2026-03-04")
    assert reasons(company.run("2026-03-04")[1]) == [("voucher", "ann", "", "out_of_audience")]


def test_the_audience_is_asked_at_the_end_of_the_day_before_the_decision() -> None:
    campaign = REMINDER + "    audience: orders_count >= 1\n"
    company = reminding(rules=policy(campaign))
    assert reasons(company.run("2026-03-03")[1]) == [("reminder", "ann", "", "out_of_audience")]
    company.buys("1", "2026-03-04 12:00:00", "p9")
    assert sent(company.run("2026-03-04")[0]) == [REMINDED]


def test_places_among_all_buyers_count_all_buyers() -> None:
    campaign = REMINDER + "    audience: frequency_quintile == 5\n"
    company = reminding(rules=policy(campaign))
    company.records["2"] = "bob"
    for _ in range(3):
        company.buys("2", "2026-02-01 12:00:00", "p9")
    company.buys("1", "2026-02-01 12:00:00", "p9")
    assert reasons(company.run("2026-03-03")[1]) == [("reminder", "ann", "", "out_of_audience")]


@pytest.mark.parametrize(("bounced", "channel"), [((), "sms"), (("+32470000001",), "email")])
def test_the_next_channel_is_taken_where_the_first_does_not_reach(bounced: tuple[str, ...], channel: str) -> None:
    company = Company({"1": "ann"}, bounced=set(bounced))
    company.allows("1", "sms")
    company.allows("1", "email")
    company.becomes_ambassador("ann", "2026-03-03")
    assert sent(company.run("2026-03-03")[0]) == [("voucher", "ann", channel)]


def test_a_campaigns_cap_lets_through_so_many() -> None:
    company = reminding(rules=policy(REMINDER + "    cap: {messages: 1, days: 7}\n"))
    company.leaves_cart("1", "2026-03-01 11:00:00", "p3", cart="c2")
    messages, held = company.run("2026-03-03")
    assert [m["occurrence"] for m in messages] == ["web/c1"]
    assert [(s["occurrence"], s["reason"]) for s in held] == [("web/c2", "capped")]
    company.leaves_cart("1", "2026-03-08 11:00:00", "p3", cart="c3")
    assert [m["occurrence"] for m in company.run("2026-03-10")[0]] == ["web/c3"]


def test_where_the_company_has_room_for_one_the_first_campaign_of_the_file_has_it() -> None:
    company = reminding(rules=policy(VOUCHER, REMINDER, head=HEAD + "caps: {marketing: {messages: 1, days: 7}}\n"))
    company.becomes_ambassador("ann", "2026-03-03")
    messages, held = company.run("2026-03-03")
    assert sent(messages) == [("voucher", "ann", "email")]
    assert reasons(held) == [("reminder", "ann", "", "company_capped")]


def test_once_every_so_many_days_waits_for_them_to_pass() -> None:
    company = reminding(rules=policy(REMINDER.replace("once: occurrence", "once: every 5 days")))
    assert sent(company.run("2026-03-03")[0]) == [REMINDED]
    company.leaves_cart("1", "2026-03-03 10:00:00", "p3", cart="c2")
    assert reasons(company.run("2026-03-05")[1]) == [("reminder", "ann", "", "already_sent")]
    company.leaves_cart("1", "2026-03-07 10:00:00", "p3", cart="c3")
    assert sent(company.run("2026-03-09")[0]) == [REMINDED]


def test_who_is_held_out_is_drawn_once_and_about_as_many_as_was_said() -> None:

    con = connected()
    asked = con.sql(
        "SELECT i::VARCHAR AS ask_id, 'c' AS campaign, 'customer' || i AS customer_id, 0.1 AS hold_out"
        " FROM range(20000) t(i)"
    )
    held = drawn(con, asked).filter("is_held_out").fetchall()
    assert 0.09 < len(held) / 20_000 < 0.11
    company = reminding(rules=policy(REMINDER + "    hold_out: 1\n"))
    assert reasons(company.run("2026-03-03")[1]) == [("reminder", "ann", "", "held_out")]


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        ('{from: "20:00", to: "09:00"}', "2026-03-03 23:00:00", "2026-03-04 09:00:00"),
        ('{from: "20:00", to: "09:00"}', "2026-03-04 02:00:00", "2026-03-04 09:00:00"),
        ('{from: "20:00", to: "09:00"}', "2026-03-04 12:00:00", None),
        ('{from: "12:00", to: "14:00"}', "2026-03-04 12:30:00", "2026-03-04 14:00:00"),
        ('{from: "12:00", to: "14:00"}', "2026-03-04 14:00:00", None),
    ],
)
def test_a_message_of_the_quiet_hours_waits_for_their_end(hours: str, at: str, until: str | None) -> None:
    company = reminding(rules=policy(REMINDER, head=f"quiet_hours: {hours}\n"))
    (message,), _ = company.run("", at=datetime.fromisoformat(at))
    assert message["not_before_at"] == (datetime.fromisoformat(until) if until else None)


def test_a_birthday_comes_round_and_29_february_on_the_28th() -> None:
    campaign = REMINDER.replace("abandoned_cart: {}", "date: {field: birth_on, days_before: 1}").replace(
        "delay: 2 days", "delay: 9 hours"
    )
    rules = policy(campaign.replace("{cart.items}", "nothing").replace("[open_complaint, bought, returned]", "[]"))
    company = Company({"1": "ann", "2": "bob", "3": "cy"}, rules=rules)
    company.born_on = {"ann": "1980-02-29", "bob": "1990-02-28", "cy": "2026-02-28"}
    for key in company.records:
        company.allows(key, "email")
    messages, _ = company.run("2026-02-27")
    assert {(m["customer_id"], m["occurrence"]) for m in messages} == {("ann", "2026-02-28"), ("bob", "2026-02-28")}


def test_who_does_nothing_for_so_many_days_is_dormant_once() -> None:
    campaign = REMINDER.replace("abandoned_cart: {}", "dormancy: {days: 10}").replace("delay: 2 days", "delay: 0 days")
    rules = policy(campaign.replace("{cart.items}", "us"))
    company = Company({"1": "ann", "2": "bob"}, rules=rules)
    for key in company.records:
        company.allows(key, "email")
        company.buys(key, "2026-03-01 12:00:00", "p1")
    company.buys("2", "2026-03-05 12:00:00", "p1")
    told = {day: sent(company.run(f"2026-03-{day}")[0]) for day in range(10, 20)}
    assert {day: who for day, who in told.items() if who} == {
        11: [("reminder", "ann", "email")],
        15: [("reminder", "bob", "email")],
    }


def test_a_message_that_was_cancelled_for_what_passed_is_decided_anew_while_it_is_due() -> None:
    company = reminding()
    (message,), _ = company.run("2026-03-03")
    message.update(status="cancelled", reason="open_complaint")
    (again,), _ = company.run("2026-03-04")
    assert sent([again]) == [REMINDED]
    assert again["idempotency_key"] != message["idempotency_key"]
    again.update(status="cancelled", reason="stopped by a person")
    assert company.run("2026-03-04", at=message["created_at"] + timedelta(hours=30)) == ([], [])


AFTER = "2026-03-04 02:00:00"


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (lambda company: company.buys("1", AFTER, "p1", "p2"), "bought"),
        (lambda company: company.buys("1", AFTER, "p1", "p2", is_return=True), "returned"),
        (lambda company: company.complains("1", AFTER), "open_complaint"),
    ],
    ids=["bought", "sent back", "complained"],
)
def test_what_is_known_of_the_hours_after_the_decision_speaks_against_it_once_and_at_no_run_again(
    known: Callable[[Company], None], reason: str
) -> None:
    """An extract of the 3rd that reaches into the 4th, at whose first hour the message would leave."""
    company = reminding()
    known(company)
    messages, suppressed = company.run("2026-03-03")
    assert (messages, [row["reason"] for row in suppressed]) == ([], [reason])
    assert company.run("2026-03-03") == ([], [])


def test_a_complaint_that_was_opened_and_settled_after_the_decision_holds_nothing_back() -> None:
    company = reminding()
    company.complains("1", AFTER, closed_at="2026-03-04 03:00:00")
    messages, _ = company.run("2026-03-03")
    assert sent(messages) == [REMINDED]
    assert company.refused("2026-03-04 08:00:00") == {}


def test_nothing_is_decided_again_that_was_held_back_before_it_left() -> None:
    company = reminding()
    (message,), _ = company.run("2026-03-03")
    company.buys("1", AFTER, "p1", "p2")
    assert set(company.refused("2026-03-04 08:00:00").values()) == {"bought"}
    message.update(status="cancelled", reason="bought")
    for _ in range(3):
        assert company.run("2026-03-03")[0] == []
    assert [row["reason"] for row in company.suppressed] == ["bought"]
