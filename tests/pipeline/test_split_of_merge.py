"""split(merge(x)) == x: whatever stewards join and part, and whatever arrives meanwhile, taking it back brings back x.

Two shops get the same deliveries. In one stewards judge and take back; the other knows no judgement. Whenever no
judgement is in force, every published table says the same in both. What happened is not undone: events, closed tasks,
superseded segments stay, and an id that was out in the world stays redirected.
"""

import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from resources import clock
from resources.lake import fingerprint
from resources.store.decisions import judge, revoke
from scv_assets import stages
from scv_assets.activation.run import decide_campaigns
from scv_assets.decisions import decisions_made
from scv_assets.golden.run import make_golden
from scv_assets.governance.audit import measure_quality
from scv_assets.governance.run import keep_consent
from scv_assets.identity.run import identify
from scv_assets.interactions.run import TABLES as INTERACTIONS
from scv_assets.interactions.run import attach_kind
from scv_assets.publication.publish_view import publish_view, turn
from scv_assets.refresh import refresh
from scv_assets.segments.run import add_segment, segment
from scv_assets.sources.extraction import extract_days
from scv_assets.standardisation.people import fold_people
from scv_assets.standardisation.standardise import standardise_days
from scv_assets.validation.validate import validate_days
from tests.pipeline.company import NOW, Company, Tables, without
from tests.pipeline.shop import customers, customers_file, orders, orders_file

RECORDS = ("1", "2", "3", "4", "5")
#: Deliveries that come late: a second Sofie, a new address of Jan's, an order of Amélie's, a stranger.
LATE: tuple[tuple[str, bytes], ...] = (
    (
        customers_file(5),
        customers("6,Sofie,Maes,sofie.maes@mail.be,0470 00 00 03,Antwerpen,active,no,2026-03-05T10:00:00"),
    ),
    (
        customers_file(6),
        customers("2,Jan,Peeters,jan.peeters@mail.be,0470 00 00 09,Brugge,active,yes,2026-03-06T10:00:00"),
    ),
    (orders_file(7), orders("A7;2026-03-07T08:00:00;amelie.durand@mail.be;Amélie Durand;7,00")),
    (
        customers_file(8),
        customers("7,Nora,Claes,nora.claes@mail.be,0470 00 00 07,Gent,active,yes,2026-03-08T10:00:00"),
    ),
)
DAYS = [date(2026, 3, day) for day in range(1, 32)]
#: Tables of what happened, in which nothing is taken back.
HISTORY = ("identity_event", "customer_redirect")


def taken_in(shop: Company) -> None:
    """Do what the extract job does, and the customer-view job up to the person records, without Dagster."""
    home, lake = shop.home, shop.lake
    people = [contract for contract in home.contracts.values() if "person" in contract.maps]
    for contract in home.contracts.values():
        extract_days(home, contract, DAYS, lake)
        validate_days(home, contract, None, lake)
        standardise_days(home, contract, None, lake)
    outputs = [stages.published_path("source_record"), stages.lake_path("standardisation", "identifier")]
    made_from = fingerprint(lake.content(*(stages.canonical_path("person", contract.source) for contract in people)))
    refresh(lake, outputs, made_from, lambda con: fold_people(con, home, people, lake))


def computed(shop: Company) -> None:
    """Do what the customer-view job does after the records, step by step, without Dagster."""
    home, lake, now = shop.home, shop.lake, clock.now()
    with shop.store() as store:
        seen, decisions = turn(home, lake, store), decisions_made(store)
        identify(home, lake, store, decisions=decisions, now=now, run_id="test")
        keep_consent(home, lake, store, decisions=decisions)
        for kind in INTERACTIONS:
            attach_kind(home, lake, kind)
        make_golden(home, lake, store, decisions=decisions)
        segment(home, lake, store, now=now)
        add_segment(home, lake)
        decide_campaigns(home, lake, store, now=now)
        measure_quality(home, lake)
        publish_view(lake, store, seen=seen, is_all=True, now=now, run_id="test")


