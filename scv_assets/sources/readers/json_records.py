"""JSON objects -> raw rows, for every reader whose records are JSON: columns by dotted path, unknown fields refused.

A record that is no object, or whose nested part is not what the contract describes, is kept whole in `_malformed`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

import pyarrow as pa

from scv_assets.sources.contract import Contract
from scv_assets.sources.readers.exact_text import ExactFloat, exact_texts
from scv_assets.sources.readers.reading import BATCH_CHARACTERS, BATCH_ROWS, Batches, Reading, to_batch
from scv_assets.yaml_document import suggestion

#: Field -> its known fields; None: the whole value belongs to one column.
_Tree: TypeAlias = dict[str, "_Tree | None"]


@dataclass(frozen=True)
class Record:
    """One record of a delivery: its object (None where the text is no JSON object) and its text."""

    content: dict[str, Any] | None
    text: str


def parse(text: str) -> Any:
    """Parse JSON strictly (no NaN), keeping how each number is written.

    Raises `ValueError` where it is no JSON.
    """
    stripped = text.strip(" \t\r\n")
    try:
        value, end = _DECODER.raw_decode(stripped)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if end != len(stripped):
        raise json.JSONDecodeError("Extra data", stripped, end)
    return value


def to_record(text: str) -> Record:
    """Return the record that a JSON text holds."""
    try:
        content = parse(text)
    except ValueError:
        content = None
    return Record(content if isinstance(content, dict) else None, text)


def of_objects(items: Iterable[Any]) -> Iterator[Record]:
    """Give records of parsed values."""
    for item in items:
        yield Record(item if isinstance(item, dict) else None, "" if isinstance(item, dict) else json.dumps(item))


def read_records(reading: Reading, records: Iterable[Record]) -> Batches:
    """Yield the records as batches of raw rows.

    Raises `DeliveryRefused` for a field that the contract neither describes nor ignores, and for a required column
    that no record has.
    """
    shape = _Shape(reading.contract)
    seen: set[str] = set()
    count = 0
    for several in _grouped(records):
        objects = [record.content if record.content is not None else {} for record in several]
        unknown = sorted(shape.unknown(objects))
        if unknown:
            raise reading.refused(_unknown(unknown, shape))
        malformed = [_broken(record, shape) for record in several]
        good = [{} if text is not None else content for content, text in zip(objects, malformed, strict=True)]
        columns = {name: exact_texts(_values(good, path)) for name, path in shape.paths.items()}
        seen |= {name for name, values in columns.items() if any(value is not None for value in values)}
        count += sum(text is None for text in malformed)
        yield _written(reading, columns, malformed, several)
    missing = [c.header for c in reading.contract.columns.values() if c.required and c.name not in seen]
    if count and missing:
        raise reading.refused(f"field '{missing[0]}' is expected but no record has it; was it renamed?")


class _Shape:
    """Where each column stands in a record, and which fields are known."""

    def __init__(self, contract: Contract) -> None:
        columns = contract.columns.values()
        ignored = {name: _split(name) for name in contract.ignored_columns}
        self.paths = {column.name: _split(column.header) for column in columns} | ignored
        self.tree: _Tree = {}
        for path in [*self.paths.values(), *(_split(name) for name in contract.ignore if name not in contract.columns)]:
            _plant(self.tree, path)
        for column in columns:
            if column.type == "list":
                for inner in column.columns.values():
                    _plant(self.tree, (*self.paths[column.name], *_split(inner.header)))
        self.is_flat = all(inner is None for inner in self.tree.values())
        self.lists = {self.paths[column.name] for column in columns if column.type == "list"}

    def unknown(self, objects: Sequence[dict[str, Any]]) -> set[str]:
        """Return the dotted names of fields that the contract does not know."""
        return _unknown_in(objects, self.tree, "")

    def known(self) -> list[str]:
        """Return the dotted names that the contract knows."""
        return [".".join(path) for path in self.paths.values()]

    def fits(self, content: dict[str, Any]) -> bool:
        """Tell whether every nested part is an object, or a list of objects, where the contract says so."""
        return _fits(content, self.tree, (), self.lists)


def _fits(content: dict[str, Any], tree: _Tree, path: tuple[str, ...], lists: set[tuple[str, ...]]) -> bool:
    for name, inner in tree.items():
        value = content.get(name)
        if inner is None or value is None:
            continue
        if (*path, name) in lists:
            if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
                return False
        elif not isinstance(value, dict) or not _fits(value, inner, (*path, name), lists):
            return False
    return True


def _plant(tree: _Tree, path: tuple[str, ...]) -> None:
    for step in path[:-1]:
        tree[step] = tree.get(step) or {}
        tree = tree[step]  # type: ignore[assignment]
    tree.setdefault(path[-1], None)


def _unknown_in(objects: Sequence[dict[str, Any]], tree: _Tree, prefix: str) -> set[str]:
    found = {f"{prefix}{name}" for name in set[str]().union(*objects) - tree.keys()}
    for name, inner in tree.items():
        if inner is not None:
            values = [content[name] for content in objects if name in content]
            parts = [value for value in values if isinstance(value, dict)]
            parts += [item for value in values if isinstance(value, list) for item in value if isinstance(item, dict)]
            found |= _unknown_in(parts, inner, f"{prefix}{name}.")
    return found


def _unknown(names: list[str], shape: _Shape) -> str:
    hint = suggestion(names[0], shape.known())
    listed = ", ".join(f"'{name[:60]}'" for name in names[:5])
    return f"found {listed}, which the contract does not know{hint}; describe it or list it under 'ignore'"


def _broken(record: Record, shape: _Shape) -> str | None:
    if record.content is None:
        return record.text
    return None if shape.is_flat or shape.fits(record.content) else record.text or json.dumps(record.content)


def _written(
    reading: Reading, columns: dict[str, list[str | None]], malformed: list[str | None], several: Sequence[Record]
) -> pa.RecordBatch:
    """Return the batch; a row with half a surrogate pair, which no UTF-8 can hold, is set aside in its escaped form."""
    try:
        return to_batch(reading, columns, malformed)
    except UnicodeEncodeError:
        for values in columns.values():
            for row in [row for row, value in enumerate(values) if value is not None and not _is_writable(value)]:
                malformed[row] = several[row].text or json.dumps(several[row].content)
                for others in columns.values():
                    others[row] = None
        return to_batch(reading, columns, malformed)


def _is_writable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _values(objects: Sequence[dict[str, Any]], path: tuple[str, ...]) -> list[Any]:
    values: list[Any] = list(objects)
    for step in path:
        values = [None if value is None else value.get(step) for value in values]
    return values


def _split(header: str) -> tuple[str, ...]:
    return tuple(header.split("."))


def _grouped(records: Iterable[Record]) -> Iterator[list[Record]]:
    several: list[Record] = []
    characters = 0
    for record in records:
        several.append(record)
        characters += len(record.text)
        if len(several) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield several
            several, characters = [], 0
    if several:
        yield several


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_float=ExactFloat, parse_constant=_refuse_constant)
