"""The ledger keeps every word; the state is the last one, through merges and splits."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pytest
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.store.tables import CONSENT_EVENT, CONSENT_STATE, CUSTOMER_REDIRECT, duckdb_schema
from scv_assets.canonical import CONSENT, DUCKDB_TYPES
from scv_assets.governance.consent import consent_events, consent_state, undeclared
from scv_assets.governance.purposes import ConsentPolicy, Purpose
from tests.golden.tables import day, messages, relation, rows_of

CHANNELS = ("email", "sms", "phone", "post")
POLICY = ConsentPolicy({"marketing": Purpose("marketing", "Offers", dict.fromkeys(CHANNELS, "consent"))})
CONSENTS = {"source": "VARCHAR", **{name: DUCKDB_TYPES[field.type] for name, field in CONSENT.fields.items()}}

Row = Mapping[str, Any]


@pytest.fixture
def con() -> Connection:
    return duckdb.connect()


def consents(con: Connection, *rows: Row) -> Relation:
    """Return consents: by default to marketing by e-mail, of record `1` of source `crm`, on days 1, 2, …"""
    said = [
        {
            "source": "crm",
            "person_key": "1",
            "channel": "email",
            "purpose": "marketing",
            "occurred_at": day(number),
            **row,
        }
        for number, row in enumerate(rows, start=1)
    ]
    return relation(con, CONSENTS, said)


def owners(con: Connection, whose: Mapping[tuple[str, str], str]) -> Relation:
    schema = {"source": "VARCHAR", "source_key": "VARCHAR", "customer_id": "VARCHAR"}
    rows = [{"source": source, "source_key": key, "customer_id": who} for (source, key), who in whose.items()]
    return relation(con, schema, rows)


def events(con: Connection, *said: Row, sent: Sequence[Row] = ()) -> Relation:
    return consent_events(con, consents=consents(con, *said), messages=messages(con, *sent))


def granted(
    con: Connection, log: Relation, whose: Mapping[tuple[str, str], str], redirects: Relation | None = None
) -> dict[tuple[str, str], bool]:
    """Return what is granted for marketing, by customer and channel."""
    state = consent_state(con, events=log, crosswalk=owners(con, whose), policy=POLICY, redirects=redirects)
    return {(row["customer_id"], row["channel"]): row["is_granted"] for row in rows_of(state)}


ANN = {("crm", "1"): "C1"}


def test_what_comes_out_is_exactly_the_published_tables(con: Connection) -> None:
    log = events(con, {"granted": True})
    assert dict(zip(log.columns, map(str, log.types), strict=True)) == duckdb_schema(CONSENT_EVENT)
    state = consent_state(con, events=log, crosswalk=owners(con, ANN), policy=POLICY)
    assert dict(zip(state.columns, map(str, state.types), strict=True)) == duckdb_schema(CONSENT_STATE)


def test_an_unsubscription_and_a_bounce_are_refusals_of_marketing_on_their_channel(con: Connection) -> None:
    sent = [{"kind": "unsubscribed", "channel": "sms"}, {"kind": "bounced"}, {"kind": "opened"}, {"kind": "sent"}]
    told = [
        (row["channel"], row["purpose"], row["granted"], row["legal_basis"]) for row in rows_of(events(con, sent=sent))
    ]
    assert sorted(told) == [("email", "marketing", False, "bounce"), ("sms", "marketing", False, "consent")]


def test_what_nobody_said_is_no_event(con: Connection) -> None:
    sent = [{"kind": "bounced", "person_key": None}]
    assert events(con, {"granted": True, "person_key": None}, sent=sent).fetchall() == []


def test_the_same_fact_told_twice_is_one_event_with_the_same_id(con: Connection) -> None:
    fact = {"granted": True, "occurred_at": day(1)}
    once, twice = rows_of(events(con, fact)), rows_of(events(con, fact, fact))
    assert once == twice
    assert len(once) == 1
    assert once[0]["legal_basis"] == "consent"


@pytest.mark.parametrize(
    "change",
    [
        {"granted": False},
        {"person_key": "2"},
        {"source": "web"},
        {"channel": "sms"},
        {"purpose": "service"},
        {"legal_basis": "contract"},
        {"occurred_at": day(2)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_fact_is_another_event(con: Connection, change: Row) -> None:
    fact = {"granted": True, "occurred_at": day(1)}
    both = rows_of(events(con, fact, {**fact, **change}))
    assert len({row["event_id"] for row in both}) == 2


@pytest.mark.parametrize(
    ("said", "sent", "expected"),
    [
        ([True], [], True),
        ([False], [], False),
        ([False, True], [], True),
        ([True, False], [], False),
        ([True], [{"kind": "unsubscribed", "occurred_at": day(5)}], False),
        ([True, True], [{"kind": "unsubscribed", "occurred_at": day(1)}], True),
        ([True], [{"kind": "bounced", "occurred_at": day(5)}], False),
        ([True, True], [{"kind": "bounced", "occurred_at": day(1)}], True),
        ([True], [{"kind": "unsubscribed", "occurred_at": day(1)}], False),
    ],
    ids=[
        "given",
        "refused",
        "given after a refusal",
        "withdrawn",
        "unsubscribed",
        "given anew after an unsubscription",
        "bounced",
        "given anew after a bounce",
        "of two at one instant the refusal",
    ],
)
def test_the_latest_word_decides(con: Connection, said: list[bool], sent: list[Row], expected: bool) -> None:
    log = events(con, *({"granted": word} for word in said), sent=sent)
    assert granted(con, log, ANN) == {("C1", "email"): expected}


def test_the_deciding_event_is_named(con: Connection) -> None:
    log = events(con, {"granted": True}, {"granted": False})
    (state,) = rows_of(consent_state(con, events=log, crosswalk=owners(con, ANN), policy=POLICY))
    (last,) = [row for row in rows_of(log) if row["occurred_at"] == day(2)]
    assert state["decided_by_event"] == last["event_id"]


def test_a_merge_brings_the_words_together_and_a_split_gives_each_its_own_back(con: Connection) -> None:
    log = events(
        con,
        {"granted": True},
        {"granted": False, "person_key": "2"},
        {"granted": True, "person_key": "2", "channel": "sms"},
    )
    apart = {("crm", "1"): "C1", ("crm", "2"): "C2"}
    before = granted(con, log, apart)
    assert before == {("C1", "email"): True, ("C2", "email"): False, ("C2", "sms"): True}
    together = granted(con, log, dict.fromkeys(apart, "C1"))
    assert together == {("C1", "email"): False, ("C1", "sms"): True}
    assert granted(con, log, apart) == before


def test_words_of_records_without_a_customer_wait(con: Connection) -> None:
    log = events(con, {"granted": False, "person_key": "9"})
    assert granted(con, log, ANN) == {}
    assert granted(con, log, {("crm", "9"): "C9"}) == {("C9", "email"): False}


def test_a_word_recorded_on_a_customer_follows_the_customer_into_a_merge(con: Connection) -> None:
    recorded = {"event_id": "e1", "customer_id": "C0", "channel": "email", "purpose": "marketing", "granted": False}
    log = relation(con, duckdb_schema(CONSENT_EVENT), [{**recorded, "occurred_at": day(1)}])
    merged = relation(con, duckdb_schema(CUSTOMER_REDIRECT), [{"old_customer_id": "C0", "customer_id": "C1"}])
    assert granted(con, log, ANN) == {("C0", "email"): False}
    assert granted(con, log, ANN, merged) == {("C1", "email"): False}


def test_a_purpose_that_nobody_declared_decides_nothing_and_is_counted(con: Connection) -> None:
    log = events(con, {"granted": True, "purpose": "raffle"}, {"granted": True, "channel": "fax"})
    assert granted(con, log, ANN) == {}
    assert undeclared(con, events=log, policy=POLICY).fetchall() == [("email", "raffle", 1), ("fax", "marketing", 1)]


word = st.fixed_dictionaries(
    {
        "person_key": st.sampled_from(["1", "2", "3"]),
        "channel": st.sampled_from(["email", "sms"]),
        "granted": st.booleans(),
        "occurred_at": st.integers(1, 3).map(day),
    }
)


@settings(max_examples=25, deadline=None)
@given(st.lists(word, max_size=10), st.randoms(use_true_random=False))
def test_the_state_is_what_a_loop_over_the_words_finds_in_any_order(words: list[Row], chance: random.Random) -> None:
    whose = {("crm", "1"): "C1", ("crm", "2"): "C1", ("crm", "3"): "C2"}
    expected: dict[tuple[str, str], bool] = {}
    for said in sorted(words, key=lambda said: (said["occurred_at"], not said["granted"])):
        expected[whose["crm", said["person_key"]], said["channel"]] = said["granted"]
    shuffled = list(words)
    chance.shuffle(shuffled)
    with duckdb.connect() as con:
        log, again = events(con, *words), events(con, *shuffled)
        assert rows_of(log) == rows_of(again)
        assert granted(con, log, whose) == expected
