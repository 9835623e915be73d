"""`scv review`: questions are asked, answers are kept under a name, and can be taken back."""

import io
import json
from datetime import datetime
from typing import Any
from unittest import mock

import pytest

from tests.commands.customers import insert
from tests.pipeline.company import Company, Told


def task(task_id: str, one: tuple[str, str], other: tuple[str, str], **more: object) -> dict[str, Any]:
    records = [{"source": source, "source_key": key} for source, key in (one, other)]
    return {
        "task_id": task_id,
        "kind": "pair",
        "records": json.dumps(records),
        "match_probability": 0.94,
        "status": "open",
        "opened_at": datetime.fromisoformat("2026-11-20T10:00:00"),
        "reason": "the evidence is not enough to decide",
        **more,
    }


@pytest.fixture
def company(changeable: Company) -> Company:
    with changeable.store() as engine:
        insert(
            engine,
            review_task=[
                task("T1", ("app", "AU01016730"), ("crm", "C2"), match_probability=0.55),
                task("T2", ("crm", "C1"), ("crm", "C2")),
                task("T3", ("crm", "gone"), ("crm", "C2")),
                task("T4", ("web", "ck_0123456789abc"), ("crm", "C2"), status="closed"),
            ],
        )
    return changeable


def answered(company: Company, *typed: str, answers: str) -> Told:
    with mock.patch("sys.stdin", io.StringIO(answers)):
        return company.scv("review", *typed, COLUMNS="80")


def test_the_queue_begins_with_what_teaches_most(company: Company) -> None:
    told = company.scv("review", "list", COLUMNS="80").out
    assert "2 open questions, 2 shown" in told
    assert told.index("crm:C1") < told.index("app:AU01016730")
    assert max(map(len, told.splitlines())) <= 80


def test_answers_become_judgements_in_somebodys_name(company: Company) -> None:
    told = answered(company, "--as", "eva", answers="x\nn brother and sister\nm\n")
    assert told.code == 0
    assert "Question 1 of 2: the evidence is not enough to decide" in told.out
    assert "last name   De Smet" in told.out
    assert "2 judgements written" in told.out
    assert max(len(line) for line in told.out.splitlines() if "letter are" not in line and "run" not in line) <= 80
    assert sorted((r["left_key"], r["verdict"], r["judged_by"], r["reason"]) for r in company.rows("judgement")) == [
        ("AU01016730", "must_link", "eva", ""),
        ("C1", "cannot_link", "eva", "brother and sister"),
    ]


@pytest.mark.parametrize("answers", ["s\nq\n", "s\n", "", "q\n"])
def test_skipping_quitting_and_the_end_of_the_input_write_nothing(company: Company, answers: str) -> None:
    assert answered(company, answers=answers).code == 0
    assert company.rows("judgement") == []


def test_a_judgement_is_taken_back_by_the_beginning_of_its_id(company: Company) -> None:
    told = company.scv("review", "judge", "crm:C1", "crm:C2", "no-match", "--as", "eva", "--reason", "twins")
    assert "crm:C1 and crm:C2: two people (judgement " in told.out
    (row,) = company.rows("judgement")
    assert (row["judged_by"], row["reason"], row["revoked_at"]) == ("eva", "twins", None)
    assert row["judgement_id"][:12] in company.scv("review", "list", "--judged").out
    assert company.scv("review", "revoke", row["judgement_id"][:12], "--as", "ida").code == 0
    assert company.rows("judgement")[0]["revoked_at"] is not None
    assert "(revoked)" in company.scv("review", "list", "--judged").out
    assert [(r["actor"], r["action"]) for r in sorted(company.rows("audit_log"), key=lambda r: r["action"])] == [
        ("eva", "judge"),
        ("ida", "revoke"),
    ]


def test_quality_needs_judgements_and_then_tells_intervals(company: Company) -> None:
    pair = {"left_source": "crm", "left_key": "C1", "right_source": "crm", "right_key": "C2"}
    scored = {"match_weight": 9.0, "match_probability": 0.998, "decision": "match", "via": "probabilistic"}
    with company.store() as engine:
        insert(engine, match_edge=[{**pair, **scored, "evidence": "[]"}])
    assert "Nobody has judged a pair yet" in company.scv("review", "quality").out
    assert "drawn to measure how good matching is" in answered(company, "--sample", "5", answers="m\n").out
    told = company.scv("review", "quality", COLUMNS="80").out
    assert "Precision: 100.0% (95 %: 20.7% to 100.0%) of the linked pairs are one person" in told


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("judge", "crm:C1", "crm:C2", "perhaps"), "'perhaps' is no answer; write match, no-match, unsure"),
        (("judge", "crm:C1", "crm:nobody", "match"), "no record of source 'crm' has the key 'nobody'"),
        (("judge", "crm:C1", "crm:C1", "match"), "a verdict needs two different records"),
        (("revoke", "abc"), "no judgement begins with 'abc'; scv review list --judged shows them all"),
    ],
)
def test_what_cannot_be_is_one_sentence(company: Company, typed: tuple[str, ...], said: str) -> None:
    told = company.scv("review", *typed, "--as", "eva")
    assert told.code == 1
    assert said in told.err
