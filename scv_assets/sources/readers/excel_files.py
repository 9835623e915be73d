"""A sheet of an Excel workbook -> raw rows: the table under its titles, dates as ISO text, vertical merges filled.

The header is the row that `header_row` names, or the first that holds most of the contract's titles; a drifted one is
refused, never guessed. A number is a date where the cell's format or the contract says so. Formulas give their last
computed value.
"""

import errno
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import Any, TypeAlias
from xml.etree import ElementTree

import openpyxl
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.exceptions import InvalidFileException

from scv_assets.errors import SourceUnavailable
from scv_assets.sources.contract import Column
from scv_assets.sources.readers.exact_text import exact_text
from scv_assets.sources.readers.headers import match_header
from scv_assets.sources.readers.options import ExcelOptions
from scv_assets.sources.readers.reading import BATCH_ROWS, Batches, Reading, to_batch

SEARCHED_ROWS = 50

_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\b[^>]*?\bref=["']([A-Z]+[0-9]+:[A-Z]+[0-9]+)["']""")
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
#: Left, top, right, bottom; from 1.
Merge: TypeAlias = tuple[int, int, int, int]

_BROKEN = "not a whole Excel workbook (.xlsx): cut short or damaged"
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    ElementTree.ParseError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
)


def read_excel(reading: Reading) -> Batches:
    """Yield the rows below the header; wholly empty rows are none."""
    options = reading.contract.extract.options
    assert isinstance(options, ExcelOptions)
    if not reading.local_path.stat().st_size:
        raise reading.refused("the file is empty")
    try:
        rows, merges, epoch = _cells(reading, options)
    except _DAMAGED:
        raise reading.refused(_BROKEN) from None
    except OSError as error:
        if error.errno == errno.EINVAL:  # a damaged directory of the archive sends the reader before its start
            raise reading.refused(_BROKEN) from None
        raise SourceUnavailable(f"{reading.file}: cannot be read ({error.strerror}); mend it and run again") from error
    _fill(rows, merges)
    at, places = _header(reading, rows, options)
    yield from _batches(reading, rows[at + 1 :], places, epoch)


def _cells(reading: Reading, options: ExcelOptions) -> tuple[list[list[Any]], list[Merge], datetime]:
    with warnings.catch_warnings():
        # openpyxl warns of each decoration that it does not keep; only values are read here
        warnings.simplefilter("ignore", UserWarning)
        book = openpyxl.load_workbook(reading.local_path, read_only=True, data_only=True)
        try:
            sheet = _sheet(reading, book, options)
            merges = _vertical_merges(reading, sheet.title)
            sheet.reset_dimensions()
            return [list(row) for row in sheet.iter_rows(values_only=True)], merges, book.epoch
        finally:
            book.close()


def _sheet(reading: Reading, book: Any, options: ExcelOptions) -> Any:
    if options.sheet is None:
        return book.worksheets[0]
    if options.sheet not in book.sheetnames:
        raise reading.refused(f"there is no sheet '{options.sheet}'; the workbook has {', '.join(book.sheetnames)}")
    return book[options.sheet]


def _vertical_merges(reading: Reading, title: str) -> list[Merge]:
    """Return (left, top, right, bottom) of the merges over several rows, which a streamed sheet does not tell."""
    with zipfile.ZipFile(reading.local_path) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {link.get("Id"): str(link.get("Target")) for link in links}
        wanted = [s.get(_LINK) for s in book.iter() if s.tag.endswith("}sheet") and s.get("name") == title]
        target = targets[wanted[0]]
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        refs = _MERGE.findall(archive.read(part))
    return [(left, top, right, bottom) for left, top, right, bottom in map(_corners, refs) if bottom > top]


def _corners(ref: bytes) -> Merge:
    left, top, right, bottom = range_boundaries(ref.decode())
    return int(left or 1), int(top or 1), int(right or 1), int(bottom or 1)


def _fill(rows: list[list[Any]], merges: Sequence[Merge]) -> None:
    """Give every row of a vertical merge the value of its first cell."""
    for left, top, _, bottom in merges:
        if top > len(rows) or left > len(rows[top - 1]):
            continue
        value = rows[top - 1][left - 1]
        for row in rows[top:bottom]:
            row.extend([None] * (left - len(row)))
            row[left - 1] = value


def _header(reading: Reading, rows: list[list[Any]], options: ExcelOptions) -> tuple[int, dict[int, str]]:
    """Return the header's row and, by position, the raw column that each title fills."""
    at = options.header_row - 1 if options.header_row is not None else _likely_header(reading, rows)
    if at is None or at >= len(rows):
        titles = ", ".join(column.header for column in reading.contract.columns.values())
        raise reading.refused(f"no row of the first {SEARCHED_ROWS} is the header; expected the titles {titles}")
    titled = [(position, str(cell)) for position, cell in enumerate(rows[at]) if cell is not None and str(cell).strip()]
    names = match_header(reading, [title for _, title in titled], place=f"row {at + 1}")
    return at, {position: name for (position, _), name in zip(titled, names, strict=True)}


def _likely_header(reading: Reading, rows: list[list[Any]]) -> int | None:
    """Return the first row that holds the most of the contract's titles, at least half of them."""
    expected = {" ".join(column.header.split()) for column in reading.contract.columns.values()}
    scores = [
        len(expected & {" ".join(str(cell).split()) for cell in row if cell is not None})
        for row in rows[:SEARCHED_ROWS]
    ]
    best = max(scores, default=0)
    return scores.index(best) if best * 2 >= len(expected) and best else None


def _batches(reading: Reading, rows: list[list[Any]], places: dict[int, str], epoch: datetime) -> Batches:
    filled = [row for row in rows if any(row[at] not in (None, "") for at in places if at < len(row))]
    for several in _chunks(filled):
        columns = {
            name: [
                _text(row[at] if at < len(row) else None, reading.contract.columns.get(name), epoch) for row in several
            ]
            for at, name in places.items()
        }
        yield to_batch(reading, columns, [None] * len(several))


def _chunks(rows: list[list[Any]]) -> Iterator[list[list[Any]]]:
    for start in range(0, len(rows), BATCH_ROWS):
        yield rows[start : start + BATCH_ROWS]


def _text(value: Any, column: Column | None, epoch: datetime) -> str | None:
    kind = column.type if column is not None else "text"
    if kind in {"date", "instant"} and isinstance(value, int | float) and not isinstance(value, bool):
        value = _of_serial(value, epoch)
    if isinstance(value, datetime) and (kind == "date" or kind not in {"date", "instant"}) and value.time() == time():
        value = value.date()
    return exact_text(value)


def _of_serial(value: float, epoch: datetime) -> Any:
    try:
        return from_excel(value, epoch)
    except (ValueError, OverflowError):
        return value
