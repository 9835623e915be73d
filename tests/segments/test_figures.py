"""What the UI tells of the segments stage: figures over everybody, the sums those of the tables."""

from resources.store.tables import ATTRIBUTION, CUSTOMER_TRAIT, PASSAGE_FACTOR, duckdb_schema
from scv_assets.segments.figures import MOST, of_attribution, of_definitions, of_passages, of_traits
from tests.in_memory import connected
from tests.interactions.tables import relation
from tests.segments.company import before_tables, inputs, policy, run


def test_traits_are_told_by_how_many_have_them_and_their_spread_and_never_by_one_customers_highest() -> None:
    con = connected()
    rows = [{"customer_id": f"c{n}", "spend_cents": n * 100, "churn_risk": None} for n in range(1, 101)]
    told = of_traits(con, relation(con, duckdb_schema(CUSTOMER_TRAIT), rows), "EUR")
    found = {row[0]: row[1:] for row in told.rows}
    assert found["spend"] == ("100", "10.00 EUR", "50.00 EUR", "90.00 EUR")
    assert found["churn_risk"] == ("0", "", "", "")
    assert "customer_id" not in found


def test_the_glossary_that_is_told_is_the_one_in_force() -> None:
    con = connected()
    data = inputs(con, {"a": "A"})
    first = run(con, data, policy({"buyer": "orders_count >= 1"}), days=("2026-03-01", "2026-03-02"))
    changed = policy({"buyer": "orders_count >= 2"}, version=2)
    second = run(con, data, changed, days=("2026-03-01", "2026-03-03"), before=before_tables(con, first))
    told = of_definitions(con, second.definitions)
    assert [(row[1], row[4], row[5]) for row in told.rows] == [
        ("2", "buyer", "`orders_count >= 2`"),
        ("2", "rest", "`otherwise`"),
    ]


def test_the_most_frequent_passages_come_first_and_entries_of_the_history_are_left_out() -> None:
    con = connected()
    base = {"segmentation": "s", "from_segment": "a", "to_segment": "b", "channel": "web", "customers": 1, "share": 0.5}
    rows = [{**base, "factor": f"f{n:02d}", "moves": n} for n in range(MOST + 3)]
    rows.append({**base, "factor": "(none)", "moves": 999})
    told = of_passages(con, relation(con, duckdb_schema(PASSAGE_FACTOR), rows))
    assert [row[5] for row in told.rows] == [str(n) for n in range(MOST + 2, 2, -1)]


def test_what_channels_are_credited_with_adds_up_to_what_was_sold_in_each_model() -> None:
    con = connected()
    rows = [
        {"model": model, "source": "pos", "order_id": order, "position": place, "channel": channel, "share": share}
        | {"credit_cents": round(share * 1000)}
        for model, shares in {"first": (1.0, 0.0), "linear": (0.5, 0.5)}.items()
        for order in ("1", "2")
        for place, (channel, share) in enumerate(zip(("web", "email"), shares, strict=True), start=1)
    ]
    told = of_attribution(con, relation(con, duckdb_schema(ATTRIBUTION), rows), "EUR")
    assert told.titles == ("channel", "first", "linear")
    assert told.rows == [
        ("web", "2.0 orders, 20.00 EUR", "1.0 orders, 10.00 EUR"),
        ("email", "0.0 orders, 0.00 EUR", "1.0 orders, 10.00 EUR"),
    ]
