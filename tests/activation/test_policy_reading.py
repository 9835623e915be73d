"""campaigns.yaml: what is read, and what is refused with its line and a suggestion."""

from pathlib import Path

import pytest

from scv_assets.activation.policy_reading import read_campaigns
from scv_assets.commands.check import company_problems
from scv_assets.commands.init import lay_folder
from scv_assets.errors import ConfigError
from scv_assets.yaml_document import YamlDocument
from tests.activation.company import HEAD, REMINDER, VOUCHER, policy
from tests.segments.company import SHIPPED, shipped_policy

DEMO = SHIPPED.with_name("campaigns.yaml")


def test_what_ships_can_be_read_and_says_both_campaigns() -> None:
    found = read_campaigns(YamlDocument(DEMO.read_text(encoding="utf-8"), "campaigns.yaml"), shipped_policy())
    assert [campaign.name for campaign in found.campaigns] == ["ambassador_voucher", "cart_reminder"]
    assert all(campaign.quiet_hours for campaign in found.campaigns)


def test_the_secret_stands_in_no_representation() -> None:
    assert "sixteen characters" not in repr(policy(VOUCHER))


@pytest.mark.parametrize(
    ("campaign", "old", "new", "told"),
    [
        (VOUCHER, "segmentation: lifecycle", "segmentation: lifecicle", "did you mean 'lifecycle'"),
        (VOUCHER, "to: ambassador", "to: ambasador", "has no segment 'ambasador'; did you mean 'ambassador'"),
        (VOUCHER, "{channel: sms,", "{channel: fax,", "'fax' is not one of email, sms, phone, post"),
        (VOUCHER, "once: ever", "once: never", "'once' is 'ever', 'occurrence' or 'every 30 days'"),
        (VOUCHER, "valid_for: 3 days", "valid_for: 3", "must be text"),
        (VOUCHER, "valid_for: 3 days", "valid_for: 0 days", "longer than nothing"),
        (VOUCHER, "suppress: [open_complaint]", "suppress: [open_complain]", "did you mean 'open_complaint'"),
        (VOUCHER, "{voucher.code}", "{voucher.cod}", "no field '{voucher.cod}' here; did you mean 'voucher.code'"),
        (VOUCHER, "{voucher.code}", "{cart.items}", "there is no field '{cart.items}' here"),
        (REMINDER, "{cart.items}", "{voucher.code}", "there is no field '{voucher.code}' here"),
        (VOUCHER, "prefix: MT", "prefix: m-t", "'prefix' has up to 8 capitals and digits"),
        (REMINDER, "abandoned_cart: {}", "abandoned_cart: {}, dormancy: {days: 3}", "give exactly one"),
        (REMINDER, "abandoned_cart: {}", "date: {field: birthday}", "'birthday' is not one of birth_on, created_at"),
        (REMINDER, "name: reminder", "name: Reminder!", "is no name of a campaign"),
        (REMINDER, "delay: 2 days", "delay: two days", "is written '30 minutes', '12 hours' or '2 days'"),
        (REMINDER, "once: occurrence", "once: occurrence\n    hold_out: 2", "'hold_out' is a share between 0 and 1"),
        (REMINDER, "once: occurrence", "once: occurrence\n    audience: orders >= 1", "there is no trait 'orders'"),
        (REMINDER, "once: occurrence", "once: occurrence\n    cap: {messages: 0, days: 1}", "must be 1 or more"),
    ],
)
def test_a_mistake_is_told_with_its_line(campaign: str, old: str, new: str, told: str) -> None:
    assert old in campaign
    with pytest.raises(ConfigError) as refused:
        policy(campaign.replace(old, new))
    assert str(refused.value).startswith("campaigns.yaml:")
    assert told in str(refused.value)


def test_a_name_is_given_once() -> None:
    with pytest.raises(ConfigError, match="'reminder' is given twice"):
        policy(REMINDER, REMINDER)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("", "a voucher's code is made of the 'voucher_secret'"),
        ("voucher_secret: short\n", "must have 16 characters or more"),
        ("voucher_secret: ${SCV_NOT_SET_ANYWHERE}\n", "SCV_NOT_SET_ANYWHERE is not set"),
        (HEAD + 'quiet_hours: {from: "20:00", to: "20:00"}\n', "quiet hours end when they begin"),
        (HEAD + 'quiet_hours: {from: "25:00", to: "08:00"}\n', "is a time of day in quotes"),
    ],
)
def test_what_stands_above_the_campaigns_is_checked_too(head: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told.replace("(", r"\(")):
        policy(VOUCHER, head=head)


def test_scv_check_tells_every_mistake_and_an_undeclared_purpose(tmp_path: Path) -> None:
    lay_folder(tmp_path)
    wrong = REMINDER.replace("purpose: marketing", "purpose: marketting").replace(
        "valid_for: 2 days", "valid_for: soon"
    )
    (tmp_path / "campaigns.yaml").write_text(f"campaigns:\n{wrong}")
    problems, _ = company_problems(tmp_path)
    assert len(problems) == 2, problems
    assert "campaigns.yaml:7: governance.yaml declares no purpose 'marketting'; did you mean 'marketing'?" in problems


def test_a_company_without_campaigns_has_no_problem_with_it(tmp_path: Path) -> None:
    lay_folder(tmp_path)
    (tmp_path / "campaigns.yaml").unlink()
    assert company_problems(tmp_path) == ([], [])
