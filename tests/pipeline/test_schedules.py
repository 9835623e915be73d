"""What runs when nobody types anything: the night, the inbox, automation, back-fills, and who is told of a failure."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest

from schedules.jobs import CUSTOMER_VIEW, EXTRACT
from schedules.sensors import RANGE_END, RANGE_START
from scv_assets.definitions import build_defs
from scv_assets.stages import PUBLISHED
from tests.pipeline.company import NOW, Company, ended
from tests.pipeline.shop import PEOPLE, customers, customers_file, orders, orders_file

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture(autouse=True)
def _at_a_fixed_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCV_NOW", NOW)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def nightly(company: Company, at: str) -> dg.RunRequest | dg.SkipReason:
    definitions = build_defs(company.home)
    schedule = definitions.resolve_schedule_def("nightly_extract")
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime.fromisoformat(at),
        repository_def=definitions.get_repository_def(),
    )
    result = schedule.evaluate_tick(context)
    if result.run_requests:
        (request,) = result.run_requests
        return request
    return dg.SkipReason(result.skip_message)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-03-05T02:30:00+01:00", "2026-03-04"),
        ("2026-03-01T02:30:00+01:00", None),
        ("2026-03-30T02:30:00+02:00", "2026-03-29"),
    ],
)
@pytest.mark.parametrize("end_on", ["2026-03-31", "2027-12-31", None])
def test_the_night_brings_in_the_day_that_has_just_ended(
    new_shop: Company, at: str, day: str | None, end_on: str | None
) -> None:
    new_shop.replace("scv.yaml", "end_on: 2026-03-31\n", f"end_on: {end_on}\n" if end_on else "")
    request = nightly(new_shop, at)
    if day is None:
        assert isinstance(request, dg.SkipReason)
    else:
        assert isinstance(request, dg.RunRequest)
        assert request.partition_key == day


def test_after_the_last_day_of_a_company_the_night_brings_in_nothing(new_shop: Company) -> None:
    assert isinstance(nightly(new_shop, "2026-04-02T02:30:00+02:00"), dg.SkipReason)


def test_the_night_is_in_the_companys_time_zone(new_shop: Company) -> None:
    schedule = build_defs(new_shop.home).resolve_schedule_def("nightly_extract")
    assert isinstance(schedule, dg.ScheduleDefinition)
    assert schedule.execution_timezone == "Europe/Brussels"
    assert schedule.cron_schedule == "30 2 * * *"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def requested(company: Company) -> list[dg.RunRequest]:
    """Return what the inbox sensor asks for."""
    sensor = build_defs(company.home).resolve_sensor_def("inbox")
    result = sensor.evaluate_tick(dg.build_sensor_context(definitions=build_defs(company.home)))
    assert result.run_requests or result.skip_message
    return list(result.run_requests or [])


def asked(requests: list[dg.RunRequest]) -> set[tuple[str, str | None]]:
    return {(asset.path[1], request.partition_key) for request in requests for asset in request.asset_selection or ()}


def test_the_inbox_asks_for_nothing_while_all_is_in(published_shop: Company) -> None:
    assert requested(published_shop) == []


def test_the_inbox_asks_for_new_late_and_corrected_days_of_their_source_alone(shop: Company) -> None:
    shop.deliver(customers_file(6), customers("6,Zoë,Noël,zoe.noel@mail.fr,,Lille,active,yes,2026-03-06T10:00:00"))
    assert asked(requested(shop)) == {("customers", "2026-03-06")}
    shop.deliver(orders_file(1), orders("A0;2026-03-01T12:00:00;jan.peeters@mail.be;Jan Peeters;7,50"))
    assert asked(requested(shop)) == {("customers", "2026-03-06"), ("orders", "2026-03-01")}
    shop.deliver(customers_file(2), customers(*PEOPLE[1]))
    assert asked(requested(shop)) == {
        ("customers", "2026-03-06"),
        ("orders", "2026-03-01"),
        ("customers", "2026-03-02"),
    }
    keys = [request.run_key for request in requested(shop)]
    assert len(set(keys)) == 3
    assert [request.run_key for request in requested(shop)] == keys


def test_the_inbox_asks_again_for_each_other_content_and_for_one_that_comes_back(
    shop: Company, instance: dg.DagsterInstance
) -> None:
    good = shop.inbox(customers_file(2)).read_bytes()
    keys = []
    for minute, content in enumerate((customers(*PEOPLE[1]), good)):
        _deliver_at(shop, minute, content)
        (request,) = requested(shop)
        keys.append(request.run_key)
        result = bring_in(shop, instance, partition_key="2026-03-02")
        assert result.success
        assert requested(shop) == []
    assert len(set(keys)) == 2
    _deliver_at(shop, 2, customers(*PEOPLE[1]))
    (request,) = requested(shop)
    assert request.run_key not in keys


def _deliver_at(company: Company, minute: int, content: str | bytes) -> None:
    """Put the file of 2 March into the inbox at a minute of its own: two runs within one second are nobody's."""
    arrived = datetime.fromisoformat(NOW).timestamp() + 60 * minute
    os.utime(company.deliver(customers_file(2), content), (arrived, arrived))


