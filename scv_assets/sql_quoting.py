"""Names and texts as SQL has them: what a contract, a policy or an extract says is quoted here, and nowhere else."""

from collections.abc import Iterable


def identifier(name: str) -> str:
    """Return a column's name, quoted: it may hold anything that an extract's header may hold."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Return texts as a parenthesised SQL list, `('a', 'b')`; of none `(NULL)`, in which nothing is."""
    return f"({', '.join(literal(text) for text in texts) or 'NULL'})"
