"""The splink engine beside the reference: on made-up values for every test, and on a crowd; DuckDB and a Spark cluster.

Here: what each database answers. That the compiled weights are the model's is at the end.
"""

import dataclasses
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from duckdb import DuckDBPyConnection as Connection

from resources.store.tables import JUDGEMENT, SOURCE_RECORD, duckdb_schema
from scv_assets.errors import ConfigError, ModelRefused
from scv_assets.identity import scoring
from scv_assets.identity.columns import Column
from scv_assets.identity.context import Context, SharedValues, term_frequencies
from scv_assets.identity.engines import engine
from scv_assets.identity.engines.recordlinkage_engine import RecordlinkageEngine
from scv_assets.identity.engines.splink_backends import Backend, DuckDBBackend, SparkBackend, backend
from scv_assets.identity.engines.splink_engine import SplinkEngine
from scv_assets.identity.engines.splink_linker import trained_linker
from scv_assets.identity.engines.splink_settings import output_column, settings, weight_column
from scv_assets.identity.engines.splink_sql import DUCKDB, SPARK
from scv_assets.identity.features import FEATURES, read_records
from scv_assets.identity.model import Model
from scv_assets.identity.plan import Plan, compile_plan
from scv_assets.identity.policy import MISSING, Comparison, FeatureTest, Level, Policy
from scv_assets.identity.records import Pairs, Records
from scv_assets.identity.resolve import PreviousState, Resolution, resolve
from scv_assets.identity.training import train
from scv_assets.identity.value_tests import MEASURES, TESTS
from tests.identity.people import DAY_1, IDENTIFIERS, crowd, person, policy, relation, trained
from tests.spark_cluster import SparkCluster, has_java

pytestmark = pytest.mark.slow

#: Letters that libraries count in different ways: accents apart, other alphabets, syllables of several letters.
_STRANGE = "é\u0301\r\nдλß\u1112\u1161\u11ab\u0e01\u0e33😀"
_LIMITS = {"jaro_winkler": (0.7, 0.8, 0.9, 1.0), "edits": (1.0, 2.0)}


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkBackend]:
    """Splink on a cluster of two workers."""
    if not has_java():
        pytest.skip("no Java is installed: apt-get install default-jre-headless")
    cluster = SparkCluster()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.environment.items():
            patch.setenv(name, value)
        try:
            found = backend({"spark": cluster.master})
            assert isinstance(found, SparkBackend)
            yield found
            found.stop()
        finally:
            cluster.remove()


@pytest.fixture(scope="module", params=["duckdb", pytest.param("spark", marks=[pytest.mark.slow, pytest.mark.server])])
def database(request: pytest.FixtureRequest) -> Backend:
    """Each database on which Splink runs."""
    if request.param == "spark":
        return request.getfixturevalue("spark")  # type: ignore[no-any-return]
    return DuckDBBackend({"threads": "2"})


def text(draw: random.Random) -> str:
    """Return a made-up name: few letters, so that many are alike, some at the very limit of a measure."""
    kind = draw.random()
    if kind < 0.1:
        return draw.choice(("bob", "robert", "jef", "jozef", "jan", "johan", "jean", "jeanpaul", "jean paul"))
    letters = f"ab {_STRANGE}" if kind < 0.2 else draw.choice(("abc", "abcdef -1", "abcdefghijklmnop"))
    return "".join(draw.choices(letters, k=draw.randint(1, draw.choice((3, 8, 14)))))


def day(draw: random.Random) -> str:
    return text(draw) if draw.random() < 0.1 else (date(1980, 1, 1) + timedelta(draw.randint(0, 800))).isoformat()


_MAKERS: dict[str, Callable[[random.Random], str]] = {
    "first_name": text,
    "last_name": text,
    "birth_on": day,
    "birth_year": lambda draw: str(draw.randint(1940, 1980)),
}


