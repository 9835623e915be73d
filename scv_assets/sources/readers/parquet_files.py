"""Parquet -> raw rows: every type as exact text (instants ISO 8601, decimals plain, nested values JSON)."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scv_assets.errors import SourceUnavailable
from scv_assets.sources.readers.exact_text import exact_texts
from scv_assets.sources.readers.headers import match_header
from scv_assets.sources.readers.reading import BATCH_ROWS, MALFORMED, Batches, Reading


def read_parquet(reading: Reading) -> Batches:
    """Yield the rows of a Parquet file."""
    try:
        if not reading.local_path.stat().st_size:
            raise reading.refused("the file is empty")
        with pq.ParquetFile(reading.local_path) as file:
            names = match_header(reading, file.schema_arrow.names, place="the schema")
            yield from _batches(reading, names, file.iter_batches(batch_size=BATCH_ROWS))
    except (pa.ArrowException, UnicodeDecodeError):
        raise reading.refused("not a whole Parquet file: cut short or damaged") from None
    except OSError as error:
        if error.errno is None:
            raise reading.refused("not a whole Parquet file: cut short or damaged") from None
        raise SourceUnavailable(f"{reading.file}: cannot be read ({error.strerror}); mend it and run again") from error


def _batches(reading: Reading, names: list[str], batches: Iterator[pa.RecordBatch]) -> Batches:
    for batch in batches:
        texts = {name: _as_text(batch.column(at)) for at, name in enumerate(names)}
        nothing = pa.nulls(batch.num_rows, pa.string())
        arrays = [texts.get(name, nothing) for name in reading.columns]
        yield pa.RecordBatch.from_arrays([*arrays, nothing], names=[*reading.columns, MALFORMED])


def _as_text(values: pa.Array) -> pa.Array:
    """Return an array as text; integers and text by Arrow, what is left by the distinct value or one by one."""
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind):
        return values.cast(pa.string())
    if pa.types.is_nested(kind):
        return pa.array(exact_texts(values.to_pylist()), pa.string())
    distinct = pc.dictionary_encode(values) if not pa.types.is_dictionary(kind) else values
    words = pa.array(exact_texts(distinct.dictionary.to_pylist()), pa.string())
    return pc.take(words, distinct.indices)
