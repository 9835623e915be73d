"""The company in the repository is what the generator and its template give, and small enough to be there."""

import sqlite3
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from demo_company.generate import TEMPLATE
from tests.demo_company.company import Company

MOST_BYTES = 15_000_000


def names(folder: Path, *roots: str) -> list[str]:
    files = [path for root in roots for path in (folder / root).rglob("*") if path.is_file()]
    return sorted(path.relative_to(folder).as_posix() for path in files)


def content(path: Path) -> object:
    """What a file says: its bytes where these are text, its rows where a library wrote it."""
    if path.suffix == ".parquet":
        return pq.read_table(path)
    if path.suffix == ".db":
        connection = sqlite3.connect(path)
        try:
            return list(connection.iterdump())
        finally:
            connection.close()
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    return path.read_bytes()


@pytest.mark.slow
def test_the_committed_company_is_what_the_generator_writes(company: Company, committed: Path) -> None:
    written = names(company.folder, "inbox", "truth")
    assert names(committed, "inbox", "truth") == written
    different = [name for name in written if content(committed / name) != content(company.folder / name)]
    assert not different


def test_the_committed_yaml_is_the_template(company: Company, committed: Path) -> None:
    templates = [path.relative_to(TEMPLATE) for path in sorted(TEMPLATE.rglob("*.yaml"))]
    different = [str(n) for n in templates if (committed / n).read_text() != (company.folder / n).read_text()]
    assert not different


def test_the_committed_company_is_small(committed: Path) -> None:
    assert sum((committed / name).stat().st_size for name in names(committed, "inbox", "truth", "sources")) < MOST_BYTES
