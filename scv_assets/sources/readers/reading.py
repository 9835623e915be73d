"""What a reader is given, how it refuses, and the batches of raw rows that it yields."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from scv_assets.errors import DeliveryRefused
from scv_assets.sources.contract import Contract

MALFORMED = "_malformed"
BATCH_ROWS = 20_000
#: A batch ends at this many characters too, so that a megabyte in every row does not fill the memory.
BATCH_CHARACTERS = 32_000_000

Texts: TypeAlias = Sequence[str | None]
Batches: TypeAlias = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class Reading:
    """One delivery under a reader's eyes. `path` is the file (None for a server); `file` is how messages call it."""

    contract: Contract
    day: date
    file: str
    path: Path | None
    inbox: Path

    def refused(self, message: str) -> DeliveryRefused:
        """Return the refusal of the whole delivery."""
        return DeliveryRefused(message, source=self.contract.source, day=self.day.isoformat(), file=self.file)

    @property
    def local_path(self) -> Path:
        """The file; a reader of files is never given a server's delivery."""
        if self.path is None:
            raise self.refused("there is no file to read")
        return self.path

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the raw columns: the contract's, then those that it ignores."""
        return (*self.contract.columns, *self.contract.ignored_columns)


def to_batch(reading: Reading, columns: Mapping[str, Texts], malformed: Texts) -> pa.RecordBatch:
    """Return one batch with every raw column (null where `columns` has none) and `_malformed`."""
    count = len(malformed)
    arrays = [
        pa.array(columns[name], pa.string()) if name in columns else pa.nulls(count, pa.string())
        for name in reading.columns
    ]
    return pa.RecordBatch.from_arrays([*arrays, pa.array(malformed, pa.string())], names=[*reading.columns, MALFORMED])


Reader: TypeAlias = Callable[[Reading], Batches]
