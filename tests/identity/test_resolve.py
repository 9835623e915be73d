"""What must hold for every run: order does not matter, nothing new changes nothing, incremental is exact."""

import json
import random
from datetime import date, timedelta
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection

from scv_assets.identity.resolve import Resolution
from tests.identity.people import (
    DAY_1,
    are_one,
    changed,
    crowd,
    customers,
    events,
    groups,
    identifier,
    judgement,
    person,
    resolved,
)

TABLES = ("record_identifier", "match_edge", "crosswalk", "customer_redirect", "review_task", "pair_levels")
BORN = date(1980, 5, 17)
SOFIE = person("sofie", first_name="Sofie", last_name="Vanhoutte", email="sofie@free.fr", birth_on=BORN)
SHOP = person("shop", source="ecommerce", first_name="Sofie", last_name="Vanhoutte", email="sofie@free.fr")
WOUT = person("wout", first_name="Wout", last_name="Desmedt", email="wout@free.fr")


def assert_same(one: Resolution, other: Resolution, tables: tuple[str, ...] = TABLES) -> None:
    for table in tables:
        assert getattr(one, table).to_arrow_table().equals(getattr(other, table).to_arrow_table()), table


def test_reordering_rows_never_changes_anything(con: Connection) -> None:
    people = crowd(60)
    shuffled = random.Random(3).sample(people, len(people))
    first, second = resolved(con, people, model=None), resolved(con, shuffled, model=None)
    assert_same(first, second, (*TABLES, "new_events"))
    assert first.model == second.model
    assert first.counts == second.counts


@pytest.mark.parametrize("engine", ["native", pytest.param("recordlinkage", marks=pytest.mark.slow)])
def test_a_second_run_without_news_changes_nothing_and_compares_nothing_that_is_kept(
    con: Connection, engine: str
) -> None:
    people = crowd(60)
    first = resolved(con, people, engine=engine)
    second = resolved(con, people, previous=first, day=2, engine=engine)
    assert_same(first, second)
    assert second.new_events.fetchall() == []
    assert second.counts["pairs_compared"] == (0 if engine == "recordlinkage" else first.counts["pairs_compared"])
    assert (first.pair_levels.fetchall() == []) == (engine == "native")


@pytest.mark.slow
def test_a_rebuild_from_nothing_gives_the_same_ids(con: Connection) -> None:
    people = crowd(60)
    first = resolved(con, people)
    assert customers(resolved(con, people, previous=first, day=2)) == customers(resolved(con, people, day=9))


@pytest.mark.slow
def test_a_run_that_knows_the_last_ones_levels_equals_a_run_from_scratch(con: Connection) -> None:
    """New, changed and gone records; the model is kept."""
    people = crowd(80)
    first = resolved(con, people[:150], engine="recordlinkage")
    moved = [changed(r, city="Namur") if n % 9 == 0 else r for n, r in enumerate(people)]
    today = [record for n, record in enumerate(moved) if n % 17]
    incremental = resolved(con, today, previous=first, day=2, engine="recordlinkage")
    scratch = resolved(con, today, previous=first, day=2, with_cache=False, engine="recordlinkage")
    assert_same(incremental, scratch, (*TABLES, "new_events"))
    assert 0 < incremental.counts["pairs_compared"] < scratch.counts["pairs_compared"]  # type: ignore[operator]


def test_nobody_is_lost_and_nobody_is_in_two_customers(con: Connection) -> None:
    people = crowd(60)
    found = resolved(con, people)
    keys = [(row[0], row[1]) for row in found.crosswalk.fetchall()]
    assert sorted(keys) == sorted((r["source"], r["source_key"]) for r in people)


def test_no_records_give_empty_tables(con: Connection) -> None:
    found = resolved(con, [], model=None)
    assert [len(getattr(found, table).fetchall()) for table in TABLES] == [0] * len(TABLES)


def test_one_record_is_one_customer(con: Connection) -> None:
    found = resolved(con, [SOFIE], model=None)
    assert events(found) == [("created", "new record")]
    assert found.crosswalk.fetchall()[0][4] == "alone"


def test_two_records_that_look_alike_have_a_weight_though_a_model_of_one_pair_knows_no_strangers(
    con: Connection,
) -> None:
    people = [person(name, first_name="Jan", last_name=f"Maes {name}") for name in ("junior", "senior")]
    found = resolved(con, people, model=None)
    assert found.model.prior + sum(found.model.lookalike_priors.values()) > 1
    assert sum(found.counts["weight_histogram"].values()) == found.counts["candidate_pairs"] == 1  # type: ignore[union-attr]
    assert not are_one(found, "junior", "senior")