def asked(feature: str) -> list[FeatureTest]:
    """Return every question that can be asked of a feature."""
    if feature == "birth_year":
        return [FeatureTest(feature, "years_apart", 15.0)]
    plain = [FeatureTest(feature, test) for test in TESTS if "_with_" not in test or feature == "first_name"]
    return plain + [FeatureTest(feature, m, p) for m in MEASURES[:2] for p in _LIMITS[m]]


def every_test() -> Plan:
    """Return a plan with a comparison for every test of some features, and one of many levels, one of them neutral."""
    questions = [test for name in ("first_name", "birth_on", "birth_year") for test in asked(name)]
    alone = [Comparison(f"c {n}", (test.feature,), (Level("holds", ((test,),)),)) for n, test in enumerate(questions)]
    together = tuple(Level(f"l{n}", ((test,), tuple(asked("last_name")[-2:]))) for n, test in enumerate(questions[::3]))
    every = Comparison("together", ("first_name", "birth_on"), together, neutral=("l3",))
    return dataclasses.replace(compile_plan(policy()), comparisons=(*alone, every))


def made_up(count: int, seed: int = 3) -> Records:
    """Return records with made-up values, a tenth of them missing."""
    draw = random.Random(seed)
    columns = {
        name: [None if draw.random() < 0.1 else make(draw) for _ in range(count)] for name, make in _MAKERS.items()
    }
    return records(columns, count)


def records(columns: dict[str, list[str | None]], count: int) -> Records:
    """Return records with these values and no others."""
    places = np.arange(count, dtype=np.int32)
    keys = pa.table({"record": pa.array(range(count), pa.int64())})
    found = {name: Column.of_choices(columns.get(name, [None] * count), places) for name in FEATURES}
    return Records(keys, found, np.ones(count, bool), np.zeros(count, bool))


def every_pair(count: int) -> Pairs:
    one, other = np.triu_indices(count, k=1)
    return Pairs.of(one, other, count)


@pytest.fixture(scope="module")
def people() -> Records:
    swapped = [
        person("s1", first_name="Claes", last_name="Anna", city="Gent"),
        person("s2", first_name="Anna", last_name="Claes", city="Gent"),
        person("x1", source="web", city="Gent"),
    ]
    with duckdb.connect() as con:
        return read_records(con, relation(con, [*crowd(60), *swapped], duckdb_schema(SOURCE_RECORD)), policy())


def test_every_test_is_answered_as_the_reference_does(database: Backend) -> None:
    plan, some = every_test(), made_up(110)
    pairs = every_pair(some.count)
    found = SplinkEngine(database).compare(plan, some, pairs)
    wanted = RecordlinkageEngine().compare(plan, some, pairs)
    for place, comparison in enumerate(plan.comparisons):
        unlike = np.flatnonzero(found[:, place] != wanted[:, place])
        assert not len(unlike), comparison


def test_a_comparison_may_count_no_level_but_the_last(database: Backend, people: Records) -> None:
    names = policy().comparison("last_name")
    neutral = dataclasses.replace(names, neutral=tuple(level.name for level in names.levels))
    plan = dataclasses.replace(compile_plan(policy()), comparisons=(neutral,))
    pairs = every_pair(people.count)
    found = SplinkEngine(database).compare(plan, people, pairs)
    assert found.tolist() == RecordlinkageEngine().compare(plan, people, pairs).tolist()
    assert found.any()


def test_a_crowd_gives_the_same_pairs_and_levels_as_the_reference(database: Backend, people: Records) -> None:
    plan = compile_plan(policy())
    runner, reference = SplinkEngine(database), RecordlinkageEngine()
    pairs = every_pair(people.count)
    other_way_round = Pairs(pairs.right, pairs.left)
    assert (runner.compare(plan, people, other_way_round) == reference.compare(plan, people, pairs)).all()
    found, wanted = runner.candidate_pairs(plan, people), reference.candidate_pairs(plan, people)
    assert found.pairs.keys(people.count).tolist() == wanted.pairs.keys(people.count).tolist()
    assert [(b.rule, b.split_blocks, b.dropped_records) for b in found.blocks] == [
        (b.rule, b.split_blocks, b.dropped_records) for b in wanted.blocks
    ]


