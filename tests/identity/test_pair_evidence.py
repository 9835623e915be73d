"""Two records weighed by themselves come to what the run that kept their edge said, but for the word of a rival."""

import dataclasses

import duckdb
import pytest
from duckdb import DuckDBPyConnection as Connection

from resources.store.tables import RECORD_IDENTIFIER, SOURCE_RECORD, duckdb_schema
from scv_assets.errors import ModelRefused
from scv_assets.identity.explain import Witness, edges
from scv_assets.identity.pair_evidence import weigh
from scv_assets.identity.waterfall import bars, falls
from tests.identity.people import crowd, person, policy, relation, resolved, trained


@pytest.mark.slow
def test_any_kept_edge_comes_out_the_same(con: Connection) -> None:
    people = crowd(40)
    found = resolved(con, people)
    by_key = {(row["source"], row["source_key"]): row for row in people}
    kept = [edge for edge in edges(con, found.match_edge) if edge.weight is not None][:60]
    for edge in kept:
        two = relation(con, [by_key[edge.left], by_key[edge.right]], duckdb_schema(SOURCE_RECORD))
        told = weigh(con, two, found.record_identifier, policy(), trained(), engine="recordlinkage")
        second_hand = sum(w.bits for w in edge.waterfall if w.comparison == "rivals")
        assert edge.weight is not None
        assert told.weight == pytest.approx(edge.weight - second_hand, abs=1e-3 if second_hand else 1e-6)
        weighing = {w for w in edge.waterfall if w.comparison not in ("identifier", "steward", "rivals", "rule")}
        assert set(told.witnesses) == weighing
        rules = [w.level for w in edge.waterfall if w.comparison == "rule"]
        assert told.forbidden_by == (rules[0] if rules else None)


def test_an_anonymous_record_has_no_weight() -> None:
    with duckdb.connect() as con:
        found = resolved(con, [person("a", first_name="Anna", last_name="Maes"), person("b", email="a@voo.be")])
        two = relation(
            con,
            [person("a", first_name="Anna", last_name="Maes"), person("b", email="a@voo.be")],
            duckdb_schema(SOURCE_RECORD),
        )
        told = weigh(con, two, found.record_identifier, policy(), trained(), engine="recordlinkage")
    assert (told.weight, told.witnesses, told.forbidden_by) == (None, (), None)


def test_a_model_of_another_plan_is_refused(con: Connection) -> None:
    """Also one that knows nothing of the frequencies that this plan asks for."""
    two = relation(con, [person("a", last_name="Maes"), person("b", last_name="Maes")], duckdb_schema(SOURCE_RECORD))
    held = relation(con, [], duckdb_schema(RECORD_IDENTIFIER))
    other = dataclasses.replace(trained(), plan_hash="other", frequencies={})
    with pytest.raises(ModelRefused):
        weigh(con, two, held, policy(), other, engine="native")


def test_each_bar_begins_where_the_one_before_ends() -> None:
    steps = falls(
        (
            Witness("a", "exact", 6.0),
            Witness("b", "different", -2.0),
            Witness("prior", "prior", -4.0),
            Witness("identifier", "x", 0.0),
        )
    )
    assert [(step.comparison, step.total) for step in steps] == [("prior", -4.0), ("a", 2.0), ("b", 0.0)]
    assert bars(steps, 7) == ["░░░░│  ", "██████ ", "    ░░ "]
    assert steps[-1].probability == 0.5
