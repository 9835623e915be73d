"""What a matching policy does, told on a company that has run."""

import pytest

from tests.pipeline.company import Company


@pytest.mark.slow
def test_every_rule_is_counted_and_every_level_weighed(published_shop: Company) -> None:
    told = published_shop.scv("match", "explain-policy", COLUMNS="80")
    assert told.code == 0, told.text
    assert "where pairs true only here" in " ".join(told.out.split())
    assert "of all pairs are not looked at" in told.out
    assert "+" in told.out.split("Comparison first_name")[1].split("Comparison last_name")[0]
