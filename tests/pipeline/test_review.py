"""What a steward judges, the next run follows; what he takes back is as if it had not been said."""

import pytest

from tests.pipeline.company import Company, without


def customer_of(shop: Company) -> dict[str, str]:
    return {row["source_key"]: row["customer_id"] for row in shop.rows("crosswalk") if row["source"] == "customers"}


def judged(shop: Company, left: int, right: int, answer: str) -> str:
    told = shop.scv("review", "judge", f"customers:{left}", f"customers:{right}", answer, "--as", "eva")
    assert told.code == 0, told.text
    shop.must_run()
    return str(shop.rows("judgement")[-1]["judgement_id"])


@pytest.mark.slow
@pytest.mark.parametrize(("pair", "answer"), [((2, 3), "match"), ((1, 4), "no-match")])
def test_a_judgement_joins_or_parts_and_its_revocation_brings_back_what_was(
    shop: Company, pair: tuple[int, int], answer: str
) -> None:
    left, right = map(str, pair)
    before, links = customer_of(shop), shop.tables(["golden_profile", "household", "customer_order", "contact_point"])
    judgement = judged(shop, *pair, answer)
    after = customer_of(shop)
    assert (before[left] == before[right]) is (answer == "no-match")
    assert (after[left] == after[right]) is (answer == "match")
    assert (
        f"{'one person' if answer == 'match' else 'two people'}"
        in shop.scv("why", f"customers:{left}", f"customers:{right}").out
    )
    assert shop.scv("review", "revoke", judgement, "--as", "eva").code == 0
    shop.must_run()
    assert customer_of(shop) == before
    assert without(shop.tables(list(links)), "updated_at") == without(links, "updated_at")
