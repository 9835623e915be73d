"""Deliveries: twice the same, late, corrected, broken: only what depends on it moves, and nothing good is lost."""

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from tests.pipeline.company import Company, Tables, differing, without
from tests.pipeline.shop import (
    PEOPLE,
    PURCHASES,
    customers,
    customers_file,
    open_shop,
    orders,
    orders_file,
)

LATER = "2026-10-12T03:00:00"
#: when something was learnt, which differs where a delivery came late; what was learnt does not
LEARNT = ("run_id", "since_at", "recorded_at", "cause", "opened_at", "closed_at")
#: the log of how the customers came to be: it tells the order in which things were learnt
HISTORY = {"identity_event", "customer_redirect"}
#: what was decided to be sent with what was known at the time, and how coherent that was: late facts change neither
DECIDED = {"outbox", "suppression", "campaign_metric"}
MODEL = Path("lake/identity/model.json")


def known_now(company: Company) -> Tables:
    """Return what is held for true now: all tables but histories of learning and deciding, and no superseded row."""
    tables = {name: rows for name, rows in company.tables().items() if name not in HISTORY | DECIDED}
    for history in ("segment_membership", "overlapping_membership"):
        tables[history] = [row for row in tables[history] if row["superseded_at"] is None]
    return tables


def named_by_their_records(tables: Tables) -> Tables:
    """Return the tables with each customer and household named by its first record instead of its id.

    A customer keeps the id of the record that founded it; where that record came late, another one founded it.
    """
    first: dict[str, str] = {}
    for row in tables["crosswalk"]:
        first.setdefault(row["customer_id"], f"{row['source']}/{row['source_key']}")
    for row in tables["household"]:
        people = sorted(first[customer] for customer in json.loads(row["customer_ids"]))
        row["customer_ids"] = people
        first[row["household_id"]] = f"household of {people[0]}, {row['basis']}"
    ids = ("customer_id", "household_id")
    return {
        table: sorted(
            ({name: first.get(value, value) if name in ids else value for name, value in row.items()} for row in rows),
            key=str,
        )
        for table, rows in tables.items()
    }


def with_model_of(company: Company, other: Company) -> Company:
    """Give a company another one's trained model: what follows from the records alone can then be compared."""
    (company.root / MODEL).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(other.root / MODEL, company.root / MODEL)
    return company


def test_the_same_file_delivered_twice_changes_nothing(shop: Company) -> None:
    before = shop.tables()
    for day in PEOPLE:
        shop.deliver(customers_file(day), shop.inbox(customers_file(day)).read_bytes())
    told = shop.scv("run", SCV_NOW=LATER)
    assert told.code == 0
    assert "Nothing new" in told.out
    assert shop.tables() == before


def test_a_late_file_touches_its_day_alone_and_ends_as_if_it_had_come_in_time(
    published_shop: Company, tmp_path: Path
) -> None:
    shop = with_model_of(open_shop(tmp_path / "late"), published_shop)
    held_back = {name: shop.inbox(name).read_bytes() for name in (customers_file(2), orders_file(2))}
    for name in held_back:
        shop.inbox(name).unlink()
    shop.must_run()
    before = {source: shop.raw_files(source) for source in shop.home.contracts}
    for name, content in held_back.items():
        shop.deliver(name, content)
    assert shop.scv("run", SCV_NOW=LATER).code == 0
    for source, files in before.items():
        after = shop.raw_files(source)
        assert {day: after[day] for day in files} == files
        assert set(after) - set(files) == ({"2026-03-02"} if source != "visits" else set())
    assert differing(known_now(shop), known_now(published_shop), *LEARNT) == []
    learnt = [row for row in shop.rows("segment_membership") if row["recorded_at"] == datetime.fromisoformat(LATER)]
    amelie = shop.rows("crosswalk")[0]["customer_id"]
    assert {row["cause"] for row in learnt if row["customer_id"] == amelie} == {"correction"}
    assert any(row["superseded_at"] is not None for row in shop.rows("segment_membership"))


def test_a_corrected_file_replaces_its_day(shop: Company, tmp_path: Path) -> None:
    corrected = orders(PURCHASES[3][0].replace("5,00", "6,00"))
    before = shop.raw_files("orders")
    shop.deliver(orders_file(3), corrected)
    assert shop.scv("run", SCV_NOW=LATER).code == 0
    after = shop.raw_files("orders")
    assert {day for day in before if before[day] != after[day]} == {"2026-03-03"}
    found = {row["order_id"]: row["gross_cents"] for row in shop.rows("customer_order")}
    assert found == {"A1": 1990, "A2": 600, "A4": 102000}
    assert "zoe.noel@mail.fr" not in {row["email"] for row in shop.rows("golden_profile")}
    other = with_model_of(open_shop(tmp_path / "from the start"), shop)
    other.deliver(orders_file(3), corrected)
    other.must_run()
    assert differing(known_now(shop), known_now(other), *LEARNT) == []


