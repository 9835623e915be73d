"""What is about to leave is asked about of the store as it is at that moment."""

from scv_assets.activation.delivery import outbox
from scv_assets.activation.delivery.admitting import Admission
from tests.activation.delivery.company import Company, consent, message, profile


def refused(company: Company) -> dict[str, str]:
    home = company.home
    admission = Admission(home, home.lake(), company.store)
    messages = outbox.due(company.store, "gateway", company.clock.now(), 10)
    try:
        return admission(messages, company.clock.now())
    finally:
        admission.close()


def test_who_allows_may_be_sent_to_and_nobody_else(company: Company) -> None:
    company.add("golden_profile", profile("ann"), profile("bob"))
    company.add("consent_state", consent("ann", "sms"), consent("bob", "sms", granted=False))
    company.add("outbox", message("m1"), message("m2", customer="bob"), message("m3", customer="gone"))
    assert refused(company) == {"m2": "no_consent", "m3": "erased"}


def test_a_message_is_asked_of_who_has_its_record_now(company: Company) -> None:
    company.add("golden_profile", profile("ann"), profile("bob"))
    company.add("consent_state", consent("ann", "sms"))
    company.add("outbox", message("m1", customer="bob", source="crm", source_key="7"), message("m2", customer="old"))
    company.add("crosswalk", {"source": "crm", "source_key": "7", "customer_id": "ann"})
    company.add("customer_redirect", {"old_customer_id": "old", "customer_id": "ann"})
    assert refused(company) == {}


def test_what_is_published_meanwhile_counts(company: Company) -> None:
    company.add("golden_profile", profile("ann"))
    company.add("consent_state", consent("ann", "sms"))
    company.add("outbox", message("m1"))
    home = company.home
    admission = Admission(home, home.lake(), company.store)
    messages = outbox.due(company.store, "gateway", company.clock.now(), 10)
    assert admission(messages, company.clock.now()) == {}
    company.change("consent_state", {"customer_id": "ann"}, is_granted=False)
    assert admission(messages, company.clock.now()) == {"m1": "no_consent"}
    admission.close()
