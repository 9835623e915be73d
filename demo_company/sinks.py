"""Writers of extracts in the formats that real systems send, a day's file at a time, in as many goes as needed.

Files of the same rows are the same to the byte: no time of day goes into them, no order is left to chance.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from demo_company.folding import REPLACE
from demo_company.workbook import Workbook

Columns: TypeAlias = Mapping[str, Sequence[Any] | NDArray[Any]]


class RawJson(str):
    """A text that is JSON already."""

    __slots__ = ()


class Sink(Protocol):
    """Where the rows of one source go. `numbers_rows`: a reader sees them in the order in which they were written."""

    @property
    def numbers_rows(self) -> bool:
        """Whether a row's place in its file is the place at which it is read."""
        ...

    def write(self, day: str, columns: Columns) -> str:
        """Add rows to a day's file; return the file's path inside the inbox."""
        ...

    def close(self) -> None:
        """Finish every file."""
        ...


class CsvSink:
    """Separated text. Letters that the encoding lacks lose their accent, as on the old systems."""

    numbers_rows = True

    def __init__(self, inbox: Path, path: str, *, encoding: str = "utf-8", delimiter: str = ",") -> None:
        self._inbox, self._path, self._encoding, self._delimiter = inbox, path, encoding, delimiter
        self._begun: set[str] = set()

    def write(self, day: str, columns: Columns) -> str:
        """Append the rows, under a header where the file begins."""
        name = self._path.format(date=day)
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self._delimiter, lineterminator="\r\n")
        if name not in self._begun:
            writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        _append(self._inbox / name, text.getvalue().encode(self._encoding, REPLACE), fresh=name not in self._begun)
        self._begun.add(name)
        return name

    def close(self) -> None:
        """Nothing is left open."""


class JsonLinesSink:
    """One JSON object a line; fields that are missing are left out."""

    numbers_rows = True

    def __init__(self, inbox: Path, path: str) -> None:
        self._inbox, self._path = inbox, path
        self._begun: set[str] = set()

    def write(self, day: str, columns: Columns) -> str:
        """Append the rows."""
        name = self._path.format(date=day)
        text = "".join(f"{row}\n" for row in json_objects(columns))
        _append(self._inbox / name, text.encode(), fresh=name not in self._begun)
        self._begun.add(name)
        return name

    def close(self) -> None:
        """Nothing is left open."""


class JsonSink:
    """One JSON document a day: `{"<records>": [ … ]}`."""

    numbers_rows = True

    def __init__(self, inbox: Path, path: str, records: str) -> None:
        self._inbox, self._path, self._records = inbox, path, records
        self._begun: set[str] = set()

    def write(self, day: str, columns: Columns) -> str:
        """Append the rows to the document, which stays open at its end."""
        name = self._path.format(date=day)
        fresh = name not in self._begun
        opening = f'{{"{self._records}": [\n  ' if fresh else ",\n  "
        _append(self._inbox / name, (opening + ",\n  ".join(json_objects(columns))).encode(), fresh=fresh)
        self._begun.add(name)
        return name

    def close(self) -> None:
        """End every document."""
        for name in sorted(self._begun):
            _append(self._inbox / name, b"\n]}\n", fresh=False)


class ParquetSink:
    """One Parquet file a day, a row group a go."""

    numbers_rows = True

    def __init__(self, folder: Path, path: str, schema: pa.Schema) -> None:
        self._folder, self._path, self._schema = folder, path, schema
        self._open: dict[str, pq.ParquetWriter] = {}

    def write(self, day: str, columns: Columns) -> str:
        """Add a row group."""
        name = self._path.format(date=day)
        if name not in self._open:
            (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
            self._open[name] = pq.ParquetWriter(self._folder / name, self._schema, compression="zstd")
        arrays = [pa.array(columns[f.name], type=f.type, from_pandas=True) for f in self._schema]
        self._open[name].write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        return name

    def close(self) -> None:
        """End every file."""
        for writer in self._open.values():
            writer.close()


class ExcelSink:
    """One workbook a day: title rows over merged cells, then a header, then rows with real dates."""

    numbers_rows = True

    def __init__(self, inbox: Path, path: str, title: str, date_columns: Sequence[str]) -> None:
        self._inbox, self._path, self._title, self._dates = inbox, path, title, frozenset(date_columns)
        self._open: dict[str, Workbook] = {}

    def write(self, day: str, columns: Columns) -> str:
        """Add rows to the day's sheet."""
        name = self._path.format(date=day)
        if name not in self._open:
            (self._inbox / name).parent.mkdir(parents=True, exist_ok=True)
            titles = (self._title, f"Export du {day} — usage interne")
            self._open[name] = Workbook(self._inbox / name, titles, tuple(columns), self._dates)
        self._open[name].add(columns)
        return name

    def close(self) -> None:
        """End every workbook."""
        for book in self._open.values():
            book.close()


def json_objects(columns: Columns) -> list[str]:
    """Return each row as JSON text; None is left out."""
    tokens = [[_token(key, value) for value in values] for key, values in columns.items()]
    return ["{" + ", ".join(filter(None, row)) + "}" for row in zip(*tokens, strict=True)]


def _token(key: str, value: Any) -> str:
    if value is None:
        return ""
    return f'"{key}": {value if isinstance(value, RawJson) else _literal(value)}'


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _append(path: Path, content: bytes, *, fresh: bool) -> None:
    if fresh:
        path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb" if fresh else "ab") as file:
        file.write(content)
