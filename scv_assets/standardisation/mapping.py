"""Executes a contract's maps: typed rows of many days become canonical records, one a day and key, in DuckDB.

Values come out as the source has them (persons are standardised afterwards, in `persons`). A row in which a required
field is missing gives no record: an anonymous ticket gives an order and no person.
"""

import json
from collections.abc import Mapping

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.canonical import DUCKDB_TYPES, KINDS, PERSON
from scv_assets.sources.contract import Contract
from scv_assets.sources.maps import Aggregate, Collect, CountRows, KindMap, Position
from scv_assets.sql_quoting import identifier
from scv_assets.standardisation.expressions import RowScope, is_of_one_row, literal_sql, of_record, of_row

#: What every canonical record keeps of where it came from: its extract's day and the last row that gave it.
ORIGIN: dict[str, str] = {"_day": "DATE", "_row_number": "BIGINT"}
#: Kinds of which an increment may hold a part only: a session over midnight, a cart touched on two days. `_parts` of
#: their records says how to put them together.
PARTIAL_KINDS: frozenset[str] = frozenset({"visit", "cart"})
#: Person fields that are there to be parted into others; only their raw text is kept.
WHOLE_FIELDS: tuple[str, ...] = ("full_name", "address")
RAW_FIELDS: tuple[str, ...] = (
    "first_name",
    "last_name",
    "full_name",
    "birth_on",
    "email",
    "phone",
    "street",
    "address",
    "postcode",
    "city",
    "country",
)
_IDENTIFIER = "identifier:"


def kind_schema(kind: str) -> dict[str, str]:
    """Return the columns of a kind's canonical records in the lake as DuckDB types, in order."""
    if kind == PERSON.name:
        return person_schema()
    return ORIGIN | _parts_column(kind) | {name: DUCKDB_TYPES[field.type] for name, field in KINDS[kind].fields.items()}


def person_schema() -> dict[str, str]:
    """Return the columns of standardised persons: fields in normal form, raw texts, identifiers as a JSON object."""
    fields = {name: DUCKDB_TYPES[f.type] for name, f in PERSON.fields.items() if name not in WHOLE_FIELDS}
    return ORIGIN | fields | {f"raw_{name}": "VARCHAR" for name in RAW_FIELDS} | {"identifiers": "VARCHAR"}


def mapped(con: Connection, contract: Contract, kind: str, typed: Relation) -> Relation:
    """Return a kind's canonical records as delivered, one a (`_day`, key of the kind).

    `typed` has the contract's columns with `_day`, `_file`, `_row_number`. Person records have a column
    `identifier:<namespace>` an identifier; fields that no map fills are null.
    """
    namespaces = identifier_namespaces(contract) if kind == PERSON.name else ()
    wanted = wanted_columns(kind, namespaces)
    queries = [_map_sql(one, contract, wanted) for one in contract.maps.get(kind, ())]
    if not queries:
        return con.sql(
            "SELECT " + ", ".join(f"CAST(NULL AS {t}) AS {identifier(n)}" for n, t in wanted.items()) + " LIMIT 0"
        )
    if len(queries) == 1:
        return con.sql(f"SELECT * FROM ({queries[0]})")
    return con.sql(_together(kind, queries, wanted))


def rows_behind(con: Connection, contract: Contract, kind: str, typed: Relation, records: Relation) -> Relation:
    """Return which of the typed rows some canonical records were made of: `_day`, `_file`, `_row_number`, once each.

    `records`: rows of `mapped` of the same typed rows, with `_day` and the key of the kind at least.
    """
    queries = []
    for one in contract.maps.get(kind, ()):
        scope = RowScope(contract, one.each)
        values = {name: one.fields[name] for name in KINDS[kind].key if name in one.fields}
        grouped = {name: e for name, e in values.items() if is_of_one_row(e)}
        others = [of_row(e, scope) for e in grouped.values() if not isinstance(e, Position)]
        type_of = wanted_columns(kind)
        keys = "".join(f", CAST({of_row(e, scope)} AS {type_of[name]}) AS {name}" for name, e in grouped.items())
        same = "".join(f" AND r.{name} IS NOT DISTINCT FROM m.{name}" for name in grouped)
        rows = f"SELECT _day, _file, _row_number{keys} FROM ({_rows_sql(one, scope, others)})"
        queries.append(
            f"SELECT r._day, r._file, r._row_number FROM ({rows}) AS r SEMI JOIN records AS m ON r._day = m._day{same}"
        )
    return con.sql(" UNION ".join(queries) or "SELECT _day, _file, _row_number FROM typed LIMIT 0")


