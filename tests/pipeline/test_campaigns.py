"""Campaigns in a whole run: decided and published with everything else, once, and told by the commands."""

import json
from pathlib import Path

import pytest

from resources.store.tables import OUTBOX
from resources.store.unloading import relation
from scv_assets.activation.admission import refusals
from scv_assets.activation.run import load_campaigns
from scv_assets.activation.view import store_view
from tests.pipeline.company import Company, Row
from tests.pipeline.shop import customers, customers_file, orders, orders_file
from tests.pipeline.test_policy_commands import other_policy

CAMPAIGNS = """\
campaigns:
  - name: welcome_back
    title: Thank you for coming back
    owner: team:crm
    version: "1"
    description: To who bought a second time
    purpose: marketing
    trigger: {transition: {segmentation: lifecycle, from: one_purchase, to: multi_purchase}}
    channels: [{channel: email, destination: mailer}]
    valid_for: 30 days
    once: ever
    content: {text: "Thank you {profile.first_name}"}
"""


@pytest.fixture(scope="module")
def thankful_shop(published_shop: Company, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The corner shop, which thanks who bought a second time: Amélie Durand, on 4 March; not to be changed."""
    shop = published_shop.copied(tmp_path_factory.mktemp("thankful") / "company")
    (shop.root / "campaigns.yaml").write_text(CAMPAIGNS)
    shop.must_run()
    return shop


@pytest.fixture
def writing_shop(thankful_shop: Company, tmp_path: Path) -> Company:
    """A copy of it, to be changed."""
    return thankful_shop.copied(tmp_path / "company")


def messages(shop: Company) -> list[Row]:
    return shop.rows("outbox")


def test_a_message_is_published_with_everything_else_and_told_in_the_summary(writing_shop: Company) -> None:
    (message,) = messages(writing_shop)
    assert (message["campaign"], message["channel"], message["status"]) == ("welcome_back", "email", "pending")
    payload = json.loads(message["payload"])
    assert (payload["to"], payload["text"]) == ("amelie.durand@mail.be", "Thank you Amelie")
    assert message["customer_id"] in {row["customer_id"] for row in writing_shop.rows("golden_profile")}
    assert "Messages decided last (2026-03-04 23:00 UTC)" in writing_shop.scv("run").out


def test_news_corrections_and_back_fills_send_no_second_one_and_leave_what_became_of_the_first(
    writing_shop: Company,
) -> None:
    with writing_shop.store() as engine, engine.begin() as connection:
        connection.execute(OUTBOX.update().values(status="delivered", attempts=1, receipt="r1"))
    (before,) = messages(writing_shop)
    writing_shop.deliver(
        customers_file(4), customers("6,Zoë,Noël,zoe.noel@mail.fr,,Lille,active,yes,2026-03-04T10:00:00")
    )
    writing_shop.deliver(orders_file(1), orders("A0;2026-03-01T12:00:00;jan.peeters@mail.be;Jan Peeters;9,00"))
    writing_shop.must_run()
    writing_shop.deliver(orders_file(5), orders("A9;2026-03-05T12:00:00;amelie.durand@mail.be;Amélie Durand;9,00"))
    writing_shop.must_run()
    assert messages(writing_shop) == [before]


def test_a_company_without_campaigns_sends_nothing_and_runs(shop: Company) -> None:
    (shop.root / "campaigns.yaml").unlink()
    shop.must_run()
    assert [shop.rows(table) for table in ("outbox", "suppression", "campaign_metric")] == [[], [], []]


def test_consent_that_is_withdrawn_after_the_run_is_seen_in_the_store_at_the_moment_of_sending(
    writing_shop: Company,
) -> None:
    def refused() -> list[tuple[str, str]]:
        home = writing_shop.home
        with writing_shop.store() as engine, home.lake().connect() as con:
            (at,) = {message["not_before_at"] or message["created_at"] for message in messages(writing_shop)}
            view = store_view(con, engine, home.lake(), load_campaigns(home), time_zone=home.settings.time_zone)
            found = refusals(con, view, relation(con, engine, "outbox"), at)
            return [(row[0], row[1]) for row in found.fetchall()]

    (message,) = messages(writing_shop)
    assert refused() == []
    with writing_shop.store() as engine, engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO consent_event (event_id, customer_id, channel, purpose, granted, legal_basis, occurred_at)"
            f" VALUES ('withdrawn', '{message['customer_id']}', 'email', 'marketing', 0, 'consent',"
            " '2026-03-04 22:00:00.000000')"
        )
    assert refused() == [(message["idempotency_key"], "no_consent")]


def test_why_leads_from_a_message_to_the_source_rows_and_tells_why_another_got_none(writing_shop: Company) -> None:
    (message,) = messages(writing_shop)
    told = writing_shop.scv("why", "message", message["idempotency_key"]).out
    assert "lifecycle: one_purchase to multi_purchase on 2026-03-04 by order (online)" in told
    assert "orders/A4" in told
    assert "orders/A1" in told
    assert "said on customers:" in told
    assert "How it came about (Europe/Brussels)" in told
    assert "decided 2026-03-05 00:00" in " ".join(told.split())
    assert writing_shop.scv("why", "message", message["idempotency_key"][:12]).out == told
    mine = writing_shop.scv("why", "message", "welcome_back", "amelie.durand@mail.be").out
    assert message["idempotency_key"] in mine
    none = writing_shop.scv("why", "message", "welcome_back", "jan.peeters@mail.be").out
    assert "Nothing was decided" in none
    assert "no: another segment" in none
    assert "did you mean 'welcome_back'" in writing_shop.scv("why", "message", "welcom_back", "jan.peeters@mail.be").err
    assert writing_shop.scv("why", "message", "nothing").code == 1


def test_campaigns_are_tried_and_nothing_is_published(writing_shop: Company, tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(
        CAMPAIGNS.replace("to: multi_purchase", "to: [one_purchase, multi_purchase]").replace(
            "from: one_purchase, ", ""
        )
    )
    before = writing_shop.tables()
    told = writing_shop.scv("campaigns", "try", str(file), "--days", "4")
    assert told.code == 0, told.text
    assert "From 2026-03-01 to 2026-03-04" in told.out
    assert "welcome_back  email" in told.out
    assert "no consent for any of its channels" in told.out
    assert writing_shop.tables() == before


@pytest.mark.slow
def test_the_diff_of_two_matching_policies_says_which_campaigns_would_send_more_or_less(writing_shop: Company) -> None:
    """Parted from the record that holds her consent, Amélie who bought twice may not be written to."""
    before = writing_shop.rows("outbox")
    policy = str(other_policy(writing_shop))
    found = json.loads(writing_shop.scv("match", "diff", policy, "--json").out)
    assert found["messages"] == {"welcome_back": [1, 0]}
    assert "Messages of the last day" in writing_shop.scv("match", "diff", policy).out
    assert writing_shop.rows("outbox") == before
