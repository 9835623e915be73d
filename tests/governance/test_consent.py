"""The ledger keeps every word; a record's last one stands for it, and a refusal of any record wins."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation
from hypothesis import given, settings

from resources.store.tables import CONSENT_EVENT, CONSENT_STATE, CUSTOMER_REDIRECT, duckdb_schema
from scv_assets.canonical import CONSENT, DUCKDB_TYPES
from scv_assets.governance.consent import consent_events, consent_state, undeclared
from scv_assets.governance.purposes import ConsentPolicy, Purpose, silence
from scv_assets.interactions.consent_standing import STANDINGS, owned_words, standings
from tests.golden.tables import day, messages, relation, rows_of
from tests.in_memory import connected
from tests.interactions import consents as consents_said

CHANNELS = ("email", "sms", "phone", "post")
POLICY = ConsentPolicy({"marketing": Purpose("marketing", "Offers", dict.fromkeys(CHANNELS, "consent"))})
CONSENTS = {"source": "VARCHAR", **{name: DUCKDB_TYPES[field.type] for name, field in CONSENT.fields.items()}}

Row = Mapping[str, Any]


@pytest.fixture
def con() -> Connection:
    return connected()


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


def test_an_unsubscription_a_complaint_and_a_bounce_are_refusals_of_marketing_on_their_channel(con: Connection) -> None:
    sent = [
        {"kind": "unsubscribed", "channel": "sms"},
        {"kind": "complained", "channel": "post"},
        {"kind": "bounced"},
        {"kind": "opened"},
        {"kind": "sent"},
    ]
    told = [
        (row["channel"], row["purpose"], row["granted"], row["legal_basis"]) for row in rows_of(events(con, sent=sent))
    ]
    assert sorted(told) == [
        ("email", "marketing", False, "bounce"),
        ("post", "marketing", False, "complaint"),
        ("sms", "marketing", False, "consent"),
    ]


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
def test_the_latest_word_of_a_record_decides(
    con: Connection, said: list[bool], sent: list[Row], expected: bool
) -> None:
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


def own(con: Connection, *rows: Row) -> Relation:
    """Return words that were said on customer C1 itself."""
    said = [
        {"event_id": f"own{n}", "customer_id": "C1", "source": "preference_centre", "channel": "email"}
        | {"purpose": "marketing", "legal_basis": "consent", **row}
        for n, row in enumerate(rows)
    ]
    return relation(con, duckdb_schema(CONSENT_EVENT), said)


BOTH = {("crm", "1"): "C1", ("crm", "2"): "C1"}
YES_1, NO_1 = ({"person_key": "1", "granted": word, "occurred_at": day(1)} for word in (True, False))
YES_2 = {"person_key": "2", "granted": True, "occurred_at": day(5)}
BOUNCE_2 = {"person_key": "2", "kind": "bounced", "occurred_at": day(2)}


@pytest.mark.parametrize(
    ("said", "sent", "own_words", "expected"),
    [
        ([NO_1, YES_2], [], [], False),
        ([YES_1, YES_2], [], [], True),
        ([YES_1], [BOUNCE_2], [], False),
        ([YES_1, YES_2], [BOUNCE_2], [], True),
        ([NO_1, YES_2], [BOUNCE_2], [], False),
        ([NO_1, YES_2], [], [{"granted": True, "occurred_at": day(6)}], True),
        ([NO_1, YES_2], [], [{"granted": True, "occurred_at": day(1)}], False),
        ([YES_2], [], [{"granted": False, "occurred_at": day(1)}], False),
        ([YES_2], [], [{"granted": False, "occurred_at": day(6)}], False),
        ([], [BOUNCE_2], [{"granted": True, "occurred_at": day(3)}], True),
        ([], [], [{"granted": True, "occurred_at": day(3)}, {"granted": False, "occurred_at": day(3)}], False),
    ],
    ids=[
        "a refusal of one record wins over a later grant of another",
        "all grant",
        "a bounce suspends what another record granted before",
        "a later grant of any record lifts a bounce",
        "which lifts no refusal",
        "the person's own word overrides what its records said before",
        "and not what they say at the same instant",
        "a record's grant lifts no refusal of the person's own",
        "the person's own refusal",
        "the person's own word lifts a bounce",
        "of two own words at one instant the refusal",
    ],
)
def test_denial_wins_across_records(
    con: Connection, said: list[Row], sent: list[Row], own_words: list[Row], expected: bool
) -> None:
    told, mine = events(con, *said, sent=sent), own(con, *own_words)
    log = con.sql("FROM told UNION ALL BY NAME FROM mine")
    assert granted(con, log, BOTH) == {("C1", "email"): expected}


@settings(max_examples=25, deadline=None)
@given(consents_said.words, consents_said.histories)
def test_the_state_follows_merges_and_splits_as_an_independent_reading_of_the_rules_does(
    words: list[Row], owners: list[consents_said.Ownership]
) -> None:
    with connected() as con:
        for owned in owners:
            log, crosswalk, redirects = consents_said.ledger(con, words), owned.crosswalk(con), owned.redirects(con)
            owned_by = {"crosswalk": crosswalk, "redirects": redirects, "records": owned.records(con)}
            state = consent_state(con, events=log, policy=POLICY, **owned_by)
            found = {(row["customer_id"], row["channel"]): row["is_granted"] for row in rows_of(state)}
            assert found == consents_said.oracle(words, owned)


def test_every_event_of_a_customer_has_one_standing_and_one_event_decides(con: Connection) -> None:
    told = events(con, NO_1, {**NO_1, "granted": True, "occurred_at": day(2)}, YES_2, sent=[BOUNCE_2])
    mine = own(con, {"granted": True, "occurred_at": day(3)})
    log = con.sql("FROM told UNION ALL BY NAME FROM mine")
    words = owned_words(con, events=log, crosswalk=owners(con, BOTH))
    settled = standings(con, words=words, declared=silence(con, POLICY))
    found = sorted((row["occurred_at"], row["legal_basis"], row["standing"]) for row in rows_of(settled))
    assert found == [
        (day(1), "consent", "older"),
        (day(2), "bounce", "lifted"),
        (day(2), "consent", "overridden"),
        (day(3), "consent", "agrees"),
        (day(5), "consent", "decides"),
    ]
    assert {standing for _, _, standing in found} <= set(STANDINGS)
