"""Given names and their short forms in French, Dutch and English (`nicknames.csv`, folded as `folding.name` does)."""

import csv
from functools import cache
from pathlib import Path

from scv_assets.identity import folding


@cache
def _table() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    with Path(__file__).with_name("nicknames.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            root = folding.name(row["name"]) or ""
            for form in (row["name"], *row["forms"].split()):
                found.setdefault(folding.name(form) or "", set()).add(root)
    return {form: frozenset(roots) for form, roots in found.items()}


def roots(name: str) -> frozenset[str]:
    """Return the names that a folded given name may stand for; itself where the table does not know it."""
    return _table().get(name) or frozenset((name,))


def known_names() -> frozenset[str]:
    """Return the folded given names that the table has, as names or as forms of one."""
    return frozenset(_table())


def is_known(name: str) -> bool:
    """Tell whether the table has this folded given name, as a name or as a form of one."""
    return name in _table()
