"""Quality in production, against what is known where it can be known."""

import json
from typing import Any

import numpy as np
import pytest
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import JUDGEMENT, MATCH_EDGE, duckdb_schema
from scv_assets.identity.explain import Key
from scv_assets.identity.policy import Thresholds
from scv_assets.identity.production_quality import (
    IDENTIFIER,
    ProductionQuality,
    Stratum,
    estimated,
    production_quality,
    sample,
    wilson,
)
from tests.identity.people import judgement, person, relation

THRESHOLDS = Thresholds(match=0.95, review=0.5)


def edge(number: int, probability: float, **more: Any) -> dict[str, Any]:
    evidence = more.pop("evidence", [])
    row = dict.fromkeys(duckdb_schema(MATCH_EDGE))
    row |= {"left_source": "crm", "left_key": f"a{number:04}", "right_source": "crm", "right_key": f"b{number:04}"}
    decision = "match" if probability >= 0.95 else "review" if probability >= 0.5 else "no_match"
    row |= {"match_weight": 1.0, "match_probability": probability, "decision": decision, "via": "probabilistic"}
    return row | {"evidence": json.dumps(evidence)} | more


def said(number: int, verdict: str, **more: Any) -> dict[str, Any]:
    left, right = person(f"a{number:04}"), person(f"b{number:04}")
    return judgement(left, right, verdict, number=number, **more)


def relations(con: Connection, edges: list[dict[str, Any]], judged: list[dict[str, Any]]) -> tuple[Relation, Relation]:
    return relation(con, edges, duckdb_schema(MATCH_EDGE)), relation(con, judged, duckdb_schema(JUDGEMENT))


def measured(con: Connection, edges: list[dict[str, Any]], judged: list[dict[str, Any]]) -> ProductionQuality:
    match_edge, judgements = relations(con, edges, judged)
    return production_quality(con, match_edge, judgements, THRESHOLDS)


def drawn_of(con: Connection, edges: list[dict[str, Any]], judged: list[dict[str, Any]]) -> list[tuple[Key, Key]]:
    match_edge, judgements = relations(con, edges, judged)
    return sample(con, match_edge, judgements, THRESHOLDS, 30)


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    told = wilson(8, 10)
    assert (round(told.low, 4), round(told.high, 4)) == (0.4902, 0.9433)
    assert wilson(0, 10).low == 0.0
    assert wilson(10, 10).high == 1.0


def test_one_stratum_alone_has_wilsons_interval() -> None:
    found = estimated((Stratum(True, "x", 1000, 50, 47, 0.9),))
    assert found.precision is not None
    alone = wilson(47, 50)
    assert found.precision.low == pytest.approx(alone.low)
    assert found.precision.high == pytest.approx(alone.high)


@pytest.mark.parametrize("share_judged", [0.05, 0.4])
def test_the_truth_is_in_the_intervals_as_often_as_promised(share_judged: float) -> None:
    draw = np.random.default_rng(7)
    truth = [(True, 4000, 0.98), (True, 500, 0.85), (False, 400, 0.3), (False, 900, 0.05)]
    precision = sum(n * p for linked, n, p in truth if linked) / 4500
    recall = sum(n * p for linked, n, p in truth if linked) / sum(n * p for _, n, p in truth)
    hits = np.zeros(2)
    for _ in range(400):
        judged = [max(int(n * share_judged), 20) for _, n, _ in truth]
        strata = tuple(
            Stratum(linked, str(place), n, judged[place], int(draw.binomial(judged[place], p)), p)
            for place, (linked, n, p) in enumerate(truth)
        )
        found = estimated(strata)
        assert found.precision is not None
        assert found.recall is not None
        hits += [
            found.precision.low <= precision <= found.precision.high,
            found.recall.low <= recall <= found.recall.high,
        ]
    assert (hits / 400 >= 0.93).all()


def test_pairs_fall_into_strata_by_what_the_machine_made_of_them(con: Connection) -> None:
    shares = [{"comparison": "identifier", "level": "email", "bits": 0}]
    forbids = [{"comparison": "rule", "level": "father_and_son", "bits": 0}]
    edges = [
        edge(1, 0.999),
        edge(2, 0.96),
        edge(3, 0.7),
        edge(4, 0.2, evidence=shares, decision="match", via="exact"),
        edge(5, 0.99, evidence=forbids, decision="no_match"),
        edge(6, 0.6, decision="match", via="steward"),
        edge(7, 0.999, decision="no_match", via="steward"),
    ]
    judged = [said(6, "must_link"), said(7, "cannot_link"), said(1, "unsure"), said(2, "cannot_link", revoked=True)]
    found = measured(con, edges, judged)
    assert [(s.is_linked, s.band, s.pairs, s.judged, s.one_person) for s in found.strata] == [
        (True, IDENTIFIER, 1, 0, 0),
        (True, "from 0.99", 2, 1, 0),
        (True, "0.95 to 0.99", 1, 0, 0),
        (False, "0.5 to 0.95", 2, 1, 1),
        (False, "forbidden by a rule", 1, 0, 0),
    ]


def test_a_sample_has_every_stratum_and_nothing_twice(con: Connection) -> None:
    edges = [edge(n, 0.999) for n in range(300)] + [edge(n, 0.7) for n in range(300, 320)]
    judged = [said(n, "must_link") for n in range(300, 305)]
    drawn = drawn_of(con, edges, judged)
    assert len(drawn) == len(set(drawn)) == 30
    numbers = {int(left[1][1:]) for left, _ in drawn}
    assert numbers & set(range(300))
    assert numbers & set(range(305, 320))
    assert not numbers & set(range(300, 305))
    assert drawn == drawn_of(con, edges[::-1], judged)


def test_without_any_pair_there_is_no_estimate(con: Connection) -> None:
    found = measured(con, [], [])
    assert (found.strata, found.precision, found.recall) == ((), None, None)
