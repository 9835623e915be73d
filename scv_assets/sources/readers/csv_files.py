"""Separated text -> raw rows, exactly as delivered (quoted newlines, delimiters, NUL and all).

A row with too few or too many fields, or with a quote out of place, is kept whole in `_malformed`. A file that ends
inside a row was cut short and is refused.
"""

import csv
import sys
from collections.abc import Iterable, Iterator

from scv_assets.sources.readers.headers import match_header
from scv_assets.sources.readers.options import CsvOptions
from scv_assets.sources.readers.reading import BATCH_CHARACTERS, BATCH_ROWS, Batches, Reading, to_batch
from scv_assets.sources.readers.text_files import open_text

#: The module's limit is 128 KB a field and process-wide; a field may hold megabytes, and batches bound the memory.
csv.field_size_limit(sys.maxsize)

_CUT_SHORT = "the file is cut short: it ends inside line {line}"


def read_csv(reading: Reading) -> Batches:
    """Yield the rows of a delimited file with a header."""
    options = reading.contract.extract.options
    assert isinstance(options, CsvOptions)
    with open_text(reading, options.encoding, newline="") as text:
        rows = _Rows(reading, options, text)
        header = next(rows.records(), None)
        if header is None or header[0] is None:
            raise reading.refused("the file has no header")
        names = match_header(reading, header[0])
        yield from _batches(reading, names, rows)


class _Rows:
    """The rows of a file with their text: (fields, text), fields None where the row cannot be taken apart."""

    def __init__(self, reading: Reading, options: CsvOptions, lines: Iterable[str]) -> None:
        self._reading = reading
        self._needs_newline = options.final_newline
        self._lines = iter(lines)
        self._taken: list[str] = []
        self._is_at_end = False
        self._parser = csv.reader(
            self._feed(),
            delimiter=options.delimiter,
            quotechar=options.quote or None,
            quoting=csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE,
            doublequote=True,
            strict=True,
        )

    def _feed(self) -> Iterator[str]:
        for line in self._lines:
            self._taken.append(line)
            yield line
        self._is_at_end = True

    def records(self) -> Iterator[tuple[list[str] | None, str]]:
        """Give each row; blank lines are none."""
        last = ""
        while True:
            self._taken.clear()
            try:
                fields: list[str] | None = next(self._parser)
            except StopIteration:
                break
            except csv.Error:
                if self._is_at_end:
                    raise self._cut_short() from None
                fields = None
            last = self._taken[-1]
            if fields or fields is None:
                yield fields, "".join(self._taken)
        if self._needs_newline and last and not last.endswith(("\n", "\r")):
            raise self._cut_short("; where the source writes no newline at the end set options.final_newline: false")

    def refuse_if_last(self, text: str) -> None:
        """Refuse the file where this incomplete row is the end of it."""
        if not text.endswith(("\n", "\r")):
            raise self._cut_short()

    def _cut_short(self, hint: str = "") -> Exception:
        return self._reading.refused(_CUT_SHORT.format(line=self._parser.line_num) + hint)


def _batches(reading: Reading, names: list[str], rows: _Rows) -> Batches:
    width = len(names)
    blank = [None] * width
    fields: list[list[str] | list[None]] = []
    malformed: list[str | None] = []
    sizes: set[int] = set()
    good = characters = 0
    for row, text in rows.records():
        if row is not None and len(row) == width:
            fields.append(row)
            malformed.append(None)
            good += 1
        else:
            if row is not None and len(row) < width:
                rows.refuse_if_last(text)
            sizes.add(-1 if row is None else len(row))
            fields.append(blank)
            malformed.append(text.rstrip("\r\n"))
        characters += len(text)
        if len(fields) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield to_batch(reading, dict(zip(names, zip(*fields, strict=True), strict=True)), malformed)
            fields, malformed, characters = [], [], 0
    if not good and len(sizes) == 1 and -1 not in sizes:
        raise reading.refused(f"every row has {sizes.pop()} fields where the header has {width}: a column is shifted")
    if fields:
        yield to_batch(reading, dict(zip(names, zip(*fields, strict=True), strict=True)), malformed)
