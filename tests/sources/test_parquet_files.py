"""Parquet: each type as exact text; a damaged file is refused."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scv_assets.errors import DeliveryRefused
from tests.sources.company import Company

COLUMNS = """
id: {type: text, required: true}
at: {type: instant}
zoned: {type: instant}
on: {type: date}
price: {type: money}
score: {type: number}
count: {type: integer}
flag: {type: boolean}
word: {type: text}
tags: {type: json}
"""
FILE = "app/2026-08-23.parquet"


def written(company: Company, table: pa.Table) -> Path:
    company.simple("parquet", "app/{date}.parquet", COLUMNS)
    path = company.deliver(FILE, b"")
    pq.write_table(table, path)
    return path


def table(**changed: pa.Array) -> pa.Table:
    columns = {
        "id": pa.array([1, 2]),
        "at": pa.array([datetime(2026, 8, 23, 10, 0, 0, 5000), None], pa.timestamp("us")),  # noqa: DTZ001
        "zoned": pa.array([datetime(2026, 8, 23, 10, tzinfo=UTC), None], pa.timestamp("ms", "UTC")),
        "on": pa.array([date(2026, 8, 23), None]),
        "price": pa.array([Decimal("12.50"), None], pa.decimal128(9, 2)),
        "score": pa.array([1e-7, 3.0]),
        "count": pa.array([2**62, None]),
        "flag": pa.array([True, False]),
        "word": pa.array(["a", "b"]).dictionary_encode(),
        "tags": pa.array([["x", "é"], None]),
    }
    return pa.table({**columns, **changed})


def test_every_type_comes_as_exact_text(company: Company) -> None:
    written(company, table())
    assert company.values() == [
        {
            "id": "1",
            "at": "2026-08-23T10:00:00.005000",
            "zoned": "2026-08-23T10:00:00+00:00",
            "on": "2026-08-23",
            "price": "12.50",
            "score": "0.0000001",
            "count": str(2**62),
            "flag": "true",
            "word": "a",
            "tags": '["x","é"]',
        },
        dict.fromkeys(["at", "zoned", "on", "price", "count", "tags"])
        | {"id": "2", "score": "3", "flag": "false", "word": "b"},
    ]


def test_a_renamed_column_is_refused(company: Company) -> None:
    written(
        company, table().rename_columns(["id", "at", "zoned", "on", "price", "score", "count", "flag", "wrd", "tags"])
    )
    with pytest.raises(DeliveryRefused, match="'word' expected but not in the schema; did you mean 'wrd'"):
        company.rows()


@pytest.mark.parametrize("kept", [0, 3, 100, -1])
def test_a_file_cut_short_is_refused(company: Company, kept: int) -> None:
    path = written(company, table())
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DeliveryRefused, match=r"empty|not a whole Parquet file"):
        company.rows()


def test_text_that_is_no_utf8_is_refused(company: Company) -> None:
    written(company, table(word=pa.array([b"\xff", b"a"])))
    with pytest.raises(DeliveryRefused, match=FILE):
        company.rows()
