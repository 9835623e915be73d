"""The whole view on PostgreSQL, and a server that goes away and comes back."""

import threading
import time
from pathlib import Path
from unittest import mock

import pytest

from scv_assets.segments import assets as segment_assets
from scv_assets.segments.run import segment
from tests.pipeline.company import Company, differing
from tests.pipeline.shop import customers, customers_file
from tests.postgresql_server import PostgresqlServer

pytestmark = [pytest.mark.server, pytest.mark.slow]
NEWS = customers("6,Zoë,Noël,zoe.noel@mail.fr,,Lille,active,yes,2026-03-04T10:00:00")


def on_server(company: Company, url: str) -> Company:
    """Let a company publish to the server instead of its own file."""
    company.replace("scv.yaml", "start_on:", f'store: {{url: "{url}"}}\nstart_on:')
    return company


def test_the_view_on_postgresql_is_the_view_on_sqlite(
    demo: Company, published_demo: Company, postgresql_url: str, tmp_path: Path
) -> None:
    company = on_server(demo.copied(tmp_path / "company"), postgresql_url)
    company.must_run()
    assert differing(company.tables(), published_demo.tables(), "run_id") == []
    assert "Nothing new" in company.scv("run").out


def test_a_server_that_goes_away_is_told_and_the_next_run_ends_well(
    new_shop: Company, published_shop: Company, postgresql_server: PostgresqlServer, postgresql_url: str
) -> None:
    shop = on_server(new_shop, postgresql_url)
    shop.must_run()
    before = shop.tables()
    assert differing(before, published_shop.tables(), "run_id") == []

    shop.deliver(customers_file(4), NEWS)
    postgresql_server.stop()
    try:
        told = shop.scv("run")
    finally:
        postgresql_server.start()
    assert told.code == 1
    assert told.err.startswith("StoreUnavailable: the store postgresql://127.0.0.1")
    assert "see that it runs, then try again" in told.err
    assert len(told.err.splitlines()) == 1

    def stopped(*arguments: object, **options: object) -> object:
        postgresql_server.stop()
        return segment(*arguments, **options)  # type: ignore[arg-type]

    try:
        with mock.patch.object(segment_assets, "segment", stopped), mock.patch("scv_assets.faults.RETRIES", 0):
            told = shop.scv("run")
    finally:
        postgresql_server.start()
    assert told.code == 1
    assert "Traceback" not in told.text
    assert "see that it runs, then try again" in told.text
    assert shop.tables() == before

    shop.must_run()
    assert "zoe.noel@mail.fr" in {row["email"] for row in shop.rows("golden_profile")}
    assert len(shop.rows("source_record")) == len(before["source_record"]) + 1


def test_a_server_that_comes_back_within_the_run_is_waited_for(
    new_shop: Company, postgresql_server: PostgresqlServer, postgresql_url: str
) -> None:
    shop = on_server(new_shop, postgresql_url)
    went, came_back = threading.Event(), threading.Event()

    def return_later() -> None:
        time.sleep(1)
        postgresql_server.start()
        came_back.set()

    def away(*arguments: object, **options: object) -> object:
        if not went.is_set():
            went.set()
            postgresql_server.stop()
            threading.Thread(target=return_later).start()
        return segment(*arguments, **options)  # type: ignore[arg-type]

    with mock.patch.object(segment_assets, "segment", away):
        shop.must_run()
    assert came_back.is_set()
    assert shop.rows("segment_membership")
