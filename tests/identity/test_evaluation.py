"""Measures of clusters against a brute-force count."""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.identity.evaluation import blocking_quality, id_churn_rate, quality
from scv_assets.identity.records import Pairs

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=12)


@given(st.data())
@settings(deadline=None)
def test_measures_are_what_counting_gives(data: st.DataObject) -> None:
    found = data.draw(LABELS)
    truth = data.draw(st.lists(st.integers(0, 4), min_size=len(found), max_size=len(found)))
    measured = quality(found, truth)
    every = list(combinations(range(len(found)), 2))
    together = [(a, b) for a, b in every if found[a] == found[b]]
    same = [(a, b) for a, b in every if truth[a] == truth[b]]
    both = set(together) & set(same)
    assert measured.pairs.precision == pytest.approx(len(both) / len(together) if together else 1.0)
    assert measured.pairs.recall == pytest.approx(len(both) / len(same) if same else 1.0)
    clusters = {frozenset(i for i, x in enumerate(found) if x == label) for label in set(found)}
    entities = {frozenset(i for i, x in enumerate(truth) if x == label) for label in set(truth)}
    assert measured.clusters.precision == pytest.approx(len(clusters & entities) / len(clusters))
    assert measured.clusters.recall == pytest.approx(len(clusters & entities) / len(entities))
    of = [(next(c for c in clusters if i in c), next(e for e in entities if i in e)) for i in range(len(found))]
    assert measured.b_cubed.precision == pytest.approx(sum(len(c & e) / len(c) for c, e in of) / len(of))
    assert measured.b_cubed.recall == pytest.approx(sum(len(c & e) / len(e) for c, e in of) / len(of))


def test_what_is_right_measures_one() -> None:
    measured = quality(["a", "a", "b"], [7, 7, 3])
    assert (measured.pairs.f1, measured.clusters.f1, measured.b_cubed.f1) == (1.0, 1.0, 1.0)


def test_nothing_in_common_measures_no_pairs() -> None:
    assert quality([1, 1], [1, 2]).pairs.f1 == 0.0


@given(st.data())
@settings(deadline=None)
def test_blocking_is_measured_as_counting_does(data: st.DataObject) -> None:
    truth = data.draw(LABELS)
    every = list(combinations(range(len(truth)), 2))
    chosen = sorted(data.draw(st.sets(st.sampled_from(every)))) if every else []
    candidates = Pairs(*(np.array([pair[side] for pair in chosen], np.int64) for side in (0, 1)))
    measured = blocking_quality(candidates, truth)
    same = {(a, b) for a, b in every if truth[a] == truth[b]}
    assert measured.pair_completeness == pytest.approx(len(same & set(chosen)) / len(same) if same else 1.0)
    assert measured.reduction_ratio == pytest.approx(1 - len(chosen) / len(every) if every else 1.0)


def crosswalk(**customers: str) -> pa.Table:
    return pa.table(
        {"source": ["crm"] * len(customers), "source_key": list(customers), "customer_id": list(customers.values())}
    )


def test_churn_counts_the_records_whose_customer_has_another_id() -> None:
    before = crosswalk(a="C1", b="C1", c="C2", gone="C3")
    assert id_churn_rate(before, crosswalk(a="C1", b="C1", c="C1", new="C4")) == pytest.approx(1 / 3)
    assert id_churn_rate(before, before) == 0.0
    assert id_churn_rate(before, crosswalk(new="C9")) == 0.0
