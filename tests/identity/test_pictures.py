"""The model's page: every level that weighs, the same bytes each time, and nobody's name."""

import pytest

from scv_assets.identity.pictures import histogram_png, levels_of, model_markdown, shares_png, weights_png
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


def test_pictures_are_the_same_each_time() -> None:
    levels = levels_of(trained(), policy())[:8]
    for draw in (shares_png, weights_png):
        assert draw(levels).startswith(PNG)
        assert draw(levels) == draw(levels)
    histogram = {"-10": 5, "0": 2, "12": 40}
    assert histogram_png(histogram, policy().thresholds) == histogram_png(histogram, policy().thresholds)


def test_without_any_pair_there_is_a_picture_all_the_same() -> None:
    assert histogram_png({}, policy().thresholds).startswith(PNG)


def test_no_name_of_anybody_is_in_the_table() -> None:
    told = model_markdown(trained(), levels_of(trained(), policy())).lower()
    assert not {"martin", "peeters", "sophie"} & set(told.replace("|", " ").split())
