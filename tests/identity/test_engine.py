"""Every engine against a brute-force reading of the plan, pair by pair."""

import dataclasses
import subprocess
import sys
from itertools import combinations

import duckdb
import jellyfish
import numpy as np
import pytest
from duckdb import DuckDBPyConnection as Connection
from rapidfuzz.distance import DamerauLevenshtein

from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.errors import ConfigError
from scv_assets.identity.blocking import block_keys
from scv_assets.identity.engines import engine
from scv_assets.identity.features import FEATURES, read_records
from scv_assets.identity.plan import Plan, compile_plan
from scv_assets.identity.policy import Comparison, FeatureTest
from scv_assets.identity.records import Pairs, Records
from scv_assets.identity.value_tests import SWAPPED_FROM, pair_tests
from tests.identity.people import crowd, person, policy, relation

PEOPLE = [
    *crowd(35),
    person("s1", first_name="Claes", last_name="Anna", city="Gent"),
    person("s2", first_name="Anna", last_name="Claes", city="Gent"),
    person("s3", first_name="Claes", city="Gent"),
    person("n1", first_name="J", last_name="Peeters-Maes"),
    person("n2", first_name="Jan", last_name="Maes"),
    person("x1", source="web", city="Gent"),
]


ENGINES = ("native", "recordlinkage", "splink")
#: the engine of this project at once, the others with `make test`
OWN_FIRST = ["native", *(pytest.param(name, marks=pytest.mark.slow) for name in ENGINES if name != "native")]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compile_plan(policy())


@pytest.fixture(scope="module")
def records() -> Records:
    with duckdb.connect() as con:
        return read_records(con, relation(con, PEOPLE, duckdb_schema(SOURCE_RECORD)), policy())


def value(records: Records, feature: str, record: int) -> str | None:
    code = records.columns[feature].codes[record]
    return None if code < 0 else str(records.columns[feature].values[code])


def holds(records: Records, test: FeatureTest, left: int, right: int) -> bool:
    one, other = value(records, test.feature, left), value(records, test.feature, right)
    if one is None or other is None:
        return False
    if test.test in ("swapped_with_last_name", "crossed_with_last_name"):
        last = value(records, "last_name", left), value(records, "last_name", right)
        crossed = [
            b is not None and a[0] == b[0] and jellyfish.jaro_winkler_similarity(a, b) >= SWAPPED_FROM
            for a, b in ((one, last[1]), (other, last[0]))
        ]
        return all(crossed) if test.test.startswith("swapped") else any(crossed)
    if test.test == "jaro_winkler":
        return one == other or jellyfish.jaro_winkler_similarity(one, other) >= (test.parameter or 0)
    if test.test == "years_apart":
        return abs(int(one) - int(other)) >= (test.parameter or 0)
    if test.test == "edits":
        return DamerauLevenshtein.distance(one, other) <= (test.parameter or 0)
    if test.test == "equal_day":
        return one == other and not one.endswith("-01-01")
    if test.test == "new_year":
        return pair_tests()["new_year"](one, other)
    return one == other or (test.test != "equal" and pair_tests()[test.test](one, other))


def level(records: Records, comparison: Comparison, left: int, right: int) -> str:
    if not any(value(records, f, left) is not None and value(records, f, right) is not None for f in comparison.of):
        return "missing"
    for graded in comparison.levels:
        if any(all(holds(records, test, left, right) for test in tests) for tests in graded.alternatives):
            return "missing" if graded.name in comparison.neutral else graded.name
    return "different"


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_levels_are_what_the_plan_says_of_each_pair(name: str, plan: Plan, records: Records) -> None:
    every = np.array(list(combinations(range(records.count), 2)))
    pairs = Pairs.of(every[:, 0], every[:, 1], records.count)
    found = engine(name).compare(plan, records, pairs)
    for place, comparison in enumerate(plan.comparisons):
        names = comparison.level_names
        told = [names[code] for code in found[:, place]]
        wanted = [level(records, comparison, *pair) for pair in zip(pairs.left, pairs.right, strict=True)]
        assert told == wanted, comparison.name


@pytest.mark.parametrize("name", OWN_FIRST)
def test_left_and_right_swapped_give_the_same_levels(name: str, plan: Plan, records: Records) -> None:
    every = np.array(list(combinations(range(records.count), 2)))
    one = Pairs.of(every[:, 0], every[:, 1], records.count)
    other = Pairs(one.right, one.left)
    runner = engine(name)
    assert (runner.compare(plan, records, one) == runner.compare(plan, records, other)).all()


@pytest.mark.parametrize("name", ENGINES)
def test_candidates_are_the_pairs_that_agree_on_a_rule(name: str, plan: Plan, records: Records) -> None:
    found = engine(name).candidate_pairs(plan, records).pairs
    wanted = {
        (a, b)
        for a, b in combinations(range(records.count), 2)
        if records.is_scored[a]
        and records.is_scored[b]
        and any(
            all(value(records, f, a) is not None and value(records, f, a) == value(records, f, b) for f in rule)
            for rule in plan.blocking.rules
        )
    }
    assert set(zip(found.left.tolist(), found.right.tolist(), strict=True)) == wanted


@pytest.mark.parametrize("name", OWN_FIRST)
def test_anonymous_records_are_in_no_pair(name: str, plan: Plan, records: Records) -> None:
    found = engine(name).candidate_pairs(plan, records).pairs
    anonymous = np.flatnonzero(~records.is_scored)
    assert len(anonymous) == 1
    assert not np.isin(anonymous, np.concatenate([found.left, found.right])).any()


def test_a_block_that_is_too_big_is_split_and_what_stays_too_big_is_counted(con: Connection, plan: Plan) -> None:
    same = [person(f"a{n}", first_name="Anna", last_name="Claes") for n in range(5)]
    other = [person(f"b{n}", first_name="Wout", last_name="Claes") for n in range(2)]
    few = dataclasses.replace(
        plan, blocking=dataclasses.replace(plan.blocking, max_records=4, split_by=("first_name",))
    )
    numbered = read_records(con, relation(con, [*same, *other], duckdb_schema(SOURCE_RECORD)), policy())
    keys = block_keys(few, numbered, ("last_name",))
    assert (keys.split_blocks, keys.dropped_blocks, keys.dropped_records) == (1, 1, 5)
    assert (keys.keys >= 0).sum() == 2


def test_every_feature_is_computed(records: Records) -> None:
    assert set(records.columns) == set(FEATURES)
    assert all(len(column.codes) == records.count for column in records.columns.values())


def test_an_engine_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="no matching engine"):
        engine("magic")


@pytest.mark.slow
def test_the_toolkit_is_imported_only_when_it_is_used() -> None:
    code = """
import sys
import scv_assets.identity.resolve
from scv_assets.identity.engines import engine
engine("recordlinkage")
engine("native")
assert not {"recordlinkage", "sklearn"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
