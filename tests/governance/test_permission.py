"""What may be sent is asked of the store as it is now: a word that was said since the last run counts already."""

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from resources.store.consent_words import say
from resources.store.tables import CONSENT_EVENT, duckdb_schema
from scv_assets.errors import NotFound
from scv_assets.governance import permission
from scv_assets.governance.permission import allowed, permissions
from tests.commands.customers import insert
from tests.golden.tables import day, relation, rows_of
from tests.in_memory import connected

PURPOSES = [
    {"channel": "email", "purpose": "marketing", "legal_basis": "consent", "is_granted_by_silence": False},
    {"channel": "post", "purpose": "marketing", "legal_basis": "legitimate_interest", "is_granted_by_silence": True},
]
CROSSWALK = [
    {"source": "crm", "source_key": key, "customer_id": who} for key, who in (("1", "C1"), ("2", "C1"), ("3", "C2"))
]


def event(name: str, **more: Any) -> dict[str, Any]:
    said = {"event_id": name, "source": "crm", "source_key": "1", "channel": "email", "purpose": "marketing"}
    return said | {"granted": True, "legal_basis": "consent", "occurred_at": day(1)} | more


@pytest.fixture
def filled(store: sa.Engine) -> sa.Engine:
    insert(
        store,
        crosswalk=CROSSWALK,
        consent_purpose=PURPOSES,
        customer_redirect=[{"old_customer_id": "C0", "customer_id": "C1"}],
        consent_event=[event("yes"), event("other", source_key="3", granted=False)],
    )
    return store


def said(store: sa.Engine, **word: Any) -> None:
    """Have C1 say something in the preference centre."""
    with connected() as con:
        row = event("own", customer_id="C1", source="preference_centre", source_key=None, **word)
        say(store, relation(con, duckdb_schema(CONSENT_EVENT), [row]), by="eva", now=datetime(2026, 3, 9), details={})  # noqa: DTZ001


@pytest.mark.parametrize(
    ("customer", "channel", "expected"),
    [
        ("C1", "email", (True, "said", "yes")),
        ("C0", "email", (True, "said", "yes")),
        ("C2", "email", (False, "said", "other")),
        ("C1", "post", (True, "silence", None)),
        ("C1", "sms", (False, "undeclared", None)),
    ],
    ids=["said", "by an id that was merged away", "refused", "silence on a legitimate interest", "not used"],
)
def test_the_answer_and_what_it_hangs_on(
    filled: sa.Engine, customer: str, channel: str, expected: tuple[bool, str, str | None]
) -> None:
    answer = allowed(filled, customer, channel, "marketing")
    assert (answer.is_allowed, answer.because, answer.decided_by_event) == expected
    assert answer.customer_id == {"C0": "C1"}.get(customer, customer)


def test_nobody_may_be_contacted_who_is_not_there(filled: sa.Engine) -> None:
    with pytest.raises(NotFound, match="there is no customer 'C9'"):
        allowed(filled, "C9", "post", "marketing")


def test_a_refusal_between_selection_and_sending_counts(filled: sa.Engine) -> None:
    assert allowed(filled, "C1", "email", "marketing").is_allowed
    said(filled, granted=False, occurred_at=day(8))
    assert not allowed(filled, "C1", "email", "marketing").is_allowed


def test_a_record_that_went_to_another_customer_takes_its_words_along(filled: sa.Engine) -> None:
    with filled.begin() as connection:
        connection.exec_driver_sql("UPDATE crosswalk SET customer_id = 'C2' WHERE source_key = '1'")
        connection.exec_driver_sql("UPDATE consent_event SET customer_id = 'C1' WHERE event_id = 'yes'")
    assert allowed(filled, "C1", "email", "marketing").because == "silence"
    assert allowed(filled, "C2", "email", "marketing").decided_by_event == "other"


def test_a_yes_of_a_record_that_its_source_deleted_is_no_ground_to_write_on(
    filled: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(filled, source_record=[{"source": "crm", "source_key": key, "is_deleted": True} for key in "13"])
    for few in (permission._FEW, 0):
        monkeypatch.setattr(permission, "_FEW", few)
        answers = [allowed(filled, customer, "email", "marketing") for customer in ("C1", "C2")]
        assert [(answer.is_allowed, answer.because) for answer in answers] == [(False, "silence"), (False, "said")]


def test_many_are_answered_like_one(filled: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    questions = [(who, channel) for who in ("C0", "C1", "C2", "C9") for channel in ("email", "post", "sms")]
    with connected() as con:
        schema = {"customer_id": "VARCHAR", "channel": "VARCHAR", "purpose": "VARCHAR"}
        rows = [{"customer_id": who, "channel": channel, "purpose": "marketing"} for who, channel in questions]
        asked = relation(con, schema, rows)
        customers = sorted({who for who, _ in questions})
        few = rows_of(permissions(con, filled, asked, customers=customers))
        monkeypatch.setattr(permission, "_FEW", 1)
        assert rows_of(permissions(con, filled, asked, customers=customers)) == few
        assert rows_of(permissions(con, filled, asked)) == few
    assert len(few) == 9