def test_a_late_record_that_joins_two_customers_merges_them_and_leaves_a_redirect(con: Connection) -> None:
    card = [identifier(r, "loyalty_card", "C1") for r in (SOFIE,)]
    other = person("pos", source="pos")
    first = resolved(con, [SOFIE, other], identifiers=card)
    assert len(groups(first)) == 2
    held = [*card, identifier(other, "loyalty_card", "C1")]
    second = resolved(con, [SOFIE, other], identifiers=held, previous=first, day=2)
    assert are_one(second, "sofie", "pos")
    kept = customers(second)["sofie"]
    gone = next(iter(set(customers(first).values()) - {kept}))
    assert [row[:2] for row in second.customer_redirect.fetchall()] == [(gone, kept)]
    assert events(second) == [("merged", "shared identifier")]


def test_an_address_is_held_since_the_record_first_told_it_and_as_long_as_the_record_where_nothing_tells(
    con: Connection,
) -> None:
    lead = person("lead", email="lea@mail.be", phone="+32470000001", updated_at=DAY_1 + timedelta(days=9))
    given = {"first_seen_at": DAY_1 + timedelta(days=5), "last_seen_at": DAY_1 + timedelta(days=6)}
    earlier = {"first_seen_at": DAY_1, "last_seen_at": DAY_1 + timedelta(days=4)}
    told = [
        {**identifier(lead, "email", "lea@mail.be"), **given},
        {**identifier(lead, "email", "old@mail.be"), **earlier},
    ]
    found = resolved(con, [lead], identifiers=told).record_identifier
    held = found.project("namespace, value, first_seen_at, last_seen_at").fetchall()
    assert held == [
        ("email", "lea@mail.be", *given.values()),
        ("email", "old@mail.be", *earlier.values()),
        ("phone", "+32470000001", DAY_1, DAY_1 + timedelta(days=9)),
    ]


def test_split_undoes_merge_to_the_last_table(con: Connection) -> None:
    people = [SOFIE, WOUT]
    before = resolved(con, people)
    merged = resolved(con, people, judgements=[judgement(SOFIE, WOUT, "must_link")], previous=before, day=2)
    assert are_one(merged, "sofie", "wout")
    after = resolved(con, people, previous=merged, day=3)
    assert customers(after) == customers(before)
    assert after.customer_redirect.fetchall() == before.customer_redirect.fetchall() == []
    assert [kind for kind, _ in events(after)] == ["split"]


def test_a_redirect_never_leads_to_another_one(con: Connection) -> None:
    c = person("zoe", source="pos", first_name="Zoé", last_name="Aerts")
    people = [SOFIE, WOUT, c]
    one = [judgement(WOUT, c, "must_link", number=1)]
    first = resolved(con, people)
    second = resolved(con, people, judgements=one, previous=first, day=2)
    third = resolved(
        con, people, judgements=[*one, judgement(SOFIE, WOUT, "must_link", number=2)], previous=second, day=3
    )
    living = set(customers(third).values())
    assert len(living) == 1
    assert len(third.customer_redirect.fetchall()) == 2
    assert {row[1] for row in third.customer_redirect.fetchall()} == living


def test_the_stewards_word_outranks_the_machine(con: Connection) -> None:
    apart = resolved(con, [SOFIE, SHOP], judgements=[judgement(SOFIE, SHOP, "cannot_link")])
    assert not are_one(apart, "sofie", "shop")
    together = resolved(con, [SOFIE, WOUT], judgements=[judgement(SOFIE, WOUT, "must_link")])
    assert are_one(together, "sofie", "wout")
    assert {row[4] for row in together.crosswalk.fetchall()} == {"steward"}


def test_the_last_verdict_counts_and_a_revoked_one_does_not(con: Connection) -> None:
    log = [judgement(SOFIE, WOUT, "cannot_link", number=1), judgement(WOUT, SOFIE, "must_link", number=2)]
    assert are_one(resolved(con, [SOFIE, WOUT], judgements=log), "sofie", "wout")
    taken_back = [judgement(SOFIE, WOUT, "must_link", number=1, revoked=True)]
    assert not are_one(resolved(con, [SOFIE, WOUT], judgements=taken_back), "sofie", "wout")


