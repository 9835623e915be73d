"""A file with a header (CSV, Parquet, Excel) as a table of texts, a row a row of the file."""

from pathlib import Path

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.errors import ConfigError
from scv_assets.sql_quoting import identifier

#: What a row is called: its place in the file, the first below the header is 1.
ROW = "row"

_ENCODINGS = ("utf-8", "latin-1")


def read_table(con: Connection, file: Path) -> Relation:
    """Return the rows: `row`, then every column of the file as text, blanks round it taken off; empty is null.

    Raises `ConfigError` where the file is missing, of another kind, or cannot be read.
    """
    if not file.is_file():
        raise ConfigError(f"{file}: there is no such file")
    readers = {".csv": _csv, ".tsv": _csv, ".txt": _csv, ".parquet": _parquet, ".xlsx": _excel, ".xlsm": _excel}
    if file.suffix.lower() not in readers:
        raise ConfigError(f"{file}: is neither .csv nor .parquet nor .xlsx; save it as one of these")
    rows = readers[file.suffix.lower()](con, file)
    names = [name for name in rows.columns if name != ROW]
    if not names:
        raise ConfigError(f"{file}: there is no column; the first row is to name them")
    texts = ", ".join(f"nullif(trim(CAST({identifier(name)} AS VARCHAR)), '') AS {identifier(name)}" for name in names)
    table = con.sql(f"SELECT row_number() OVER () AS {ROW}, {texts} FROM rows").to_arrow_table()
    if not table.num_rows:
        raise ConfigError(f"{file}: there is no row below the header")
    return con.from_arrow(table)


def _csv(con: Connection, file: Path) -> Relation:
    for encoding in _ENCODINGS:
        try:
            found = con.read_csv(str(file), header=True, all_varchar=True, encoding=encoding, null_padding=True)
            return con.from_arrow(found.to_arrow_table())
        except duckdb.Error:
            continue
    raise ConfigError(f"{file}: cannot be taken apart; save it as CSV with one header and a separator")


def _parquet(con: Connection, file: Path) -> Relation:
    try:
        return con.from_arrow(con.read_parquet(str(file)).to_arrow_table())
    except duckdb.Error:
        raise ConfigError(f"{file}: is no whole Parquet file") from None


def _excel(con: Connection, file: Path) -> Relation:
    """Read the first sheet; its first row that is not empty names the columns."""
    import warnings

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
            book.close()
        except Exception as error:  # openpyxl lets the errors of zip, XML and its own parser through alike
            raise ConfigError(f"{file}: is no whole Excel workbook ({type(error).__name__})") from None
    filled = [row for row in rows if any(cell is not None for cell in row)]
    header = [str(name) for name in (filled[0] if filled else []) if name is not None]
    columns = {
        name: pa.array([_text(row[place]) if place < len(row) else None for row in filled[1:]], pa.string())
        for place, name in enumerate(header)
    }
    return con.from_arrow(pa.table(columns))


def _text(cell: object) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
