"""A plain Excel workbook written row by row: one sheet, title rows, merged cells, date cells.

Written by hand because a spreadsheet library keeps the whole sheet in memory and puts the time of day into the file.
The format is ECMA-376 (Office Open XML), part 1, chapter 18; dates are serial days since 1899-12-30.
"""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from numpy.typing import NDArray

#: Days from Excel's day 0 to 1970-01-01.
EPOCH_SERIAL = 25_569
_STAMP = (2026, 1, 1, 0, 0, 0)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_PARTS: dict[str, str] = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Membres" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="14"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
_PLAIN, _DATE, _BOLD = range(3)


class Workbook:
    """A workbook open for writing. Whole numbers become number cells (date cells in a date column), the rest text."""

    def __init__(self, path: Path, titles: Sequence[str], header: Sequence[str], dates: frozenset[str]) -> None:
        self._zip = zipfile.ZipFile(path, "w")
        for name, text in _PARTS.items():
            self._zip.writestr(_entry(name), _XML + text)
        self._sheet = self._zip.open(_entry("xl/worksheets/sheet1.xml"), "w", force_zip64=True)
        self._letters = [_letters(place) for place in range(len(header))]
        self._dates = dates
        self._row = 0
        self._merged = [f"A{n}:{self._letters[-1]}{n}" for n in range(1, len(titles) + 1)]
        self._put(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>')
        for title in titles:
            self._add_row([(title, _BOLD)])
        self._add_row([(name, _PLAIN) for name in header])

    def add(self, columns: Mapping[str, Sequence[Any] | NDArray[Any]]) -> None:
        """Append rows."""
        styles = [_DATE if name in self._dates else _PLAIN for name in columns]
        for row in zip(*columns.values(), strict=True):
            self._add_row(list(zip(row, styles, strict=True)))

    def close(self) -> None:
        """End the sheet and the file."""
        merged = "".join(f'<mergeCell ref="{reference}"/>' for reference in self._merged)
        self._put(f'</sheetData><mergeCells count="{len(self._merged)}">{merged}</mergeCells></worksheet>')
        self._sheet.close()
        self._zip.close()

    def _add_row(self, cells: Sequence[tuple[Any, int]]) -> None:
        self._row += 1
        written = "".join(
            _cell(f"{letters}{self._row}", value, style)
            for letters, (value, style) in zip(self._letters, cells, strict=False)
            if value is not None
        )
        self._put(f'<row r="{self._row}">{written}</row>')

    def _put(self, text: str) -> None:
        self._sheet.write(text.encode())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_STAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _cell(reference: str, value: Any, style: int) -> str:
    if isinstance(value, str):
        shown = _BOLD if style == _BOLD else _PLAIN
        return f'<c r="{reference}" s="{shown}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{reference}" s="{style}"><v>{value}</v></c>'


def _letters(place: int) -> str:
    return _letters(place // 26 - 1) + chr(65 + place % 26) if place >= 26 else chr(65 + place)
