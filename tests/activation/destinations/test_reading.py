"""destinations.yaml is read strictly: a mistake is told with its line, and a secret is never in the file."""

from pathlib import Path

import pytest

from scv_assets.activation.destinations.reading import company_destinations, read_destinations
from scv_assets.activation.destinations.settings import DestinationSettings
from scv_assets.commands.check import company_problems
from scv_assets.commands.init import lay_folder
from scv_assets.errors import ConfigError
from scv_assets.home import load_home
from scv_assets.yaml_document import YamlDocument

GOOD = """destinations:
  crm:
    kind: hubspot
    url: ${CRM_URL}
    token: ${CRM_TOKEN}
    objects:
      profile:
        fields: {email: email}
"""


def read(text: str) -> dict[str, DestinationSettings]:
    return read_destinations(YamlDocument(text, "destinations.yaml"))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: hubspot", "kind: hubspt", "destinations.yaml:3: 'hubspt' is not one of .*did you mean 'hubspot'"),
        ("${CRM_TOKEN}", "pat-123", r"destinations.yaml:5: .* is a secret, which has no place in a file"),
        ("${CRM_TOKEN}", "Bearer ${CRM_TOKEN}", "destinations.yaml:5: .* is a secret"),
        ("    token: ${CRM_TOKEN}\n", "", "'token' is missing under 'destinations.crm'"),
        ("{email: email}", "{emial: email}", "destinations.yaml:8: unknown key 'emial'; did you mean 'email'"),
        ("{email: email}", "{email: a, phone: a}", "destinations.yaml:8: two fields of .* go to one attribute"),
        ("{email: email}", "{email: customer_id}", "destinations.yaml:8: two fields of .*'customer_id'"),
        ("      profile:", "      order:", "destinations.yaml:7: unknown key 'order'"),
        ("  crm:", "  CRM-1:", "write it in small letters"),
        ("  crm:", "  outbox:", "'outbox' is a table of the customer view"),
        (
            "kind: hubspot",
            "kind: hubspot\n    limits: {calls: 0}",
            "'destinations.crm.limits.calls' must be more than 0",
        ),
        ("kind: hubspot", "kind: hubspot\n    channels: [email]", "each channel says its contents"),
        ("kind: hubspot", "kind: hubspot\n    channels: {sms: {contents: {a: 1}}}", "unknown key 'sms'"),
        ("kind: hubspot", "kind: hubspot\n    entity: x", "unknown key 'entity'"),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=told):
        read(GOOD.replace(old, new))


def test_check_tells_all_mistakes_at_once(tmp_path: Path) -> None:
    lay_folder(tmp_path / "company")
    text = GOOD.replace("${CRM_TOKEN}", "pat-123").replace("{email: email}", "{emial: email}")
    (tmp_path / "company" / "destinations.yaml").write_text(text)
    problems, _ = company_problems(tmp_path / "company")
    assert len(problems) == 2
    assert "pat-123" not in " ".join(problems)


def test_a_company_without_the_file_has_no_destinations(tmp_path: Path) -> None:
    lay_folder(tmp_path / "company")
    assert company_destinations(load_home(tmp_path / "company")) == {}
    assert company_problems(tmp_path / "company")[0] == []


def test_a_destination_is_on_where_the_variables_of_its_address_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    (settings,) = read(GOOD).values()
    assert not settings.is_enabled
    monkeypatch.setenv("CRM_URL", "")
    assert not settings.is_enabled
    monkeypatch.setenv("CRM_URL", "http://here")
    assert settings.is_enabled
    with pytest.raises(ConfigError, match="CRM_TOKEN is not set"):
        settings.secret("token")


def test_lines_go_with_orders() -> None:
    text = (
        "destinations:\n  f:\n    kind: files\n    url: x\n    objects:\n      order_line: {fields: {product_id: p}}\n"
    )
    with pytest.raises(ConfigError, match="'order_line' goes with 'order'"):
        read(text)


def test_a_destinations_file_that_cannot_be_read_hides_no_mistake_of_the_campaigns(tmp_path: Path) -> None:
    lay_folder(tmp_path / "company")
    (tmp_path / "company" / "destinations.yaml").write_text("destinations: [\n")
    (tmp_path / "company" / "campaigns.yaml").write_text("campains: []\n")
    problems, _ = company_problems(tmp_path / "company")
    assert {problem.split(":")[0] for problem in problems} == {"campaigns.yaml", "destinations.yaml"}
