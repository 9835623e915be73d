"""The corner shop itself: what the other tests take for granted."""

from tests.pipeline.company import Company


def test_it_publishes_its_people(published_shop: Company) -> None:
    names = {row["last_name"] for row in published_shop.rows("golden_profile")}
    assert names == {"Durand", "Peeters", "Maes", "Lambert", "Noël", None}
