"""The extracts have the quirks that real ones have: encodings, notations, spreadsheets, what a spreadsheet eats."""

import json
import re
import sqlite3
from datetime import datetime

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.demo_company.company import Company


def day_files(company: Company, pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((company.folder / "inbox").glob(pattern))]


def test_the_shop_writes_windows_1252_with_decimal_commas(company: Company) -> None:
    text = b"".join(day_files(company, "ecommerce/*.csv"))
    assert "expédiée".encode("cp1252") in text
    assert "expédiée".encode() not in text
    assert re.search(rb";\d+,\d\d;", text)
    assert re.search(rb"\d\d/\d\d/2026 \d\d:\d\d;", text)


def test_the_legacy_base_is_latin_1_with_bars(company: Company) -> None:
    lines = (company.folder / "inbox/legacy/clients.csv").read_text(encoding="latin-1").splitlines()
    assert all(line.count("|") == 13 for line in lines)
    assert any("é" in line for line in lines)


def test_the_crm_is_utf_8_and_starts_with_the_whole_base(company: Company) -> None:
    files = day_files(company, "crm/*.csv")
    assert max(range(len(files)), key=lambda n: len(files[n])) == 0
    assert "Müller".encode() in b"".join(files) or "é".encode() in files[0]


def test_the_spreadsheet_has_titles_merged_cells_dates_and_lost_zeros(company: Company) -> None:
    book = openpyxl.load_workbook(sorted((company.folder / "inbox/loyalty").glob("*.xlsx"))[-1])
    sheet = book["Membres"]
    assert {str(merged) for merged in sheet.merged_cells.ranges} == {"A1:T1", "A2:T2"}
    header = [cell.value for cell in sheet[3]]
    rows = [dict(zip(header, values, strict=True)) for values in sheet.iter_rows(min_row=4, values_only=True)]
    assert any(isinstance(row["Date de naissance"], datetime) for row in rows)
    assert any(isinstance(row["CP"], int) and row["CP"] < 10_000 for row in rows)
    assert any(isinstance(row["GSM"], int) for row in rows)
    assert "Date d’adhésion" in header


def test_service_cases_are_one_json_document_a_day(company: Company) -> None:
    for text in day_files(company, "service/*.json"):
        assert json.loads(text)["cases"]


def test_app_events_have_typed_columns(company: Company) -> None:
    file = sorted((company.folder / "inbox/app").glob("*.parquet"))[0]
    assert pq.read_schema(file).field("occurred_at").type == pa.timestamp("ms", tz="UTC")


def test_callers_numbers_come_in_every_notation(company: Company) -> None:
    text = b"".join(day_files(company, "call_centre/*.csv")).decode()
    notations = (
        r"\+32\d{9},",
        r"\+32 \d",
        r",0\d{9},",
        r",0\d{3}/\d\d\.",
        r"0\d\.\d\d\.",
        r",00\d{11},",
        r"\(0\)",
        r",[467]\d{8},",
    )
    assert all(re.search(notation, text) for notation in notations)


def test_the_erp_is_a_database_with_orphans_and_gifts(company: Company) -> None:
    connection = sqlite3.connect(company.folder / "inbox/erp/erp.db")
    try:
        orphans = connection.execute(
            "SELECT count(*) FROM orders WHERE invoiced_customer NOT IN (SELECT customer_no FROM customers)"
        ).fetchone()
        gifts = connection.execute(
            "SELECT count(*) FROM orders WHERE invoiced_customer <> delivered_customer"
        ).fetchone()
        earlier = connection.execute("SELECT count(*) FROM orders WHERE order_date < '2026-08-23'").fetchone()
    finally:
        connection.close()
    assert orphans[0] >= 1
    assert gifts[0] >= 10
    assert earlier[0] >= 50
