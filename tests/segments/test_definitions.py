"""A segment is a glossary term: another rule is another version."""

import pytest
import sqlalchemy as sa

from scv_assets.errors import ConfigError
from scv_assets.segments.definitions import definitions, refuse_silent_changes
from scv_assets.segments.policy import load_policy
from tests.commands.customers import insert
from tests.in_memory import connected
from tests.segments.company import before_tables, policy, written
from tests.segments.histories import AS_OF_ON, FIRST_ON

RULES = {"buyer": "orders_count >= 1"}
OTHER = {"buyer": "orders_count >= 2"}


def test_the_first_version_holds_from_the_first_day_another_from_the_day_it_is_published() -> None:
    con = connected()
    none = before_tables(con).definitions
    first = definitions(con, policy(RULES, overlapping={"few": "orders_count <= 1"}), none, FIRST_ON, AS_OF_ON)
    columns = "segmentation, version, segment, kind, rule, position, valid_from, valid_to"
    assert first.project(columns).fetchall() == [
        ("o", "1", "few", "overlapping", "orders_count <= 1", 1, FIRST_ON, None),
        ("s1", "1", "buyer", "exclusive", "orders_count >= 1", 1, FIRST_ON, None),
        ("s1", "1", "rest", "exclusive", "otherwise", 2, FIRST_ON, None),
    ]
    second = definitions(con, policy(OTHER, version=2), first, FIRST_ON, AS_OF_ON)
    rows = second.project("segmentation, version, segment, valid_from, valid_to").fetchall()
    assert rows == [
        ("o", "1", "few", FIRST_ON, AS_OF_ON),
        ("s1", "1", "buyer", FIRST_ON, AS_OF_ON),
        ("s1", "1", "rest", FIRST_ON, AS_OF_ON),
        ("s1", "2", "buyer", AS_OF_ON, None),
        ("s1", "2", "rest", AS_OF_ON, None),
    ]
    assert definitions(con, policy(OTHER, version=2), second, FIRST_ON, AS_OF_ON).fetchall() == second.fetchall()


def published(store: sa.Engine) -> None:
    con = connected()
    none = before_tables(con).definitions
    rows = definitions(con, policy(RULES), none, FIRST_ON, AS_OF_ON)
    names = rows.columns
    insert(store, segment_definition=[dict(zip(names, row, strict=True)) for row in rows.fetchall()])


@pytest.mark.parametrize(
    "rules", [OTHER, {**RULES, "more": "orders_count >= 9"}, {"other": "orders_count >= 1"}], ids=str
)
def test_another_rule_under_the_same_version_is_refused_at_its_line(store: sa.Engine, rules: dict[str, str]) -> None:
    published(store)
    document = written(rules)
    with pytest.raises(ConfigError, match=r"segments.yaml:2: the rule of .* is not the one that version '1' of 's1'"):
        refuse_silent_changes(document, load_policy(document), store)


@pytest.mark.parametrize("text", [written(RULES), written(OTHER, version=2), written(RULES, OTHER)])
def test_the_same_rule_another_version_and_a_new_term_are_not(store: sa.Engine, text: object) -> None:
    published(store)
    refuse_silent_changes(text, load_policy(text), store)  # type: ignore[arg-type]
