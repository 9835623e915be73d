"""A JSON export (one document) -> raw rows. It is read whole: an export past some hundred MB belongs in JSON lines."""

import json
from typing import Any

from scv_assets.sources.readers.json_records import of_objects, parse, read_records
from scv_assets.sources.readers.options import JsonOptions
from scv_assets.sources.readers.reading import Batches, Reading
from scv_assets.sources.readers.text_files import open_text


def read_json(reading: Reading) -> Batches:
    """Yield the rows of the list that `options.records` names (the document itself where it names none)."""
    options = reading.contract.extract.options
    assert isinstance(options, JsonOptions)
    with open_text(reading, options.encoding, newline="\n") as text:
        content = text.read()
    try:
        document = parse(content)
    except json.JSONDecodeError as error:
        raise reading.refused(f"not JSON from line {error.lineno} on: cut short or damaged") from None
    except ValueError:
        raise reading.refused("not JSON: a number is not one, or values are nested too deep") from None
    yield from read_records(reading, of_objects(record_list(reading, document, options.records)))


def record_list(reading: Reading, document: Any, path: tuple[str, ...]) -> list[Any]:
    """Return the list of records at a path of a parsed document.

    Raises `DeliveryRefused` where the path leads to none.
    """
    found = document
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    if not isinstance(found, list):
        raise reading.refused(f"there is no list of records at '{'.'.join(path) or 'the root'}'")
    return found
