"""Every asset check has a test in which it fails; a blocking one that fails keeps the store as it was."""

from collections.abc import Callable
from pathlib import Path
from unittest import mock

import dagster as dg
import pytest

from resources.lake import ALL, Lake
from scv_assets.definitions import build_defs
from scv_assets.segments import assets as segment_assets
from scv_assets.segments.run import PROFILE, add_segment
from scv_assets.stages import published_path, typed_path
from tests.pipeline.company import Company
from tests.pipeline.shop import customers, customers_file

#: told by the assets themselves, of what they did; tested with deliveries, quarantine and erasure
BY_ASSETS = {"deliveries_accepted", "refused_share_within_limit", "erasures_are_complete"}
Check = tuple[str, str]

#: (asset, check) -> dataset that is spoilt, and how
#: of every destination: tests/activation/delivery/test_assets.py has them fail
BY_DESTINATION = {"destination_answers", "no_dead_letters"}
SPOILT: dict[Check, tuple[str, str]] = {
    ("identity/crosswalk", "every_record_has_one_customer"): (
        published_path("crosswalk"),
        "SELECT * FROM rows OFFSET 1",
    ),
    ("identity/customer_redirect", "redirects_lead_to_living_customers"): (
        published_path("customer_redirect"),
        "SELECT 'Cold' AS old_customer_id, 'Cnobody' AS customer_id, TIMESTAMP '2026-10-01' AS merged_at",
    ),
    ("golden/profile", "one_profile_a_customer"): ("golden/profile", "SELECT * FROM rows OFFSET 1"),
    ("segments/segment_membership", "everyone_in_exactly_one_segment"): (
        published_path("segment_membership"),
        "SELECT * FROM rows WHERE segmentation <> 'lifecycle' OR customer_id <> (SELECT min(customer_id) FROM rows)"
        " UNION ALL SELECT * REPLACE (valid_from - 1 AS valid_from) FROM rows WHERE customer_id ="
        " (SELECT min(customer_id) FROM rows)",
    ),
    ("segments/golden_profile", "every_profile_has_its_segment"): (
        published_path("golden_profile"),
        "SELECT * REPLACE (CAST(NULL AS VARCHAR) AS lifecycle_segment) FROM rows",
    ),
    ("segments/overlapping_membership", "nobody_twice_in_a_segment"): (
        published_path("overlapping_membership"),
        "SELECT * REPLACE ('nowhere' AS segment) FROM rows",
    ),
    ("segments/attribution", "every_order_is_shared_out_whole"): (
        published_path("attribution"),
        "SELECT * FROM rows OFFSET 1",
    ),
    ("governance/consent_event", "purposes_are_declared"): (
        published_path("consent_event"),
        "SELECT * REPLACE ('astrology' AS purpose) FROM rows",
    ),
    ("interactions/order_line", "orders_are_the_sum_of_their_lines"): (
        published_path("order_line"),
        "SELECT * REPLACE (net_cents + 1 AS net_cents) FROM rows",
    ),
    ("interactions/order_line", "every_line_has_its_order"): (
        published_path("customer_order"),
        "SELECT * FROM rows OFFSET 1",
    ),
    ("activation/outbox", "no_message_without_consent"): (
        published_path("outbox"),
        "SELECT 'm' AS idempotency_key, 'Cnobody' AS customer_id, 'sms' AS channel, 'marketing' AS purpose",
    ),
    ("activation/outbox", "nothing_is_sent_twice_for_a_once_ever_campaign"): (
        published_path("outbox"),
        "SELECT unnest(['m', 'n']) AS idempotency_key, 'ambassador_voucher' AS campaign, 'Cnobody' AS customer_id",
    ),
    ("activation/outbox", "no_message_contradicts_what_is_known"): (
        published_path("outbox"),
        "SELECT 'm' AS idempotency_key, customer_id, channel, purpose, TIMESTAMP '2030-01-01' AS created_at"
        " FROM consent_state WHERE NOT is_granted LIMIT 1",
    ),
    **{
        (f"interactions/{table}", "nothing_is_lost"): (published_path(table), "SELECT * FROM rows OFFSET 1")
        for table in ("customer_order", "order_line", "visit", "cart", "ticket", "message_event")
    },
}


