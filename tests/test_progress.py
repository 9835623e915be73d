"""What a run tells while it works reaches who listens, and nobody who has stopped listening."""

from functools import partial

import duckdb
import numpy as np
import pytest

from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.identity.comparing import compare_candidates
from scv_assets.identity.context import Context, term_frequencies
from scv_assets.identity.engines import engine
from scv_assets.identity.features import read_records
from scv_assets.identity.plan import compile_plan
from scv_assets.identity.records import Pairs, pairs_within
from scv_assets.progress import UnderWay, step, under_way
from tests.heard import Heard
from tests.identity.people import changed, crowd, policy, relation


def test_a_listener_hears_while_it_listens() -> None:
    heard = Heard()
    under_way("identity", "pairs compared", 1, 3)
    with heard.listening():
        under_way("identity", "pairs compared", 2, 3)
        with step("identity", "crosswalk") as work:
            work.rows_in = 7
    under_way("identity", "pairs compared", 3, 3)
    assert heard.ways == [UnderWay("identity", "pairs compared", 2, 3)]
    assert [(one.stage, one.name, one.rows_in) for one in heard.steps] == [("identity", "crosswalk", 7)]


def test_a_piece_of_work_that_fails_is_not_told_as_done() -> None:
    heard = Heard()
    with heard.listening(), pytest.raises(ValueError, match="broken"), step("identity", "crosswalk"):
        raise ValueError("broken")
    assert heard.steps == []


@pytest.mark.parametrize("name", ["Anna", "x" * 70], ids=["plain", "left to the reference"])
def test_comparing_tells_how_far_it_is_and_ends_with_all_pairs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scv_assets.identity.engines.native_engine.CHUNK", 100)
    plan, native = compile_plan(policy()), engine("native")
    people = [changed(one, first_name=name) if n % 5 == 0 else one for n, one in enumerate(crowd(20))]
    with duckdb.connect() as con:
        records = read_records(con, relation(con, people, duckdb_schema(SOURCE_RECORD)), policy())
    context = Context(plan, records, {}, term_frequencies(plan, records))
    heard = Heard()
    with heard.listening():
        candidates = native.candidate_pairs(plan, records)
        parts = compare_candidates(context, candidates, partial(native.compare, plan, records))
    assert ends_with(heard, sum(map(len, parts.right)))


@pytest.mark.slow
def test_the_reference_tells_how_far_it_is_and_ends_with_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scv_assets.identity.engines.recordlinkage_engine.CHUNK", 100)
    with duckdb.connect() as con:
        records = read_records(con, relation(con, crowd(20), duckdb_schema(SOURCE_RECORD)), policy())
    pairs = Pairs.of(*pairs_within(np.zeros(records.count, np.int64)), records.count)
    heard = Heard()
    with heard.listening():
        engine("recordlinkage").compare(compile_plan(policy()), records, pairs)
    assert ends_with(heard, len(pairs))


def ends_with(heard: Heard, pairs: int) -> bool:
    """Return whether what was told goes forward, in several steps, to all of the pairs."""
    done = [work.done for work in heard.ways]
    return len(done) > 1 and done == sorted(done) and done[-1] == heard.ways[-1].total == pairs
