"""Which word decides, now and as of any instant, is a function of the words and of whose the records are: no more."""

import random

import duckdb
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.interactions.consent_standing import deciding, owned_words, standings
from tests.golden.tables import day, relation
from tests.interactions.consents import CHANNELS, CUSTOMERS, DAYS, Ownership, Row, histories, ledger, oracle, words

#: before the first word, at each word's instant, between two, and after the last
INSTANTS = [day(number) for number in (0, *DAYS, 9)]
DECLARED = [{"channel": channel, "purpose": "marketing"} for channel in CHANNELS]
ASKED = {
    "ask_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "channel": "VARCHAR",
    "purpose": "VARCHAR",
    "asked_at": "TIMESTAMP",
}

Answers = dict[tuple[str, str], bool]


def said(con: Connection, log: list[Row], owned: Ownership) -> Relation:
    events, crosswalk, redirects = ledger(con, log), owned.crosswalk(con), owned.redirects(con)
    return owned_words(con, events=events, crosswalk=crosswalk, redirects=redirects, records=owned.records(con))


def declared(con: Connection) -> Relation:
    return relation(con, {"channel": "VARCHAR", "purpose": "VARCHAR"}, DECLARED)


def now(con: Connection, log: list[Row], owned: Ownership) -> Answers:
    settled = standings(con, words=said(con, log, owned), declared=declared(con))
    found = settled.filter("standing = 'decides'").project("customer_id, channel, granted").fetchall()
    assert len(found) == len({(customer, channel) for customer, channel, _ in found})
    return {(customer, channel): granted for customer, channel, granted in found}


def as_of_each(con: Connection, log: list[Row], owned: Ownership) -> list[Answers]:
    """Return what is granted as of each of `INSTANTS`, all of them asked in one question."""
    asked = [
        {
            "ask_id": f"{n}/{who}/{channel}",
            "customer_id": who,
            "channel": channel,
            "purpose": "marketing",
            "asked_at": at,
        }
        for n, at in enumerate(INSTANTS)
        for who in CUSTOMERS
        for channel in CHANNELS
    ]
    told = deciding(con, words=said(con, log, owned), declared=declared(con), asked=relation(con, ASKED, asked))
    found: list[Answers] = [{} for _ in INSTANTS]
    for ask_id, _, granted in told.fetchall():
        n, who, channel = ask_id.split("/")
        assert (who, channel) not in found[int(n)]
        found[int(n)][who, channel] = granted
    return found


@settings(max_examples=25, deadline=None)
@given(words, histories, st.randoms(use_true_random=False))
def test_no_order_of_words_merges_and_splits_changes_what_is_allowed_now_or_as_of_any_instant(
    log: list[Row], owners: list[Ownership], chance: random.Random
) -> None:
    """`owners`: whose the records are, and which are deleted, one time after another; each time all is asked anew."""
    shuffled = list(log)
    chance.shuffle(shuffled)
    with duckdb.connect() as con:
        for owned in owners:
            assert now(con, shuffled, owned) == oracle(log, owned)
            expected = [oracle(log, owned, at) for at in INSTANTS]
            assert as_of_each(con, log, owned) == as_of_each(con, shuffled, owned) == expected


def test_a_record_that_refused_first_is_not_overruled_by_a_later_yes_of_another_as_of_any_day() -> None:
    base: Row = {"on": None, "channel": "email", "is_bounce": False}
    log: list[Row] = [
        {**base, "by": "1", "granted": False, "occurred_at": day(1)},
        {**base, "by": "2", "granted": True, "occurred_at": day(2)},
    ]
    with duckdb.connect() as con:
        together = [found.get(("C1", "email")) for found in as_of_each(con, log, Ownership(("C1", "C1", "C1")))]
        apart = [found.get(("C2", "email")) for found in as_of_each(con, log, Ownership(("C1", "C2", "C3")))]
    assert together == [None, False, False, False, False, False]
    assert apart == [None, None, True, True, True, True]


def test_a_yes_of_a_deleted_record_counts_no_more_while_its_no_stands() -> None:
    base: Row = {"on": None, "is_bounce": False, "by": "1", "occurred_at": day(1)}
    log: list[Row] = [{**base, "channel": "email", "granted": True}, {**base, "channel": "sms", "granted": False}]
    whose = ("C1", "C1", "C1")
    with duckdb.connect() as con:
        before, after = (now(con, log, Ownership(whose, frozenset(deleted))) for deleted in ("", "1"))
        merged = now(con, [{**word, "by": "3"} for word in log], Ownership(whose))
    assert before == merged == {("C1", "email"): True, ("C1", "sms"): False}
    assert after == {("C1", "sms"): False}
