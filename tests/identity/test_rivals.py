"""What a rival says: by hand, against a brute-force reckoning, and what it may never do."""

import dataclasses
import random
from datetime import date
from functools import cache

import duckdb
import numpy as np
import pytest
from duckdb import DuckDBPyConnection as Connection
from hypothesis import given
from hypothesis import strategies as st

from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.identity import scoring
from scv_assets.identity.agreements import Compared
from scv_assets.identity.clustering import PROBABILISTIC, Links
from scv_assets.identity.context import Context
from scv_assets.identity.engines import engine
from scv_assets.identity.explain import Edge, edges
from scv_assets.identity.features import read_records
from scv_assets.identity.plan import compile_plan
from scv_assets.identity.policy import Rivals
from scv_assets.identity.records import Pairs
from scv_assets.identity.rivals import second_hand_bits, with_rivals
from scv_assets.identity.scoring import Scores
from tests.identity.people import (
    Row,
    are_one,
    changed,
    crowd,
    identifier,
    judgement,
    person,
    policy,
    relation,
    resolved,
    trained,
)

NAME = {"first_name": "Wilfried", "last_name": "Vanhoutte"}
HOME = {"street": "Kerkstraat", "house_number": "12", "postcode": "9000", "city": "Gent"}
A = person("a", **NAME, phone="+32471234567", **HOME)
B = person("b", **NAME, phone="+32471234568", birth_on=date(1980, 5, 17), **HOME)
C = person("c", **NAME, phone="+32471234567", birth_on=date(1974, 10, 3))
DEAF = dataclasses.replace(policy(), rivals=Rivals(agree=0, disagree=0))


def edge(found: list[Edge], left: str, right: str) -> Edge:
    return next(one for one in found if {one.left[1], one.right[1]} == {left, right})


def word(of: Edge) -> tuple[str, float] | None:
    """Return who speaks as a rival in an edge, and how many bits it adds."""
    return next(((w.level, w.bits) for w in of.waterfall if w.comparison == "rivals"), None)


def edges_of(con: Connection, people: list[Row], **options: object) -> list[Edge]:
    return edges(con, resolved(con, people, **options).match_edge)  # type: ignore[arg-type]


def test_a_namesake_at_the_same_door_is_told_apart_by_what_another_record_knows(con: Connection) -> None:
    """A tells no birth date, and would be B; but A is C by the phone, and C is born in another year than B."""
    assert are_one(resolved(con, [A, B, C], using=DEAF), "a", "b")
    found = resolved(con, [A, B, C])
    assert are_one(found, "a", "c")
    assert not are_one(found, "a", "b")
    told = word(edge(edges(con, found.match_edge), "a", "b"))
    assert told is not None
    assert (told[0], told[1] < -3) == ("crm:c", True)


def test_a_doubt_is_settled_by_what_another_record_knows(con: Connection) -> None:
    common = {"first_name": "Luc", "last_name": "Vanhoutte"}
    less = person("a", **common, phone="+32471234567", city="Gent")
    other = person("b", **common, birth_on=date(1980, 5, 17), city="Gent")
    both = person("c", **common, phone="+32471234567", birth_on=date(1980, 5, 17))
    assert edge(edges_of(con, [less, other]), "a", "b").decision == "review"
    lifted = edge(edges_of(con, [less, other, both]), "a", "b")
    assert (lifted.decision, word(lifted) is not None) == ("match", True)


def test_a_rival_that_knows_nothing_new_says_nothing(con: Connection) -> None:
    assert word(edge(edges_of(con, [A, B, person("c", **NAME, phone="+32471234567")]), "a", "b")) is None


def test_a_pair_that_a_rival_parts_keeps_its_edge_and_says_why(con: Connection) -> None:
    moved = person("c", **NAME, phone="+32471234567", birth_on=date(1974, 10, 3), email="w@free.fr")
    known = person("b", **NAME, birth_on=date(1980, 5, 17), email="v@voo.be", **HOME)
    parted = edge(edges_of(con, [person("a", **NAME, phone="+32471234567", **HOME), known, moved]), "a", "b")
    assert parted.weight is not None
    assert (parted.decision, parted.weight < 0, word(parted) is not None) == ("no_match", True, True)


def test_the_bits_add_up_with_the_word_of_a_rival_among_them(con: Connection) -> None:
    found = [one for one in edges_of(con, crowd(120)) if word(one) is not None]
    assert len(found) > 15
    for one in found:
        assert sum(w.bits for w in one.waterfall) == pytest.approx(one.weight, abs=0.01)


def test_rivals_are_the_same_in_any_order_of_the_rows(con: Connection) -> None:
    people = crowd(60)
    shuffled = random.Random(5).sample(people, len(people))
    first, second = (edges_of(con, rows) for rows in (people, shuffled))
    assert first == second
    assert any(word(one) is not None for one in first)


def test_what_identifiers_and_stewards_say_stands(con: Connection) -> None:
    cards = [identifier(record, "loyalty_card", "1") for record in (A, B)]
    by_card = edge(edges_of(con, [A, B, C], identifiers=cards), "a", "b")
    assert (by_card.decision, by_card.via, word(by_card)) == ("match", "exact", None)
    said = [judgement(A, B, "must_link")]
    by_steward = edge(edges_of(con, [A, B, C], judgements=said), "a", "b")
    assert (by_steward.decision, by_steward.via, word(by_steward)) == ("match", "steward", None)


