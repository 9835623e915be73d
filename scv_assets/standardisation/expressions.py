"""A map's expressions as DuckDB SQL: the value of a row, and the value of all rows of one record.

Names and texts from contracts are quoted, never pasted. Rows are numbered in `_order`; a list's elements stand in
`_element` with their place in `_position`.
"""

from dataclasses import dataclass

from scv_assets.sources.contract import Column, ColumnType, Contract
from scv_assets.sources.maps import (
    Aggregate,
    Collect,
    ColumnValue,
    Constant,
    CountRows,
    Expression,
    FirstOf,
    Join,
    Position,
    Product,
    Recode,
    Scalar,
)
from scv_assets.sql_quoting import identifier, literal

_TYPES = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "money": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "instant": "TIMESTAMP",
}
_NESTED = frozenset({"json", "list"})


def literal_sql(value: Scalar) -> str:
    """Return a plain value as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    return literal(str(value))


@dataclass(frozen=True)
class RowScope:
    """The columns that a map's expressions may name: the source's, and those of the list that it explodes."""

    contract: Contract
    each: str | None

    def column(self, name: str) -> str:
        """Return the SQL of a column; a list element's field is read from its JSON, as the type declared."""
        inner = self._inner(name)
        if inner is None:
            return identifier(name)
        field = literal_sql(f'$."{name.partition(".")[2]}"')
        if inner.type in _NESTED:
            return f"CAST(json_extract(_element, {field}) AS VARCHAR)"
        text = f"json_extract_string(_element, {field})"
        return f"TRY_CAST({text} AS {_TYPES[inner.type]})" if inner.type in _TYPES else text

    def type(self, name: str) -> ColumnType:
        """Return the contract's type of a column."""
        return (self._inner(name) or self.contract.columns[name]).type

    def _inner(self, name: str) -> Column | None:
        outer, dot, field = name.partition(".")
        if self.each is None or not dot or outer != self.each or name in self.contract.columns:
            return None
        return self.contract.columns[outer].columns.get(field)


def is_of_one_row(expression: Expression) -> bool:
    """Tell whether an expression has a value for a single row, so that it may be part of a key."""
    return not isinstance(expression, Aggregate | CountRows | Collect)


def of_row(expression: Expression, scope: RowScope) -> str:
    """Return the SQL of an expression's value in one row.

    Raises `ValueError` for an aggregate, which has none.
    """
    match expression:
        case ColumnValue(column):
            return scope.column(column)
        case Constant(value):
            return literal_sql(value)
        case FirstOf(columns):
            return f"COALESCE({', '.join(scope.column(c) for c in columns)})"
        case Join(columns, separator):
            listed = ", ".join(f"CAST({scope.column(c)} AS VARCHAR)" for c in columns)
            return f"NULLIF(concat_ws({literal_sql(separator)}, {listed}), '')"
        case Recode(column, values):
            cases = " ".join(f"WHEN {literal_sql(str(k))} THEN {literal_sql(v)}" for k, v in values.items())
            return f"CASE CAST({scope.column(column)} AS VARCHAR) {cases} END" if cases else "NULL"
        case Product(columns):
            return _product(columns, scope)
        case Position():
            return "_position"
        case _:
            raise ValueError(f"{type(expression).__name__} has no value in a single row")


def of_record(expression: Expression, scope: RowScope) -> str:
    """Return the SQL of an expression's value over the rows of one record: aggregates, else the last non-null value."""
    match expression:
        case Constant():
            return of_row(expression, scope)
        case Aggregate(function, inner):
            value = scope.column(inner) if isinstance(inner, str) else _product(inner.columns, scope)
            return f"arg_max({value}, _order)" if function == "last" else f"{function}({value})"
        case CountRows():
            return "count(*)"
        case Collect(columns):
            pairs = ", ".join(f"{literal_sql(key)}, {_json_value(c, scope)}" for key, c in columns.items())
            return f"CAST(to_json(list(json_object({pairs}) ORDER BY _order)) AS VARCHAR)"
        case _:
            return f"arg_max({of_row(expression, scope)}, _order)"


def _json_value(column: str, scope: RowScope) -> str:
    return f"CAST({scope.column(column)} AS JSON)" if scope.type(column) in _NESTED else scope.column(column)


def _product(columns: tuple[str, ...], scope: RowScope) -> str:
    """Multiply columns; where one is money (cents) the product is whole cents, each row rounded for itself."""
    product = f"({' * '.join(scope.column(column) for column in columns)})"
    is_money = any(scope.type(column) == "money" for column in columns)
    return f"CAST(round({product}) AS BIGINT)" if is_money else product
