"""The corner shop itself: what the other tests take for granted."""

from tests.pipeline.company import Company


def test_it_publishes_its_people(published_shop: Company) -> None:
    names = {row["last_name"] for row in published_shop.rows("golden_profile")}
    assert names == {"Durand", "Peeters", "Maes", "Lambert", "Noël", None}


def test_a_company_whose_sources_tell_of_nobody_is_published_all_the_same(new_shop: Company) -> None:
    """Its tickets are nobody's, are counted, and wait for a source that knows people."""
    for source in ("customers", "visits"):
        (new_shop.root / "sources" / f"{source}.yaml").unlink()
    person = "  person: {source_key: mail, email: mail, full_name: name, updated_at: {max: placed}}\n"
    new_shop.replace("sources/orders.yaml", person, "")
    new_shop.replace("sources/orders.yaml", "    person_key: mail\n", "")
    new_shop.must_run()
    assert [row["customer_id"] for row in new_shop.rows("customer_order")] == [None] * 4
    assert new_shop.rows("golden_profile") == []
