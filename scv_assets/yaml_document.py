"""A company's YAML, read strictly and with line numbers: every refusal says `file:line` and suggests a word.

Here: a parsed file and `Node`, through which a stage reads its settings key by key. Not here: what a setting means.

A document read with `problems` does not stop at the first mistake: it puts each into that list and goes on with a
neutral value ("", 0, no items), so that `scv check` can tell all of them at once. Without it the first one is raised.
"""

import difflib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from scv_assets.errors import ConfigError
from scv_assets.yaml_composition import compose, plain

_NAMES = {str: "text", bool: "true or false", int: "a whole number", float: "a number", type(None): "nothing"}


def suggestion(near: str, among: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the closest of the known words, or an empty text where none is close."""
    known = list(among)
    lowered = {word.lower(): word for word in known}
    close = difflib.get_close_matches(near.lower(), list(lowered), n=1, cutoff=0.6)
    return f"; did you mean '{lowered[close[0]]}'?" if close else ""


class YamlDocument:
    """One parsed file. `root` is its content; `problems`, where given, collects mistakes instead of raising them."""

    def __init__(
        self,
        text: str | bytes,
        name: str,
        *,
        error: type[ConfigError] = ConfigError,
        problems: list[ConfigError] | None = None,
    ) -> None:
        self.name = name
        self.error_class = error
        self.problems = problems
        composed = compose(text, self._failure)
        self.root = Node(self, composed, composed.start_mark.line + 1, ())

    def _failure(self, message: str, line: int) -> ConfigError:
        return self.error_class(message, where=f"{self.name}:{line}")

    def where(self, *path: str | int) -> str:
        """Return `file:line` of a setting, or of the deepest of its parents that the file has."""
        node = self.root
        for step in path:
            child = node.child(step)
            if child is None:
                break
            node = child
        return node.where


def read_yaml(
    path: Path,
    name: str | None = None,
    *,
    error: type[ConfigError] = ConfigError,
    problems: list[ConfigError] | None = None,
) -> YamlDocument:
    """Read a YAML file; `name` is how messages call it (its path inside the company's folder).

    Raises `error` (a `ConfigError`) where the file is missing, unreadable or no YAML.
    """
    called = name or path.name
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise error("the file is missing; write it, or lay a new folder with 'scv init'", where=called) from None
    except OSError as failure:
        raise error(f"the file cannot be read ({failure.strerror})", where=called) from failure
    return YamlDocument(content, called, error=error, problems=problems)


class Node:
    """One value of a document with its place; every reader checks the type and refuses with the line."""

    def __init__(self, document: YamlDocument, node: yaml.Node | None, line: int, path: tuple[str, ...]) -> None:
        self._document = document
        self._node = node
        self._line = line
        self._path = path
        self._is_faulty = node is None

    @property
    def where(self) -> str:
        """`file:line` of the setting."""
        return f"{self._document.name}:{self._line}"

    @property
    def label(self) -> str:
        """The setting's place as a dotted path, for messages: `columns.email.type`."""
        return ".".join(self._path) or self._document.name

    @property
    def is_faulty(self) -> bool:
        """True where a mistake was already told of this value: what derives from it needs no second message."""
        return self._is_faulty

    @property
    def is_mapping(self) -> bool:
        """True for `key: value` content."""
        return isinstance(self._node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """True for a list."""
        return isinstance(self._node, yaml.SequenceNode)

    @property
    def value(self) -> Any:
        """The content as plain Python (dict with text keys, list, text, number, bool, date, None)."""
        return plain(self._node) if self._node is not None else None

    def error(self, message: str, *, near: str | None = None, among: Iterable[str] = ()) -> ConfigError:
        """Return the error that names this setting's line; `near` and `among` add a suggestion."""
        hint = suggestion(near, among) if near is not None else ""
        return self._document.error_class(f"{message}{hint}", where=self.where)

    def refuse(self, message: str, *, near: str | None = None, among: Iterable[str] = ()) -> None:
        """Raise `error(…)`, or note it where the document collects problems (once a value)."""
        problem = self.error(message, near=near, among=among)
        if self._document.problems is None:
            raise problem
        if not self._is_faulty:
            self._document.problems.append(problem)
        self._is_faulty = True

    def child(self, step: str | int) -> "Node | None":
        """Return the value under a key or at a position, or None."""
        if isinstance(step, int):
            items = self._list_items() if self.is_list else []
            return items[step] if -len(items) <= step < len(items) else None
        return self._entries().get(step) if self.is_mapping else None

    def mapping(self, allowed: Iterable[str] | None = None, required: Iterable[str] = ()) -> dict[str, "Node"]:
        """Return the values by key (as written); refuse a key that is not allowed and a required one that is missing.

        `allowed=None` lets every key pass.
        """
        if not self._is_a(yaml.MappingNode, "must be a list of 'key: value'"):
            return {key: self._missing(key) for key in required}
        entries = self._entries()
        wanted = list(required)
        if allowed is not None:
            known = sorted({*allowed, *wanted})
            for key in [key for key in entries if key not in known]:
                entries.pop(key).refuse(f"unknown key '{key}'", near=key, among=known)
        for key in wanted:
            if key not in entries:
                self._note(f"'{key}' is missing under '{self.label}'" if self._path else f"'{key}' is missing")
                entries[key] = self._missing(key)
        return entries

    def items(self) -> list["Node"]:
        """Return the values of a list."""
        return self._list_items() if self._is_a(yaml.SequenceNode, "must be a list") else []

    def text(self) -> str:
        """Return a text; what YAML reads as a number, a date or a boolean must be quoted."""
        return str(self._scalar((str,), "must be text", "", hint="; write it in quotes"))

    def written(self) -> str:
        """Return any single value as it is written (`01`, `no`, `2.50`): for comparing with delivered text."""
        if self._is_a(yaml.ScalarNode, "must be a single value"):
            assert self._node is not None
            return str(self._node.value)
        return ""

    def number(self) -> float:
        """Return a number."""
        return float(self._scalar((int, float), "must be a number", 0))

    def integer(self) -> int:
        """Return a whole number."""
        return int(self._scalar((int,), "must be a whole number", 0))

    def boolean(self) -> bool:
        """Return true or false."""
        return bool(self._scalar((bool,), "must be true or false", False))

    def date(self) -> date:
        """Return a day written YYYY-MM-DD."""
        found = self._scalar((date, str), "must be a day written YYYY-MM-DD", date.min)
        if type(found) is date:
            return found
        try:
            return date.fromisoformat(str(found))
        except ValueError:
            self.refuse(f"'{self.label}' must be a day written YYYY-MM-DD")
            return date.min

    def choice(self, among: Sequence[str]) -> str:
        """Return one of the given words."""
        found = self.text()
        if not self._is_faulty and found not in among:
            self.refuse(f"'{found}' is not one of {', '.join(among)}", near=found, among=among)
        return among[0] if self._is_faulty else found

    def texts(self) -> list[str]:
        """Return a list of texts."""
        return [item.text() for item in self.items()]

    def names(self) -> list[str]:
        """Return a text, or a list of them, as a list."""
        return self.texts() if self.is_list else [self.text()]

    def _note(self, message: str) -> None:
        problem = self.error(message)
        if self._document.problems is None:
            raise problem
        self._document.problems.append(problem)

    def _missing(self, key: str) -> "Node":
        return Node(self._document, None, self._line, (*self._path, key))

    def _is_a(self, kind: type[yaml.Node], message: str) -> bool:
        if isinstance(self._node, kind):
            return True
        self.refuse(f"'{self.label}' {message}")
        return False

    def _scalar(self, types: tuple[type, ...], message: str, neutral: Any, *, hint: str = "") -> Any:
        if not isinstance(self._node, yaml.ScalarNode):
            self.refuse(f"'{self.label}' {message}")
            return neutral
        found = self.value
        if isinstance(found, types) and (bool in types or not isinstance(found, bool)):
            return found
        got = _NAMES.get(type(found), "a date")
        quotes = hint if found is not None and not isinstance(found, str) else ""
        self.refuse(f"'{self.label}' {message}, not {got}{quotes}")
        return neutral

    def _entries(self) -> dict[str, "Node"]:
        assert isinstance(self._node, yaml.MappingNode)
        return {
            str(key.value): Node(self._document, value, key.start_mark.line + 1, (*self._path, str(key.value)))
            for key, value in self._node.value
        }

    def _list_items(self) -> list["Node"]:
        assert isinstance(self._node, yaml.SequenceNode)
        return [
            Node(self._document, value, value.start_mark.line + 1, (*self._path, str(position)))
            for position, value in enumerate(self._node.value)
        ]
