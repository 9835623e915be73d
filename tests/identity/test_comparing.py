"""Candidates compared part by part: the same agreements as of all pairs at once, found again by pair."""

import dataclasses
from functools import cache, partial
from itertools import pairwise

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.identity.agreements import Agreements, Compared
from scv_assets.identity.comparing import compare_candidates, compare_more, together
from scv_assets.identity.context import Context, term_frequencies
from scv_assets.identity.engines import Candidates, Levels
from scv_assets.identity.engines.recordlinkage_engine import RecordlinkageEngine
from scv_assets.identity.features import read_records
from scv_assets.identity.plan import compile_plan
from scv_assets.identity.policy import SHARED
from scv_assets.identity.records import Pairs
from tests.identity.people import crowd, policy, relation

PLAN, ENGINE = compile_plan(policy()), RecordlinkageEngine()


@cache
def population() -> tuple[Context, Pairs]:
    """Return people of whom each second contact is shared, and the pairs of all blocking rules."""
    with duckdb.connect() as con:
        records = read_records(con, relation(con, crowd(80), duckdb_schema(SOURCE_RECORD)), policy())
    shared = {name: np.arange(len(records.columns[name].values)) % 2 == 0 for name in ("email", "phone")}
    return (
        Context(PLAN, records, shared, term_frequencies(PLAN, records)),
        ENGINE.candidate_pairs(PLAN, records).pairs,
    )


def levels_of(pairs: Pairs) -> Levels:
    context, _ = population()
    return ENGINE.compare(PLAN, context.records, pairs)


def told(compared: Compared) -> list[tuple[object, ...]]:
    """Return what is known of each pair, in order."""
    pairs, known = compared.pairs(np.arange(len(compared))), compared.agreements
    return [
        (left, right, known.levels[row].tolist(), known.shares[row].tolist(), bool(known.is_scored[row]))
        for left, right, row in zip(pairs.left.tolist(), pairs.right.tolist(), compared.agreement, strict=True)
    ]


@cache
def at_once() -> Compared:
    context, pairs = population()
    return context.compared(pairs, levels_of(pairs))


@given(st.sets(st.integers(0, 80), max_size=5))
@settings(deadline=None, max_examples=15)
def test_parts_make_what_all_pairs_at_once_make(cuts: set[int]) -> None:
    context, pairs = population()
    bounds = [0, *sorted(cuts), context.records.count]
    parts = [partial(pairs.take, (pairs.left >= low) & (pairs.left < high)) for low, high in pairwise(bounds)]
    candidates = Candidates(tuple(parts), len(pairs), ())
    found = together(compare_candidates(context, candidates, levels_of))
    assert told(found) == told(at_once())
    assert len(found.agreements) == len(at_once().agreements)
    assert candidates.pairs.keys(context.records.count).tolist() == pairs.keys(context.records.count).tolist()


def test_no_candidates_make_no_pair_and_others_may_come() -> None:
    context, pairs = population()
    nothing = together(compare_candidates(context, Candidates((), 0, ()), levels_of))
    assert len(nothing) == 0
    assert told(compare_more(context, nothing, pairs, levels_of)) == told(at_once())


@given(st.data())
@settings(deadline=None, max_examples=25)
def test_pairs_that_come_later_stand_where_they_belong_and_only_the_new_are_compared(data: st.DataObject) -> None:
    context, pairs = population()
    is_first = np.array(data.draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs))))
    first, asked = pairs.take(is_first), []

    def hears(some: Pairs) -> Levels:
        asked.append(some)
        return levels_of(some)

    some = context.compared(first, levels_of(first))
    found = compare_more(context, some, pairs, hears)
    assert told(found) == told(at_once())
    assert sum(map(len, asked)) == len(pairs) - len(first)
    assert (some.place(pairs) >= 0).tolist() == is_first.tolist()
    assert some.pairs(some.place(first)).right.tolist() == first.right.tolist()


def test_what_a_pair_agrees_on_is_read_by_the_population() -> None:
    """A contact that several people hold is `shared`, and a name counts as often as the records bear it."""
    context, pairs = population()
    compared, levels = at_once(), levels_of(pairs)
    known, records = compared.agreements, context.records
    names = [comparison.name for comparison in PLAN.comparisons]
    email, last = names.index("email"), names.index("last_name")
    is_shared, shared = 0, PLAN.comparisons[email].level_names.index(SHARED)
    frequencies = context.frequencies["last_name"]
    for place, row in enumerate(compared.agreement):
        left = int(pairs.left[place])
        holds = levels[place, email] == 1 and context.shared["email"][records.columns["email"].codes[left]]
        assert known.levels[row, email] == (shared if holds else levels[place, email])
        is_shared += int(holds)
        if levels[place, last] == 1:
            name = str(records.columns["last_name"].values[records.columns["last_name"].codes[left]])
            share = max(frequencies.common.get(name, 0.0), frequencies.rare)
            assert known.shares[row, 1] == pytest.approx(share)
    assert is_shared > 5


def test_a_contact_is_shared_whichever_feature_a_comparison_names_first() -> None:
    context, pairs = population()
    email = policy().comparison("email")
    name_first = dataclasses.replace(email, of=("last_name", "email"))
    comparisons = tuple(name_first if comparison == email else comparison for comparison in PLAN.comparisons)
    plan = dataclasses.replace(PLAN, comparisons=comparisons)
    found = Context(plan, context.records, context.shared, context.frequencies)
    assert told(found.compared(pairs, levels_of(pairs))) == told(at_once())


def test_agreements_are_each_listed_once_and_counted() -> None:
    known: Agreements = at_once().agreements
    rows = np.column_stack([known.levels, known.shares, known.is_scored])
    assert len(np.unique(rows, axis=0)) == len(known) < len(at_once())
    assert at_once().counts.tolist() == [(at_once().agreement == number).sum() for number in range(len(known))]
