"""What becomes of a customer whose source deletes the only record, in whole runs: gone, and back under the same id."""

import pytest

from tests.pipeline.company import Company, Row
from tests.pipeline.shop import customers, customers_file
from tests.pipeline.test_erasure import store_text

SOFIE = "3,Sofie,Maes,sofie.maes@mail.be,0470 00 00 03,Antwerpen,{},yes,2026-03-0{}T10:00:00"


def profile(shop: Company, customer: str) -> Row:
    (found,) = [row for row in shop.rows("golden_profile") if row["customer_id"] == customer]
    return found


def live_rows(shop: Company, customer: str) -> list[Row]:
    rows = shop.rows("segment_membership")
    return [row for row in rows if row["customer_id"] == customer and row["superseded_at"] is None]


def told_of_deletion(shop: Company) -> None:
    """Let the contract read who is deleted off `status`, and run."""
    contract = shop.root / "sources" / "customers.yaml"
    text = contract.read_text().replace("ignore: [status]\n", "")
    state = "    is_deleted: {recode: status, values: {active: false, closed: true}}\n"
    contract.write_text(text.replace("    identifiers: {crm_id", f"{state}    identifiers: {{crm_id"))
    shop.must_run()


def test_a_customer_whose_source_deletes_the_only_record_is_told_of_no_more_until_it_comes_back(shop: Company) -> None:
    told_of_deletion(shop)
    (sofie,) = [row["customer_id"] for row in shop.rows("golden_profile") if row["email"] == "sofie.maes@mail.be"]
    stays = live_rows(shop, sofie)
    shop.deliver(customers_file(4), customers(SOFIE.format("closed", 4)))
    assert shop.scv("run", SCV_NOW="2026-10-12T03:00:00").code == 0
    gone = profile(shop, sofie)
    assert (gone["is_deleted"], gone["email"], gone["lifecycle_segment"], gone["record_count"]) == (True, None, None, 1)
    told = [*shop.rows("contact_point"), *shop.rows("customer_trait")]
    assert sofie not in {row["customer_id"] for row in told}
    assert ("email", sofie) not in {(row["channel"], row["customer_id"]) for row in shop.rows("consent_state")}
    assert live_rows(shop, sofie) == []
    assert len([row for row in shop.rows("segment_membership") if row["customer_id"] == sofie]) == len(stays)
    shop.deliver(customers_file(5), customers(SOFIE.format("active", 5)))
    assert shop.scv("run", SCV_NOW="2026-10-13T03:00:00").code == 0
    back = profile(shop, sofie)
    assert (back["is_deleted"], back["email"]) == (False, "sofie.maes@mail.be")
    assert [row["segment"] for row in live_rows(shop, sofie)] == [row["segment"] for row in stays]


@pytest.mark.slow
def test_such_a_customer_is_forgotten_on_request_and_does_not_come_back_with_the_record(shop: Company) -> None:
    told_of_deletion(shop)
    (sofie,) = [row["customer_id"] for row in shop.rows("golden_profile") if row["email"] == "sofie.maes@mail.be"]
    shop.deliver(customers_file(4), customers(SOFIE.format("closed", 4)))
    shop.must_run()
    told = shop.scv("erase", "sofie.maes@mail.be", "--yes", "--as", "Ann", "--reason", "a letter")
    assert told.code == 0, told.text
    shop.must_run()
    assert "completed" in shop.scv("erase", "--list").out
    shop.deliver(customers_file(5), customers(SOFIE.format("active", 5)))
    shop.must_run()
    for text in ("sofie.maes@mail.be", "Maes"):
        assert text not in store_text(shop)
    hers = [row for row in shop.rows("identity_event") if row["customer_id"] == sofie]
    assert [(row["kind"], row["cause"]) for row in hers if row["kind"] == "erased"] == [("erased", "on request")]
    assert not [row for row in shop.rows("segment_membership") if row["customer_id"] == sofie]