def test_the_database_answers_for_nearly_every_pair_itself(
    database: Backend, people: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_over = []
    compare = RecordlinkageEngine.compare

    def counted(self: RecordlinkageEngine, plan: Plan, some: Records, pairs: Pairs) -> object:
        handed_over.append(len(pairs))
        return compare(self, plan, some, pairs)

    monkeypatch.setattr(RecordlinkageEngine, "compare", counted)
    plan = compile_plan(policy())
    runner = SplinkEngine(database)
    pairs = runner.candidate_pairs(plan, people).pairs
    runner.compare(plan, people, pairs)
    assert sum(handed_over) < 0.15 * len(pairs)


def test_a_whole_run_gives_the_same_tables_as_with_the_reference(con: Connection) -> None:
    found, wanted = (run(con, name) for name in ("splink?threads=2", "recordlinkage"))
    assert found.model == wanted.model
    for table in ("crosswalk", "match_edge", "review_task", "pair_levels"):
        assert getattr(found, table).fetchall() == getattr(wanted, table).fetchall(), table


def run(con: Connection, name: str) -> Resolution:
    none = PreviousState.none(con)
    people, identifiers, judgements = (
        relation(con, rows, schema)
        for rows, schema in (
            (crowd(40), duckdb_schema(SOURCE_RECORD)),
            ([], IDENTIFIERS),
            ([], duckdb_schema(JUDGEMENT)),
        )
    )
    return resolve(
        con, people, identifiers, judgements, none, policy(), model=None, now=DAY_1, run_id="run-1", engine=name
    )


def test_chunks_change_nothing(people: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, runner = compile_plan(policy()), SplinkEngine(DuckDBBackend({}))
    pairs = runner.candidate_pairs(plan, people).pairs
    whole = runner.compare(plan, people, pairs)
    monkeypatch.setattr("scv_assets.identity.engines.splink_engine.CHUNK", len(pairs) // 3)
    assert (runner.compare(plan, people, pairs) == whole).all()


def test_no_pair_and_no_record_are_no_trouble() -> None:
    plan, nobody = every_test(), records({}, 0)
    runner = SplinkEngine(DuckDBBackend({}))
    found = runner.candidate_pairs(plan, nobody)
    assert len(found.pairs) == 0
    assert runner.compare(plan, nobody, found.pairs).shape == (0, len(plan.comparisons))


def plain_policy() -> Policy:
    """Return the policy that ships without what Splink cannot weigh: lookalikes and negative rules."""
    return dataclasses.replace(policy(), lookalikes=(), negative_rules=())


@pytest.mark.parametrize("of", [("email",), ("last_name", "email")])
def test_splinks_own_weight_of_a_pair_is_the_models(database: Backend, people: Records, of: tuple[str, ...]) -> None:
    email = dataclasses.replace(policy().comparison("email"), of=of)
    comparisons = tuple(email if c.name == email.name else c for c in policy().comparisons)
    rules = dataclasses.replace(plain_policy(), comparisons=comparisons)
    plan = compile_plan(rules)
    pairs = RecordlinkageEngine().candidate_pairs(plan, people).pairs
    shared = several_hold(people)
    context = Context(plan, people, shared, term_frequencies(plan, people))
    compared = context.compared(pairs, RecordlinkageEngine().compare(plan, people, pairs))
    model = train(RecordlinkageEngine(), context, compared)
    wanted = scoring.score(rules, plan, model, compared.agreements).weight[compared.agreement]
    found = weights(database, trained_linker(database, plan, model, people, shared), people)
    assert len(found) == len(pairs)
    unlike = [
        key
        for key, weight in zip(pairs.keys(people.count).tolist(), wanted, strict=True)
        if abs(found[key] - weight) > 1e-6
    ]
    assert len(unlike) <= 0.01 * len(pairs)  # pairs whose level the database sees otherwise, and the reference decides
    assert model.frequencies["last_name"].common


def several_hold(people: Records) -> SharedValues:
    """Return half of the mailboxes and phones as shared."""
    return {name: np.arange(len(people.columns[name].values)) % 2 == 0 for name in ("email", "phone")}


def weights(database: Backend, linker: object, people: Records) -> dict[int, float]:
    found = linker.inference.predict(warning_mode="never")  # type: ignore[attr-defined]
    rows = database.rows(found, ("unique_id_l", "unique_id_r", "match_weight"))
    one, other, weight = (column.to_numpy() for column in rows.itercolumns())
    keys = np.minimum(one, other) * people.count + np.maximum(one, other)
    return dict(zip(keys.tolist(), weight.tolist(), strict=True))


def test_a_level_weighs_in_splink_what_it_weighs_in_the_model() -> None:
    plan, model = compile_plan(policy()), trained()
    for dialect in (DUCKDB, SPARK):
        compiled = settings(dialect, plan, model).get_settings(dialect.name)
        for comparison, told in zip(plan.comparisons, compiled.core_model_settings.comparisons, strict=True):
            bits = {level.label_for_charts: level._match_weight for level in told.comparison_levels}
            assert bits == pytest.approx({n: worth(model, comparison, n) for n in comparison.level_names}, abs=1e-6)


def worth(model: Model, comparison: Comparison, level: str) -> float:
    """Return the bits of a level: none where it is no evidence."""
    if level == MISSING or level in comparison.neutral:
        return 0.0
    odds = model.levels[comparison.name][level]
    return float(np.log2(odds.m / odds.u))


def test_a_model_of_another_plan_is_refused() -> None:
    with pytest.raises(ModelRefused):
        settings(DUCKDB, every_test(), dataclasses.replace(trained(), plan_hash="another"))


def test_comparisons_keep_apart_whatever_their_names_are() -> None:
    plan = compile_plan(policy())
    odd = [
        dataclasses.replace(comparison, name=name)
        for comparison, name in zip(plan.comparisons, ("a b", "a-b"), strict=False)
    ]
    named = dataclasses.replace(plan, comparisons=tuple(odd))
    assert [weight_column(output_column(named, c)) for c in named.comparisons] == ["mw_0_a_b", "mw_1_a_b"]


@pytest.mark.parametrize(
    ("absent", "address", "extra"),
    [
        ("splink.backends.duckdb", "splink", "splink"),
        ("splink.backends.spark", "splink?spark=spark://127.0.0.1:1", "spark"),
        ("pyspark.errors", "splink?spark=spark://127.0.0.1:1", "spark"),
    ],
)
def test_what_is_not_installed_is_told_in_one_sentence(
    absent: str, address: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(ConfigError, match=rf"pip install 'single-customer-view\[{extra}\]'"):
        engine(address)


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize(("master", "java"), [("local[1]", "/nowhere"), ("spork://host", None)])
def test_a_spark_that_does_not_start_is_told_in_one_sentence(master: str, java: str | None) -> None:
    if not has_java():
        pytest.skip("no Java is installed: apt-get install default-jre-headless")
    environment = os.environ | ({"JAVA_HOME": java} if java else {})
    code = f"from scv_assets.identity.engines import engine; engine('splink?spark={master}')"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    told = done.stderr.splitlines()[-1]
    assert f"ConfigError: scv.yaml: Spark does not start on '{master}': it needs Java 17 or newer" in told


def test_the_engine_is_named_in_the_settings() -> None:
    assert engine("splink?memory=1GB&threads=1").name == "splink"


@pytest.mark.slow
@pytest.mark.server
def test_the_cluster_has_two_workers(spark: SparkBackend) -> None:
    context = spark._session.sparkContext
    until = time.monotonic() + 30
    while (executors := context._jsc.sc().getExecutorMemoryStatus().size() - 1) < 2 and time.monotonic() < until:
        time.sleep(0.2)
    assert executors == 2
    assert str(context.master).startswith("spark://127.0.0.1:")
