"""Reads the `maps` of a contract against the canonical vocabulary and the contract's own columns.

Every word is checked where it stands: a field that the canonical kind does not have, a column that the source does not
have (both with a suggestion), a required field that is missing, a type that does not fit.
"""

from collections.abc import Mapping
from typing import Any

from scv_assets.canonical import IDENTIFIER_NAMESPACES, KINDS, FieldType, Kind
from scv_assets.sources.contract import Column, ColumnType
from scv_assets.sources.maps import (
    Aggregate,
    Collect,
    ColumnValue,
    Constant,
    CountRows,
    Expression,
    FirstOf,
    Join,
    KindMap,
    Position,
    Product,
    Recode,
)
from scv_assets.yaml_document import Node

_WORDS = ("text", "email", "phone", "country", "language", "category", "integer", "date")
#: Canonical type -> the column types that fill it. A date is no instant: declare the column as one. Standardisation
#: reads a date from text in any notation; an integer column that fills cents counts cents.
_FITS: Mapping[FieldType, tuple[ColumnType, ...]] = {
    "text": _WORDS,  # type: ignore[dict-item]
    "instant": ("instant",),
    "date": ("date", "text"),
    "cents": ("money", "integer"),
    "integer": ("integer",),
    "number": ("number", "integer"),
    "boolean": ("boolean",),
    "json": ("json", "list"),
}
_CONSTANTS: Mapping[FieldType, tuple[type, ...]] = {
    "text": (str,),
    "cents": (int,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_NOT_JOINED: tuple[ColumnType, ...] = ("json", "list")
#: Canonical type -> the column types of which a product for it needs one.
_PRODUCTS: Mapping[FieldType, tuple[ColumnType, ...]] = {
    "cents": ("money",),
    "number": ("number", "integer"),
    "integer": ("integer",),
}
_SUMMED: tuple[ColumnType, ...] = ("money", "number", "integer")
EXPRESSIONS = (
    "const",
    "first",
    "join",
    "recode",
    "product",
    "min",
    "max",
    "sum",
    "last",
    "count",
    "collect",
    "position",
)


def read_maps(node: Node, columns: Mapping[str, Column]) -> dict[str, tuple[KindMap, ...]]:
    """Return kind -> its maps; a kind may be given a list of maps, one for each way in which a row gives it."""
    maps = {}
    for name, entry in node.mapping(KINDS).items():
        entries = entry.items() if entry.is_list else [entry]
        maps[name] = tuple(_MapReader(KINDS[name], columns).read(one) for one in entries)
    if not maps and not node.is_faulty:
        node.refuse(f"there is no map; a source gives at least one of {', '.join(KINDS)}")
    return maps


class _MapReader:
    """Reads one map: the columns that its expressions may name depend on `each`."""

    def __init__(self, kind: Kind, columns: Mapping[str, Column]) -> None:
        self._kind = kind
        self._columns = columns
        self._each: str | None = None

    def read(self, node: Node) -> KindMap:
        kind = self._kind
        extra = {"when", "each"} | ({"identifiers", "accumulate"} if kind.name == "person" else set())
        required = [name for name, target in kind.fields.items() if target.required]
        settings = node.mapping({*kind.fields, *extra}, required)
        if "each" in settings:
            self._each = self._list_column(settings["each"])
        identifiers = settings["identifiers"].mapping(IDENTIFIER_NAMESPACES) if "identifiers" in settings else {}
        return KindMap(
            kind=kind.name,
            fields={
                name: self._expression(settings[name], target.type)
                for name, target in kind.fields.items()
                if name in settings
            },
            identifiers={name: self._expression(entry, "text") for name, entry in identifiers.items()},
            when=self._when(settings["when"]) if "when" in settings else {},
            each=self._each,
            accumulate=settings["accumulate"].boolean() if "accumulate" in settings else False,
        )

    def _expression(self, node: Node, target: FieldType) -> Expression:
        if not node.is_mapping:
            name = node.text()
            self._check(node, name, _FITS[target], target)
            return ColumnValue(name)
        parts = node.mapping({*EXPRESSIONS, "separator", "values"})
        words = [word for word in parts if word in EXPRESSIONS]
        if len(words) != 1:
            node.refuse(f"'{node.label}' must be a column or one of {', '.join(EXPRESSIONS)}")
            return Constant(None)
        word = words[0]
        for other in set(parts) - {word} - _BESIDE.get(word, set()):
            parts[other].refuse(f"'{other}' means nothing beside '{word}'")
        return self._read_word(word, parts, target, node)

    def _read_word(self, word: str, parts: dict[str, Node], target: FieldType, node: Node) -> Expression:
        entry = parts[word]
        match word:
            case "const":
                return Constant(_scalar(entry, target))
            case "first":
                return FirstOf(self._named(entry, _FITS[target], target))
            case "join":
                separator = parts["separator"].text() if "separator" in parts else " "
                return Join(self._joined(entry, target), separator)
            case "recode":
                return self._recode(parts, target, node)
            case "min" | "max" | "last":
                return Aggregate(word, self._name(entry, _FITS[target], target))
            case "product":
                return self._product(entry, target)
            case "sum":
                return Aggregate("sum", self._summed(entry, target))
            case "count":
                return self._count(entry, target)
            case "collect":
                return self._collect(entry, target)
            case _:
                return self._position(entry, target)

    def _recode(self, parts: dict[str, Node], target: FieldType, node: Node) -> Recode:
        name = self._name(parts["recode"], ("category", "boolean"), None)
        if "values" not in parts:
            node.refuse("'recode' needs its 'values': {delivered: canonical}")
            return Recode(name, {})
        entries = parts["values"].mapping()
        column = self._find(name)
        if column is not None:
            words = column.categories if column.type == "category" else ("true", "false")
            for word in [word for word in entries if word not in words]:
                entries[word].refuse(f"'{word}' is no category of '{name}'", near=word, among=words)
            for word in words:
                if word not in entries:
                    parts["values"].refuse(f"category '{word}' of '{name}' has no value; write 'null' to leave it out")
        return Recode(name, {word: _scalar(entry, target) for word, entry in entries.items()})

    def _summed(self, node: Node, target: FieldType) -> str | Product:
        if node.is_mapping:
            return self._product(node.mapping({"product"}, {"product"})["product"], target)
        return self._name(node, tuple(t for t in _FITS[target] if t in _SUMMED), target)

    def _product(self, node: Node, target: FieldType) -> Product:
        names = self._named(node, _SUMMED, target)
        kinds = [column.type for column in map(self._find, names) if column is not None]
        wanted = _PRODUCTS.get(target)
        if wanted is None or not any(kind in wanted for kind in kinds) or kinds.count("money") > 1:
            node.refuse(f"this product cannot fill a field of type {target}")
        return Product(names)

    def _count(self, node: Node, target: FieldType) -> CountRows:
        node.choice(["rows"])
        if target not in {"integer", "number"}:
            node.refuse(f"a count cannot fill a field of type {target}")
        return CountRows()

    def _collect(self, node: Node, target: FieldType) -> Collect:
        if target != "json":
            node.refuse(f"'collect' gives JSON, which cannot fill a field of type {target}")
        if node.is_mapping:
            renamed = {key: self._name(entry, None, None) for key, entry in node.mapping().items()}
            return Collect(renamed)
        names = [self._name(item, None, None) for item in node.items()]
        return Collect({name.rpartition(".")[2]: name for name in names})

    def _position(self, node: Node, target: FieldType) -> Position:
        if not node.boolean() or target != "integer":
            node.refuse(f"a position cannot fill a field of type {target}")
        return Position()

    def _when(self, node: Node) -> dict[str, tuple[str, ...]]:
        conditions = {}
        for name, entry in node.mapping().items():
            self._check(entry, name, None, None)
            values = tuple(item.written() for item in (entry.items() if entry.is_list else [entry]))
            column = self._find(name)
            words = () if column is None else ("true", "false") if column.type == "boolean" else column.categories
            for value in values:
                if words and value not in words:
                    entry.refuse(f"'{name}' never holds '{value}'", near=value, among=words)
            conditions[name] = values
        return conditions

    def _list_column(self, node: Node) -> str:
        name = node.text()
        lists = [column.name for column in self._columns.values() if column.type == "list"]
        if not node.is_faulty and name not in lists:
            node.refuse(f"'each' needs a column of type list, which '{name}' is not", near=name, among=lists)
        return name

    def _named(self, node: Node, fitting: tuple[ColumnType, ...] | None, target: FieldType | None) -> tuple[str, ...]:
        return tuple(self._name(item, fitting, target) for item in node.items())

    def _joined(self, node: Node, target: FieldType) -> tuple[str, ...]:
        if target != "text":
            node.refuse(f"'join' gives text, which cannot fill a field of type {target}")
        fitting = {column.type for column in self._all().values()} - set(_NOT_JOINED)
        return self._named(node, tuple(fitting), None)

    def _name(self, node: Node, fitting: tuple[ColumnType, ...] | None, target: FieldType | None) -> str:
        name = node.text()
        self._check(node, name, fitting, target)
        return name

    def _check(self, node: Node, name: str, fitting: tuple[ColumnType, ...] | None, target: FieldType | None) -> None:
        if node.is_faulty:
            return
        column = self._find(name)
        if column is None:
            node.refuse(f"column '{name}' is not in the contract", near=name, among=self._all())
        elif fitting is not None and column.type not in fitting:
            what = f"cannot fill a field of type {target}" if target is not None else "cannot be used here"
            node.refuse(
                f"column '{name}' of type {column.type} {what}; it takes {', '.join(sorted(fitting)) or 'none'}"
            )

    def _find(self, name: str) -> Column | None:
        return self._all().get(name)

    def _all(self) -> dict[str, Column]:
        each = self._columns.get(self._each) if self._each is not None else None
        inner = {f"{each.name}.{name}": column for name, column in each.columns.items()} if each is not None else {}
        return {**self._columns, **inner}


_BESIDE = {"join": {"separator"}, "recode": {"values"}}


def _scalar(node: Node, target: FieldType) -> Any:
    """Return a constant that fits the canonical type; null fits all."""
    found: Any = node.value
    if node.is_mapping or node.is_list:
        node.refuse(f"'{node.label}' must be a single value")
        return None
    types = _CONSTANTS.get(target, ())
    if found is not None and not (isinstance(found, types) and (bool in types or not isinstance(found, bool))):
        words = {"text": "a text; write it in quotes", "boolean": "true or false"}
        node.refuse(
            f"'{node.label}' must be {words.get(target, 'a number' if types else f'a column of type {target}')}"
        )
        return None
    return found
