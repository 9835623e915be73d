"""The model's page: every level that weighs, the same bytes each time, and nobody's name."""

import dataclasses
import json

import pytest

from scv_assets.identity.model import Model
from scv_assets.identity.pictures import (
    convergence_png,
    histogram_png,
    levels_of,
    model_markdown,
    shares_png,
    weights_png,
)
from tests.identity.people import policy, trained

PNG = b"\x89PNG"


def test_every_level_that_weighs_stands_in_the_table_with_its_bits() -> None:
    levels = levels_of(trained(), policy())
    told = model_markdown(trained(), levels)
    assert f"Version {trained().version}." in told
    for comparison in policy().comparisons:
        for level in comparison.level_names[1:]:
            is_told = f"| {comparison.name} | {level} |" in told
            assert is_told is (level not in comparison.neutral)
    exact = next(one for one in levels if (one.comparison, one.level) == ("email", "exact"))
    odds = trained().levels["email"]["exact"]
    assert 2**exact.bits == pytest.approx(odds.m / odds.u)


@pytest.mark.slow
def test_pictures_are_the_same_each_time() -> None:
    levels = levels_of(trained(), policy())[:8]
    for draw in (shares_png, weights_png):
        assert draw(levels).startswith(PNG)
        assert draw.__wrapped__(levels) == draw(levels), "drawn anew"
    histogram = {"-10": 5, "0": 2, "12": 40}
    assert histogram_png(histogram, policy().thresholds) == histogram_png(histogram, policy().thresholds)


@pytest.mark.slow
def test_training_is_drawn_round_by_round_and_ends_flat() -> None:
    rounds = trained().convergence
    assert 2 < len(rounds) <= policy().training.rounds
    assert rounds[-1] > rounds[0]
    assert abs(rounds[-1] - rounds[-2]) < 1e-4 * (rounds[-1] - rounds[0])
    assert convergence_png(trained()).startswith(PNG)
    assert convergence_png(trained()) == convergence_png(trained())
    assert convergence_png(trained()) != convergence_png(dataclasses.replace(trained(), convergence=rounds[:2]))


def test_a_model_that_an_older_version_trained_is_drawn_without_rounds() -> None:
    before = json.loads(trained().to_json())
    del before["convergence"]
    found = Model.from_json(json.dumps(before))
    assert found.convergence == ()
    assert convergence_png(found).startswith(PNG)


def test_without_any_pair_there_is_a_picture_all_the_same() -> None:
    assert histogram_png({}, policy().thresholds).startswith(PNG)


def test_no_name_of_anybody_is_in_the_table() -> None:
    told = model_markdown(trained(), levels_of(trained(), policy())).lower()
    assert not {"martin", "peeters", "sophie"} & set(told.replace("|", " ").split())
