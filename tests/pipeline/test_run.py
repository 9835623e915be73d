"""`scv run` and what a person types afterwards: the first run, the second one, status, profile."""

import re
from collections import Counter

import phonenumbers
import pyarrow.parquet as pq
import pytest

from scv_assets.home import load_home
from scv_assets.segments.forecast import FORECASTS
from scv_assets.stages import PUBLISHED
from tests.pipeline.company import Company, Row, Told, ended

#: what may hold no row after a first run: nobody was merged away yet
MAY_BE_EMPTY = {"customer_redirect"}


def test_the_first_run_publishes_every_table(published_demo: Company) -> None:
    tables = published_demo.tables()
    assert set(tables) == set(PUBLISHED)
    assert {name for name, rows in tables.items() if not rows} <= MAY_BE_EMPTY


def test_no_published_column_is_empty_throughout_that_the_demo_company_fills(published_demo: Company) -> None:
    """A column that is null in every row is one that a stage forgot."""
    for name in ("source_record", "golden_profile", "customer_order", "order_line", "customer_trait", "visit"):
        rows = published_demo.rows(name)
        empty = {column for column in rows[0] if all(row[column] is None for row in rows)}
        too_few_buyers = set(FORECASTS) if name == "customer_trait" else set()
        assert empty <= {"referrer", "campaign", "raw_address", "merged_into"} | too_few_buyers, name


def test_every_source_has_records_and_metrics(published_demo: Company) -> None:
    sources = set(published_demo.home.contracts)
    assert len(sources) == 14
    assert {row["source"] for row in published_demo.rows("source_record")} == sources
    assert {row["source"] for row in published_demo.rows("quality_metric")} == sources


def test_every_spoilt_row_is_in_quarantine(published_demo: Company) -> None:
    spoilt = (published_demo.root / "truth" / "bad_rows.csv").read_text().splitlines()[1:]
    kept = Counter(row["source"] for row in published_demo.rows("quarantine"))
    assert kept.total() >= len(spoilt)
    assert {line.split(",")[0] for line in spoilt} <= set(kept)


def test_every_real_order_is_published_once(published_demo: Company) -> None:
    truth = pq.read_table(published_demo.root / "truth" / "orders.parquet").to_pylist()
    published = {(row["source"], row["order_id"]): row["gross_cents"] for row in published_demo.rows("customer_order")}
    quarantined = {row["source"] for row in published_demo.rows("quarantine")}
    missing = [row for row in truth if (row["source"], row["order_id"]) not in published]
    assert {row["source"] for row in missing} <= quarantined
    assert len(missing) <= sum(
        row["source"] in {"erp", "pos", "ecommerce"} for row in published_demo.rows("quarantine")
    )
    for row in truth:
        key = row["source"], row["order_id"]
        assert published.get(key, row["gross_cents"]) == row["gross_cents"], key


def test_the_run_tells_a_marketer_what_happened(first_run: tuple[Company, Told]) -> None:
    company, told = first_run
    customers = len(company.rows("golden_profile"))
    records = len(company.rows("source_record"))
    assert f"{records:,} person records of 14 sources are {customers:,} customers" in told.out
    for segment in {row["lifecycle_segment"] for row in company.rows("golden_profile")}:
        assert segment.replace("_", " ") in told.out.replace("_", " ")
    quarantined = len(company.rows("quarantine"))
    assert f"In quarantine: {quarantined:,} rows" in told.out
    assert "Duplicates inside each source" in told.out
    assert "Who moved where" in told.out
    assert "profile <e-mail, phone, card or customer id>" in told.out
    assert told.err == ""


def test_the_run_prints_a_line_a_stage(first_run: tuple[Company, Told]) -> None:
    _, told = first_run
    for stage in ("sources", "validation", "standardisation", "identity", "golden", "segments", "publication"):
        assert re.search(rf"^{stage} +[\d,]+ ", told.out, re.MULTILINE)


def test_a_second_run_says_that_nothing_is_new_without_loading_dagster(published_demo: Company) -> None:
    before = published_demo.tables([*PUBLISHED, "publication"])
    program = """
import sys
from rich.console import Console
from pathlib import Path
from scv_assets.commands.run import run_command
assert run_command(Path(sys.argv[1]), (None, None), Console())
print("heavy:", sorted({"dagster", "recordlinkage", "sklearn", "matplotlib.pyplot"} & set(sys.modules)))
"""
    told = ended(published_demo.python("-c", program, str(published_demo.root)))
    assert told.code == 0, told.text
    assert "Nothing new" in told.out
    assert "customers" in told.out
    assert "heavy: []" in told.out
    assert published_demo.tables([*PUBLISHED, "publication"]) == before


def test_status_says_that_all_is_current(published_demo: Company) -> None:
    told = published_demo.scv("status")
    assert told.code == 0
    assert "current" in told.out
    assert "behind" not in told.out
    assert "refused" not in told.out