def identifier_namespaces(contract: Contract) -> tuple[str, ...]:
    """Return the namespaces in which the contract's person maps give identifiers, sorted."""
    return tuple(sorted({name for one in contract.maps.get(PERSON.name, ()) for name in one.identifiers}))


def identifier_column(namespace: str) -> str:
    """Return the column of mapped persons in which a namespace's identifier stands."""
    return f"{_IDENTIFIER}{namespace}"


def wanted_columns(kind: str, namespaces: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the columns that `mapped` gives, as DuckDB types. A date of birth is text here: it is still to be read."""
    fields = {name: DUCKDB_TYPES[field.type] for name, field in KINDS[kind].fields.items()}
    if kind == PERSON.name:
        fields["birth_on"] = "VARCHAR"
    return ORIGIN | _parts_column(kind) | fields | {identifier_column(name): "VARCHAR" for name in namespaces}


def _map_sql(one: KindMap, contract: Contract, wanted: Mapping[str, str]) -> str:
    kind, scope = KINDS[one.kind], RowScope(contract, one.each)
    values = {**one.fields, **{identifier_column(name): e for name, e in one.identifiers.items()}}
    grouped = [name for name in kind.key if name in values and is_of_one_row(values[name])]
    others = [of_row(values[name], scope) for name in grouped if not isinstance(values[name], Position)]
    made = {name: of_record(expression, scope) for name, expression in values.items()}
    made |= {name: of_row(values[name], scope) for name in grouped}
    made |= {"_day": "_day", "_row_number": "max(_row_number)", "_parts": literal_sql(_parts(one, contract))}
    columns = ", ".join(f"CAST({made.get(n, 'NULL')} AS {t}) AS {identifier(n)}" for n, t in wanted.items())
    keys = ", ".join(["_day", *(made[name] for name in grouped)])
    required = [name for name, field in kind.fields.items() if field.required]
    present = " AND ".join(f"{identifier(name)} IS NOT NULL" for name in required)
    return f"SELECT * FROM (SELECT {columns} FROM ({_rows_sql(one, scope, others)}) GROUP BY {keys}) WHERE {present}"


def _rows_sql(one: KindMap, scope: RowScope, others: list[str]) -> str:
    """Return the SQL of the rows that a map looks at, numbered, a list's elements a row each.

    The position of a row that is no list's element is its place among those with the same `others` (SQL of the other
    key fields).
    """
    rows = "SELECT * FROM typed"
    if one.each is not None:
        elements = f"json_extract({identifier(one.each)}, '$[*]')"
        rows = f"SELECT *, unnest({elements}) AS _element, generate_subscripts({elements}, 1) AS _position FROM typed"
    conditions = [
        f"CAST({scope.column(name)} AS VARCHAR) IN ({', '.join(literal_sql(text) for text in texts)})"
        for name, texts in one.when.items()
    ]
    chosen = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    if one.each is None:
        number = f"row_number() OVER (PARTITION BY {', '.join(['_day', *others])} ORDER BY _file, _row_number)"
        has_position = any(isinstance(expression, Position) for expression in one.fields.values())
        rows = f"SELECT *, {number if has_position else 0} AS _position FROM ({rows}){chosen}"
        chosen = ""
    order = "row_number() OVER (ORDER BY _day, _file, _row_number, _position) AS _order"
    return f"SELECT *, {order} FROM ({rows}){chosen}"


def _parts_column(kind: str) -> dict[str, str]:
    return {"_parts": "VARCHAR"} if kind in PARTIAL_KINDS else {}


def _parts(one: KindMap, contract: Contract) -> str | None:
    """Say how the parts of a record on several days become one (field -> min, max, sum, concat); None: it comes whole.

    A record is a part where it is made of events, and an extract holds the events of its day only.
    """
    merges: dict[str, str] = {}
    for name, expression in one.fields.items():
        match expression:
            case Aggregate(function, _):
                merges[name] = function
            case CountRows():
                merges[name] = "sum"
            case Collect():
                merges[name] = "concat"
    return json.dumps(merges) if merges and contract.delivery == "increment" else None


def _together(kind: str, queries: list[str], wanted: Mapping[str, str]) -> str:
    """Put the records of several maps together; where two give one record, each field's last value that is not null."""
    all_rows = " UNION ALL ".join(
        f"SELECT *, _row_number * 100 + {i} AS _rank FROM ({q})" for i, q in enumerate(queries)
    )
    key = ["_day", *KINDS[kind].key]
    others = [name for name in wanted if name not in key]
    columns = ", ".join(
        identifier(name) if name not in others else f"arg_max({identifier(name)}, _rank) AS {identifier(name)}"
        for name in wanted
    )
    return f"SELECT {columns} FROM ({all_rows}) GROUP BY {', '.join(identifier(name) for name in key)}"
