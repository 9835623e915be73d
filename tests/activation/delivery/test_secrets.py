"""No secret, no address and nothing of a person gets into a log, an error, the run history or what is kept."""

import logging

import dagster as dg
import pytest

from destination_sandbox.serving import Running
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.definitions import build_defs
from scv_assets.errors import ScvError
from tests.activation.delivery.company import Company, consent, message, profile

pytestmark = pytest.mark.server

YAML = """
  crm:
    kind: hubspot
    url: ${HUBSPOT_URL}
    token: ${HUBSPOT_TOKEN}
    objects: {profile: {fields: {first_name: firstname, email: email}}}
  mailing:
    kind: actito
    url: ${ACTITO_URL}
    key: ${ACTITO_KEY}
    entity: Shop
    objects: {profile: {fields: {email: emailAddress}}}
  gateway: {kind: sms, url: "${SMS_URL}", token: "${SMS_TOKEN}", channels: [sms], quiet_to: "21:00"}
  hook: {kind: webhook, url: "${HOOK_URL}", secret: "${HOOK_SECRET}", channels: [sms], limits: {attempts: 1}}
"""
SECRET = ("hush", "ann@mail.be", "not-an-address", "+32470000000", "Hello m1")


@pytest.fixture
def everything(
    company: Company, hubspot: Running, actito: Running, gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> Company:
    monkeypatch.setenv("HOOK_URL", "http://hush-user:hush-pass@127.0.0.1:1/hush-path?key=hush")
    monkeypatch.setenv("HOOK_SECRET", "hush-hook")
    company.destinations(YAML)
    company.add("golden_profile", profile("ann"), profile("bob", email="not-an-address"))
    company.add("consent_state", consent("ann", "sms"))
    company.add("outbox", message("m1"), message("m2", destination="hook"), message("m3", payload={"to": "0"}))
    return company


def test_no_log_and_no_error_holds_a_secret_or_a_person(
    everything: Company, caplog: pytest.LogCaptureFixture, hubspot: Running, actito: Running
) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    hubspot.faults.lose_every = 2
    for name in company_destinations(everything.home):
        try:
            told.append(repr(everything.deliver(name)))
        except ScvError as error:
            told.append(repr(error))
    actito.faults.is_down = True
    everything.change("golden_profile", {"customer_id": "ann"}, email="ann@mail.be ")
    with pytest.raises(ScvError) as refused:
        everything.deliver("mailing")
    told.append(str(refused.value))
    ours = "\n".join([*(record.getMessage() for record in caplog.records if record.name.startswith("httpx")), *told])
    assert [word for word in SECRET if word in ours] == []
    kept = repr([everything.rows("sync_state"), everything.rows("delivery_attempt")])
    assert [word for word in SECRET if word in kept] == []
    assert [word for word in SECRET if word in repr([row["reason"] for row in everything.rows("outbox")])] == []


def test_the_run_history_holds_none_either(everything: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    if everything.store.dialect.name != "sqlite":
        pytest.skip("the store makes no difference here")
    url = everything.store.url.render_as_string(hide_password=False)
    with (everything.root / "scv.yaml").open("a") as settings:
        settings.write(f'\nstore: {{url: "{url}"}}\n')
    definitions = build_defs(everything.home)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        done = definitions.resolve_job_def("deliver").execute_in_process(
            instance=instance, run_config=quiet, raise_on_error=False
        )
        history = "\n".join(repr(entry) for entry in instance.all_logs(done.run_id))
    assert "2 profile" in history or "1 profile" in history
    assert [word for word in SECRET if word in history] == []
