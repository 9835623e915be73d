"""What people decide: appended, revocable, each with its line in the audit log."""

import json

import pytest
import sqlalchemy as sa

from resources.store.decisions import (
    discard_quarantine,
    judge,
    override,
    revoke,
    revoke_override,
)
from resources.store.engine import writing
from resources.store.tables import GOLDEN_FIELDS, QUARANTINE
from scv_assets.errors import NotFound, ScvError
from tests.resources.published_company import NOW, held

LEFT, RIGHT = ("crm", "2"), ("web", "1")


def _judge(store: sa.Engine, verdict: str = "must_link", by: str = "ann", reason: str = "same card") -> str:
    return judge(store, LEFT, RIGHT, verdict, by=by, reason=reason, now=NOW)


def _actions(store: sa.Engine) -> list[tuple[str, str, str]]:
    return sorted((row["actor"], row["action"], row["subject"]) for row in held(store, "audit_log"))


def test_a_verdict_is_one_whichever_record_comes_first(store: sa.Engine) -> None:
    first = judge(store, RIGHT, LEFT, "must_link", by="ann", reason="same card", now=NOW)
    assert _judge(store) == first
    (row,) = held(store, "judgement")
    assert (row["left_source"], row["left_key"], row["right_source"], row["right_key"]) == (*LEFT, *RIGHT)
    assert (row["judged_by"], row["judged_at"], row["revoked_at"]) == ("ann", NOW, None)
    assert _actions(store) == [("ann", "judge", first)]


def test_the_last_word_on_a_pair_is_the_only_one_in_force(store: sa.Engine) -> None:
    first = _judge(store)
    second = _judge(store, "cannot_link", by="bob")
    third = _judge(store)
    assert len({first, second, third}) == 3
    in_force = [row["judgement_id"] for row in held(store, "judgement") if row["revoked_at"] is None]
    assert in_force == [third]


def test_a_verdict_is_taken_back_once_and_never_removed(store: sa.Engine) -> None:
    judgement = _judge(store)
    for _ in range(2):
        revoke(store, judgement, by="bob", now=NOW)
    (row,) = held(store, "judgement")
    assert row["revoked_at"] == NOW
    assert _actions(store) == sorted([("ann", "judge", judgement), ("bob", "revoke", judgement)])
    assert _judge(store) != judgement


@pytest.mark.parametrize("right", [LEFT, RIGHT])
def test_a_verdict_that_is_none_changes_nothing(store: sa.Engine, right: tuple[str, str]) -> None:
    verdict = "must_link" if right == LEFT else "must_lnik"
    with pytest.raises(NotFound, match=r"two different records|one of must_link, cannot_link, unsure"):
        judge(store, LEFT, right, verdict, by="ann", reason="", now=NOW)
    with pytest.raises(NotFound, match="no judgement 'x'"):
        revoke(store, "x", by="ann", now=NOW)
    assert held(store, "judgement") == held(store, "audit_log") == []


def test_an_override_is_a_word_on_a_field_without_the_word_in_the_audit_log(store: sa.Engine) -> None:
    first = override(store, "ada", "city", "Namur", by="ann", reason="she wrote", now=NOW)
    second = override(store, "ada", "city", None, by="ann", reason="she moved", now=NOW)
    revoke_override(store, second, by="ann", now=NOW)
    rows = {row["override_id"]: (row["value"], row["revoked_at"]) for row in held(store, "golden_override")}
    assert rows == {first: ("Namur", NOW), second: (None, NOW)}
    assert "Namur" not in json.dumps([row["details"] for row in held(store, "audit_log")])
    assert len(_actions(store)) == 3


def test_only_what_describes_a_person_can_be_overridden(store: sa.Engine) -> None:
    for name in GOLDEN_FIELDS:
        override(store, "bob", name, None, by="ann", reason="", now=NOW)
    with pytest.raises(NotFound, match="no golden field 'record_count' to set; it is one of first_name"):
        override(store, "ada", "record_count", "3", by="ann", reason="", now=NOW)
    with pytest.raises(ScvError, match="birth_on cannot be read; write it YYYY-MM-DD"):
        override(store, "ada", "birth_on", "10/12/1815", by="ann", reason="", now=NOW)
    assert {row["customer_id"] for row in held(store, "golden_override")} == {"bob"}


def test_a_refused_row_is_discarded_once(store: sa.Engine) -> None:
    with writing(store, QUARANTINE) as connection:
        row = {"source": "crm", "file": "a.csv", "row_number": 7, "status": "open"}
        connection.execute(sa.insert(QUARANTINE).values(row))
    for _ in range(2):
        discard_quarantine(store, "crm", "a.csv", 7, by="ann", now=NOW)
    assert [row["status"] for row in held(store, "quarantine")] == ["discarded"]
    assert _actions(store) == [("ann", "discard_quarantine", "crm/a.csv/7")]
    with pytest.raises(NotFound, match=r"no row 8 of a\.csv of crm"):
        discard_quarantine(store, "crm", "a.csv", 8, by="ann", now=NOW)


def test_what_a_steward_types_is_only_text(store: sa.Engine) -> None:
    judgement = _judge(store, by="'; DROP TABLE judgement; --", reason="lone \ud800 and \0 end")
    (row,) = held(store, "judgement")
    assert row["judgement_id"] == judgement
    end = "\ufffd" if store.dialect.name == "postgresql" else "\0"
    assert row["reason"] == f"lone \ufffd and {end} end"
