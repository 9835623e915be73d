"""`scv why`: any two records, and any customer, have an answer that fits into 80 columns."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.commands.customers import ANNA, BART, OLD_ANNA, insert
from tests.pipeline.company import Company

EVIDENCE = [
    {"comparison": "first_name", "level": "exact", "bits": 9.5},
    {"comparison": "email", "level": "different", "bits": -2.0},
    {"comparison": "identifier", "level": "loyalty_card", "bits": 0},
    {"comparison": "prior", "level": "prior", "bits": -5.0},
]


def edge(left: tuple[str, str], right: tuple[str, str], **more: object) -> dict[str, Any]:
    return {
        "left_source": left[0],
        "left_key": left[1],
        "right_source": right[0],
        "right_key": right[1],
        "match_weight": 2.5,
        "match_probability": 0.85,
        "decision": "match",
        "via": "exact",
        "evidence": json.dumps(EVIDENCE),
        **more,
    }


APP, CRM, BARTS, WEB = ("app", "AU01016730"), ("crm", "C1"), ("crm", "C2"), ("web", "ck_0123456789abc")


@pytest.fixture
def company(changeable: Company) -> Company:
    contested = [*EVIDENCE, {"comparison": "rivals", "level": "app:AU_1", "bits": -3.5}]
    forbidden = [*EVIDENCE, {"comparison": "rule", "level": "other_birth_and_first_name", "bits": 0}]
    with changeable.store() as engine:
        insert(
            engine,
            match_edge=[
                edge(APP, CRM),
                edge(CRM, WEB, match_weight=None, match_probability=None, evidence="[]"),
                edge(BARTS, WEB, decision="no_match", match_weight=-1, evidence=json.dumps(contested)),
                edge(CRM, BARTS, decision="no_match", via="steward", evidence=json.dumps(forbidden)),
            ],
            judgement=[
                {
                    "judgement_id": "j1",
                    "left_source": "crm",
                    "left_key": "C1",
                    "right_source": "crm",
                    "right_key": "C2",
                    "verdict": "cannot_link",
                    "judged_by": "[/red]eva",
                    "judged_at": datetime.fromisoformat("2026-11-20T10:00:00"),
                    "reason": "brother and sister",
                }
            ],
        )
    return changeable


def why(company: Company, *typed: str) -> str:
    told = company.scv("why", *typed, COLUMNS="80")
    assert told.code == 0, told.text
    assert max(map(len, told.out.splitlines())) <= 80
    return " ".join(told.out.split())


def test_the_waterfall_goes_from_what_was_known_before_to_the_decision(company: Company) -> None:
    told = why(company, "app:AU01016730", "crm:C1")
    assert f"app:AU01016730 and crm:C1 are one customer: {ANNA}" in told
    assert "Decided (2.50 bits, probability 85.0%): one person, by a shared loyalty_card." in told
    assert told.index("prior -5.00 -5.00 3.0%") < told.index("first name exact +9.50 +4.50 95.8%")
    assert told.index("first name exact") < told.index("email different -2.00 +2.50 85.0%")


def test_the_word_of_a_rival_is_a_line_and_a_sentence_that_name_it(company: Company) -> None:
    told = why(company, "crm:C2", "web:ck_0123456789abc")
    assert "rivals app:AU_1 -3.50" in told
    assert "Rivals: app:AU_1 is linked to one of them, and has what the other can be compared with." in told


def test_the_order_of_two_records_does_not_matter(company: Company) -> None:
    assert why(company, "app:AU01016730", "crm:C1") == why(company, "crm:C1", "app/AU01016730")


def test_a_path_of_several_links_is_shown(company: Company) -> None:
    told = why(company, "app:AU01016730", "web:ck_0123456789abc")
    assert "The path that joins them" in told
    assert "app:AU01016730 crm:C1 a shared loyalty_card +2.50" in told


def test_a_rule_that_forbids_and_a_judgement_are_told_in_words(company: Company) -> None:
    told = why(company, "crm:C2", "crm:C1")
    assert f"are two customers: {ANNA} and {BART}" in told
    assert "Rule other_birth_and_first_name: never one person, nor by way of others, where birth_on is" in told
    assert "crm:C1 crm:C2 two people [/red]eva: brother and sister" in told


def test_a_customer_tells_what_holds_each_record_and_what_was_not_joined(company: Company) -> None:
    told = why(company, OLD_ANNA)
    assert told.startswith(f"{ANNA}: 3 records Earlier ids that lead here: {OLD_ANNA}")
    assert "app:AU01016730 crm:C1 a shared loyalty_card +2.50" in told
    assert "Looked at, and not joined record of another bits why not" in told
    assert "crm:C1 crm:C2 +2.50 rule other_birth_and_first_name" in told
    assert "merged" in told
    assert told == why(company, "anna.de.smet@example.org")


def test_without_evidence_and_model_it_says_what_to_do(company: Company) -> None:
    assert "there is no model of this policy to weigh them with:" in why(company, "app:AU01016730", "crm:C2")


@pytest.mark.slow
def test_the_chart_is_an_svg_and_the_same_each_time(company: Company, tmp_path: Path) -> None:
    one, other = tmp_path / "one.svg", tmp_path / "other.svg"
    for file in (one, other):
        told = company.scv("why", "app:AU01016730", "crm:C1", "--chart", str(file))
        assert told.out.endswith(f"The chart is in {file}\n")
    assert one.read_bytes().startswith(b"<?xml")
    assert one.read_bytes() == other.read_bytes()
    assert b"first_name: exact" in one.read_bytes()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("crm:nobody", "crm:C1"), "no record of source 'crm' has the key 'nobody'; a record is written source:key"),
        (("C1", "crm:C2"), "'C1' is no record; write source:key, for instance crm:42"),
        (("crm:C1", "crm/C1"), "that is twice the same record; name two"),
        (("nobody@example.org",), "no customer answers to 'nobody@example.org'; try an e-mail, a phone, a card, or"),
        ((ANNA, "--chart", "x.svg"), "a chart is of two records; name both, each source:key"),
        (("app:AU01016730", "crm:C1", "--chart", "x.png"), "the chart is an SVG; name a file that ends in .svg"),
        (("app:AU01016730", "crm:C1", "--chart", "no/x.svg"), "cannot be written"),
        (("app:AU01016730", "crm:C2", "--chart", "x.svg"), "there is no evidence to draw"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(company: Company, typed: tuple[str, ...], said: str) -> None:
    told = company.scv("why", *typed)
    assert told.code == 1
    assert said in told.err
    assert told.err.count("\n") == 1
