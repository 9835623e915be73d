"""Each quality metric against figures counted by hand, and the report that a steward reads."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.tables import (
    CROSSWALK,
    METADATA,
    QUALITY_METRIC,
    QUARANTINE,
    SOURCE_RECORD,
    duckdb_schema,
)
from scv_assets import stages
from scv_assets.sources.contract import Contract, Reference
from scv_assets.sources.maps import ColumnValue, KindMap
from scv_assets.validation.channel_report import channel_report
from scv_assets.validation.quality import Audited, quality_metrics
from tests.validation.builders import column, contract, validated

MEASURED_ON = date(2026, 9, 5)


def table(con: Connection, name: str, *rows: Mapping[str, Any]) -> Relation:
    """Rows of a published table; what a row does not say is null."""
    schema = duckdb_schema(METADATA.tables[name])
    columns = ", ".join(f'CAST(NULL AS {type_}) AS "{column}"' for column, type_ in schema.items())
    con.execute(f"CREATE OR REPLACE TEMP TABLE test_{name} AS SELECT {columns} LIMIT 0")
    for row in rows:
        named = ", ".join(f'"{key}"' for key in row)
        con.execute(f"INSERT INTO test_{name} ({named}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
    return con.sql(f"SELECT * FROM test_{name}")


def person(fields: tuple[str, ...]) -> dict[str, tuple[KindMap, ...]]:
    return {"person": (KindMap("person", {"source_key": ColumnValue("no"), **{f: ColumnValue("no") for f in fields}}),)}


CRM = contract(column("no"), maps=person(("email", "phone", "full_name", "address")), source="crm")
SHOP = contract(
    column("no", references=Reference("crm", "no")),
    column("lines", "list", columns={"sku": column("sku", references=Reference("goods", "sku"))}),
    maps=person(("email",)),
)
GOODS = contract(column("sku"), column("name"), source="goods")


@pytest.fixture
def metrics(con: Connection, tmp_path: Path) -> Relation:
    lake = Lake(tmp_path, threads=1)
    typed: dict[str, tuple[Contract, list[dict[str, str | None]]]] = {
        "crm": (CRM, [{"no": "1"}, {"no": "2"}]),
        "shop": (SHOP, [{"no": "1", "lines": '[{"sku": "A"}, {"sku": "Z"}]'}, {"no": "9"}, {"no": None}]),
        "goods": (GOODS, [{"sku": "A", "name": None}, {"sku": "B", "name": "Box"}]),
    }
    for source, (of, rows) in typed.items():
        written = validated(con, of, *rows).rows
        lake.write(stages.typed_path(source), written, made_from="", partition="2026-09-01")
    contracts: dict[str, Contract] = {source: of for source, (of, _) in typed.items()}
    full = {"street": "Rue Haute", "postcode": "1000", "city": "Bruxelles"}
    records = table(
        con,
        SOURCE_RECORD.name,
        {"source": "crm", "source_key": "1", "email": "a@b.be", "raw_email": "A@b.be", "raw_full_name": "Jo Doe"},
        {"source": "crm", "source_key": "2", "email": "a@b.be", "raw_email": "a@b.be", "last_name": "Doe"},
        {"source": "crm", "source_key": "3", "raw_email": "nobody", "raw_phone": "x", **full},
        {"source": "crm", "source_key": "4"},
        {"source": "crm", "source_key": "5", "email": "gone@b.be", "is_deleted": True},
        {"source": "shop", "source_key": "7", "email": "a@b.be", "raw_email": "a@b.be"},
    )
    customers = {"1": "C1", "2": "C1", "3": "C3", "4": "C4", "5": "C5"}
    crosswalk = table(
        con,
        CROSSWALK.name,
        *({"source": "crm", "source_key": key, "customer_id": customer} for key, customer in customers.items()),
        {"source": "shop", "source_key": "7", "customer_id": "C1"},
    )
    refused = {"source": "shop", "file": "f", "status": "open"}
    quarantine = table(
        con,
        QUARANTINE.name,
        {**refused, "row_number": 1, "column": "no"},
        {**refused, "row_number": 2, "column": None},
        {**refused, "row_number": 3, "column": "no", "status": "replayed"},
    )
    return quality_metrics(con, contracts, lake, Audited(records, crosswalk, quarantine), MEASURED_ON)


def found(metrics: Relation, metric: str, source: str) -> dict[str, tuple[float, float]]:
    rows = metrics.project("source, field, metric, numerator, denominator").fetchall()
    return {field: (top, bottom) for of, field, name, top, bottom in rows if (of, name) == (source, metric)}


def test_completeness_counts_what_was_delivered(metrics: Relation) -> None:
    assert found(metrics, "completeness", "crm") == {
        "first_name": (1, 4),
        "last_name": (2, 4),
        "email": (3, 4),
        "phone": (1, 4),
        "street": (1, 4),
        "house_number": (0, 4),
        "postcode": (1, 4),
        "city": (1, 4),
    }
    assert found(metrics, "completeness", "shop") == {"email": (1, 1)}
    assert found(metrics, "completeness", "goods") == {"sku": (2, 2), "name": (1, 2)}


def test_validity_counts_what_could_be_used_of_it(metrics: Relation) -> None:
    validity = found(metrics, "validity", "crm")
    assert (validity["email"], validity["phone"]) == ((2, 3), (0, 1))


def test_uniqueness_counts_distinct_values(metrics: Relation) -> None:
    assert found(metrics, "uniqueness", "crm") == {"email": (1, 2), "phone": (0, 0)}


def test_duplicates_inside_and_between(metrics: Relation) -> None:
    assert found(metrics, "intra_base_duplicate_rate", "crm") == {"(record)": (1, 4)}
    assert found(metrics, "inter_base_duplicate_rate", "crm") == {"shop": (1, 3)}
    assert found(metrics, "inter_base_duplicate_rate", "shop") == {"crm": (1, 1)}


def test_contactability_is_by_each_way_and_by_any(metrics: Relation) -> None:
    assert found(metrics, "contactability_rate", "crm") == {
        "email": (2, 4),
        "phone": (0, 4),
        "post": (1, 4),
        "(record)": (3, 4),
    }


def test_quarantine_rate_counts_open_rows_of_all_rows(metrics: Relation) -> None:
    assert found(metrics, "quarantine_rate", "shop") == {"(record)": (2, 5), "no": (1, 5)}
    assert found(metrics, "quarantine_rate", "crm") == {"(record)": (0, 2)}


def test_orphans_point_to_nothing(metrics: Relation) -> None:
    assert found(metrics, "orphan_rate", "shop") == {"no": (1, 2), "lines.sku": (1, 2)}


def test_freshness_is_the_age_of_the_newest_day(metrics: Relation) -> None:
    assert found(metrics, "freshness_days", "crm") == {"(record)": (4, 1)}


def test_metrics_are_the_published_table_in_the_order_of_its_key(metrics: Relation) -> None:
    schema = duckdb_schema(QUALITY_METRIC)
    assert dict(zip(metrics.columns, map(str, metrics.types), strict=True)) == schema
    rows = metrics.project("source, field, metric, measured_on").fetchall()
    assert rows == sorted(set(rows))
    values = metrics.project("value, numerator, denominator").fetchall()
    assert all(value == (top / bottom if bottom else None) for value, top, bottom in values)


def test_the_report_reads_like_an_audit(metrics: Relation) -> None:
    report = channel_report(metrics, {"crm": "Customer base"})
    assert "# Quality audit, 05/09/2026" in report
    assert "| Customer base | 75.0% | 25.0% | 0.0% | 4 |" in report
    assert "- Of 4 records, 1 (25.0%) are of a customer that it has already." in report
    assert "- 2 of 5 rows (40.00%) stand refused, mostly for `no` (1)." in report
    assert "- 1 of 2 values of `lines.sku` (50.0%) point nowhere." in report
    assert "- Share of its customers that other channels know too: shop 33%." in report
    assert "| email | 75.0% | 66.7% | 50.0% | often missing |" in report


def test_an_audit_of_nothing_says_so(con: Connection) -> None:
    assert channel_report(table(con, QUALITY_METRIC.name)) == "Nothing has been measured yet."