FAULTS: dict[int, tuple[bytes, str]] = {
    4: (customers(PEOPLE[2][0])[:-20], "cut short"),
    5: (b"", "empty"),
    6: (customers(PEOPLE[1][0]).decode().encode("cp1252"), "utf-8"),
    7: (customers(PEOPLE[2][0]).replace(b"last_name", b"surname"), "last_name"),
    8: (customers(f"x,{PEOPLE[2][0]}", f"y,{PEOPLE[1][1]}"), "shifted"),
    9: (customers(PEOPLE[2][0]).replace(b",phone", b""), "phone"),
}


def test_broken_files_are_refused_whole_each_with_one_sentence_and_all_else_goes_on(shop: Company) -> None:
    before = shop.tables()
    of_customers = [row for row in before["source_record"] if row["source"] == "customers"]
    good = shop.inbox(customers_file(1)).read_bytes()
    shop.deliver(customers_file(1), good[:-15])
    for day, (content, _) in FAULTS.items():
        shop.deliver(customers_file(day), content)
    shop.deliver(orders_file(5), orders("A5;2026-03-05T12:00:00;jan.peeters@mail.be;Jan Peeters;7,50"))

    told = shop.scv("run")
    assert told.code == 1
    assert "Traceback" not in told.text
    for day, (_, word) in {1: (b"", "cut short"), **FAULTS}.items():
        lines = [line for line in told.out.splitlines() if customers_file(day) in line]
        assert len(lines) == 1, (day, lines)
        assert word in lines[0].lower()
    after = shop.tables()
    assert [row for row in after["source_record"] if row["source"] == "customers"] == of_customers
    assert after["crosswalk"] == before["crosswalk"]
    assert {row["order_id"] for row in after["customer_order"]} == {"A1", "A2", "A3", "A4", "A5"}

    again = shop.scv("run")
    assert again.code == 1
    assert "Nothing new" in again.out
    assert customers_file(4) in again.out
    assert customers_file(4) in shop.scv("status").out

    shop.deliver(customers_file(1), good)
    for day in FAULTS:
        mended = f"2{day},Nora,Claes{day},nora{day}@mail.be,,Gent,active,no,2026-03-04T10:00:00"
        shop.deliver(customers_file(day), customers(mended))
    told = shop.scv("run")
    assert told.code == 0, told.out
    assert {f"nora{day}@mail.be" for day in FAULTS} <= {row["email"] for row in shop.rows("golden_profile")}
    assert "refused:" not in shop.scv("status").out


def test_a_broken_file_that_is_taken_away_is_refused_no_longer(shop: Company) -> None:
    shop.deliver(customers_file(5), b"")
    assert shop.scv("run").code == 1
    shop.inbox(customers_file(5)).unlink()
    told = shop.scv("run")
    assert told.code == 0, told.out
    assert "refused:" not in shop.scv("status").out


@pytest.mark.slow
def test_a_broken_file_of_any_reader_leaves_the_last_good_state(demo_copy: Company) -> None:
    before = demo_copy.tables()
    whole: dict[Path, bytes] = {}
    for folder in sorted((demo_copy.root / "inbox").iterdir()):
        path = sorted(path for path in folder.rglob("*") if path.is_file())[-1]
        whole[path] = path.read_bytes()
        path.write_bytes(whole[path][: len(whole[path]) * 6 // 10])
    told = demo_copy.scv("run")
    assert told.code == 1
    assert "Traceback" not in told.text
    refused = [line for line in told.out.splitlines() if "refused or failed:" in line]
    for path in whole:
        assert sum(path.name in line for line in refused) == 1, (path, refused)
    assert differing(demo_copy.tables(), before) == []
    for path, content in whole.items():
        path.write_bytes(content)
    mended = demo_copy.scv("run")
    assert mended.code == 0, mended.text
    assert differing(demo_copy.tables(), before) == []


@pytest.mark.slow
def test_a_late_day_of_all_sources_ends_as_if_it_had_come_in_time(
    demo: Company, published_demo: Company, tmp_path: Path
) -> None:
    company = with_model_of(demo.copied(tmp_path / "late"), published_demo)
    late = sorted(path for path in (company.root / "inbox").rglob("*2026-10-06*"))
    assert len(late) > 5
    for path in late:
        path.rename(path.with_name(f"{path.name}.part"))
    company.must_run()
    before = {source: company.raw_files(source) for source in company.home.contracts}
    for path in late:
        path.with_name(f"{path.name}.part").rename(path)
    assert company.scv("run", SCV_NOW=LATER).code == 0
    for source, files in before.items():
        after = company.raw_files(source)
        assert {day: after[day] for day in files} == files, source
    mine, theirs = (named_by_their_records(without(known_now(one), *LEARNT)) for one in (company, published_demo))
    assert differing(mine, theirs) == []
