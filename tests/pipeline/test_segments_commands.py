"""`scv segments`: other rules are tried beside what is published, and any two days are laid side by side."""

import json
from pathlib import Path

import pytest

from tests.pipeline.company import Company


def tried(company: Company, file: Path, old: str, new: str) -> Path:
    text = (company.root / "segments.yaml").read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def test_who_would_move_is_told_and_nothing_is_published(published_shop: Company, tmp_path: Path) -> None:
    before = published_shop.tables()
    file = tried(published_shop, tmp_path / "new.yaml", "when: orders_count == 1", "when: orders_count >= 1 and false_")
    told = published_shop.scv("segments", "try", str(file))
    assert told.code == 1
    assert "there is no trait 'false_'" in told.err
    file = tried(published_shop, file, "when: orders_count >= 2", "when: orders_count >= 1")
    said = json.loads(published_shop.scv("segments", "try", str(file), "--json").out)
    (lifecycle,) = [one for one in said["segmentations"] if one["segmentation"] == "lifecycle"]
    buyers = lifecycle["before"].get("one_purchase", 0)
    assert buyers > 0
    assert lifecycle["moves"] == {"one_purchase -> multi_purchase": buyers}
    assert {(who["from_segment"], who["to_segment"]) for who in lifecycle["sample"]} == {
        ("one_purchase", "multi_purchase")
    }
    assert "is not the one that version '1' of 'lifecycle' was published with" in said["refusals"][0]
    shown = published_shop.scv("segments", "try", str(file)).out
    assert "one purchase → multi purchase" in shown
    assert "Nothing was published." in shown
    assert published_shop.tables() == before


def test_the_same_rules_move_nobody(published_shop: Company) -> None:
    told = published_shop.scv("segments", "try", str(published_shop.root / "segments.yaml"))
    assert "Nobody would move" in told.out
    assert told.code == 0


def test_an_overlapping_segment_that_is_new_tells_who_enters_it(published_shop: Company, tmp_path: Path) -> None:
    new = (
        "  - {name: kind, title: T, owner: o, version: '1', definition: d, overlapping: true, segments: [{name: buyer, "
    )
    new += "title: T, description: d, when: orders_count >= 1}]}\n"
    text = (published_shop.root / "segments.yaml").read_text(encoding="utf-8")
    file = tmp_path / "new.yaml"
    file.write_text(text + new, encoding="utf-8")
    said = json.loads(published_shop.scv("segments", "try", str(file), "--json").out)
    (kind,) = [one for one in said["segmentations"] if one["restated"]]
    assert (kind["segmentation"], kind["version_before"], kind["before"]) == ("kind", None, {})
    assert kind["moves"] == {"(none) -> buyer": kind["after"]["buyer"]}


def test_a_changed_rule_without_another_version_is_refused_by_check_and_by_run(shop: Company) -> None:
    before = shop.tables()
    shop.replace("segments.yaml", "when: orders_count >= 2", "when: orders_count >= 3")
    said = "segments.yaml:8: the rule of 'multi_purchase' is not the one that version '1' of 'lifecycle' was published"
    checked = shop.scv("check")
    assert checked.code == 1
    assert said in checked.err
    ran = shop.scv("run")
    assert ran.code == 1
    assert said in ran.text
    assert shop.tables() == before


def test_the_matrix_of_two_days_adds_up_to_everybody(published_shop: Company) -> None:
    told = published_shop.scv("segments", "matrix", "2026-03-01", "2026-03-04")
    assert told.code == 0, told.text
    assert "Lifecycle, 2026-03-01 to 2026-03-04" in told.out
    (totals,) = [line.split() for line in told.out.splitlines() if line.startswith("at the end")]
    people = len(published_shop.rows("golden_profile"))
    assert int(totals[-1]) == sum(map(int, totals[3:-1])) == people


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("2026-03-04", "2026-03-01"), "name the earlier day first"),
        (("2025-03-05", "2026-03-01"), "the history goes from 2026-03-01 to"),
        (("2026-03-01", "2027-03-01"), "the history goes from 2026-03-01 to"),
        (("2026-03-01", "2026-03-02", "--segmentation", "lifecycl"), "did you mean 'lifecycle'?"),
        (("2026-03-01", "2026-03-02", "--as-known-on", "2026-03-02"), "nobody was known on 2026-03-02"),
    ],
)
def test_days_and_names_that_are_none_are_refused_in_a_sentence(
    published_shop: Company, typed: tuple[str, ...], said: str
) -> None:
    told = published_shop.scv("segments", "matrix", *typed)
    assert told.code == 1
    assert said in told.err
