import pytest
from hypothesis import given
from hypothesis import strategies as st

from scv_assets.segments.conditions import parse
from tests.in_memory import connected


def holds(text: str, **values: object) -> bool:
    condition = parse(text)
    listed = ", ".join(
        f'{"NULL::BIGINT" if value is None else str(value).lower()} AS "{name}"' for name, value in values.items()
    )
    return bool(connected().sql(f"SELECT {condition.sql} FROM (SELECT {listed})").fetchall()[0][0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("orders_count >= 2", True),
        ("orders_count > 2", False),
        ("2 <= orders_count", True),
        ("1 < orders_count < 3", True),
        ("orders_count != 2 or is_reachable", True),
        ("not is_reachable", False),
        ("not (orders_count == 2 and is_reachable)", False),
        ("orders_count == 1 or orders_count == 2 and is_reachable", True),
        ("spend_cents < -5", True),
        ("orders_count\n  >= 2", True),
    ],
)
def test_a_condition_means_what_it_says(text: str, expected: bool) -> None:
    assert holds(text, orders_count=2, is_reachable=True, spend_cents=-10) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("recency_days > 5", False), ("recency_days != 5", False), ("not recency_days > 5", True)],
)
def test_a_comparison_with_what_has_no_value_does_not_hold(text: str, expected: bool) -> None:
    assert holds(text, recency_days=None) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("orders_count = 2", "equality is written '=='"),
        ("orders_count", "is a number: compare it"),
        ("is_reachable == 1", "is true or false"),
        ("orders_count >= 'x'", "not a whole number"),
        ("orders_count >= 2.5", "not a whole number"),
        ("orders_count >= True", "not a whole number"),
        ("orders_count >= 10 ** 99", "not a whole number"),
        ("orders_count >= 99999999999999999999", "not a whole number"),
        ("orders_count >= visits_count", "does not compare a trait with a whole number"),
        ("orders_count in (1, 2)", "does not compare a trait with a whole number"),
        ("1 < 2", "does not compare a trait with a whole number"),
        ("ordres_count >= 1", "no trait 'ordres_count'"),
        ("orders_count_0d >= 1", "no trait"),
        ("open_complaints_count_30d >= 1", "no trait"),
        ("__import__('os').system('true')", "is not a condition"),
        ("is_reachable; DROP TABLE x", "cannot be read"),
        ("is_reachable) or (1", "cannot be read"),
        ("", "cannot be read"),
        ("(" * 900 + ")" * 900, "cannot be read"),
        ("is_reachable" + " or is_reachable" * 500, "characters at most"),
        ("\0", "cannot be read"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace("'", ".")):
        parse(text)


@given(st.text(max_size=40))
def test_no_text_ever_becomes_sql_as_it_is(text: str) -> None:
    try:
        condition = parse(text)
    except ValueError:
        return
    assert {trait.name for trait in condition.traits} <= set(condition.text.replace("(", " ").replace(")", " ").split())


def test_any_sum_can_be_looked_at_over_its_last_days() -> None:
    condition = parse("spend_cents_30d >= 100 and visits_count_7d > 1")
    assert [(trait.of, trait.days) for trait in condition.traits] == [("spend_cents", 30), ("visits_count", 7)]
