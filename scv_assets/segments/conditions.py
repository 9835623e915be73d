"""Conditions over traits: `orders_count >= 2 and (is_reachable or not recency_days > 90)`.

The grammar is a small part of Python's: `and`, `or`, `not`, parentheses, comparisons (`==`, `!=`, `<`, `<=`, `>`, `>=`,
also chained) between a trait and a whole number, and flags. A condition becomes SQL whose only names are traits of the
catalogue and whose only literals are whole numbers, so that nothing of the YAML's text reaches the database. A
comparison with a trait that has no value (the recency of who never bought) does not hold, and its `not` does.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from scv_assets.segments.catalogue import Trait, find, known_names
from scv_assets.segments.forecast import FORECASTS
from scv_assets.yaml_document import Node

_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "=",
    ast.NotEq: "<>",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_MAX_CHARACTERS = 2_000
_MAX_NUMBER = 10**15


@dataclass(frozen=True)
class Condition:
    """A checked condition. `sql` is true or false, never null, over columns named as the traits.

    `numbers`: the whole numbers that each trait is compared with, in the order of the text.
    """

    text: str
    sql: str
    traits: tuple[Trait, ...] = ()
    numbers: tuple[tuple[str, int], ...] = ()


ALWAYS = Condition("otherwise", "true")
NEVER = Condition("", "false")


class _Fault(Exception):
    def __init__(self, message: str, near: str | None = None) -> None:
        super().__init__(message)
        self.near = near


@dataclass
class _Compiler:
    traits: dict[str, Trait] = field(default_factory=dict)
    numbers: dict[tuple[str, int], None] = field(default_factory=dict)

    def condition(self, node: ast.expr) -> str:
        if isinstance(node, ast.BoolOp):
            word = " AND " if isinstance(node.op, ast.And) else " OR "
            return f"({word.join(self.condition(value) for value in node.values)})"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return f"(NOT {self.condition(node.operand)})"
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            pairs = zip(sides[:-1], node.ops, sides[1:], strict=True)
            return f"({' AND '.join(self.comparison(left, operator, right) for left, operator, right in pairs)})"
        if isinstance(node, ast.Name):
            trait = self.trait(node.id)
            if not trait.is_flag:
                raise _Fault(f"'{trait.name}' is a number: compare it, for instance '{trait.name} >= 1'")
            return f'coalesce("{trait.name}", false)'
        raise _Fault(f"'{ast.unparse(node)}' is not a condition; use traits, whole numbers, and, or, not, comparisons")

    def comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> str:
        names = [side for side in (left, right) if isinstance(side, ast.Name)]
        if type(operator) not in _OPERATORS or len(names) != 1:
            text = f"{ast.unparse(left)} … {ast.unparse(right)}"
            raise _Fault(f"'{text}' does not compare a trait with a whole number (==, !=, <, <=, >, >=)")
        trait = self.trait(names[0].id)
        if trait.is_flag:
            raise _Fault(f"'{trait.name}' is true or false: write '{trait.name}' or 'not {trait.name}'")
        number = _whole_number(right if names[0] is left else left)
        self.numbers[trait.name, number] = None
        sides = (f'"{trait.name}"', str(number)) if names[0] is left else (str(number), f'"{trait.name}"')
        return f"coalesce({sides[0]} {_OPERATORS[type(operator)]} {sides[1]}, false)"

    def trait(self, name: str) -> Trait:
        found = find(name)
        if name in FORECASTS:
            raise _Fault(
                f"'{name}' is a forecast of one day and has no past, so no history can hang on it; "
                "use recency_days or dormant_days, or customer_trait for an audience of today"
            )
        if found is None:
            raise _Fault(f"there is no trait '{name}'", near=name)
        self.traits[name] = found
        return found


def parse(text: str) -> Condition:
    """Return the condition that the text writes. Raises `ValueError` with what is wrong in it."""
    try:
        return _parse(text)
    except _Fault as fault:
        raise ValueError(str(fault)) from None


def read_condition(node: Node) -> Condition:
    """Return the condition that a setting writes; refuse the setting, with its line, where it is none."""
    text = node.text()
    if node.is_faulty:
        return NEVER
    try:
        return _parse(text)
    except _Fault as fault:
        node.refuse(str(fault), near=fault.near, among=known_names() if fault.near else ())
        return NEVER


def traits_of(conditions: Iterable[Condition]) -> list[Trait]:
    """Return the traits of several conditions, each once, by name."""
    found = {trait.name: trait for condition in conditions for trait in condition.traits}
    return [found[name] for name in sorted(found)]


def _parse(text: str) -> Condition:
    if len(text) > _MAX_CHARACTERS:
        raise _Fault(f"a condition may have {_MAX_CHARACTERS} characters at most; part it into segments")
    try:
        tree = ast.parse(" ".join(text.split()), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        hint = "; equality is written '=='" if _has_single_equals(text) else ""
        raise _Fault(f"'{' '.join(text.split())}' cannot be read as a condition{hint}") from None
    compiler = _Compiler()
    sql = compiler.condition(tree.body)
    return Condition(" ".join(text.split()), sql, tuple(compiler.traits.values()), tuple(compiler.numbers))


def _has_single_equals(text: str) -> bool:
    bare = text
    for operator in ("==", "!=", "<=", ">="):
        bare = bare.replace(operator, "")
    return "=" in bare


def _whole_number(node: ast.expr) -> int:
    sign = -1 if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else 1
    value = node.operand if isinstance(node, ast.UnaryOp) and sign < 0 else node
    if isinstance(value, ast.Constant) and type(value.value) is int and abs(value.value) <= _MAX_NUMBER:
        return sign * value.value
    raise _Fault(f"'{ast.unparse(node)}' is not a whole number (amounts are in cents, ages in days)")
