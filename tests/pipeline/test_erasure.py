"""A customer asks to be forgotten: what goes, what stays as nobody's, and that it never comes back."""

import json
import random
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from destination_sandbox.serving import running
from resources.store.decisions import judge, override
from resources.store.engine import writing
from resources.store.erasures import requests
from resources.store.tables import CONSENT_EVENT, ERASURE_REQUEST, METADATA, OUTBOX, SUPPRESSION
from scv_assets.governance.erasure.proof import prove_erasures
from tests.pipeline.company import NOW, Company, differing
from tests.pipeline.shop import PEOPLE, PURCHASES, SETTINGS, customers, customers_file, orders, orders_file
from tests.pipeline.test_kill import killed_at

MAIL, PHONE, NAME = "amelie.durand@mail.be", "+3225030001", "Durand"
NEWCOMER = "77,Amélie,Durand,amelie.durand@mail.be,02 503 00 01,Bruxelles,active,yes,2026-03-05T10:00:00"
AT = datetime.fromisoformat(NOW)
#: who has Amélie's phone too: one whose row goes through, one whose row is refused
OF_HER_FAMILY = (
    "6,Pieter,Janssens,,02 503 00 01,Gent,active,no,2026-03-01T09:00:00",
    "7,Els,Janssens,,02 503 00 01,Gent,active,maybe,2026-03-01T09:00:00",
)


def customer_of(company: Company, mail: str = MAIL) -> str:
    (found,) = [row["customer_id"] for row in company.rows("golden_profile") if row["email"] == mail]
    return str(found)


def ask(company: Company, mail: str = MAIL) -> None:
    told = company.scv("erase", mail, "--yes", "--as", "Ann", "--reason", "a letter")
    assert told.code == 0, told.text


def say_much_of_her(company: Company) -> None:
    """Put into the store what a year of campaigns, stewards and preference centres would."""
    customer = customer_of(company)
    mine: dict[str, Any] = {"campaign": "voucher", "customer_id": customer, "destination": "gateway", "channel": "sms"}
    payload = json.dumps({"to": PHONE, "text": f"Dear {NAME}"})
    of = {"payload": payload, "source": "customers", "source_key": "1", "decided_by": json.dumps({"mail": MAIL})}
    messages = [
        {**mine, **of, "idempotency_key": key, "status": status, "reason": f"no {MAIL}", "created_at": AT}
        for key, status in (("sent", "delivered"), ("waits", "pending"), ("dead", "dead_letter"))
    ]
    word = {"source": "preference_centre", "channel": "sms", "purpose": "marketing", "granted": True, "occurred_at": AT}
    left_out = {"occurrence": "ever", "subject": "", "decided_at": AT, "reason": "capped", "evidence": MAIL}
    with company.store() as engine:
        with writing(engine, OUTBOX) as connection:
            connection.execute(sa.insert(OUTBOX), messages)
            connection.execute(sa.insert(CONSENT_EVENT).values(event_id="w", customer_id=customer, **word))
            suppressed = {"campaign": "voucher", "customer_id": customer}
            connection.execute(sa.insert(SUPPRESSION).values(**suppressed, **left_out))
        judge(engine, ("customers", "1"), ("customers", "4"), "must_link", by="Bob", reason=f"{NAME} said so", now=AT)
        override(engine, customer, "city", "Durandville", by="Bob", reason=f"{NAME} wrote", now=AT)