def test_a_refused_delivery_is_asked_for_once(shop: Company, instance: dg.DagsterInstance) -> None:
    shop.deliver(customers_file(6), b"")
    assert asked(requested(shop)) == {("customers", "2026-03-06")}
    bring_in(shop, instance, partition_key="2026-03-06")
    assert requested(shop) == []


def test_many_days_of_a_source_are_one_run_over_their_range(new_shop: Company) -> None:
    for day in range(1, 10):
        new_shop.deliver(orders_file(day), orders(f"B{day};2026-03-0{day}T12:00:00;a@mail.be;A Baert;1,00"))
    ranges = [request for request in requested(new_shop) if RANGE_START in request.tags]
    assert [(request.tags[RANGE_START], request.tags[RANGE_END]) for request in ranges] == [
        ("2026-03-01", "2026-03-09")
    ]


def bring_in(company: Company, instance: dg.DagsterInstance, **options: object) -> dg.ExecuteInProcessResult:
    """Run the extract job as Dagster's daemon would: of one partition, or of a range by tags."""
    job = build_defs(company.home).resolve_job_def(EXTRACT)
    return job.execute_in_process(instance=instance, run_config=QUIET, raise_on_error=False, **options)  # type: ignore[arg-type]


def over(first: str, last: str) -> dict[str, str]:
    return {RANGE_START: first, RANGE_END: last}


def made(company: Company) -> dict[str, dict[str, tuple[str, int]]]:
    """What each day was made from, and its rows; not its bytes, which hold the time at which the file arrived."""
    return {
        source: {day: (part.made_from, part.rows) for day, part in company.raw_files(source).items()}
        for source in company.home.contracts
    }


def test_a_backfill_run_twice_and_beside_the_night_gives_the_same(
    new_shop: Company, published_shop: Company, instance: dg.DagsterInstance
) -> None:
    assert bring_in(new_shop, instance, tags=over("2026-03-01", "2026-03-04")).success
    files = {source: new_shop.raw_files(source) for source in new_shop.home.contracts}
    assert made(new_shop) == made(published_shop)
    assert bring_in(new_shop, instance, tags=over("2026-03-02", "2026-03-04")).success
    assert bring_in(new_shop, instance, partition_key="2026-03-03").success
    assert {source: new_shop.raw_files(source) for source in files} == files


@pytest.mark.slow
def test_a_backfill_and_the_night_at_the_same_moment_lose_nothing(new_shop: Company, published_shop: Company) -> None:
    (new_shop.root / ".dagster").mkdir()
    assert ended(new_shop.python("-m", "dagster", "instance", "migrate")).code == 0
    days = [["--partition-range", "2026-03-01...2026-03-03"], ["--partition", "2026-03-04"]]
    days.append(["--partition-range", "2026-03-02...2026-03-04"])
    materialize = ("-m", "dagster", "asset", "materialize", "-m", "scv_assets.definitions", "--select", "group:sources")
    runs = [new_shop.python(*materialize, *some) for some in days]
    for told in [ended(run) for run in runs]:
        assert told.code == 0, told.text
    assert made(new_shop) == made(published_shop)