def test_a_cannot_link_holds_through_others(con: Connection) -> None:
    """Two of a kind may not be joined by way of a third."""
    third = person(
        "third", source="pos", first_name="Sofie", last_name="Vanhoutte", email="sofie@free.fr", birth_on=BORN
    )
    found = resolved(con, [SOFIE, SHOP, third], judgements=[judgement(SOFIE, SHOP, "cannot_link")])
    assert not are_one(found, "sofie", "shop")
    assert [row[1] for row in found.review_task.fetchall()] == ["conflict"]


def test_a_steward_who_parts_a_customer_is_the_cause_of_the_split(con: Connection) -> None:
    first = resolved(con, [SOFIE, SHOP])
    second = resolved(con, [SOFIE, SHOP], judgements=[judgement(SOFIE, SHOP, "cannot_link")], previous=first, day=2)
    assert events(second) == [("split", "steward")]


def test_a_record_merged_away_by_its_source_takes_its_customer_along(con: Connection) -> None:
    first = resolved(con, [SOFIE, WOUT])
    merged = changed(WOUT, is_deleted=True, merged_into="sofie")
    second = resolved(con, [SOFIE, merged], previous=first, day=2)
    assert are_one(second, "sofie", "wout")
    assert events(second) == [("merged", "merged by its source")]


def test_a_deleted_record_keeps_its_customer(con: Connection) -> None:
    first = resolved(con, [SOFIE, SHOP, WOUT])
    gone = [changed(r, is_deleted=True) for r in (SHOP, WOUT)]
    second = resolved(con, [SOFIE, *gone], previous=first, day=2)
    assert customers(second) == customers(first)
    assert second.new_events.fetchall() == []


def test_a_deleted_record_joins_nobody_and_is_attached_by_what_it_was(con: Connection) -> None:
    bridge = person(
        "bridge",
        first_name="Sofie",
        last_name="Vanhoutte",
        email="sofie@free.fr",
        phone="+32471234567",
        is_deleted=True,
    )
    other = person("other", source="pos", first_name="Sofie", phone="+32471234567")
    found = resolved(con, [SOFIE, bridge, other])
    assert are_one(found, "sofie", "bridge")
    assert not are_one(found, "sofie", "other")


def test_an_erased_record_leaves_an_event_and_a_last_one_ends_the_customer(con: Connection) -> None:
    first = resolved(con, [SOFIE, SHOP, WOUT])
    second = resolved(con, [SOFIE], previous=first, day=2)
    assert events(second) == [("detached", "record gone"), ("detached", "record gone"), ("erased", "last record gone")]
    assert customers(second) == {"sofie": customers(first)["sofie"]}


def test_an_uncertain_pair_is_one_task_until_it_is_judged(con: Connection) -> None:
    people = crowd(120, seed=5)
    first = resolved(con, people)
    tasks = [row for row in first.review_task.fetchall() if row[1] == "pair"]
    assert tasks
    left, right = json.loads(tasks[0][2])
    keyed = {(r["source"], r["source_key"]): r for r in people}
    one, other = (keyed[(r["source"], r["source_key"])] for r in (left, right))
    unsure = resolved(con, people, judgements=[judgement(one, other, "unsure")], previous=first, day=2)
    assert status_of(unsure, tasks[0][0])[0] == "open"
    judged = resolved(con, people, judgements=[judgement(one, other, "cannot_link")], previous=first, day=2)
    status, opened_at, closed_at = status_of(judged, tasks[0][0])
    assert status == "closed"
    assert opened_at < closed_at


def status_of(found: Resolution, task: str) -> tuple[Any, ...]:
    return next((row[4], row[5], row[6]) for row in found.review_task.fetchall() if row[0] == task)


def test_evidence_adds_up_to_the_weight(con: Connection) -> None:
    rows = [row for row in resolved(con, crowd(40)).match_edge.fetchall() if row[4] is not None]
    assert rows
    for row in rows:
        assert sum(entry["bits"] for entry in json.loads(row[8])) == pytest.approx(row[4], abs=0.01)


def test_identical_records_of_two_sources_are_one_customer(con: Connection) -> None:
    whole: dict[str, Any] = {"first_name": "Sofie", "last_name": "Vanhoutte", "birth_on": BORN, "city": "Gent"}
    assert are_one(resolved(con, [person("a", **whole), person("b", source="pos", **whole)]), "a", "b")
