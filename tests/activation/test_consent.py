"""Whether somebody may be written to is one answer, whoever asks: a run, a delivery, a replay, the published state."""

from datetime import datetime

import pytest
from hypothesis import given, settings

from scv_assets.activation.consent import consent
from tests.activation.company import REMINDER, Row, policy, view
from tests.activation.decisions import Company, reasons, sent
from tests.golden.tables import day, relation
from tests.in_memory import connected
from tests.interactions.consents import CHANNELS, CUSTOMERS, DAYS, RECORDS, Ownership, histories, ledger, oracle, words
from tests.interactions.test_consent_standing import ASKED

INSTANTS = [day(number) for number in (0, *DAYS, 9)]
#: by e-mail silence is no consent, by SMS it is
SILENCE = ({"channel": "email", "is_granted": False}, {"channel": "sms", "is_granted": True})


@settings(max_examples=15, deadline=None)
@given(words, histories)
def test_any_instants_are_answered_in_one_question_by_the_words_up_to_each_or_by_silence(
    log: list[Row], owners: list[Ownership]
) -> None:
    with connected() as con:
        events = ledger(con, log)
        rows = [dict(zip(events.columns, row, strict=True)) for row in events.fetchall()]
        for owned in owners:
            known = view(
                con,
                policy(REMINDER),
                dict(zip(RECORDS, owned.of_records, strict=True)),
                redirects=[{"old_customer_id": old, "customer_id": new} for old, new in owned.absorbed.items()],
                consent_events=rows,
                records=[{"source": "crm", "source_key": key, "is_deleted": True} for key in sorted(owned.deleted)],
                consent_state=[],
                silence=[{**one, "purpose": "marketing"} for one in SILENCE],
            )
            asked = [
                {
                    "ask_id": f"{at}/{who}/{way}",
                    "customer_id": who,
                    "channel": way,
                    "purpose": "marketing",
                    "asked_at": at,
                }
                for at in INSTANTS
                for who in CUSTOMERS
                for way in (*CHANNELS, "fax")
            ]
            found = {row[0]: row[1] for row in consent(con, known, relation(con, ASKED, asked)).fetchall()}
            expected = {
                f"{at}/{who}/{way}": said.get((who, way), way == "sms")
                for at, said in ((at, oracle(log, owned, at)) for at in INSTANTS)
                for who in CUSTOMERS
                for way in (*CHANNELS, "fax")
            }
            assert found == expected


def left_cart(**records: str) -> Company:
    """Ann, whose records are 1 and 2, leaves a cart with record 1 on 2 March; record 1 may be written to."""
    company = Company(records or {"1": "ann", "2": "ann"})
    company.allows("1", "email")
    company.leaves_cart("1", "2026-03-02 20:00:00", "lamp")
    return company


@pytest.mark.parametrize("later", ["2026-03-03 09:00:00", "2026-03-05 01:30:00"])
def test_a_run_writes_to_nobody_whose_refusal_the_ledger_has_be_it_of_after_the_day_that_is_decided(later: str) -> None:
    company = left_cart()
    company.allows("2", "email", later, granted=False)
    messages, held = company.run("2026-03-04")
    assert sent(messages) == []
    assert reasons(held) == [("reminder", "ann", "", "no_consent")]


@pytest.mark.slow
def test_a_run_decides_nothing_by_a_consent_of_after_the_day_that_is_decided() -> None:
    company = Company({"1": "ann"})
    company.leaves_cart("1", "2026-03-02 20:00:00", "lamp")
    company.allows("1", "email", "2026-03-05 01:30:00")
    assert company.run("2026-03-04")[0] == []
    assert sent(company.run("2026-03-05")[0]) == [("reminder", "ann", "email")]


def test_a_refusal_of_one_record_holds_as_of_a_past_instant_against_a_later_yes_of_another() -> None:
    company = left_cart()
    company.allows("2", "email", "2026-02-01", granted=False)
    company.allows("1", "email", "2026-02-02")
    company.allows("2", "email", "2026-03-20")
    messages, held = company.run("2026-03-04", at=datetime.fromisoformat("2026-03-05 00:00:00"))
    assert (sent(messages), reasons(held)) == ([], [("reminder", "ann", "", "no_consent")])


def test_a_word_written_in_a_customers_name_on_a_record_goes_with_the_record() -> None:
    """Bob's record has a refusal that was written when it was Ann's; Bob is not asked about."""
    company = left_cart(**{"1": "ann", "2": "bob"})
    no = {"source_key": "2", "customer_id": "ann", "channel": "email", "granted": False}
    company.consents.append({**no, "occurred_at": "2026-03-01"})
    assert sent(company.run("2026-03-04")[0]) == [("reminder", "ann", "email")]
