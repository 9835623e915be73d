"""What stands under *shown by*: evidence as decisions keep it, in words."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from scv_assets.commands.shown_by import shown_by

REFUSED = {
    "event_id": "e1",
    "granted": False,
    "legal_basis": "consent",
    "occurred_at": datetime(2026, 9, 2, 22, 0),  # noqa: DTZ001
    "source": "crm",
    "source_key": "C1",
    "customer_id": None,
}
OBJECTED = {**REFUSED, "event_id": "e3", "legal_basis": "legitimate_interest"}
ALLOWED = {**OBJECTED, "event_id": "e4", "granted": True}
COMPLAINED = {
    **REFUSED,
    "event_id": "e2",
    "legal_basis": "complaint",
    "source": "mailer",
    "source_key": None,
    "customer_id": "C9",
}


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ({"tickets": ["desk/1", "desk/2"]}, "desk/1, desk/2"),
        ({"message": "m1"}, "m1"),
        ({"messages": 2, "days": 7}, "messages 2, days 7"),
        ([{"product": "P1", "reason": "bought", "orders": ["pos/1"]}, {"product": "P2"}], "P1: pos/1; P2: "),
        (
            [
                {"reason": "no_consent", "shown_by": {"channel": "sms", "consent": "e1"}},
                {"reason": "no_consent", "shown_by": {"channel": "post", "consent": "silence"}},
                {"reason": "unusable_address", "shown_by": {"channel": "email", "bounce": "mail/9"}},
                {"reason": "no_contact_point", "shown_by": {"channel": "phone"}},
            ],
            "sms: no, 2026-09-03 00:00, said on crm:C1; post: nothing was said; email: bounced, mail/9;"
            " phone: no address",
        ),
        (
            [{"reason": "no_consent", "shown_by": {"channel": "email", "consent": "e2"}}],
            "email: complained, 2026-09-03 00:00, said in mailer",
        ),
        (
            [{"reason": "no_consent", "shown_by": {"channel": "post", "consent": event}} for event in ("e3", "e4")],
            "post: no, 2026-09-03 00:00, said on crm:C1; post: legitimate_interest, 2026-09-03 00:00, said on crm:C1",
        ),
        ([], ""),
        ({}, ""),
    ],
)
def test_evidence_is_told_in_words(evidence: object, words: str) -> None:
    consents = {str(event["event_id"]): event for event in (REFUSED, COMPLAINED, OBJECTED, ALLOWED)}
    zone = ZoneInfo("Europe/Brussels")
    assert shown_by(evidence, consents, zone) == words
    assert shown_by(json.dumps(evidence), consents, zone) == words
