"""A contract as a pandera schema: what its typed rows must be, with titles, descriptions and metadata.

Frames are Arrow-backed, so that a null integer stays an integer.
"""

from collections.abc import Mapping

import pandas as pd
import pandera.pandas as pa
import pyarrow

from scv_assets.sources.contract import Column, Contract
from scv_assets.validation.conversions import conversion
from scv_assets.validation.reading import ARROW_TYPES
from scv_assets.validation.rules import rules

#: What every typed row keeps of where it came from.
PROVENANCE: dict[str, tuple[str, str]] = {
    "_day": ("DATE", "business day of the extract"),
    "_file": ("VARCHAR", "file or query of the extract"),
    "_row_number": ("BIGINT", "row in it, from 1"),
    "_arrived_at": ("TIMESTAMP", "when the extract arrived (UTC)"),
}


def typed_schema(contract: Contract) -> dict[str, str]:
    """Return the columns of a source's typed rows as DuckDB types, in order."""
    return {name: type_ for name, (type_, _) in column_descriptions(contract).items()}


def column_descriptions(contract: Contract) -> dict[str, tuple[str, str]]:
    """Return name -> (DuckDB type, description) of a source's typed rows, for the catalogue and the UI."""
    columns = contract.columns.values()
    return PROVENANCE | {column.name: (conversion(column).duckdb_type, _description(column)) for column in columns}


def schema(contract: Contract) -> pa.DataFrameSchema:
    """Return the schema of a source's typed rows: their values, and the keys that come once an extract (`_day`)."""
    columns = {name: pa.Column(_dtype(type_), nullable=False) for name, (type_, _) in PROVENANCE.items()}
    return pa.DataFrameSchema(
        columns | _columns(contract.columns, contract.key),
        checks=[_once_an_extract(names) for names in unique_columns(contract)],
        strict=True,
        name=contract.source,
        title=contract.title,
        description=contract.description or contract.title,
        metadata={"key": list(contract.key), "owner": contract.owner.team},
    )


def value_schema(columns: Mapping[str, Column], key: tuple[str, ...] = ()) -> pa.DataFrameSchema:
    """Return the schema of values alone (of rows, or of a list's elements), without what holds between rows."""
    return pa.DataFrameSchema(_columns(columns, key), strict=True)


def unique_columns(contract: Contract) -> list[tuple[str, ...]]:
    """Return what one extract may hold once only: the key, and each column declared unique."""
    declared = [(column.name,) for column in contract.columns.values() if column.unique]
    return list(dict.fromkeys([*([contract.key] if contract.key else []), *declared]))


def frame(table: pyarrow.Table) -> pd.DataFrame:
    """Return an Arrow table as the Arrow-backed frame that the schemas judge."""
    judged: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return judged


def _columns(columns: Mapping[str, Column], key: tuple[str, ...]) -> dict[str, pa.Column]:
    return {
        name: pa.Column(
            _dtype(conversion(column).duckdb_type),
            nullable=not (column.required or name in key),
            checks=rules(column),
            title=column.header,
            description=_description(column),
            metadata={"type": column.type, "pii": column.pii},
        )
        for name, column in columns.items()
    }


def _once_an_extract(names: tuple[str, ...]) -> pa.Check:
    def holds(rows: pd.DataFrame) -> "pd.Series[bool]":
        return ~rows.duplicated(["_day", *names], keep=False) | rows[list(names)].isna().any(axis=1)

    return pa.Check(holds, error=f"{', '.join(names)} must come once an extract")


def _dtype(duckdb_type: str) -> pd.ArrowDtype:
    return pd.ArrowDtype(ARROW_TYPES[duckdb_type])


def _description(column: Column) -> str:
    unit = f" (minor units of {column.currency})" if column.type == "money" and column.currency else ""
    return f"{column.description or column.header}{unit}"
