"""The native engine beside the reference, on made-up values for every test, and on a crowd."""

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.identity.columns import Column
from scv_assets.identity.engines import engine, native_engine
from scv_assets.identity.engines.native.batches import fetch
from scv_assets.identity.engines.native.text_letters import MOST_LETTERS
from scv_assets.identity.engines.native.values import Values, values_of
from scv_assets.identity.engines.native_engine import NativeEngine
from scv_assets.identity.features import FEATURES, read_records
from scv_assets.identity.plan import Plan, compile_plan
from scv_assets.identity.policy import Comparison, FeatureTest, Level
from scv_assets.identity.records import Pairs, Records
from scv_assets.identity.value_tests import MEASURES, TESTS
from tests.identity.people import crowd, policy, relation

#: Letters that libraries count in different ways: accents apart, syllables of several letters, a line break of two.
_STRANGE = "é\u0301\r\n\u1112\u1161\u11abกำ😀"
NAMES = st.text(alphabet="abcd -1", min_size=1, max_size=9)
WORDS = NAMES | st.text(alphabet=f"ab {_STRANGE}", min_size=1, max_size=7) | st.sampled_from(["bob", "robert", "jef"])
DAYS = st.integers(0, 800).map(lambda number: (date(1980, 1, 1) + timedelta(days=number)).isoformat())
YEARS = st.integers(1940, 1980).map(str)
PARAMETERS = {"jaro_winkler": (0.7, 0.85, 0.9, 1.0), "edits": (1.0, 2.0, 3.0), "years_apart": (15.0,)}


def asked(feature: str) -> list[FeatureTest]:
    """Return every question that can be asked of a feature."""
    if feature == "birth_year":
        return [FeatureTest(feature, "years_apart", 15.0)]
    plain = [FeatureTest(feature, test) for test in TESTS if "_with_" not in test or feature != "last_name"]
    return plain + [FeatureTest(feature, m, p) for m in MEASURES[:2] for p in PARAMETERS[m]]


def one_by_one() -> Plan:
    """Return a plan with a comparison for every test of some features, and one with many levels."""
    questions = [test for name in ("first_name", "birth_on", "birth_year") for test in asked(name)]
    alone = [
        Comparison(f"c{place}", (test.feature,), (Level("holds", ((test,),)),)) for place, test in enumerate(questions)
    ]
    together = tuple(
        Level(f"l{place}", ((test,), tuple(asked("last_name")[-2:]))) for place, test in enumerate(questions)
    )
    every = Comparison("together", ("first_name", "birth_on"), together, neutral=("l3",))
    return dataclasses.replace(compile_plan(policy()), comparisons=(*alone, every))


PLAN = one_by_one()


def records(columns: dict[str, list[str | None]]) -> Records:
    """Return records with these values and no others."""
    count = len(next(iter(columns.values())))
    places = np.arange(count, dtype=np.int32)
    none = [None] * count
    keys = pa.table({"record": pa.array(range(count), pa.int64())})
    found = {name: Column.of_choices(columns.get(name, none), places) for name in FEATURES}
    return Records(keys, found, np.ones(count, bool), np.zeros(count, bool))


def every_pair(count: int) -> Pairs:
    one, other = np.triu_indices(count, k=1)
    return Pairs.of(one, other, count)


@given(
    st.lists(
        st.tuples(*(st.none() | values for values in (WORDS, WORDS, DAYS | WORDS, YEARS))), min_size=2, max_size=12
    )
)
@settings(deadline=None, max_examples=60)
def test_every_test_is_answered_as_the_reference_does(rows: list[tuple[str | None, ...]]) -> None:
    columns = zip(*rows, strict=True)
    some = records(dict(zip(("first_name", "last_name", "birth_on", "birth_year"), map(list, columns), strict=True)))
    pairs = every_pair(some.count)
    found = engine("native").compare(PLAN, some, pairs)
    wanted = engine("recordlinkage").compare(PLAN, some, pairs)
    for place, comparison in enumerate(PLAN.comparisons):
        assert found[:, place].tolist() == wanted[:, place].tolist(), comparison


def test_texts_that_are_too_long_are_read_no_further_than_the_loops_have_room() -> None:
    """The loops mind no bounds: what they wrote behind their room was somebody else's memory."""
    names: list[str | None] = [f"{'x' * 70}a", f"y{'x' * 70}", "é" * 300, "abc😀" * 30, "abc", "x" * MOST_LETTERS]
    some = records({"first_name": names})
    laid, pairs = values_of(PLAN, some), every_pair(some.count)
    assert np.diff(laid.start).max() == MOST_LETTERS
    assert laid.is_strange.tolist() == [True, True, True, True, False, False]
    assert (engine("native").compare(PLAN, some, pairs) == engine("recordlinkage").compare(PLAN, some, pairs)).all()


@pytest.fixture(scope="module")
def people() -> Records:
    with duckdb.connect() as con:
        return read_records(con, relation(con, crowd(120), duckdb_schema(SOURCE_RECORD)), policy())


def test_a_crowd_gives_the_same_pairs_and_levels_as_the_reference(people: Records) -> None:
    plan = compile_plan(policy())
    native, reference = engine("native"), engine("recordlinkage")
    found, wanted = native.candidate_pairs(plan, people), reference.candidate_pairs(plan, people)
    assert found.pairs.keys(people.count).tolist() == wanted.pairs.keys(people.count).tolist()
    assert [(b.rule, b.split_blocks, b.dropped_records) for b in found.blocks] == [
        (b.rule, b.split_blocks, b.dropped_records) for b in wanted.blocks
    ]
    pairs = every_pair(people.count)
    assert (native.compare(plan, people, pairs) == reference.compare(plan, people, pairs)).all()


def test_any_number_of_threads_gives_the_same(people: Records) -> None:
    plan, pairs = compile_plan(policy()), every_pair(people.count)
    one, several = NativeEngine(1), NativeEngine(5)
    assert (one.compare(plan, people, pairs) == several.compare(plan, people, pairs)).all()
    found = [runner.candidate_pairs(plan, people).pairs.keys(people.count).tolist() for runner in (one, several)]
    assert found[0] == found[1]


def test_no_pair_and_no_record_are_no_trouble() -> None:
    nobody = records({"first_name": []})
    found = engine("native").candidate_pairs(PLAN, nobody)
    assert len(found.pairs) == 0
    assert engine("native").compare(PLAN, nobody, found.pairs).shape == (0, len(PLAN.comparisons))


def test_threads_that_ask_at_once_have_the_records_laid_out_once(
    people: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid = []

    def slow(plan: Plan, of: Records) -> Values:
        laid.append(of)
        time.sleep(0.05)
        return values_of(plan, of)

    monkeypatch.setattr(native_engine, "values_of", slow)
    plan, pairs, shared = compile_plan(policy()), every_pair(people.count), NativeEngine(1)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: shared.compare(plan, people, pairs), range(4)))
    assert len(laid) == 1
    assert all((levels == found[0]).all() for levels in found)


def test_records_without_any_text_to_look_at_are_fetched_within_their_bounds() -> None:
    """Where all tests ask for equal values nobody lays out letters. Read as Python, which minds the end of an array."""
    read, bare = np.zeros(1, np.uint64), np.empty((2, 0), np.uint64)
    fetch(np.ones(1, np.uint32), 1, np.full((2, 3), 5, np.int32), bare, read)
    assert read[0] == 10


def test_it_can_be_stopped_while_it_compares(people: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(native_engine, "fill_levels", stopped)
    with pytest.raises(KeyboardInterrupt):
        engine("native").compare(compile_plan(policy()), people, every_pair(people.count))
