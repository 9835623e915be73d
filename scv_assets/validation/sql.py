"""Quoting of names and values that come from contracts and extracts, for the SQL that this stage composes."""

from collections.abc import Iterable


def identifier(name: str) -> str:
    """Return a column's name, quoted: it may hold anything that an extract's header may hold."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Return texts as a comma-separated list of SQL literals."""
    return ", ".join(literal(text) for text in texts)