def current(shop: Company) -> Tables:
    """Return what every published table says now, without how and when it came to say so."""
    tables = shop.tables()
    found = {name: rows for name, rows in tables.items() if name not in HISTORY}
    found["review_task"] = [row for row in found["review_task"] if row["status"] == "open"]
    for table in ("segment_membership", "overlapping_membership"):
        found[table] = [row for row in found[table] if row["superseded_at"] is None]
    return without(found, "run_id", "cause", "opened_at", "recorded_at")


def resolved(shop: Company, customer_id: str) -> str:
    """Follow a redirect."""
    found = {row["old_customer_id"]: row["customer_id"] for row in shop.rows("customer_redirect")}
    return str(found.get(customer_id, customer_id))


class Stewards(RuleBasedStateMachine):
    """Two shops: `judged`, where stewards decide, and `plain`."""

    published: Company

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.judged = self.published.copied(self.folder / "judged")
        self.plain = self.published.copied(self.folder / "plain")
        self.in_force: dict[tuple[str, str], str] = {}
        self.delivered = 0
        self.published_ids: set[str] = {row["customer_id"] for row in self.plain.rows("crosswalk")}

    @rule(pair=st.sampled_from([(a, b) for a in RECORDS for b in RECORDS if a < b]), is_one=st.booleans())
    def judge(self, pair: tuple[str, str], is_one: bool) -> None:
        """Join or part two customers of the shop."""
        if pair in self.in_force:
            return
        left, right = (("customers", key) for key in pair)
        verdict = "must_link" if is_one else "cannot_link"
        with self.judged.store() as store:
            self.in_force[pair] = judge(store, left, right, verdict, by="eva", reason="", now=clock.now())
        self.run()
        if len(self.in_force) == 1:
            customer = {row["source_key"]: row["customer_id"] for row in self.judged.rows("crosswalk")}
            assert (customer[pair[0]] == customer[pair[1]]) is is_one

    @precondition(lambda self: self.in_force)
    @rule(data=st.data())
    def take_back(self, data: Any) -> None:
        """Revoke a judgement."""
        pair = data.draw(st.sampled_from(sorted(self.in_force)))
        with self.judged.store() as store:
            revoke(store, self.in_force.pop(pair), by="eva", now=clock.now())
        self.run()

    @precondition(lambda self: self.delivered < len(LATE))
    @rule()
    def deliver_late(self) -> None:
        """Let the same file come into both shops."""
        name, content = LATE[self.delivered]
        self.delivered += 1
        for shop in (self.judged, self.plain):
            shop.deliver(name, content)
            taken_in(shop)
            computed(shop)

    @rule()
    def run_again(self) -> None:
        """Run without anything new: no row of any table changes."""
        before = self.judged.tables()
        self.run()
        assert self.judged.tables() == before

    @precondition(lambda self: not self.in_force)
    @invariant()
    def it_is_as_if_nothing_had_been_judged(self) -> None:
        """Every table of the two shops says the same, and every id that was ever out leads to somebody."""
        mine, theirs = current(self.judged), current(self.plain)
        assert {name for name in mine if mine[name] != theirs[name]} == set()

    @invariant()
    def every_id_that_was_out_leads_to_a_customer(self) -> None:
        """No published id dangles."""
        living = {row["customer_id"] for row in self.judged.rows("crosswalk")}
        self.published_ids |= living
        assert {resolved(self.judged, one) for one in self.published_ids} <= living

    def run(self) -> None:
        """Bring the judged shop up to date."""
        computed(self.judged)

    def teardown(self) -> None:
        """Take everything back."""
        for judgement in self.in_force.values():
            with self.judged.store() as store:
                revoke(store, judgement, by="eva", now=clock.now())
        if self.in_force:
            self.in_force = {}
            self.run()
            self.it_is_as_if_nothing_had_been_judged()
        shutil.rmtree(self.folder)


@pytest.mark.slow
def test_what_stewards_take_back_leaves_no_trace_in_what_is_current(published_shop: Company) -> None:
    machine = type("StewardsOfTheShop", (Stewards,), {"published": published_shop})
    with mock.patch.dict("os.environ", {"SCV_NOW": NOW}):
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=3,
                stateful_step_count=7,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
