"""JSON lines -> raw rows. A line that is no JSON object is kept in `_malformed`; as the last it means a cut file."""

from collections.abc import Iterable, Iterator

from scv_assets.sources.readers.json_records import Record, read_records, to_record
from scv_assets.sources.readers.options import JsonOptions
from scv_assets.sources.readers.reading import Batches, Reading
from scv_assets.sources.readers.text_files import open_text


def read_jsonl(reading: Reading) -> Batches:
    """Yield the rows of a file with a JSON object a line; blank lines are none."""
    options = reading.contract.extract.options
    assert isinstance(options, JsonOptions)
    with open_text(reading, options.encoding, newline="\n") as lines:
        yield from read_records(reading, _records(reading, lines))


def _records(reading: Reading, lines: Iterable[str]) -> Iterator[Record]:
    last: Record | None = None
    for line in lines:
        if not line.isspace():
            last = to_record(line.rstrip("\r\n"))
            yield last
    if last is not None and last.content is None:
        raise reading.refused("the file is cut short: its last line is no JSON object")
