"""Floors of quality on labelled sets, at the threshold that ships; a floor only rises.

Beside each floor stands what was reached when it was set. FEBRL replaces given names and birth dates at random, which
the rules against another birth and first name, and against father and son, take for other people. What they cost there
is known; a company whose data are like that drops them, as `without_rules` does.
"""

import dataclasses
from datetime import datetime

import pytest
from duckdb import DuckDBPyConnection as Connection

from benchmarks.labelled_sets import SETS
from resources.store.tables import JUDGEMENT, duckdb_schema
from scv_assets.identity.evaluation import Quality, quality
from scv_assets.identity.policy import Policy
from scv_assets.identity.resolve import PreviousState, resolve
from tests.identity.people import policy, relation


def measured(con: Connection, name: str, using: Policy) -> Quality:
    load, _ = SETS[name]
    try:
        labelled = load(con)
    except FileNotFoundError as absent:
        pytest.skip(str(absent))
    found = resolve(
        con,
        labelled.records,
        labelled.identifiers,
        relation(con, [], duckdb_schema(JUDGEMENT)),
        PreviousState.none(con),
        using,
        model=None,
        now=datetime(2026, 9, 1),  # noqa: DTZ001
        run_id="quality",
    )
    return quality(*labelled.labels(found.crosswalk))


@pytest.mark.parametrize(
    ("name", "pairs", "b_cubed"),
    [
        ("fake_1000", 0.91, 0.928),  # .912 .929
        ("FEBRL 1", 0.975, 0.985),  # .980 .990
        ("FEBRL 2", 0.975, 0.99),  # .982 .997
        ("FEBRL 3", 0.973, 0.984),  # .974 .984
        ("FEBRL 4", 0.98, 0.99),  # .984 .992
        pytest.param("person100k", 0.953, 0.981, marks=pytest.mark.slow),  # .954 .982
    ],
)
def test_quality_on_a_labelled_set(con: Connection, name: str, pairs: float, b_cubed: float) -> None:
    expect(name, measured(con, name, policy()), pairs, b_cubed)


@pytest.mark.parametrize(
    ("name", "pairs", "b_cubed"),
    [
        ("FEBRL 3 with numbers", 0.99, 0.99),
        ("FEBRL 4 with numbers", 0.99, 0.99),
    ],
)
def test_quality_without_rules_against_what_the_data_do_at_random(
    con: Connection, name: str, pairs: float, b_cubed: float
) -> None:
    expect(
        f"{name}, without rules", measured(con, name, dataclasses.replace(policy(), negative_rules=())), pairs, b_cubed
    )


def expect(name: str, found: Quality, pairs: float, b_cubed: float) -> None:
    print(
        f"\n{name}: pairs F1 {found.pairs.f1:.4f} (P {found.pairs.precision:.4f}, R {found.pairs.recall:.4f}), "
        f"B-cubed F1 {found.b_cubed.f1:.4f}, whole clusters F1 {found.clusters.f1:.4f}"
    )
    assert found.pairs.f1 >= pairs
    assert found.b_cubed.f1 >= b_cubed
    assert found.pairs.precision >= 0.97
