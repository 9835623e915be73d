"""What is about to leave is asked about of the store as it is at that moment, by the rules that decided it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from scv_assets.activation.delivery import outbox
from scv_assets.activation.delivery.admitting import Admission
from tests.activation.company import HEAD, VOUCHER
from tests.activation.delivery.company import NOW, Company, message, profile

NUMBER = "+32470000000"


@pytest.fixture
def texting(company: Company) -> Company:
    (company.root / "campaigns.yaml").write_text(f"{HEAD}campaigns:\n{VOUCHER}")
    company.add("golden_profile", profile("ann"), profile("bob"))
    records = ({"source": "crm", "source_key": name, "customer_id": name} for name in ("ann", "bob"))
    company.add("crosswalk", *records)
    point = {"kind": "phone", "value": NUMBER, "is_valid": True, "is_primary": True}
    company.add("contact_point", *({"customer_id": name, **point} for name in ("ann", "bob")))
    company.add("consent_event", said("ann", 1, granted=True))
    member = {"segmentation": "lifecycle", "segment": "ambassador", "cause": "move"}
    span = {"valid_from": (NOW - timedelta(days=1)).date(), "recorded_at": NOW - timedelta(days=1)}
    company.add("segment_membership", *({"customer_id": name, **member, **span} for name in ("ann", "bob")))
    return company


def said(record: str, number: int, *, granted: bool) -> dict[str, Any]:
    place = {"event_id": f"e{number}", "source": "crm", "source_key": record, "channel": "sms", "purpose": "marketing"}
    return {**place, "granted": granted, "legal_basis": "consent", "occurred_at": NOW - timedelta(hours=10 - number)}


def waiting(key: str, record: str) -> dict[str, Any]:
    about = {"source": "crm", "source_key": record, "occurrence": f"ever-{key}", "decided_by": "{}"}
    return message(key, customer=record, payload={"to": NUMBER, "text": "x"}, **about)


def refused(admission: Admission, company: Company, at: datetime = NOW) -> dict[str, str]:
    return admission(outbox.due(company.store, "gateway", at, 10), at)


def test_who_allows_may_be_sent_to_and_nobody_else(texting: Company) -> None:
    texting.add("outbox", waiting("m1", "ann"), waiting("m2", "bob"))
    home = texting.home
    admission = Admission(home, home.lake(), texting.store)
    assert refused(admission, texting) == {"m2": "no_consent"}
    texting.add("consent_event", said("ann", 2, granted=False))
    assert refused(admission, texting) == {"m1": "no_consent", "m2": "no_consent"}
    admission.close()


def test_a_word_of_the_preference_centre_counts_at_once_be_it_a_yes_or_a_no(texting: Company) -> None:
    texting.add("outbox", waiting("m2", "bob"))
    texting.add("consent_event", said("bob", 2, granted=False))
    home = texting.home
    admission = Admission(home, home.lake(), texting.store)
    assert refused(admission, texting) == {"m2": "no_consent"}
    own = {"customer_id": "bob", "source": "preference_centre", "source_key": None}
    texting.add("consent_event", said("bob", 3, granted=True) | own)
    assert refused(admission, texting) == {}
    texting.add("consent_event", said("bob", 4, granted=False) | own)
    assert refused(admission, texting) == {"m2": "no_consent"}
    admission.close()


def test_of_a_campaign_that_is_no_more_nothing_leaves(texting: Company) -> None:
    texting.add("outbox", waiting("m1", "ann"))
    (texting.root / "campaigns.yaml").unlink()
    home = texting.home
    admission = Admission(home, home.lake(), texting.store)
    assert refused(admission, texting) == {"m1": "campaign_ended"}
    admission.close()