def test_an_anonymous_record_and_a_deleted_one_are_nobodys_rivals(con: Connection) -> None:
    nobody = person("c", source="web", phone="+32471234567", email="w@free.fr")
    bare, mailed = person("a", **NAME, phone="+32471234567"), person("b", **NAME, email="w@free.fr")
    assert word(edge(edges_of(con, [bare, mailed, nobody]), "a", "b")) is None
    gone = changed(C, is_deleted=True)
    assert word(edge(edges_of(con, [A, B, gone]), "a", "b")) is None


bits = st.floats(-40, 40)
shares = st.builds(Rivals, agree=st.floats(0, 1), disagree=st.floats(0, 1))


def heard(settings: Rivals, weight: float, filled: float, sure: float) -> float:
    return float(second_hand_bits(settings, np.array([weight]), np.array([filled]), np.array([sure]))[0])


@given(shares, bits, bits, st.floats(0, 40))
def test_a_rival_that_agrees_never_lowers_and_one_that_disagrees_never_lifts(
    settings: Rivals, weight: float, filled: float, sure: float
) -> None:
    found = heard(settings, weight, filled, sure)
    assert found >= 0 if filled >= weight else found <= 0


@given(shares, bits, bits, bits, st.floats(0, 40))
def test_a_rival_that_agrees_more_never_says_less(
    settings: Rivals, weight: float, one: float, other: float, sure: float
) -> None:
    less, more = sorted((one, other))
    assert heard(settings, weight, less, sure) <= heard(settings, weight, more, sure)


@given(shares, bits, bits, st.floats(0, 40))
def test_a_rival_is_believed_as_far_as_its_own_link_goes(
    settings: Rivals, weight: float, filled: float, sure: float
) -> None:
    found = heard(settings, weight, filled, sure)
    assert found >= -np.log2(1 + 2.0**sure) - 1e-6
    assert weight + found <= max(weight, sure) + 1e-6


@cache
def looked_at() -> tuple[Context, Compared, Scores, Links]:
    """Return pairs of the crowd, weighed by themselves, and those that are links by the threshold."""
    with duckdb.connect() as con:
        records = read_records(con, relation(con, crowd(90), duckdb_schema(SOURCE_RECORD)), policy())
    plan, native = compile_plan(policy()), engine("native")
    context = Context(plan, records, {}, trained().frequencies)
    pairs = native.candidate_pairs(plan, records).pairs
    compared = context.compared(pairs, native.compare(plan, records, pairs))
    scores = Scores(compared.agreement, scoring.score(policy(), plan, trained(), compared.agreements))
    is_link = scores.probability >= policy().thresholds.match
    tier = np.full(int(is_link.sum()), PROBABILISTIC, np.int8)
    return context, compared, scores, Links(pairs.take(is_link), tier, scores.weight[is_link])


def every_pair() -> Pairs:
    _, compared, *_ = looked_at()
    return compared.pairs(np.arange(len(compared)))


def weigh(pairs: Pairs, levels: np.ndarray) -> np.ndarray:
    context, *_ = looked_at()
    number, rows = context.numbered(pairs, levels)
    return scoring.score(policy(), context.plan, trained(), context.agreements(rows)).weight[number]


def by_hand(one: int, other: int) -> tuple[int, float] | None:
    """Return the rival of a pair and its bits, reckoned with dictionaries, a pair at a time."""
    _, _, scores, links = looked_at()
    ends = list(zip(every_pair().left.tolist(), every_pair().right.tolist(), strict=True))
    level = dict(zip(ends, scores.levels.tolist(), strict=True))
    linked = zip(links.pairs.left.tolist(), links.pairs.right.tolist(), strict=True)
    strength = dict(zip(linked, links.strength, strict=True))
    choices = []
    for of, far in ((one, other), (other, one)):
        near = [(-bits, sum(pair) - of) for pair, bits in strength.items() if of in pair and far not in pair]
        for minus, rival in sorted(near)[:2]:
            third = level.get((min(rival, far), max(rival, far)))
            own = level[one, other]
            if third and any(not mine and his for mine, his in zip(own, third, strict=True)):
                filled = [mine or his for mine, his in zip(own, third, strict=True)]
                choices.append((minus, rival, of, far, filled))
    if not choices:
        return None
    minus, rival, of, far, filled = min(choices)
    weight = scores.weight[ends.index((one, other))]
    full = weigh(Pairs(np.array([far]), np.array([of])), np.array([filled], np.uint8))[0]
    return rival, heard(policy().rivals, weight, full, -minus)


def test_rivals_are_those_of_a_reckoning_by_hand() -> None:
    context, compared, alone, links = looked_at()
    pairs, is_open = every_pair(), np.ones(len(compared), dtype=bool)
    scores = with_rivals(policy(), context.records, compared, pairs, alone, links, is_open, weigh)
    found, places = 0, np.flatnonzero(alone.weight > -9)
    for place in places:
        expected = by_hand(int(pairs.left[place]), int(pairs.right[place]))
        before, after = alone.weight[place], scores.weight[place]
        rival = int(scores.rival(np.array([place]))[0])
        if expected is None or abs(expected[1]) < 0.001 or max(before, before + expected[1]) < 0:
            assert (rival, after) == (-1, before)
        else:
            assert (rival, after) == (expected[0], pytest.approx(before + expected[1], abs=1e-5))
            found += 1
    assert found > 20
