"""Each rule, alone and in a row: which value survives, and which rule is said to have decided."""

from typing import Any

import pytest

from scv_assets.golden.survivorship import survive
from tests.golden.tables import crosswalk, day, overrides, policy, records, rows_of, trust
from tests.in_memory import connected

Case = tuple[str, tuple[str, ...], list[dict[str, Any]], str, str]

CASES: list[Case] = [
    ("one record", ("most_recent",), [{"city": "Gent"}], "Gent", "only_value"),
    ("all agree", ("most_recent",), [{"city": "Gent"}, {"city": "Gent"}], "Gent", "only_value"),
    ("a blank is no rival", ("most_recent",), [{"city": "Gent"}, {"city": None}], "Gent", "only_value"),
    ("newest", ("most_recent",), [{"city": "Gent"}, {"city": "Lille"}], "Lille", "most_recent"),
    (
        "a date outranks none",
        ("most_recent",),
        [{"city": "Gent"}, {"city": "Lille", "updated_at": None}],
        "Gent",
        "most_recent",
    ),
    (
        "trust",
        ("most_trusted_source",),
        [{"city": "Gent"}, {"city": "Lille", "source": "pos"}],
        "Gent",
        "most_trusted_source",
    ),
    (
        "a source without trust comes last",
        ("most_trusted_source",),
        [{"city": "Gent", "source": "unheard"}, {"city": "Lille", "source": "pos"}],
        "Lille",
        "most_trusted_source",
    ),
    (
        "majority",
        ("most_frequent",),
        [{"city": "Gent"}, {"city": "Gent"}, {"city": "Lille"}],
        "Gent",
        "most_frequent",
    ),
    ("longest", ("most_complete",), [{"city": "Gent"}, {"city": "Gentbrugge"}], "Gentbrugge", "most_complete"),
    (
        "the second rule decides where the first is level",
        ("most_trusted_source", "most_recent"),
        [{"city": "Gent"}, {"city": "Lille"}],
        "Lille",
        "most_recent",
    ),
    (
        "the rule named is the one that beat the closest rival",
        ("most_trusted_source", "most_recent"),
        [{"city": "Gent"}, {"city": "Lille"}, {"city": "Paris", "source": "pos"}],
        "Lille",
        "most_recent",
    ),
    (
        "level by every rule",
        ("most_recent",),
        [{"city": "Lille", "updated_at": day(1), "source": "erp"}, {"city": "Gent", "updated_at": day(1)}],
        "Gent",
        "tie_break",
    ),
    (
        "level in one source",
        ("most_trusted_source",),
        [{"city": "Lille", "source_key": "b"}, {"city": "Gent", "source_key": "a"}],
        "Gent",
        "tie_break",
    ),
    (
        "well-formed before newer",
        ("valid", "most_recent"),
        [{"email": "ann@example.be"}, {"email": "ann@example"}],
        "ann@example.be",
        "valid",
    ),
    (
        "nobody's address before newer",
        ("valid", "most_recent"),
        [{"email": "ann@example.be"}, {"email": "noreply@example.be"}],
        "ann@example.be",
        "valid",
    ),
    (
        "an invalid one where there is no other",
        ("valid", "most_recent"),
        [{"email": "ann@example"}],
        "ann@example",
        "only_value",
    ),
]


@pytest.mark.parametrize(
    ("rules", "rows", "value", "rule"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_rule_chooses_and_is_named(rules: tuple[str, ...], rows: list[dict[str, Any]], value: str, rule: str) -> None:
    con = connected()
    held = records(con, rows)
    survivors = survive(
        con,
        records=held,
        crosswalk=crosswalk(con, held),
        trust=trust(con),
        overrides=overrides(con),
        policy=policy(*rules),
    )
    (decided,) = rows_of(survivors.provenance)
    assert (decided["value"], decided["rule"]) == (value, rule)
    (golden,) = rows_of(survivors.fields)
    assert golden[decided["field"]] == value


@pytest.mark.parametrize(("is_folded", "value"), [(True, "Leon"), (False, "Jean")])
def test_folded_frequency_counts_spellings_together(is_folded: bool, value: str) -> None:
    con = connected()
    held = records(con, [{"first_name": "Léon"}, {"first_name": "Leon"}, {"first_name": "Jean"}])
    survivors = survive(
        con,
        records=held,
        crosswalk=crosswalk(con, held),
        trust=trust(con),
        overrides=overrides(con),
        policy=policy("most_frequent", "most_recent", is_folded=is_folded),
    )
    assert survivors.fields.project("first_name").fetchall() == [(value,)]


def test_a_source_that_may_not_give_a_field_gives_it_to_nobody() -> None:
    con = connected()
    held = records(con, [{"first_name": "xX_ann_Xx", "source": "web", "source_key": "7"}, {"first_name": "Ann"}])
    survivors = survive(
        con,
        records=held,
        crosswalk=crosswalk(con, held, {("web", "7"): "C1", ("crm", "2"): "C2"}),
        trust=trust(con),
        overrides=overrides(con),
        policy=policy("most_recent", not_from=("web",)),
    )
    assert survivors.fields.project("customer_id, first_name").fetchall() == [("C1", None), ("C2", "Ann")]
