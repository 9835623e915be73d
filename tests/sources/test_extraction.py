"""The lake follows the inbox: only what changed is read, a refused file leaves the last good rows, nothing is lost."""

import os
import time
from datetime import date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from resources.lake import Lake
from scv_assets import stages
from scv_assets.sources import extraction, fingerprints
from scv_assets.sources.deliveries import Stranger, deliveries, strangers
from scv_assets.sources.extraction import Extraction, extract_days, refusals, stale_days
from tests.sources.company import CRM, DAY, SETTINGS, Company

NEXT = date(2026, 8, 24)
GOOD = "id,email,name\n1,a@x.be,Ann\n"


def crm(company: Company) -> Company:
    company.contract(CRM)
    company.deliver("crm/contacts_2026-08-23.csv", GOOD)
    company.deliver("crm/contacts_2026-08-24.csv", GOOD.replace("Ann", "Bob"))
    return company


def run(company: Company) -> tuple[Extraction, Lake]:
    home, contract = company.only()
    lake = home.lake()
    return extract_days(home, contract, [DAY, NEXT], lake), lake


def stale(company: Company) -> list[date]:
    home, contract = company.only()
    return stale_days(home, contract, home.lake())


def names(lake: Lake) -> list[str]:
    return [str(row["name"]) for file in lake.files("sources/crm") for row in pq.read_table(file).to_pylist()]


def test_a_second_run_reads_nothing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    first, lake = run(crm(company))
    assert (first.written, first.rows) == ([DAY, NEXT], 2)
    assert stale(company) == []
    monkeypatch.setattr(extraction, "extract", None)
    monkeypatch.setattr(fingerprints, "hash_file", None)
    second, _ = run(company)
    assert (second.written, second.unchanged, second.rows) == ([], [DAY, NEXT], 2)
    assert names(lake) == ["Ann", "Bob"]


def test_the_same_file_delivered_again_changes_nothing(company: Company) -> None:
    _, lake = run(crm(company))
    before = lake.content("sources/crm")
    path = company.deliver("crm/contacts_2026-08-23.csv", GOOD)
    os.utime(path, (1, 1))
    assert stale(company) == []
    assert run(company)[0].written == []
    assert lake.content("sources/crm") == before


def test_a_corrected_file_replaces_its_day_only(company: Company) -> None:
    run(crm(company))
    company.deliver("crm/contacts_2026-08-23.csv", GOOD.replace("Ann", "Eve"))
    assert stale(company) == [DAY]
    done, lake = run(company)
    assert (done.written, done.unchanged) == ([DAY], [NEXT])
    assert names(lake) == ["Eve", "Bob"]


