"""Any two records have an answer to "why", and any customer a history."""

from datetime import date

import pytest
from duckdb import DuckDBPyConnection as Connection

from scv_assets.errors import NotFound
from scv_assets.identity.explain import explain_customer, explain_pair
from tests.identity.people import customers, identifier, judgement, person, resolved

SOFIE = person("sofie", first_name="Sofie", last_name="Vanhoutte", email="sofie@free.fr", birth_on=date(1980, 5, 17))
SHOP = person("shop", first_name="Sofie", last_name="Vanhoutte", email="sofie@free.fr")
TILL = person("till", source="pos")
WOUT = person("wout", first_name="Wout", last_name="Desmedt")
CARDS = [identifier(SHOP, "loyalty_card", "1"), identifier(TILL, "loyalty_card", "1")]


def test_the_waterfall_of_a_pair_adds_up_from_for_to_against(con: Connection) -> None:
    found = resolved(con, [SOFIE, SHOP])
    told = explain_pair(con, found.crosswalk, found.match_edge, ("crm", "sofie"), ("crm", "shop"))
    assert told.is_one_customer
    assert told.edge is not None
    bits = [bar.bits for bar in told.edge.waterfall]
    assert bits == sorted(bits, reverse=True)
    assert sum(bits) == pytest.approx(told.edge.weight, abs=0.01)


def test_a_path_joins_records_that_have_nothing_in_common(con: Connection) -> None:
    found = resolved(con, [SOFIE, SHOP, TILL], identifiers=CARDS)
    told = explain_pair(con, found.crosswalk, found.match_edge, ("pos", "till"), ("crm", "sofie"))
    assert told.edge is None
    assert [(edge.left[1], edge.right[1], edge.via) for edge in told.path] == [
        ("shop", "till", "exact"),
        ("shop", "sofie", "exact"),
    ]


def test_two_customers_have_no_path(con: Connection) -> None:
    found = resolved(con, [SOFIE, WOUT])
    told = explain_pair(con, found.crosswalk, found.match_edge, ("crm", "wout"), ("crm", "sofie"))
    assert (told.is_one_customer, told.path) == (False, ())


def test_a_stewards_word_stands_in_the_waterfall(con: Connection) -> None:
    found = resolved(con, [SOFIE, WOUT], judgements=[judgement(SOFIE, WOUT, "must_link")])
    told = explain_pair(con, found.crosswalk, found.match_edge, ("crm", "sofie"), ("crm", "wout"))
    assert told.edge is not None
    assert ("steward", "must_link") in {(bar.comparison, bar.level) for bar in told.edge.waterfall}


def test_a_customer_tells_its_records_and_its_events_under_any_of_its_ids(con: Connection) -> None:
    first = resolved(con, [SOFIE, WOUT])
    merged = resolved(con, [SOFIE, WOUT], judgements=[judgement(SOFIE, WOUT, "must_link")], previous=first, day=2)
    log = first.new_events.union(merged.new_events)
    living = customers(merged)["sofie"]
    old = next(iter(set(customers(first).values()) - {living}))
    told = explain_customer(con, merged.crosswalk, merged.customer_redirect, log, old)
    assert (told.customer_id, told.absorbed) == (living, (old,))
    assert {key for key, _ in told.records} == {("crm", "sofie"), ("crm", "wout")}
    assert [event.kind for event in told.history] == ["created", "created", "merged"]


def test_unknown_records_and_customers_are_not_found(con: Connection) -> None:
    found = resolved(con, [SOFIE])
    with pytest.raises(NotFound):
        explain_pair(con, found.crosswalk, found.match_edge, ("crm", "sofie"), ("crm", "nobody"))
    with pytest.raises(NotFound):
        explain_customer(con, found.crosswalk, found.customer_redirect, found.new_events, "C0")
