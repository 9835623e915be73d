"""What really is: who stands behind each record, who plays what, what everybody did. Never an input of the pipeline.

Files under `truth/`: `who_is_who` (source, source_key -> person_id), `people`, `scenarios`, `orders`, `order_lines`,
`carts`, `visits`, `tickets`, `messages`, `consents` (Parquet), and `bad_rows.csv`. Instants are UTC.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from demo_company.sinks import Columns, ParquetSink

_TEXT, _WHOLE, _FLAG, _DAY = pa.string(), pa.int64(), pa.bool_(), pa.date32()
_INSTANT = pa.timestamp("s")

SCHEMAS: Mapping[str, Sequence[tuple[str, Any]]] = {
    "who_is_who": (
        ("source", _TEXT),
        ("source_key", _TEXT),
        ("person_id", _TEXT),
        ("first_day", _DAY),
        ("variations", _TEXT),
    ),
    "people": (
        ("person_id", _TEXT),
        ("household_id", _TEXT),
        ("persona", _TEXT),
        ("gender", _TEXT),
        ("first_name", _TEXT),
        ("last_name", _TEXT),
        ("married_name", _TEXT),
        ("born_on", _DAY),
        ("language", _TEXT),
        ("email", _TEXT),
        ("former_email", _TEXT),
        ("mobile", _TEXT),
        ("former_mobile", _TEXT),
        ("landline", _TEXT),
        ("street", _TEXT),
        ("house_number", _TEXT),
        ("postcode", _TEXT),
        ("city", _TEXT),
        ("country", _TEXT),
        ("moved_on", _DAY),
        ("married_on", _DAY),
    ),
    "scenarios": (("person_id", _TEXT), ("scenario", _TEXT)),
    "orders": (
        ("source", _TEXT),
        ("order_id", _TEXT),
        ("person_id", _TEXT),
        ("is_anonymous", _FLAG),
        ("ordered_at", _INSTANT),
        ("channel", _TEXT),
        ("status", _TEXT),
        ("gross_cents", _WHOLE),
        ("is_return", _FLAG),
        ("lines", _WHOLE),
    ),
    "order_lines": (
        ("source", _TEXT),
        ("order_id", _TEXT),
        ("line_number", _WHOLE),
        ("product_id", _TEXT),
        ("quantity", _WHOLE),
        ("net_cents", _WHOLE),
    ),
    "carts": (
        ("source", _TEXT),
        ("cart_id", _TEXT),
        ("person_id", _TEXT),
        ("fate", _TEXT),
        ("last_touched_at", _INSTANT),
        ("order_id", _TEXT),
        ("products", pa.list_(_TEXT)),
    ),
    "visits": (
        ("source", _TEXT),
        ("visit_id", _TEXT),
        ("person_id", _TEXT),
        ("visitor_id", _TEXT),
        ("started_at", _INSTANT),
        ("login", _TEXT),
    ),
    "tickets": (
        ("source", _TEXT),
        ("ticket_id", _TEXT),
        ("person_id", _TEXT),
        ("kind", _TEXT),
        ("opened_at", _INSTANT),
        ("closed_at", _INSTANT),
    ),
    "messages": (
        ("source", _TEXT),
        ("message_id", _TEXT),
        ("person_id", _TEXT),
        ("channel", _TEXT),
        ("kind", _TEXT),
        ("occurred_at", _INSTANT),
    ),
    "consents": (
        ("source", _TEXT),
        ("source_key", _TEXT),
        ("person_id", _TEXT),
        ("channel", _TEXT),
        ("granted", _FLAG),
        ("occurred_at", _INSTANT),
    ),
}
_BAD_ROWS = ("source", "day", "file", "row_number", "key", "column", "value", "reason")


class Truth:
    """The truth of one company, written as it comes to pass."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._sinks = {
            name: ParquetSink(folder, f"{name}.parquet", pa.schema(list(fields))) for name, fields in SCHEMAS.items()
        }
        self._file = (folder / "bad_rows.csv").open("w", encoding="utf-8", newline="")
        self._bad = csv.writer(self._file, lineterminator="\n")
        self._bad.writerow(_BAD_ROWS)
        self.records: dict[str, int] = {}

    def add(self, table: str, columns: Columns) -> None:
        """Add rows to a table of the truth."""
        size = len(next(iter(columns.values())))
        if size:
            self._sinks[table].write("", columns)

    def persons(self, source: str, columns: Columns) -> None:
        """Add the person records of a source."""
        size = len(columns["source_key"])
        self.records[source] = self.records.get(source, 0) + size
        self.add("who_is_who", {"source": [source] * size, **columns})

    def bad_row(self, *values: object) -> None:
        """Note a bad row, in the order of the file's columns."""
        self._bad.writerow(values)

    def close(self) -> None:
        """Finish the files."""
        for sink in self._sinks.values():
            sink.close()
        self._file.close()