def spoil(lake: Lake, dataset: str, query: str, partition: str = ALL) -> None:
    """Replace a dataset's rows by those of a query over them (`rows`), or over `consent_state`."""
    with lake.connect() as con:
        consent_state = con.read_parquet(lake.files(published_path("consent_state"))[0])
        rows = con.read_parquet(lake.files(dataset, [partition])[0])
        lake.write(dataset, con.sql(query), made_from="spoilt", partition=partition)
        assert rows is not None
        assert consent_state is not None


def checks(company: Company) -> dict[Check, Callable[[], dg.AssetCheckResult]]:
    """Return every check that looks at the lake, by asset and name."""
    found: dict[Check, Callable[[], dg.AssetCheckResult]] = {}
    for definition in build_defs(company.home).asset_checks or ():
        assert isinstance(definition, dg.AssetChecksDefinition)
        (key,) = definition.check_keys

        def evaluate(definition: dg.AssetChecksDefinition = definition) -> dg.AssetCheckResult:
            context = dg.build_asset_check_context(resources={"lake": company.lake})
            result = definition(context)
            assert isinstance(result, dg.AssetCheckResult)
            return result

        found[key.asset_key.to_user_string(), key.name] = evaluate
    return found


def test_every_check_holds_for_the_demo_company(published_demo: Company) -> None:
    assert {check for check, evaluate in checks(published_demo).items() if not evaluate().passed} == set()


def test_every_check_is_tested_here(published_demo: Company) -> None:
    graph = build_defs(published_demo.home).resolve_asset_graph()
    known = {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}
    by_source = {(asset, name) for asset, name in known if name in BY_ASSETS or name == "rows_conform_to_contract"}
    by_destination = {(asset, name) for asset, name in known if name in BY_DESTINATION}
    assert known - by_source - by_destination == set(SPOILT)


@pytest.mark.parametrize("check", SPOILT, ids="-".join)
def test_a_check_fails_where_its_claim_is_broken(demo_copy: Company, check: Check) -> None:
    dataset, query = SPOILT[check]
    spoil(demo_copy.lake, dataset, query)
    result = checks(demo_copy)[check]()
    assert not result.passed
    assert "@" not in str(result.metadata)


@pytest.mark.parametrize("source", ["crm", "pos", "app"])
def test_rows_that_break_their_contract_do_not_conform(demo_copy: Company, source: str) -> None:
    spoilt = {
        "crm": "SELECT * REPLACE ('Sir' AS civilite) FROM rows",
        "pos": "SELECT * FROM rows UNION ALL SELECT * FROM rows",
        "app": "SELECT * REPLACE ('sleep' AS event_name) FROM rows",
    }
    day = max(demo_copy.lake.parts(typed_path(source)))
    spoil(demo_copy.lake, typed_path(source), spoilt[source], day)
    result = checks(demo_copy)[f"validation/{source}", "rows_conform_to_contract"]()
    assert not result.passed
    assert day in str(result.metadata)


def test_a_blocking_check_that_fails_keeps_the_store_as_it_was(shop: Company, tmp_path: Path) -> None:
    before = shop.tables()
    shop.deliver(customers_file(4), customers("6,Zoë,Noël,zoe.noel@mail.fr,,Lille,active,yes,2026-03-04T10:00:00"))

    def without_segment(*arguments: Lake) -> object:
        done = add_segment(*arguments)  # type: ignore[arg-type]
        spoil(shop.lake, PROFILE, "SELECT * REPLACE (CAST(NULL AS VARCHAR) AS lifecycle_segment) FROM rows")
        return done

    with mock.patch.object(segment_assets, "add_segment", without_segment):
        told = shop.scv("run")
    assert told.code == 1
    refused = [line for line in told.out.splitlines() if "refused or failed:" in line]
    assert len(refused) == 1, refused
    assert "every_profile_has_its_segment" in refused[0]
    assert shop.tables() == before
    shop.must_run()
    assert len(shop.rows("source_record")) == len(before["source_record"]) + 1


def test_a_check_that_only_warns_is_told_and_fails_nothing(shop: Company) -> None:
    shop.replace("sources/customers.yaml", "purpose: {const: marketing}", "purpose: {const: astrology}")
    told = shop.scv("run")
    assert told.code == 0, told.out
    assert "purposes_are_declared" in told.out
    assert {row["purpose"] for row in shop.rows("consent_event")} >= {"astrology"}
