"""The model: what training finds, what it refuses, and that little data does not upset it."""

import dataclasses
import json
from itertools import pairwise

import numpy as np
import pytest
from duckdb import DuckDBPyConnection as Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.errors import ModelRefused
from scv_assets.identity.context import Context, term_frequencies
from scv_assets.identity.engines.native_engine import NativeEngine
from scv_assets.identity.expectation import in_order
from scv_assets.identity.features import read_records
from scv_assets.identity.model import Model
from scv_assets.identity.plan import compile_plan
from scv_assets.identity.policy import FeatureTest, Level, NameRules
from scv_assets.identity.records import Pairs
from scv_assets.identity.training import Known, train
from tests.identity.people import crowd, person, policy, relation, resolved, trained


def test_a_model_survives_its_json() -> None:
    assert Model.from_json(trained().to_json()) == trained()
    assert len(trained().version) == 16


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"plan_hash": 1}', "null", '{"levels": 3}'])
def test_a_text_that_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(ModelRefused):
        Model.from_json(text)


def test_a_model_of_another_plan_is_refused() -> None:
    plan = compile_plan(policy())
    trained().check(plan)
    with pytest.raises(ModelRefused, match="train it anew"):
        trained().check(dataclasses.replace(plan, hash="another"))


def test_a_model_is_kept_while_the_plan_is_and_trained_anew_when_it_changes(con: Connection) -> None:
    kept = resolved(con, crowd(20), model=trained()).model
    assert kept is trained()
    fewer = dataclasses.replace(policy(), comparisons=policy().comparisons[:-1], names=_without_generation())
    fewer = dataclasses.replace(fewer, negative_rules=())
    anew = resolved(con, crowd(20), model=trained(), using=fewer).model
    assert anew.plan_hash == compile_plan(fewer).hash != trained().plan_hash


def _without_generation() -> NameRules:
    names = policy().names
    return dataclasses.replace(names, disagree=tuple(p for p in names.disagree if "generation" not in p))


def test_a_shared_contact_weighs_less_whatever_feature_is_compared_by_it(con: Connection) -> None:
    of_email = policy().comparison("email")
    exact = Level("exact", ((FeatureTest("email_local", "equal"),),))
    local = dataclasses.replace(of_email, of=("email_local",), levels=(exact,))
    comparisons = tuple(local if comparison is of_email else comparison for comparison in policy().comparisons)
    using = dataclasses.replace(policy(), comparisons=comparisons, negative_rules=())
    namesakes = [person(domain, last_name="Maes", email=f"maes@{domain}") for domain in ("free.fr", "gmail.com")]
    model = resolved(con, [*crowd(120), *namesakes], model=None, using=using).model
    levels = model.levels["email"]
    assert levels["shared"].m / levels["shared"].u < levels["exact"].m / levels["exact"].u


def test_stronger_levels_are_never_worth_less() -> None:
    for levels in trained().levels.values():
        ratios = [odds.m / odds.u for odds in levels.values()]
        assert all(one >= other * (1 - 1e-9) for one, other in pairwise(ratios))


def test_the_model_holds_no_rare_name(con: Connection) -> None:
    people = [*crowd(30), person("rare", first_name="Wolfgang", last_name="Vanderbroucken", email="only@me.be")]
    text = resolved(con, people, model=None).model.to_json()
    assert "vanderbroucken" not in text
    assert "wolfgang" not in text
    assert "only@me" not in text


def test_a_rare_name_says_more_than_a_common_one(con: Connection) -> None:
    same = {"postcode": "9000", "city": "Gent"}
    people = [
        *(person(f"c{n}", first_name="Marie", last_name="Peeters", **same) for n in range(2)),
        *(person(f"r{n}", first_name="Marie", last_name="Vanderbroucken", **same) for n in range(2)),
    ]
    bits = {
        row[1][0]: next(e["bits"] for e in json.loads(row[8]) if e["comparison"] == "last_name")
        for row in resolved(con, people).match_edge.fetchall()
        if row[1][0] == row[3][0]
    }
    assert bits["r"] > bits["c"] + 1


