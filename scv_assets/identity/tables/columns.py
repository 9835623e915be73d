"""The `table` section of a policy: which column of a table is what, said instead of recognised."""

from collections.abc import Collection
from dataclasses import dataclass

from scv_assets.canonical import IDENTIFIER_NAMESPACES
from scv_assets.identity.policy_reading import TABLE
from scv_assets.identity.tables.recognition import FIELDS, TableColumns
from scv_assets.iso_codes import COUNTRIES
from scv_assets.yaml_document import Node, YamlDocument


@dataclass(frozen=True)
class TableSection:
    """What the policy says of a table: its columns, and the countries in which phones without a prefix are read."""

    columns: TableColumns
    countries: tuple[str, ...]


def read_table_section(document: YamlDocument, present: Collection[str]) -> TableSection | None:
    """Return what a policy says of a table with these columns; None where it says nothing.

    Raises `ConfigError` with file and line, for a column that the table has not got as well.
    """
    node = document.root.child(TABLE)
    if node is None:
        return None
    keys = node.mapping({"columns", "identifiers", "countries"}, {"columns"})
    fields = {name: _column(one, present) for name, one in keys["columns"].mapping(FIELDS).items()}
    identifiers = (
        {name: _column(one, present) for name, one in keys["identifiers"].mapping(IDENTIFIER_NAMESPACES).items()}
        if "identifiers" in keys
        else {}
    )
    countries = tuple(one.choice(sorted(COUNTRIES)) for one in keys["countries"].items()) if "countries" in keys else ()
    used = {*fields.values(), *identifiers.values()}
    ignored = tuple(name for name in present if name not in used)
    return TableSection(TableColumns(fields, identifiers, ignored), countries)


def _column(node: Node, present: Collection[str]) -> str:
    name = node.text()
    if name not in present:
        node.refuse(f"the table has no column '{name}'", near=name, among=present)
    return name