def test_the_command_line_brings_in_a_range_of_days(new_shop: Company) -> None:
    assert new_shop.scv("run", "--from", "2026-03-02", "--to", "2026-03-03").code == 0
    assert set(new_shop.raw_files("customers")) == {"2026-03-02", "2026-03-03"}
    told = new_shop.scv("run", "--from", "2026-03-03", "--to", "2026-03-02")
    assert told.code == 1
    assert "is after" in told.err
    assert len(told.err.splitlines()) == 1


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[str]]]:
    """A loopback server that keeps what is posted to it."""
    posted: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted.append(json.loads(body)["text"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/alerts", posted
    server.shutdown()
    thread.join()
    server.server_close()


def failure_of(result: dg.ExecuteInProcessResult) -> dg.DagsterEvent:
    (event,) = result.filter_events(lambda event: event.event_type == dg.DagsterEventType.RUN_FAILURE)
    return event


def test_a_failed_run_is_told_where_people_look(
    shop: Company, instance: dg.DagsterInstance, receiver: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, posted = receiver
    monkeypatch.setenv("SCV_ALERT_URL", url)
    shop.deliver(customers_file(6), b"")
    result = bring_in(shop, instance, partition_key="2026-03-06")
    assert not result.success
    sensor = build_defs(shop.home).resolve_sensor_def("failed_runs")
    context = dg.build_run_status_sensor_context(
        sensor_name="failed_runs",
        dagster_instance=instance,
        dagster_run=result.dagster_run,
        dagster_event=failure_of(result),
    ).for_run_failure()
    sensor(context)
    assert len(posted) == 1
    assert result.run_id in posted[0]
    assert EXTRACT in posted[0]


def test_an_alert_that_nobody_takes_breaks_nothing(
    shop: Company, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCV_ALERT_URL", "http://127.0.0.1:9/nobody")
    shop.deliver(customers_file(6), b"")
    result = bring_in(shop, instance, partition_key="2026-03-06")
    context = dg.build_run_status_sensor_context(
        sensor_name="failed_runs",
        dagster_instance=instance,
        dagster_run=result.dagster_run,
        dagster_event=failure_of(result),
    ).for_run_failure()
    build_defs(shop.home).resolve_sensor_def("failed_runs")(context)


def wanted(result: dg.EvaluateAutomationConditionsResult) -> set[str]:
    """Return the assets that automation asks for, without the sources' own steps."""
    return {
        one.key.to_user_string()
        for one in result.results
        if one.true_subset.size and isinstance(one.key, dg.AssetKey) and one.key.path[0] != "sources"
    }


@pytest.mark.slow
def test_automation_computes_what_depends_on_a_change_and_nothing_else(
    shop: Company, instance: dg.DagsterInstance
) -> None:
    definitions = build_defs(shop.home)

    def evaluate(cursor: object = None) -> dg.EvaluateAutomationConditionsResult:
        return dg.evaluate_automation_conditions(
            defs=definitions,
            instance=instance,
            cursor=cursor,  # type: ignore[arg-type]
            evaluation_time=datetime(2026, 3, 5, 3, 0, tzinfo=UTC),
        )

    assert bring_in(shop, instance, tags=over("2026-03-01", "2026-03-04")).success
    result = evaluate()
    view = definitions.resolve_job_def(CUSTOMER_VIEW)
    assert view.execute_in_process(instance=instance, run_config=QUIET).success
    result = evaluate(result.cursor)
    assert wanted(result) == set()

    shop.deliver(orders_file(4), orders("A9;2026-03-04T08:00:00;jan.peeters@mail.be;Jan Peeters;1,00"))
    assert bring_in(shop, instance, partition_key="2026-03-04", asset_selection=[dg.AssetKey(["sources", "orders"])])
    result = evaluate(result.cursor)
    asked_for = wanted(result)
    assert {"validation/orders", "standardisation/orders", "publication/store"} <= asked_for
    assert {f"{stage}/{table}" for table, stage in PUBLISHED.items()} <= asked_for
    assert not {"validation/customers", "standardisation/customers", "validation/visits"} & asked_for

    keys = [dg.AssetKey(name.split("/")) for name in asked_for]
    assert view.execute_in_process(instance=instance, run_config=QUIET, asset_selection=keys).success
    assert wanted(evaluate(result.cursor)) == set()
    assert "A9" in {row["order_id"] for row in shop.rows("customer_order")}
    assert "current" in shop.scv("status").out
    assert "Nothing new" in shop.scv("run").out
