"""`scv outbox` speaks of what was meant, and says why what waits does not leave."""

from datetime import datetime
from pathlib import Path

import pytest

from resources.store.tables import OUTBOX
from tests.activation.delivery.company import message
from tests.commands.customers import insert, lay_company
from tests.pipeline.company import Company

YAML = """
destinations:
  gateway: {kind: sms, url: "${SMS_URL}", token: "${SMS_TOKEN}", sender: Us, channels: [sms]}
  trial: {kind: files, url: exports, channels: [sms], dry_run: true}
"""


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company with a message for each of three destinations; one is off, one in a dry run, one no more."""
    company = lay_company(tmp_path_factory.mktemp("waiting") / "company")
    Path(company.root, "destinations.yaml").write_text(YAML)
    rows = [message(f"key-{name}", destination=name) for name in ("gateway", "gone", "trial")]
    with company.store() as engine:
        insert(engine, outbox=rows)
    return company


@pytest.mark.parametrize("command", [("list",), ("rejected",), ("replay",), ("cancel",)], ids=" ".join)
def test_a_mistyped_destination_is_told_and_not_taken_for_an_empty_one(waiting: Company, command: tuple[str]) -> None:
    told = waiting.scv("outbox", *command, "--destination", "gatewy")
    assert (told.code, told.out) == (1, "")
    assert told.err.strip() == (
        "NotFound: there is no destination 'gatewy'; there are gateway, gone, trial; did you mean 'gateway'?"
    )


@pytest.mark.parametrize("command", ["list", "replay", "cancel"])
def test_a_mistyped_campaign_is_told(waiting: Company, command: str) -> None:
    told = waiting.scv("outbox", command, "--campaign", "vouchr")
    assert told.code == 1
    assert "there is no campaign 'vouchr'; there are voucher; did you mean 'voucher'?" in told.err


@pytest.mark.parametrize("command", ["replay", "cancel"])
def test_a_key_that_no_message_has_is_told(waiting: Company, command: str) -> None:
    told = waiting.scv("outbox", command, "--key", "zz")
    assert (told.code, told.err.strip()) == (1, "NotFound: there is no message 'zz'; scv outbox list has them")


def test_what_waits_says_why_it_does_not_leave(waiting: Company) -> None:
    lines = [" ".join(line.split()) for line in waiting.scv("outbox", "list", SMS_URL="").out.splitlines()]
    assert "gateway pending 1 off: SMS_URL is not set" in lines
    assert "gone pending 1 destinations.yaml has no such destination" in lines
    assert "trial pending 1 dry run: nothing leaves" in lines


def test_status_tells_of_every_destination_how_its_messages_stand(waiting: Company) -> None:
    sent = message(
        "sent", destination="gone", status="delivered", delivered_at=datetime.fromisoformat("2026-11-20 09:30")
    )
    taken = message("taken", status="retrying", accepted_at=datetime.fromisoformat("2026-11-20 09:30"))
    more = [message("again", status="retrying"), message("dead", status="dead_letter"), taken]
    with waiting.store() as engine:
        insert(engine, outbox=[sent, *(row | {"destination": "gateway"} for row in more)])
    told = waiting.scv("status", SMS_URL="", COLUMNS="80")
    lines = [" ".join(line.split()) for line in told.out.splitlines()]
    with waiting.store() as engine, engine.begin() as connection:
        connection.execute(OUTBOX.delete().where(OUTBOX.c.idempotency_key.in_(["sent", "again", "dead", "taken"])))
    assert "destination waiting retrying accepted dead letters last delivered" in lines
    assert "gateway 1 1 1 1 –" in lines
    assert "gateway: off: SMS_URL is not set" in lines
    assert "gone 1 – – – 2026-11-20 10:30" in lines
    assert "gone: destinations.yaml has no such destination" in lines
    assert "trial 1 – – – –" in lines
    assert "trial: dry run: nothing leaves" in lines


def test_what_can_leave_says_nothing(waiting: Company) -> None:
    lines = [" ".join(line.split()) for line in waiting.scv("outbox", "list", SMS_URL="http://here").out.splitlines()]
    assert "gateway pending 1" in lines