@pytest.fixture(scope="module")
def spoken_of(published_shop: Company, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The corner shop, with what is kept of Amélie beside her records; not to be changed."""
    shop = published_shop.copied(tmp_path_factory.mktemp("spoken") / "company")
    say_much_of_her(shop)
    shop.must_run()
    return shop


@pytest.fixture(scope="module")
def erased_shop(spoken_of: Company, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The same after Amélie asked and one run; not to be changed."""
    shop = spoken_of.copied(tmp_path_factory.mktemp("erased") / "company")
    ask(shop)
    shop.must_run()
    return shop


@pytest.fixture
def erased(erased_shop: Company, tmp_path: Path) -> Company:
    """A copy of it, to be changed."""
    return erased_shop.copied(tmp_path / "company")


def rows_of_files(folder: Path) -> str:
    """Return what every Parquet file under a folder holds, whether or not anything names the file, as text."""
    with duckdb.connect() as con:
        files = sorted(folder.rglob("*.parquet*"))
        return "\n".join(str(con.sql(f"FROM read_parquet('{file}')").fetchall()) for file in files)


def store_text(company: Company) -> str:
    return json.dumps(company.tables([*METADATA.tables]), default=str, ensure_ascii=False)


def test_no_table_of_the_store_names_her_any_more(erased_shop: Company, spoken_of: Company) -> None:
    for text in (MAIL, PHONE, NAME, "Durandville", "02 503 00 01"):
        assert text in store_text(spoken_of)
        assert text not in store_text(erased_shop)


def test_no_file_of_the_lake_names_her_any_more(erased_shop: Company, spoken_of: Company) -> None:
    """Nor does one that was replaced, and rows as they were delivered."""
    before, after = (rows_of_files(company.root / "lake") for company in (spoken_of, erased_shop))
    for text in (MAIL, PHONE, NAME, "DURAND", "02 503 00 01", "Durandville"):
        assert text in before, text
        assert text not in after, text
    for file in (erased_shop.root / "lake").rglob("*"):
        if file.is_file() and ".parquet" not in file.name:
            assert NAME not in file.read_text(errors="replace"), file.name


@pytest.mark.slow
def test_rows_as_delivered_keep_what_an_order_is_made_of_and_are_not_judged_anew(
    erased: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the mailbox, by which the contract knows the buyer, is required by then."""
    before = erased.tables(["customer_order", "quarantine"])
    erased.replace("sources/orders.yaml", "mail: {type: email, pii: true}", "mail: {type: email, required: true}")
    erased.replace("sources/customers.yaml", "city: {type: text}", "city: {type: text, required: true}")
    erased.must_run()
    assert erased.tables(["customer_order", "quarantine"]) == before


@pytest.mark.slow
def test_a_row_in_quarantine_goes_too_and_another_persons_stays(spoken_of: Company, tmp_path: Path) -> None:
    shop = spoken_of.copied(tmp_path / "company")
    hers, his = "1,Amélie,Durand,amelie.durand@mail.be,,Gent,active,maybe,", "2,Jan,Peeters,,,Gent,active,maybe,"
    at = "2026-03-04T10:00:00"
    shop.deliver(
        customers_file(4), customers(f"{hers}{at}", f"{his}{at}", *(f"{9 + n},A,B,,,Gent,,yes,{at}" for n in range(3)))
    )
    shop.must_run()
    assert [row["row_number"] for row in shop.rows("quarantine")] == [1, 2]
    ask(shop)
    shop.must_run()
    assert [row["row_number"] for row in shop.rows("quarantine")] == [2]
    shop.must_run()
    assert [(row["row_number"], row["status"]) for row in shop.rows("quarantine")] == [(2, "open")]
    assert NAME not in rows_of_files(shop.root / "lake")
    assert "completed" in shop.scv("erase", "--list").out


@pytest.mark.slow
def test_the_delivery_of_a_day_that_stands_refused_is_rid_of_her_too(spoken_of: Company, tmp_path: Path) -> None:
    """Its last good rows stay published, and the refused ones lie in the lake."""
    shop = spoken_of.copied(tmp_path / "company")
    bad = [row.replace("yes,", "maybe,").replace("no,", "maybe,") for row in PEOPLE[3]]
    shop.deliver(customers_file(3), customers(*bad))
    assert shop.scv("run").code == 1
    ask(shop)
    shop.scv("run")
    assert {"5", "2", "3"} == {row["source_key"] for row in shop.rows("source_record") if row["source"] == "customers"}
    assert NAME not in rows_of_files(shop.root / "lake")
    assert "completed" in shop.scv("erase", "--list").out


@pytest.mark.slow
def test_a_family_member_who_shares_her_phone_stays_and_so_does_what_was_refused_of_one(new_shop: Company) -> None:
    """In the very file in which she was delivered."""
    new_shop.deliver(customers_file(1), customers(*PEOPLE[1], *OF_HER_FAMILY))
    new_shop.must_run()
    ask(new_shop)
    new_shop.must_run()
    left = {row["source_key"] for row in new_shop.rows("source_record") if row["source"] == "customers"}
    assert left == {"2", "3", "5", "6"}
    assert [(row["row_number"], row["status"]) for row in new_shop.rows("quarantine")] == [(4, "open")]
    new_shop.replace("sources/customers.yaml", '"true": ["yes"]', '"true": ["yes", "maybe"]')
    new_shop.must_run()
    assert "7" in {row["source_key"] for row in new_shop.rows("source_record")}
    assert NAME not in rows_of_files(new_shop.root / "lake")
    assert "completed" in new_shop.scv("erase", "--list").out


def test_turnover_is_what_it_was_and_her_orders_are_nobodys(erased_shop: Company, spoken_of: Company) -> None:
    def amounts(company: Company) -> list[tuple[str, int]]:
        return [(row["order_id"], row["gross_cents"]) for row in company.rows("customer_order")]

    assert amounts(erased_shop) == amounts(spoken_of)
    owners = {row["order_id"]: (row["customer_id"], row["person_key"]) for row in erased_shop.rows("customer_order")}
    assert owners["A1"] == owners["A4"] == (None, None)
    assert owners["A2"] == (customer_of(erased_shop, "jan.peeters@mail.be"), "jan.peeters@mail.be")
    assert "A1" not in {row["order_id"] for row in erased_shop.rows("attribution")}


def test_both_records_that_were_joined_are_gone_and_everybody_else_stays(erased_shop: Company) -> None:
    left = {(row["source"], row["source_key"]) for row in erased_shop.rows("source_record")}
    assert left == {
        ("customers", "2"),
        ("customers", "3"),
        ("customers", "5"),
        ("orders", "jan.peeters@mail.be"),
        ("orders", "zoe.noel@mail.fr"),
        ("visits", "c2"),
    }
    assert [row["visit_id"] for row in erased_shop.rows("visit")] == ["v2"]


def test_her_id_is_told_to_be_erased_and_no_event_names_her_records(erased_shop: Company, spoken_of: Company) -> None:
    hers = [row for row in erased_shop.rows("identity_event") if row["customer_id"] == customer_of(spoken_of)]
    assert [(row["kind"], row["cause"]) for row in hers if row["kind"] == "erased"] == [("erased", "on request")]
    assert {row["source_key"] for row in hers} == {None}


def test_a_message_that_left_stays_counted_and_one_that_waits_is_cancelled(erased_shop: Company) -> None:
    messages = {row["idempotency_key"]: row for row in erased_shop.rows("outbox")}
    told = {key: (row["campaign"], row["status"], row["reason"]) for key, row in messages.items()}
    assert told == {
        "sent": ("voucher", "delivered", None),
        "waits": ("voucher", "cancelled", "erased"),
        "dead": ("voucher", "cancelled", "erased"),
    }
    assert {(row["customer_id"], row["payload"], row["source_key"]) for row in messages.values()} == {(None,) * 3}


def test_what_waits_is_cancelled_at_once(spoken_of: Company, tmp_path: Path) -> None:
    shop = spoken_of.copied(tmp_path / "company")
    ask(shop)
    assert {row["status"] for row in shop.rows("outbox")} == {"delivered", "cancelled"}
    assert MAIL in {row["email"] for row in shop.rows("golden_profile")}


def test_words_on_consent_suppressions_and_history_go(erased_shop: Company, spoken_of: Company) -> None:
    customer = customer_of(spoken_of)
    for table in ("consent_event", "suppression", "segment_membership", "segment_transition", "customer_trait"):
        assert customer in {row["customer_id"] for row in spoken_of.rows(table)}, table
        assert customer not in {row["customer_id"] for row in erased_shop.rows(table)}, table


def test_verdicts_and_overrides_stay_on_record_taken_back_and_without_her(erased_shop: Company) -> None:
    (verdict,) = erased_shop.tables(["judgement"])["judgement"]
    (word,) = erased_shop.tables(["golden_override"])["golden_override"]
    assert (verdict["left_key"], verdict["right_key"], verdict["reason"], verdict["revoked_at"]) == (None,) * 3 + (AT,)
    assert (word["customer_id"], word["value"], word["reason"], word["revoked_at"]) == (None,) * 3 + (AT,)


def test_the_request_is_completed_and_tells_what_went(erased_shop: Company) -> None:
    (request,) = erased_shop.tables(["erasure_request"])["erasure_request"]
    assert (request["status"], request["completed_at"], request["requested_by"]) == ("completed", AT, "Ann")
    proof = json.loads(request["proof"])["store"]
    assert proof["made_anonymous"]["customer_order"] == 2
    assert (proof["removed"]["source_record"], proof["removed"]["golden_profile"], proof["found"]) == (4, 1, {})
    assert "completed 2026-10-11" in erased_shop.scv("erase", "--list").out


@pytest.mark.slow
def test_a_second_run_changes_nothing(erased: Company) -> None:
    before = erased.tables()
    erased.must_run()
    assert erased.tables() == before


def test_an_old_delivery_that_is_delivered_anew_does_not_bring_her_back(erased: Company) -> None:
    before = erased.tables()
    for day in (1, 3):
        erased.deliver(customers_file(day), customers(*(row.replace("Bruxelles", "Liège") for row in PEOPLE[day])))
    erased.deliver(orders_file(2), orders(*(row.replace("19,90", "19,95") for row in PURCHASES[2])))
    erased.must_run()
    assert MAIL not in store_text(erased)
    (order,) = [row for row in erased.rows("customer_order") if row["order_id"] == "A1"]
    assert (order["gross_cents"], order["customer_id"], order["person_key"]) == (1995, None, None)
    assert not {"golden_profile", "crosswalk", "consent_event"} & set(differing(before, erased.tables()))


@pytest.mark.slow
def test_a_lake_that_is_lost_does_not_bring_her_back(erased: Company) -> None:
    before = erased.tables()
    shutil.rmtree(erased.root / "lake")
    erased.must_run()
    assert MAIL not in store_text(erased)
    trained_anew = {"match_edge"}
    assert set(differing(before, erased.tables(), "run_id")) <= trained_anew


def test_who_comes_back_with_the_same_mailbox_is_a_new_customer(erased: Company, spoken_of: Company) -> None:
    """Erasure is no ban; and nothing is inherited: no id, no order, no word, no history."""
    erased.deliver(customers_file(5), customers(NEWCOMER))
    erased.must_run()
    new, old = customer_of(erased), customer_of(spoken_of)
    assert new != old
    events = [(row["kind"], row["source_key"]) for row in erased.rows("identity_event") if row["customer_id"] == new]
    assert events == [("created", "77")]
    (profile,) = [row for row in erased.rows("golden_profile") if row["customer_id"] == new]
    assert (profile["record_count"], profile["created_at"]) == (1, datetime.fromisoformat("2026-03-05"))
    assert new not in {row["customer_id"] for row in erased.rows("customer_order")}
    assert [row["occurred_at"].day for row in erased.rows("consent_event") if row["source_key"] == "77"] == [5]
    assert "completed" in erased.scv("erase", "--list").out


@pytest.mark.slow
def test_a_record_that_comes_in_the_very_run_of_the_erasure_is_a_new_customer(
    spoken_of: Company, tmp_path: Path
) -> None:
    shop = spoken_of.copied(tmp_path / "company")
    ask(shop)
    shop.deliver(customers_file(5), customers(NEWCOMER))
    shop.must_run()
    assert customer_of(shop) != customer_of(spoken_of)
    assert [row["source_key"] for row in shop.rows("crosswalk") if row["customer_id"] == customer_of(shop)] == ["77"]


CRM = """
destinations:
  crm:
    kind: hubspot
    url: ${CRM_URL}
    token: ${CRM_TOKEN}
    objects: {profile: {fields: {email: email, last_name: lastname}}}
"""


@pytest.fixture
def delivered(published_shop: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The corner shop with a HubSpot account, which is off."""
    shop = published_shop.copied(tmp_path / "company")
    (shop.root / "destinations.yaml").write_text(CRM)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CRM_TOKEN", "any")
    monkeypatch.setenv("CRM_URL", "")
    return shop


@pytest.mark.slow
@pytest.mark.server
def test_a_request_waits_for_every_destination_that_had_her_and_says_for_which(
    delivered: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running("hubspot") as crm:
        monkeypatch.setenv("CRM_URL", crm.url)
        delivered.must_run()
        assert MAIL in {contact.get("email") for contact in crm.holds.contacts.values()}
        monkeypatch.setenv("CRM_URL", "")
        ask(delivered)
        delivered.must_run()
        assert MAIL not in store_text(delivered)
        assert "waiting for crm (off: CRM_URL is not set)" in delivered.scv("erase", "--list").out
        monkeypatch.setenv("CRM_URL", crm.url)
        delivered.must_run()
        assert MAIL not in {contact.get("email") for contact in crm.holds.contacts.values()}
        assert crm.holds.forgotten == {MAIL}
    assert "completed" in delivered.scv("erase", "--list").out


@pytest.mark.slow
@pytest.mark.server
def test_a_store_on_postgresql_is_rid_of_her_alike(new_shop: Company, postgresql_url: str) -> None:
    (new_shop.root / "scv.yaml").write_text(f"{SETTINGS}store: {{url: {postgresql_url}}}\n")
    new_shop.must_run()
    say_much_of_her(new_shop)
    new_shop.must_run()
    ask(new_shop)
    new_shop.must_run()
    for text in (MAIL, PHONE, NAME, "Durandville"):
        assert text not in store_text(new_shop)
    assert sum(row["gross_cents"] for row in new_shop.rows("customer_order")) == 105740
    assert "completed" in new_shop.scv("erase", "--list").out


@pytest.mark.slow
def test_an_erasure_that_is_killed_anywhere_ends_where_an_undisturbed_one_does(
    spoken_of: Company, erased_shop: Company, tmp_path: Path
) -> None:
    shop = spoken_of.copied(tmp_path / "company")
    ask(shop)
    before, after = shop.tables(), erased_shop.tables()
    chance = random.Random(20261122)
    points = [f"lake {chance.randrange(1, 150)}" for _ in range(6)] + [f"store {n}" for n in (40, 140)]
    assert killed_at(shop, [*points, "state 1"], [before, after]) >= 4
    shop.must_run()
    assert differing(shop.tables(), after, "run_id") == []
    assert NAME not in rows_of_files(shop.root / "lake")
    assert "completed" in shop.scv("erase", "--list").out


def test_no_dataset_of_the_lake_has_her_id_but_for_the_event_that_tells_that_it_is_gone(
    erased_shop: Company, spoken_of: Company
) -> None:
    her = customer_of(spoken_of)

    def having(company: Company) -> set[str]:
        lake = company.lake
        with duckdb.connect() as con:
            held = {
                name: str(con.read_parquet(lake.files(name), union_by_name=True).fetchall())
                for name in lake.datasets()
                if lake.files(name)
            }
        return {name for name, rows in held.items() if her in rows}

    assert "segments/segment_membership" in having(spoken_of)
    assert having(erased_shop) == {"identity/identity_event", "published/identity_event"}


def test_the_proof_finds_her_id_wherever_it_is_left(erased: Company, spoken_of: Company) -> None:
    her = customer_of(spoken_of)
    left = {"campaign": "voucher", "customer_id": her, "occurrence": "ever", "subject": "", "decided_at": AT}
    lake = erased.lake
    with lake.connect() as con, erased.store() as engine:
        lake.write("segments/stray", con.sql(f"SELECT '{her}' AS customer_id"), made_from="test")
        with writing(engine, SUPPRESSION) as connection:
            connection.execute(sa.insert(SUPPRESSION).values(**left))
            connection.execute(sa.update(ERASURE_REQUEST).values(status="running", proof=None))
        assert prove_erasures(erased.home, lake, engine) == 1
        (request,) = requests(engine)
    assert (request.proof["lake"]["found"], request.proof["store"]["found"]) == (
        {"segments/stray": 1},
        {"suppression": 1},
    )


def say_elsewhere(company: Company, event_id: str) -> None:
    word = {"event_id": event_id, "source": "elsewhere", "source_key": f"see {MAIL}", "channel": "sms"}
    with company.store() as engine, writing(engine, CONSENT_EVENT) as connection:
        connection.execute(sa.insert(CONSENT_EVENT).values(**word))


def test_what_was_acknowledged_for_one_request_is_not_found_for_another(erased: Company, spoken_of: Company) -> None:
    left = {"campaign": "voucher", "customer_id": customer_of(spoken_of), "occurrence": "ever", "subject": ""}
    with erased.store() as engine:
        (first,) = requests(engine)
        nowhere = {"found": {"suppression": 1}, "looked_through": []}
        word = {"by": "Ann", "at": NOW, "reason": "", "found": {"suppression": 1}}
        proof = json.dumps({"store": nowhere, "lake": nowhere, "acknowledged": word})
        another = {"request_id": "2", "status": "running", "subject": "{}", "salt": first.salt, "requested_at": AT}
        with writing(engine, SUPPRESSION) as connection:
            connection.execute(sa.insert(SUPPRESSION).values(**left, decided_at=AT))
            connection.execute(sa.update(ERASURE_REQUEST).values(status="running", proof=proof))
            connection.execute(sa.insert(ERASURE_REQUEST).values(**another))
        assert prove_erasures(erased.home, erased.lake, engine) == 2
        told = {one.request_id: one.proof["store"]["found"] for one in requests(engine)}
    assert told == {first.request_id: {"suppression": 1}, "2": {}}


@pytest.mark.slow
def test_what_is_found_of_her_afterwards_keeps_the_request_open_and_turns_the_check_red(
    spoken_of: Company, tmp_path: Path
) -> None:
    """A row that no function takes her out of: it was put into the store by hand."""
    shop = spoken_of.copied(tmp_path / "company")
    ask(shop)
    say_elsewhere(shop, "stray")
    told = shop.scv("run")
    assert told.code == 1
    assert "erasures_are_complete: rows that name erased people: 1 in consent_event" in told.text
    assert "1 found afterwards" in shop.scv("erase", "--list").out
    with shop.store() as engine, writing(engine, CONSENT_EVENT) as connection:
        connection.execute(sa.delete(CONSENT_EVENT).where(CONSENT_EVENT.c.event_id == "stray"))
    shop.must_run()
    assert "completed" in shop.scv("erase", "--list").out


@pytest.mark.slow
def test_what_was_acknowledged_completes_the_request_and_what_is_found_later_turns_the_check_red_again(
    spoken_of: Company, tmp_path: Path
) -> None:
    shop = spoken_of.copied(tmp_path / "company")
    ask(shop)
    say_elsewhere(shop, "stray")
    assert shop.scv("run").code == 1
    (request,) = [row["request_id"] for row in shop.tables(["erasure_request"])["erasure_request"]]
    answer = ("erase", "--acknowledge", request, "--as", "Ann", "--reason", "another's words")
    assert "1 in consent_event" in shop.scv(*answer).out
    say_elsewhere(shop, "another")
    told = shop.scv("run")
    assert (told.code, "rows that name erased people: 2 in consent_event" in told.text) == (1, True)
    assert shop.scv(*answer).code == 0
    shop.must_run()
    listed = " ".join(shop.scv("erase", "--list").out.split())
    assert "completed" in listed
    assert "2 found afterwards, 2 acknowledged by Ann" in listed
