"""Reading governance.yaml, and what silence means on each legal basis."""

from pathlib import Path

import pytest

from scv_assets.errors import ConfigError
from scv_assets.governance.purposes import CHANNELS, SILENCE, consent_policy, silence
from scv_assets.yaml_document import YamlDocument, read_yaml
from tests.in_memory import connected

SHIPPED = Path(__file__).parents[2] / "demo_company" / "company" / "governance.yaml"
MARKETING = "purposes:\n  marketing:\n    description: Offers\n    channels:\n"


def test_the_shipped_company_asks_before_it_mails_and_may_write_letters() -> None:
    policy = consent_policy(read_yaml(SHIPPED))
    assert sorted(policy.purposes) == ["marketing", "profiling", "service"]
    said = {(channel, purpose): ok for channel, purpose, ok in silence(connected(), policy).fetchall()}
    assert [said[channel, "marketing"] for channel in ("email", "sms", "phone", "post")] == [False, False, False, True]
    assert all(said[channel, "service"] for channel in ("email", "sms", "phone", "post"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MARKETING + "      emial: consent\n", r"governance.yaml:5: unknown key 'emial'; did you mean 'email'\?"),
        (
            MARKETING + "      email: consnt\n",
            r"governance.yaml:5: 'consnt' is not one of .*; did you mean 'consent'\?",
        ),
        (MARKETING.replace("marketing", "news") + "      email: consent\n", r"'marketing' is missing"),
        (MARKETING.rstrip() + " {}\n", r"the purpose 'marketing' has no channel"),
        ("purposes:\n  marketing:\n    channels: {email: consent}\n", r"'description' is missing"),
    ],
    ids=["an unknown channel", "an unknown basis", "no marketing", "no channel", "no description"],
)
def test_a_mistake_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        consent_policy(YamlDocument(text, "governance.yaml"))


def test_every_setting_is_in_the_docs() -> None:
    docs = (SHIPPED.parents[2] / "docs" / "consent.md").read_text(encoding="utf-8")
    for word in (*CHANNELS, *SILENCE, "description", "marketing"):
        assert f"`{word}`" in docs, word
