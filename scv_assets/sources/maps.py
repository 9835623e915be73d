"""What a contract's `maps` say: how a source's row becomes canonical records. Only the words, not their execution.

An expression gives the value of one canonical field. Plain columns and aggregates look at all rows of one extract
that give the same record (the same canonical key): a plain column is the last value that is not null in row order.
A column inside `each` is written `list_column.field`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None
AggregateFunction = Literal["min", "max", "sum", "last"]


@dataclass(frozen=True)
class ColumnValue:
    """`email: mail`: the column as it is."""

    column: str


@dataclass(frozen=True)
class Constant:
    """`channel: {const: online}`: the same value for every record."""

    value: Scalar


@dataclass(frozen=True)
class FirstOf:
    """`phone: {first: [mobile, landline]}`: the first column that is not null."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Join:
    """`order_id: {join: [shop, ticket], separator: "-"}`: the columns that are not null, as one text."""

    columns: tuple[str, ...]
    separator: str = " "


@dataclass(frozen=True)
class Recode:
    """`status: {recode: state, values: {1: open, 2: closed}}`: another word for each category of the column."""

    column: str
    values: Mapping[str, Scalar]


@dataclass(frozen=True)
class Product:
    """`net_cents: {product: [quantity, price]}`: the columns multiplied, in whole cents for money; one null: null."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Aggregate:
    """`started_at: {min: seen_at}`: over the rows of one record; `last` is the last that is not null in row order.

    What is summed may be a product: `gross_cents: {sum: {product: [quantity, price]}}`.
    """

    function: AggregateFunction
    column: str | Product


@dataclass(frozen=True)
class CountRows:
    """`pages: {count: rows}`: how many rows give the record."""


@dataclass(frozen=True)
class Collect:
    """`lines: {collect: [event, sku]}`: JSON list of one object a row, in row order.

    `columns`: key in the object -> source column; `{collect: {sku: article}}` gives a key another name.
    """

    columns: Mapping[str, str]


@dataclass(frozen=True)
class Position:
    """`line_number: {position: true}`: place of the element in the `each` list, from 1.

    Without `each`: place of the row among those that give the same other key fields, in row order.
    """


Expression: TypeAlias = (
    ColumnValue | Constant | FirstOf | Join | Recode | Product | Aggregate | CountRows | Collect | Position
)


@dataclass(frozen=True)
class KindMap:
    """One way in which rows give records of one kind.

    `when`: only rows whose column, as text, is one of these (`true`, `false` for a boolean); all columns must agree.
    `each`: a list column; one record an element. `identifiers`: namespace -> expression (person only).
    `accumulate`: a later row completes the record field by field instead of replacing it (person only).
    """

    kind: str
    fields: Mapping[str, Expression]
    identifiers: Mapping[str, Expression] = field(default_factory=dict)
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    each: str | None = None
    accumulate: bool = False

    def columns(self) -> set[str]:
        """Return every source column that the map reads (`list.field` counts for both the field and its list)."""
        read = {c for expression in (*self.fields.values(), *self.identifiers.values()) for c in columns_of(expression)}
        read |= set(self.when)
        if self.each is not None:
            read.add(self.each)
        return read | {name.split(".", 1)[0] for name in read}


def columns_of(expression: Expression) -> tuple[str, ...]:
    """Return the source columns that an expression reads, in the order written."""
    match expression:
        case Aggregate(_, Product(columns)) | Product(columns) | FirstOf(columns) | Join(columns, _):
            return columns
        case ColumnValue(str(column)) | Aggregate(_, str(column)) | Recode(str(column), _):
            return (column,)
        case Collect(columns):
            return tuple(columns.values())
        case _:
            return ()
