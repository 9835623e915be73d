"""SQL: days and versions by query, a SQLite file read-only, every failure with its own word."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from scv_assets.errors import ConfigError, DeliveryRefused, SourceContractError, SourceUnavailable
from scv_assets.sources.deliveries import deliveries, strangers
from scv_assets.sources.extraction import extract, extract_days, refusals, stale_days
from tests.sources.company import DAY, Company

COLUMNS = """
id: {type: text, required: true}
total: {type: money}
"""
OPTIONS = """
options:
  url: "sqlite:///{inbox}/erp/erp.db"
  query: SELECT id, total FROM orders WHERE day = :day ORDER BY id
  versions: SELECT day, max(version) FROM orders GROUP BY day
"""


def database(company: Company, *rows: tuple[object, ...], options: str = OPTIONS) -> Path:
    company.simple("sql", "", COLUMNS, options, source="erp")
    path = company.root / "inbox/erp/erp.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("CREATE TABLE IF NOT EXISTS orders (id, total, day, version)")
        base.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
    return path


def test_each_day_of_the_versions_is_a_delivery_and_gives_its_rows(company: Company) -> None:
    database(company, (1, 12.5, "2026-08-23", 1), ("2", None, "2026-08-23", 1), (3, 1, "2026-08-24", 1))
    home, contract = company.only("erp")
    found = deliveries(home, contract)
    assert [(one.day, one.file) for one in found] == [
        (date(2026, 8, 23), "erp/erp.db@2026-08-23"),
        (date(2026, 8, 24), "erp/erp.db@2026-08-24"),
    ]
    assert company.values("erp") == [{"id": "1", "total": "12.5"}, {"id": "2", "total": None}]


def test_only_a_day_with_another_version_has_another_fingerprint(company: Company) -> None:
    database(company, (1, 1, "2026-08-23", 1), (2, 1, "2026-08-24", 1))
    before = [one.fingerprint for one in deliveries(*company.only("erp"))]
    database(company, (3, 1, "2026-08-24", 2))
    after = [one.fingerprint for one in deliveries(*company.only("erp"))]
    assert before[0] == after[0]
    assert before[1] != after[1]


@pytest.mark.parametrize(
    ("versions", "message"),
    [("SELECT day, version FROM orders", "more than once"), ("SELECT day FROM orders", "must give two columns")],
)
def test_versions_that_cannot_be_are_the_contracts_mistake(company: Company, versions: str, message: str) -> None:
    options = OPTIONS.replace("SELECT day, max(version) FROM orders GROUP BY day", versions)
    database(company, (1, 1, "2026-08-23", 1), (2, 1, "2026-08-23", 2), options=options)
    with pytest.raises(SourceContractError, match=rf"sources/erp\.yaml:10: the query .*{message}"):
        deliveries(*company.only("erp"))


def test_a_day_outside_the_range_is_no_delivery(company: Company) -> None:
    database(company, (1, 1, "2020-01-01", 1), (2, 1, "2026-08-24", 1))
    assert [one.day for one in deliveries(*company.only("erp"))] == [date(2026, 8, 24)]


def test_the_database_is_opened_read_only(company: Company) -> None:
    path = database(
        company, (1, 1, "2026-08-23", 1), options=OPTIONS.replace("SELECT id, total", "DELETE FROM orders --")
    )
    options = OPTIONS.replace(
        "query: SELECT id, total FROM orders WHERE day = :day ORDER BY id",
        'query: "DELETE FROM orders WHERE day = :day"',
    )
    database(company, options=options)
    with pytest.raises(SourceContractError, match="readonly"):
        company.rows("erp")
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("SELECT count(*) FROM orders").fetchone() == (1,)


def test_a_database_that_is_not_there_yet_has_delivered_nothing(company: Company) -> None:
    company.simple("sql", "", COLUMNS, OPTIONS, source="erp")
    assert deliveries(*company.only("erp")) == []


@pytest.mark.parametrize(
    "wrong", ["SELECT id, totl FROM orders WHERE day = :day", "SELECT id, total FROM order_ WHERE day = :day"]
)
def test_a_query_that_does_not_fit_the_database_is_the_contracts_mistake(company: Company, wrong: str) -> None:
    database(
        company,
        (1, 1, "2026-08-23", 1),
        options=OPTIONS.replace("SELECT id, total FROM orders WHERE day = :day ORDER BY id", wrong),
    )
    with pytest.raises(SourceContractError, match=r"sources/erp.yaml:9: the database refuses the query \(no such"):
        company.rows("erp")


def test_a_renamed_result_column_is_refused(company: Company) -> None:
    database(
        company, (1, 1, "2026-08-23", 1), options=OPTIONS.replace("SELECT id, total", "SELECT id, total AS totals")
    )
    with pytest.raises(DeliveryRefused, match="'total' expected but not in the query's result"):
        company.rows("erp")


def test_a_damaged_database_is_refused_once_and_told_until_it_is_mended(company: Company) -> None:
    path = database(company, (1, 1, "2026-08-23", 1))
    whole = path.read_bytes()
    path.write_bytes(b"no database" * 100)
    home, contract = company.only("erp")
    lake = home.lake()
    assert stale_days(home, contract, lake) == [home.settings.start_on]
    done = extract_days(home, contract, [DAY], lake)
    assert "damaged" in str(done.refused[0])
    assert stale_days(home, contract, lake) == []
    assert len(refusals(home, lake)) == 1
    path.write_bytes(whole)
    assert stale_days(home, contract, lake) == [DAY]
    assert extract_days(home, contract, [DAY], lake).written == [DAY]
    assert refusals(home, lake) == []


def test_text_that_is_no_utf8_is_refused(company: Company) -> None:
    path = database(company, (1, 1, "2026-08-23", 1))
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("UPDATE orders SET total = CAST(x'e9' AS TEXT)")
    with pytest.raises(DeliveryRefused, match="no UTF-8"):
        company.rows("erp")


def test_a_one_off_query_needs_its_day_and_no_versions(company: Company) -> None:
    options = OPTIONS.replace("  versions: SELECT day, max(version) FROM orders GROUP BY day\n", "").replace(
        " WHERE day = :day", ""
    )
    database(company, (1, 1, "2020-01-01", 1), options="day: 2026-08-23" + options)
    home, contract = company.only("erp")
    (delivery,) = deliveries(home, contract)
    assert delivery.day == DAY
    assert extract(home, contract, delivery).num_rows == 1


def test_a_server_that_does_not_answer_is_unavailable(company: Company) -> None:
    company.simple(
        "sql",
        "",
        COLUMNS,
        OPTIONS.replace("sqlite:///{inbox}/erp/erp.db", "postgresql://u:secret@127.0.0.1:1/x"),
        source="erp",
    )
    with pytest.raises(SourceUnavailable) as caught:
        deliveries(*company.only("erp"))
    assert "secret" not in str(caught.value)


def test_an_unset_variable_of_the_url_is_named(company: Company) -> None:
    company.simple(
        "sql",
        "",
        COLUMNS,
        OPTIONS.replace("sqlite:///{inbox}/erp/erp.db", "postgresql://${SCV_TEST_NOWHERE}/x"),
        source="erp",
    )
    with pytest.raises(ConfigError, match="the environment variable SCV_TEST_NOWHERE is not set"):
        deliveries(*company.only("erp"))


def test_a_database_beside_the_inbox_is_relative_to_the_folder(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCV_TEST_FOLDER", "warehouse")
    database(company, (1, 1, "2026-08-23", 1)).rename(company.write("warehouse/erp.db", b""))
    company.simple("sql", "", COLUMNS, OPTIONS.replace("{inbox}/erp/", "${SCV_TEST_FOLDER}/"), source="erp")
    assert [row["id"] for row in company.values("erp")] == ["1"]
    assert strangers(company.home) == []


@pytest.fixture
def postgresql(company: Company, postgresql_url: str) -> Company:
    engine = sa.create_engine(postgresql_url.replace("postgresql:", "postgresql+psycopg2:"))
    with engine.begin() as base:
        base.execute(sa.text("CREATE TABLE orders (id bigint, total numeric(9, 2), day date, version timestamptz)"))
        base.execute(sa.text("INSERT INTO orders VALUES (7, 12.50, '2026-08-23', '2026-08-24 03:00:00+00')"))
    engine.dispose()
    options = OPTIONS.replace("sqlite:///{inbox}/erp/erp.db", postgresql_url)
    return company.simple("sql", "", COLUMNS, options, source="erp")


@pytest.mark.server
def test_a_postgresql_server_gives_the_same_text(postgresql: Company) -> None:
    home, contract = postgresql.only("erp")
    assert [one.day for one in deliveries(home, contract)] == [DAY]
    assert postgresql.values("erp") == [{"id": "7", "total": "12.50"}]


@pytest.mark.server
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT id, totl FROM orders WHERE day = :day", "does not exist"),
        ("SELECT id, total FROM orders WHERE day = :day FOR UPDATE", "read-only transaction"),
    ],
)
def test_a_postgresql_server_is_only_read(postgresql: Company, query: str, message: str) -> None:
    path = postgresql.root / "sources/erp.yaml"
    path.write_text(path.read_text().replace("SELECT id, total FROM orders WHERE day = :day ORDER BY id", query))
    with pytest.raises(SourceContractError, match=f"the database refuses the query .*{message}"):
        postgresql.rows("erp")
