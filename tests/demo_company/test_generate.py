"""Same seed and size, same bytes; any size works; nobody's folder is overwritten."""

import hashlib
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from demo_company import generate as module
from demo_company.generate import FolderInUse, generate
from tests.demo_company.company import generated


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first = digests(generated(tmp_path / "one", seed=7, people=250, days=20).folder)
    second = digests(generated(tmp_path / "two", seed=7, people=250, days=20).folder)
    assert first == second
    assert {Path(name).suffix for name in first} == {".yaml", ".csv", ".json", ".jsonl", ".parquet", ".xlsx", ".db"}


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    one = generated(tmp_path / "one", seed=7, people=100, days=5).truth("people")
    two = generated(tmp_path / "two", seed=8, people=100, days=5).truth("people")
    assert not one.equals(two)


@pytest.mark.parametrize(("people", "days"), [(1, 1), (2, 1), (30, 3), (60, 400)])
def test_any_size_is_a_whole_company(tmp_path: Path, people: int, days: int) -> None:
    company = generated(tmp_path, seed=3, people=people, days=days)
    assert len(company.truth("people")) == people
    assert company.report.start_on == date.fromordinal(company.report.end_on.toordinal() - days + 1)


def test_chunks_never_share_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PEOPLE_PER_CHUNK", 90)
    seen: list[tuple[int, int]] = []
    generate(tmp_path, seed=5, people=250, days=10, end_on=date(2026, 11, 20), progress=lambda *done: seen.append(done))
    assert seen == [(90, 250), (180, 250), (250, 250)]
    keys = {
        "who_is_who": ["source", "source_key"],
        "people": ["person_id"],
        "orders": ["source", "order_id"],
        "carts": ["source", "cart_id"],
        "visits": ["source", "visit_id"],
        "tickets": ["source", "ticket_id"],
    }
    for table, key in keys.items():
        rows = pq.read_table(tmp_path / "truth" / f"{table}.parquet").to_pandas()
        assert not rows.duplicated(key).any(), table


def test_a_company_that_was_not_generated_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "inbox" / "crm" / "contacts.csv"
    kept.parent.mkdir(parents=True)
    kept.write_text("id\n1\n")
    with pytest.raises(FolderInUse):
        generated(tmp_path, people=10, days=2)
    assert kept.read_text() == "id\n1\n"


def test_generating_again_leaves_nothing_of_the_last_time(tmp_path: Path) -> None:
    generated(tmp_path / "company", seed=1, people=80, days=12)
    again = digests(generated(tmp_path / "company", seed=1, people=60, days=4).folder)
    assert again == digests(generated(tmp_path / "fresh", seed=1, people=60, days=4).folder)


def test_a_company_needs_someone_and_some_time(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one person"):
        generated(tmp_path, people=0)
