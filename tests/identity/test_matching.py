"""What a run weighs: whatever may say something of a customer, in components of any size."""

from itertools import pairwise

import numpy as np
from duckdb import DuckDBPyConnection as Connection

from resources.store.tables import JUDGEMENT, SOURCE_RECORD, duckdb_schema
from scv_assets.identity import clustering
from scv_assets.identity.engines import engine
from scv_assets.identity.features import read_records
from scv_assets.identity.holdings import all_identifiers, holdings
from scv_assets.identity.judgements import decided
from scv_assets.identity.matching import match
from scv_assets.identity.pair_levels import PairLevels
from scv_assets.identity.plan import compile_plan
from tests.identity.people import IDENTIFIERS, crowd, judgement, policy, relation, trained


def test_pairs_that_speak_against_a_component_are_weighed_however_large_it_is(con: Connection) -> None:
    people, plan, runner = crowd(100), compile_plan(policy()), engine("native")
    chain = [judgement(*two, "must_link", number=n) for n, two in enumerate(pairwise(people))]
    rows = relation(con, people, duckdb_schema(SOURCE_RECORD))
    records = read_records(con, rows, policy())
    assert records.count > policy().clustering.max_records
    decisions = decided(con, relation(con, chain, duckdb_schema(JUDGEMENT)), records)
    held = holdings(con, all_identifiers(con, rows, relation(con, [], IDENTIFIERS)), records)
    levels = PairLevels(con, plan, runner, records)
    found = match(policy(), plan, runner, records, held, decisions, levels, trained())
    component = clustering.components(records.count, found.weighed.pairs.take(found.is_link))
    assert not component.any()
    looked_at = runner.candidate_pairs(plan, records).pairs
    assert looked_at.are_in(found.weighed.pairs, records.count).all()
    assert np.nanmin(found.weighed.scores.weight) < -15
