"""What a blocking rule brings, against counting by hand."""

import dataclasses
from itertools import combinations

from duckdb import DuckDBPyConnection as Connection

from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.identity.engines import engine
from scv_assets.identity.features import read_records
from scv_assets.identity.plan import compile_plan
from scv_assets.identity.policy import Blocking
from scv_assets.identity.rule_yield import BlockingYield, blocking_yield
from tests.identity.people import Row, crowd, customers, person, policy, relation, resolved

RULES = (("email",), ("last_name", "postcode"), ("first_name", "birth_on"))


def yields(con: Connection, people: list[Row], *, most: int = 1000) -> tuple[BlockingYield, dict[str, str]]:
    using = dataclasses.replace(policy(), blocking=Blocking(RULES, max_records=most))
    found = resolved(con, people)
    records = read_records(con, relation(con, people, duckdb_schema(SOURCE_RECORD)), using)
    told = blocking_yield(con, compile_plan(using), engine("recordlinkage"), records, found.crosswalk)
    return told, customers(found)


def test_pairs_true_ones_and_those_of_one_rule_alone_are_as_counted_by_hand(con: Connection) -> None:
    people = crowd(40)
    told, customer_of = yields(con, people)
    records = read_records(con, relation(con, people, duckdb_schema(SOURCE_RECORD)), policy())
    keys = records.keys["source_key"].to_pylist()
    pairs: dict[tuple[str, ...], set[tuple[int, int]]] = {rule: set() for rule in RULES}
    for rule in RULES:
        for one, other in combinations(range(records.count), 2):
            codes = [(records.columns[f].codes[one], records.columns[f].codes[other]) for f in rule]
            if all(a == b >= 0 for a, b in codes):
                pairs[rule].add((one, other))
    linked = {
        (one, other)
        for one, other in combinations(range(records.count), 2)
        if customer_of[keys[one]] == customer_of[keys[other]]
    }
    assert told.linked == len(linked)
    for counted in told.rules:
        others = set().union(*(made for name, made in pairs.items() if name != counted.features))
        assert counted.pairs == len(pairs[counted.features])
        assert counted.linked == len(pairs[counted.features] & linked)
        assert counted.only == len((pairs[counted.features] & linked) - others)
    assert told.pairs == len(set().union(*pairs.values()))
    assert told.found == len(set().union(*pairs.values()) & linked)


def test_blocks_too_big_are_told_with_their_worst_values(con: Connection) -> None:
    people = [person(f"p{n}", first_name=f"A{n}", last_name="Durand", postcode="1000") for n in range(9)]
    people += [person(f"q{n}", first_name=f"B{n}", last_name="Maes", postcode="1000") for n in range(3)]
    told, _ = yields(con, people, most=4)
    rule = told.rules[1]
    assert (rule.pairs, rule.split_blocks, rule.dropped_records) == (3, 1, 9)
    assert [(big.value, big.records) for big in rule.worst] == [("durand, 1000", 9)]


def test_without_any_link_completeness_is_unknown(con: Connection) -> None:
    told, _ = yields(con, [person("a", first_name="Anna"), person("b", first_name="Bart")])
    assert told.completeness is None
