"""Refused rows: listed, given up in somebody's name, let through once the contract is mended; never lost."""

import json

import pytest

from tests.pipeline.company import Company
from tests.pipeline.shop import customers, customers_file

DORMANT = "7,Eva,Dubois,eva.dubois@mail.be,,Namur,dormant,no,2026-03-04T10:00:00"
UNDATED = "8,Tom,Jacobs,tom.jacobs@mail.be,,Gent,active,no,yesterday"
GOOD = "9,Nora,Claes,nora.claes@mail.be,,Gent,active,no,2026-03-04T10:00:00"


@pytest.fixture
def refusing(shop: Company) -> Company:
    """The shop after a delivery with two rows that its contract does not allow."""
    shop.deliver(customers_file(4), customers(DORMANT, UNDATED, GOOD, GOOD.replace("9,", "10,", 1)))
    told = shop.scv("run")
    assert told.code == 0, told.text
    assert "In quarantine: 2 rows" in told.out
    return shop


def test_a_bad_row_is_given_up_or_mended_and_never_lost(refusing: Company) -> None:
    told = refusing.scv("quarantine", "list")
    assert told.code == 0
    assert "2 rows open" in told.out
    assert told.out.count(customers_file(4)) == 2
    assert "is not one of active, closed" in told.out
    kept = {row["row_number"]: row for row in refusing.rows("quarantine")}
    assert json.loads(kept[1]["row"])["email"] == "eva.dubois@mail.be"
    assert (kept[1]["column"], kept[1]["value"], kept[2]["column"]) == ("status", "dormant", "changed")

    given_up = refusing.scv("quarantine", "discard", "customers", customers_file(4), "2", "--by", "steward@shop.be")
    assert given_up.code == 0, given_up.text
    assert refusing.scv("quarantine", "list", "--status", "discarded").out.count(customers_file(4)) == 1
    assert [row["actor"] for row in refusing.tables(["audit_log"])["audit_log"]] == ["steward@shop.be"]

    refusing.replace("sources/customers.yaml", "[active, closed]", "[active, closed, dormant]")
    replayed = refusing.scv("quarantine", "replay")
    assert replayed.code == 0, replayed.text
    assert "1 rows went through; 0 are still refused" in replayed.out
    assert {row["row_number"]: row["status"] for row in refusing.rows("quarantine")} == {1: "replayed", 2: "discarded"}
    assert "eva.dubois@mail.be" in {row["email"] for row in refusing.rows("golden_profile")}
    assert "Nothing new" in refusing.scv("run").out


def test_a_row_that_is_not_there_cannot_be_given_up(published_shop: Company) -> None:
    told = published_shop.scv("quarantine", "discard", "customers", customers_file(1), "1", "--by", "me")
    assert told.code == 1
    assert told.err.startswith("NotFound: ")
    assert len(told.err.splitlines()) == 1


def test_a_source_or_state_that_is_none_is_told(published_shop: Company) -> None:
    assert "no source is called 'custmers'" in published_shop.scv("quarantine", "list", "--source", "custmers").err
    assert "--status closed is none of" in published_shop.scv("quarantine", "list", "--status", "closed").err


def test_too_many_bad_rows_hold_the_day_back_until_it_is_mended(shop: Company) -> None:
    before = shop.tables()
    shop.deliver(customers_file(4), customers(DORMANT, UNDATED, GOOD))
    told = shop.scv("run")
    assert told.code == 1
    refused = [line for line in told.out.splitlines() if "refused or failed:" in line]
    assert len(refused) == 1, refused
    assert customers_file(4) in refused[0]
    assert "2 of 3 rows cannot be used" in refused[0]
    assert shop.rows("golden_profile") == before["golden_profile"]
    again = shop.scv("run")
    assert again.code == 1
    assert customers_file(4) in again.out
    assert customers_file(4) in shop.scv("status").out
    shop.deliver(customers_file(4), customers(GOOD))
    assert shop.scv("run").code == 0
    assert "nora.claes@mail.be" in {row["email"] for row in shop.rows("golden_profile")}
