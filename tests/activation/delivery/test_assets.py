"""The checks of a destination's asset say what went wrong there."""

import pytest

from scv_assets.activation.delivery.assets import ANSWERS, NO_DEAD_LETTERS, _result, delivery_assets, told
from scv_assets.activation.delivery.run import Delivered
from scv_assets.activation.delivery.sending import Sent
from scv_assets.activation.delivery.syncing import Synced
from tests.activation.delivery.company import Company, message

YAML = """
  crm:
    kind: hubspot
    url: ${CRM_URL}
    token: ${CRM_TOKEN}
    objects: {profile: {fields: {first_name: firstname}, consent: [email, sms]}}
    channels: {email: {contents: {voucher: 42}}}
"""


@pytest.mark.parametrize(
    ("done", "failing"),
    [
        (Delivered(sent=Sent(delivered=3)), set()),
        (Delivered(sent=Sent(delivered=2, dead_letters=1)), {NO_DEAD_LETTERS}),
        (Delivered(standing=11), {NO_DEAD_LETTERS}),
        (Delivered(sent=Sent(stopped="answers 503")), {ANSWERS}),
    ],
)
def test_a_check_fails_where_its_claim_is_broken(done: Delivered, failing: set[str]) -> None:
    found = _result(done, {}).check_results or []
    assert {str(check.check_name) for check in found if not check.passed} == failing


def test_what_was_refused_before_stands_until_it_is_mended(company: Company) -> None:
    company.destinations("  out: {kind: files, url: out, channels: [sms]}\n")
    company.add("outbox", message("m1", destination="out", status="dead_letter", reason="answers 400"))
    assert company.deliver("out").standing == 1


def test_the_page_of_a_destination_says_who_and_what_goes_there_and_what_switches_it_on(company: Company) -> None:
    company.destinations(YAML)
    spec = next(iter(delivery_assets(company.home)[0].specs))
    assert spec.description == (
        "What crm (HubSpot) has of the customer view, and the messages that went through it. Only customers who may be "
        "contacted for marketing by email or sms. Messages by email. Off while CRM_URL is not set."
    )
    assert "| profile | first_name | firstname |" in spec.metadata["what_goes"].value


def test_what_was_done_is_told_in_the_right_number() -> None:
    done = Delivered(synced=Synced(written={"profile": 1, "order_line": 1_200}), sent=Sent(delivered=1, dead_letters=2))
    assert told(done) == (
        "1 profile written, 1,200 order lines written, 1 message delivered, 2 messages given up (dead letter)"
    )