def test_a_correction_of_the_same_size_and_modification_time_is_seen(company: Company) -> None:
    run(crm(company))
    path = company.root / "inbox/crm/contacts_2026-08-23.csv"
    stat = path.stat()
    company.deliver("crm/contacts_2026-08-23.csv", GOOD.replace("Ann", "Eve"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert stale(company) == [DAY]


def test_a_refused_correction_keeps_the_last_good_rows_until_it_is_mended(company: Company) -> None:
    run(crm(company))
    company.deliver("crm/contacts_2026-08-23.csv", GOOD.replace("name", "nom"))
    done, lake = run(company)
    assert [(one.day, one.file) for one in done.refused] == [("2026-08-23", "crm/contacts_2026-08-23.csv")]
    assert "column 'name' expected but not in the first row; found 'nom'" in done.refused[0].reason
    assert names(lake) == ["Ann", "Bob"]
    assert stale(company) == []
    again, _ = run(company)
    assert [str(one) for one in again.refused] == [str(one) for one in done.refused]
    assert [one.day for one in refusals(company.home, lake)] == ["2026-08-23"]
    company.deliver("crm/contacts_2026-08-23.csv", GOOD.replace("Ann", "Eve"))
    assert stale(company) == [DAY]
    assert run(company)[0].written == [DAY]
    assert names(lake) == ["Eve", "Bob"]
    assert refusals(company.home, lake) == []


def test_a_refused_file_put_back_as_it_was_clears_its_refusal(company: Company) -> None:
    run(crm(company))
    company.deliver("crm/contacts_2026-08-23.csv", "")
    _, lake = run(company)
    company.deliver("crm/contacts_2026-08-23.csv", GOOD)
    assert stale(company) == [DAY]
    assert run(company)[0].unchanged == [DAY, NEXT]
    assert refusals(company.home, lake) == []


def test_a_mended_contract_tries_a_refused_file_again(company: Company) -> None:
    crm(company).deliver("crm/contacts_2026-08-23.csv", "id,email,name,vip\n1,a,b,c\n")
    assert run(company)[0].refused
    company.contract(CRM + "ignore: [vip]\n")
    assert stale(company) == [DAY, NEXT]
    assert run(company)[0].written == [DAY, NEXT]


def test_a_word_in_a_description_reads_nothing_again(company: Company) -> None:
    run(crm(company))
    company.contract("# a comment\n" + CRM.replace("title: CRM contacts", "title: Contacts"))
    assert stale(company) == []


def test_what_left_the_inbox_stays_in_the_lake(company: Company) -> None:
    run(crm(company))
    (company.root / "inbox/crm/contacts_2026-08-23.csv").unlink()
    assert stale(company) == []
    done, lake = run(company)
    assert done.removed == [DAY]
    assert names(lake) == ["Ann", "Bob"]


def test_an_extraction_can_be_killed_between_days(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    crm(company)
    whole = extraction.extract

    def killed(home: object, contract: object, delivery: object) -> object:
        if getattr(delivery, "day", None) == NEXT:
            raise KeyboardInterrupt
        return whole(home, contract, delivery)  # type: ignore[arg-type]

    monkeypatch.setattr(extraction, "extract", killed)
    with pytest.raises(KeyboardInterrupt):
        run(company)
    monkeypatch.undo()
    assert stale(company) == [NEXT]
    assert run(company)[0].written == [NEXT]


def test_raw_rows_say_where_they_come_from(company: Company) -> None:
    crm(company)
    path = company.root / "inbox/crm/contacts_2026-08-23.csv"
    os.utime(path, (1787500000, 1787500000))
    _, lake = run(company)
    row = pq.read_table(lake.files(stages.raw_path("crm"))[0]).to_pylist()[0]
    assert row == {
        "id": "1",
        "email": "a@x.be",
        "name": "Ann",
        "_malformed": None,
        "_file": "crm/contacts_2026-08-23.csv",
        "_row_number": 1,
        "_arrived_at": datetime(2026, 8, 23, 15, 46, 40),  # noqa: DTZ001
    }


def test_the_same_inbox_gives_the_same_bytes(company: Company, tmp_path: Path) -> None:
    run(crm(company))
    content = company.home.lake().content("sources/crm")
    company.home.lake().drop("sources/crm")
    run(company)
    assert company.home.lake().content("sources/crm") == content


def test_files_of_no_contract_and_days_out_of_range_are_told(company: Company) -> None:
    crm(company)
    for name in (
        "contacts_2026-02-30.csv",
        "contacts_2020-01-01.csv",
        "kontakte.csv",
        "contacts_2026-08-25.csv.part",
        ".x",
    ):
        company.deliver(f"crm/{name}", GOOD)
    assert strangers(company.home) == [
        Stranger("crm/contacts_2020-01-01.csv", "its day is outside start_on and end_on of scv.yaml"),
        Stranger("crm/contacts_2026-02-30.csv", "its name holds no day of the calendar; name it YYYY-MM-DD"),
        Stranger("crm/kontakte.csv", "no contract describes it; write one under sources/, or move it away"),
    ]
    assert [one.day for one in deliveries(*company.only())] == [DAY, NEXT]


def test_without_an_end_a_day_is_taken_in_once_it_is_over(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    crm(company).write("scv.yaml", SETTINGS.replace("end_on: 2026-11-20\n", ""))
    monkeypatch.setenv("SCV_NOW", "2026-08-24T21:00:00")
    assert [one.day for one in deliveries(*company.only())] == [DAY]
    assert [one.reason for one in strangers(company.home)] == ["its day is not over yet; it is taken in the day after"]
    monkeypatch.setenv("SCV_NOW", "2026-08-24T22:00:00")
    assert [one.day for one in deliveries(*company.only())] == [DAY, NEXT]


def test_a_date_may_stand_in_the_folder(company: Company) -> None:
    company.contract(CRM.replace("crm/contacts_{date}.csv", "'{date}/crm.csv'"))
    company.deliver("2026-08-23/crm.csv", GOOD)
    assert [(one.day, one.file) for one in deliveries(*company.only())] == [(DAY, "2026-08-23/crm.csv")]


def test_a_one_off_file_has_its_day_from_the_contract(company: Company) -> None:
    company.contract(CRM.replace("path: crm/contacts_{date}.csv", "path: crm/base.csv\n  day: 2026-08-24"))
    company.deliver("crm/base.csv", GOOD)
    assert [one.day for one in deliveries(*company.only())] == [NEXT]


def test_a_second_look_over_a_thousand_files_is_quick(company: Company) -> None:
    company.contract(CRM)
    start = date(2026, 8, 23).toordinal()
    for source in range(11):
        company.contract(CRM.replace("source: crm", f"source: s{source}").replace("crm/", f"s{source}/"))
        for offset in range(90):
            company.deliver(f"s{source}/contacts_{date.fromordinal(start + offset)}.csv", GOOD)
    home = company.home
    found = [one for contract in home.contracts.values() for one in deliveries(home, contract)]
    assert len(found) == 990
    began = time.process_time()
    again = [one for contract in home.contracts.values() for one in deliveries(home, contract)]
    assert time.process_time() - began < 0.3
    assert again == found