@pytest.mark.parametrize("families", [1, 3, 10, 40])
def test_few_records_do_not_make_training_degenerate(con: Connection, families: int) -> None:
    """Same people, no large customers, numbers within bounds: whatever the size."""
    people = crowd(families, seed=11)
    found = resolved(con, people, model=None)
    truth = [r["source_key"].split("c")[0] for r in people]
    assert 0 < found.model.prior < 0.6
    assert all(0 < o.m <= 1 and o.u > 0 for levels in found.model.levels.values() for o in levels.values())
    sizes = [int(size) for size in found.counts["cluster_sizes"]]  # type: ignore[union-attr]
    assert max(sizes) <= max(truth.count(entity) for entity in set(truth)) + 1


def test_a_thousand_times_the_same_record_trains(con: Connection) -> None:
    found = resolved(
        con, [person(str(n), first_name="Anna", last_name="Claes", city="Gent") for n in range(300)], model=None
    )
    assert np.isfinite(found.model.prior)


@given(st.lists(st.tuples(st.floats(1e-6, 1), st.floats(1e-6, 1)), min_size=1, max_size=8))
@settings(deadline=None)
def test_pooling_puts_levels_in_order_and_leaves_ordered_ones_alone(pairs: list[tuple[float, float]]) -> None:
    m = np.array([1.0, *(pair[0] for pair in pairs)])
    u = np.array([1.0, *(pair[1] for pair in pairs)])
    ratio = m[1:] / in_order(m, u)[1:]
    assert (np.diff(ratio) <= 1e-9 * ratio[:-1]).all()
    if (np.diff(m[1:] / u[1:]) <= 0).all():
        assert np.allclose(in_order(m, u), u)


def taught(con: Connection, **answers: str) -> tuple[Model, Model]:
    """Return the models without and with the answer (`one` or `apart`) to every pair at a level of the given name."""
    records = read_records(con, relation(con, crowd(60, seed=3), duckdb_schema(SOURCE_RECORD)), policy())
    plan, engine = compile_plan(policy()), NativeEngine()
    context = Context(plan, records, {}, term_frequencies(plan, records))
    pairs = engine.candidate_pairs(plan, records).pairs
    levels = engine.compare(plan, records, pairs)
    compared = context.compared(pairs, levels)
    place = [comparison.name for comparison in plan.comparisons].index("first_name")
    names = plan.comparisons[place].level_names
    known = {
        answer: pairs.take(
            np.isin(levels[:, place], [names.index(level) for level, a in answers.items() if a == answer])
        )
        for answer in ("one", "apart")
    }
    assert sum(map(len, known.values())) > 5
    return train(engine, context, compared), train(engine, context, compared, Known(**known))


@pytest.mark.parametrize("level", ["exact", "typo"])
def test_what_stewards_part_makes_a_level_worth_less(con: Connection, level: str) -> None:
    without, with_answers = taught(con, **{level: "apart"})
    assert with_answers.levels["first_name"][level].m < without.levels["first_name"][level].m
    assert with_answers.prior < without.prior


def test_what_stewards_join_makes_a_level_worth_more(con: Connection) -> None:
    without, with_answers = taught(con, different="one")
    assert with_answers.levels["first_name"]["different"].m > without.levels["first_name"]["different"].m
    assert with_answers.prior > without.prior


def test_who_answered_nothing_changes_nothing(con: Connection) -> None:
    records = read_records(con, relation(con, crowd(20), duckdb_schema(SOURCE_RECORD)), policy())
    plan, engine = compile_plan(policy()), NativeEngine()
    context = Context(plan, records, {}, term_frequencies(plan, records))
    pairs = engine.candidate_pairs(plan, records).pairs
    compared = context.compared(pairs, engine.compare(plan, records, pairs))
    nobody = Pairs.none(records.count)
    assert train(engine, context, compared, Known(nobody, nobody)) == train(engine, context, compared)


def test_an_answer_of_a_pair_that_nobody_compared_changes_nothing(con: Connection) -> None:
    records = read_records(con, relation(con, crowd(20), duckdb_schema(SOURCE_RECORD)), policy())
    plan, engine = compile_plan(policy()), NativeEngine()
    context = Context(plan, records, {}, term_frequencies(plan, records))
    every = engine.candidate_pairs(plan, records).pairs
    half = np.arange(len(every)) < len(every) // 2
    pairs, others = every.take(half), every.take(~half)
    compared = context.compared(pairs, engine.compare(plan, records, pairs))
    assert train(engine, context, compared, Known(others, others)) == train(engine, context, compared)
