"""Excel as people keep it: title rows, merged cells, dates as cells and as serials; a drifted header is refused."""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.errors import DeliveryRefused
from tests.sources.company import Company

COLUMNS = """
card: {type: text, from: "N° carte", required: true}
shop: {type: text, from: Magasin}
born: {type: date, from: Naissance}
points: {type: integer, from: Points}
"""
FILE = "loyalty/2026-08-23.xlsx"
HEADER: list[Any] = ["N° carte", "Magasin", "Naissance", "Points"]


def workbook(
    company: Company, rows: Sequence[Sequence[Any]], *merges: str, options: str = "", sheet: str = "Cartes"
) -> Path:
    company.simple("excel", "loyalty/{date}.xlsx", COLUMNS, f"options: {{{options}}}" if options else "")
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    for merge in merges:
        page.merge_cells(merge)
    path = company.deliver(FILE, b"")
    book.save(path)
    return path


def test_the_table_is_found_under_its_title_rows(company: Company) -> None:
    rows: list[list[Any]] = [
        ["Programme de fidélité"],
        [],
        ["au", date(2026, 8, 23)],
        HEADER,
        ["0012", "Gand", date(1980, 2, 29), 120],
    ]
    workbook(company, rows, "A1:D1")
    assert company.values() == [{"card": "0012", "shop": "Gand", "born": "1980-02-29", "points": "120"}]


def test_dates_come_as_iso_text_whether_cell_or_serial_or_text(company: Company) -> None:
    rows: list[list[Any]] = [["1", "A", datetime(1980, 2, 29), 1], ["2", "A", 29280, 1], ["3", "A", "29/02/1980", 1]]  # noqa: DTZ001
    workbook(company, [HEADER, *rows])
    assert [row["born"] for row in company.values()] == ["1980-02-29", "1980-02-29", "29/02/1980"]


def test_numbers_have_no_trailing_zero(company: Company) -> None:
    workbook(company, [HEADER, [1234567890123, "A", None, 12.0], [2.5, "A", None, None]])
    assert [(row["card"], row["points"]) for row in company.values()] == [("1234567890123", "12"), ("2.5", None)]


def test_a_cell_merged_over_rows_counts_for_each(company: Company) -> None:
    rows = [["1", "Gand", None, 1], ["2", None, None, 2], ["3", "Lille", None, 3]]
    workbook(company, [["Titre"], HEADER, *rows], "B3:B4", "A1:D1")
    assert [row["shop"] for row in company.values()] == ["Gand", "Gand", "Lille"]


def test_empty_rows_are_none_and_columns_are_found_by_title(company: Company) -> None:
    workbook(company, [[None, *HEADER[::-1]], [None, 5, None, "Gand", "1"], [], [None, None, None, None, None]])
    assert company.values() == [{"card": "1", "shop": "Gand", "born": None, "points": "5"}]


def test_misread_text_is_kept_as_delivered(company: Company) -> None:
    workbook(company, [HEADER, ["1", "LiÃ¨ge", None, 1]])
    assert company.values()[0]["shop"] == "LiÃ¨ge"


def test_a_drifted_header_is_refused_naming_what_was_expected_and_found(company: Company) -> None:
    workbook(company, [["Titre"], ["N° carte", "Magasins", "Naissance", "Points"], ["1", "Gand", None, 1]])
    with pytest.raises(
        DeliveryRefused, match=r"'Magasin' expected but not in row 2; did you mean 'Magasins'.*found 'Magasins'"
    ):
        company.rows()


def test_a_sheet_without_its_header_is_refused(company: Company) -> None:
    workbook(company, [["1", "Gand", None, 1]])
    with pytest.raises(DeliveryRefused, match="no row of the first 50 is the header; expected the titles N° carte"):
        company.rows()


def test_a_named_sheet_and_row_are_taken_at_their_word(company: Company) -> None:
    workbook(company, [HEADER, HEADER, ["1", "A", None, 1]], options="sheet: Cartes, header_row: 2")
    assert [row["card"] for row in company.values()] == ["1"]
    workbook(company, [HEADER], options="sheet: Card")
    with pytest.raises(DeliveryRefused, match="there is no sheet 'Card'; the workbook has Cartes"):
        company.rows()


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_workbook_cut_short_is_refused(company: Company, share: float) -> None:
    path = workbook(company, [HEADER, ["1", "A", None, 1]])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DeliveryRefused, match=r"empty|not a whole Excel workbook"):
        company.rows()


def test_another_kind_of_file_is_refused(company: Company) -> None:
    path = workbook(company, [HEADER])
    path.write_text("id,name\n")
    with pytest.raises(DeliveryRefused, match="not a whole Excel workbook"):
        company.rows()


@settings(max_examples=40, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_a_damaged_byte_gives_rows_or_one_refusal(at: float, byte: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        company = Company(Path(folder))
        path = workbook(company, [["Titre"], HEADER, ["1", "A", date(1980, 2, 29), 1]], "B3:B4")
        content = bytearray(path.read_bytes())
        content[int(at * len(content))] = byte
        path.write_bytes(content)
        with suppress(DeliveryRefused):
            assert set(company.values()[0]) == {"card", "shop", "born", "points"}