def test_status_before_the_first_run_and_with_a_delivery_that_waits(demo_copy: Company, demo: Company) -> None:
    assert "Nothing is published yet: " in demo.scv("status").out
    late = demo_copy.inbox("crm/contacts_2026-10-09.csv")
    late.write_text((demo_copy.inbox("crm/contacts_2026-10-10.csv")).read_text())
    assert "behind its inputs: " in demo_copy.scv("status").out


def test_check_is_content_with_the_demo_company(published_demo: Company) -> None:
    told = published_demo.scv("check")
    assert told.code == 0, told.text
    assert "everything is in order" in told.out
    assert "warning" not in told.out


@pytest.fixture(scope="module")
def known(published_demo: Company) -> Row:
    """A record of the CRM whose e-mail and phone lead to one customer alone."""
    holders: dict[str, set[str]] = {}
    customer_of = {(row["source"], row["source_key"]): row["customer_id"] for row in published_demo.rows("crosswalk")}
    for row in published_demo.rows("record_identifier"):
        holders.setdefault(row["value"], set()).add(customer_of[row["source"], row["source_key"]])
    for row in published_demo.rows("contact_point"):
        holders.setdefault(row["value"], set()).add(row["customer_id"])
    for row in published_demo.rows("source_record"):
        if row["source"] == "crm" and len(holders.get(row["email"], ())) == len(holders.get(row["phone"], ())) == 1:
            return {**row, "customer_id": customer_of["crm", row["source_key"]]}
    raise AssertionError("the company has no such person: choose another seed")


def test_a_customer_is_found_however_the_identifier_is_written(published_demo: Company, known: Row) -> None:
    number = phonenumbers.parse(known["phone"])
    formats = phonenumbers.PhoneNumberFormat
    international = phonenumbers.format_number(number, formats.INTERNATIONAL)
    spellings = [
        known["email"],
        known["email"].upper(),
        known["phone"],
        phonenumbers.format_number(number, formats.NATIONAL),
        international.replace("+", "00").replace(" ", "."),
        international.replace(" ", "-"),
        known["customer_id"],
        f"crm/{known['source_key']}",
    ]
    for spelling in spellings:
        told = published_demo.scv("profile", spelling)
        assert told.code == 0, (spelling, told.text)
        assert known["customer_id"] in told.out, spelling


def test_a_customer_is_found_by_card(published_demo: Company) -> None:
    customer_of = {(row["source"], row["source_key"]): row["customer_id"] for row in published_demo.rows("crosswalk")}
    card = next(row for row in published_demo.rows("record_identifier") if row["namespace"] == "loyalty_card")
    told = published_demo.scv("profile", card["value"])
    assert told.code == 0
    assert customer_of[card["source"], card["source_key"]] in told.out


def test_a_profile_shows_every_side(published_demo: Company) -> None:
    orders = Counter(row["customer_id"] for row in published_demo.rows("customer_order") if row["customer_id"])
    customer = orders.most_common(1)[0][0]
    told = published_demo.scv("profile", customer)
    assert told.code == 0
    for part in ("Golden profile", "Records", "Identifiers", "Ways to reach", "Traits", "Timeline"):
        assert part in told.out, part


def test_who_is_not_there_is_told_in_one_sentence(published_demo: Company) -> None:
    told = published_demo.scv("profile", "nobody@nowhere.be")
    assert told.code == 1
    assert told.err.startswith("NotFound: no customer answers to")
    assert len(told.err.splitlines()) == 1


def test_a_company_is_loaded_by_its_folder_alone(published_demo: Company) -> None:
    assert load_home(published_demo.root).root == published_demo.root.resolve()


def test_a_changed_policy_is_news(shop: Company) -> None:
    shop.replace("segments.yaml", "when: orders_count >= 2", "when: orders_count >= 1")
    shop.replace("segments.yaml", 'version: "1"', 'version: "2"')
    assert "behind its inputs" in shop.scv("status").out
    told = shop.must_run()
    assert "Nothing new" not in told
    segments = {row["lifecycle_segment"] for row in shop.rows("golden_profile")}
    assert "one_purchase" not in segments
    assert "multi_purchase" in segments


def test_a_store_that_was_lost_is_published_anew(shop: Company, published_shop: Company) -> None:
    for file in shop.root.glob("scv.db*"):
        file.unlink()
    assert "Nothing new" not in shop.must_run()
    assert shop.tables() == published_shop.tables()
    assert "Nothing new" in shop.scv("run").out


def test_a_comment_in_a_yaml_is_no_news(shop: Company) -> None:
    for name in ("segments.yaml", "sources/customers.yaml"):
        path = shop.root / name
        path.write_text(f"# a word to the reader\n{path.read_text()}")
    assert "Nothing new" in shop.scv("run").out
