"""Composes a YAML text into nodes with their lines, refusing what YAML would let pass.

Only the types of YAML's safe schema, so nothing is executed; no key twice, no alias inside itself, no alias bomb, no
nesting that would end the process.
"""

from collections.abc import Callable
from typing import Any

import yaml

from scv_assets.errors import ConfigError

#: Values that aliases may expand to in one file; a hand-written file has some hundreds.
MAX_NODES = 100_000
MAX_DEPTH = 50

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "timestamp", "seq", "map")}


def compose(text: str | bytes, failure: Callable[[str, int], ConfigError]) -> yaml.Node:
    """Return the one document of a text; `failure` makes the error of a message and a line."""
    try:
        _refuse_depth(text, failure)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise failure(f"not valid YAML: {error.problem or error.context}", mark.line + 1 if mark else 1) from None
    except yaml.YAMLError as error:
        reason = str(getattr(error, "reason", error)).splitlines()[0]
        raise failure(f"not valid YAML: {reason}; save the file as UTF-8", 1) from None
    if node is None:
        raise failure("the file is empty", 1)
    _inspect(node, failure, {}, set())
    return node


def _refuse_depth(text: str | bytes, failure: Callable[[str, int], ConfigError]) -> None:
    """Refuse what is nested so deep that composing it, which recurses in C, would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise failure(f"values are nested more than {MAX_DEPTH} deep", _line(event.start_mark))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _inspect(
    node: yaml.Node,
    failure: Callable[[str, int], ConfigError],
    known: dict[int, tuple[int, int]],
    above: set[int],
) -> tuple[int, int]:
    """Refuse foreign tags, cycles, keys given twice and alias bombs; return how many values it expands to, how deep."""
    line = _line(node.start_mark)
    if id(node) in above:
        raise failure("an alias (*) points to a value that holds it: a cycle", line)
    if id(node) in known:
        return known[id(node)]
    if node.tag not in _TAGS:
        word = "'<<' merges" if node.tag.endswith(":merge") else f"the tag '{node.tag}'"
        raise failure(f"{word} cannot be used here; write the values out", line)
    children: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        _refuse_bad_keys(node, failure)
        children = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    else:
        _plain_or_refuse(node, failure)
    above.add(id(node))
    below = [_inspect(child, failure, known, above) for child in children]
    above.discard(id(node))
    size, depth = 1 + sum(size for size, _ in below), 1 + max((depth for _, depth in below), default=0)
    if size > MAX_NODES or depth > MAX_DEPTH + 1:
        raise failure(f"aliases expand to more than {MAX_NODES} values, or {MAX_DEPTH} levels", line)
    known[id(node)] = size, depth
    return size, depth


def _line(mark: Any) -> int:
    return int(mark.line) + 1 if mark is not None else 1


def _refuse_bad_keys(node: yaml.MappingNode, failure: Callable[[str, int], ConfigError]) -> None:
    seen: dict[str, int] = {}
    for key, _ in node.value:
        line = _line(key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            raise failure("a key must be a word", line)
        if key.tag.endswith(":merge"):
            raise failure("'<<' merges cannot be used here; write the values out", line)
        if key.value in seen:
            raise failure(f"'{key.value}' is given twice (first on line {seen[key.value]}); keep one", line)
        seen[key.value] = line


def _plain_or_refuse(node: yaml.Node, failure: Callable[[str, int], ConfigError]) -> None:
    try:
        plain(node)
    except (ValueError, OverflowError) as error:
        line = _line(node.start_mark)
        raise failure(f"'{node.value}' cannot be read ({error}); write it in quotes", line) from None
    except (KeyError, AttributeError, TypeError, yaml.YAMLError):
        raise failure(f"'{node.value}' is not what its tag says; leave the tag out", _line(node.start_mark)) from None


class _Scalars(yaml.constructor.SafeConstructor):
    """Makes plain values of scalars; never an object."""


def plain(node: yaml.Node) -> Any:
    """Return a node's content as plain Python; keys are texts as written."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(value) for value in node.value]
    return _Scalars().construct_object(node)
