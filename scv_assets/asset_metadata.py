"""What the Dagster UI shows of an asset beside its name: column schema, column lineage, row counts, owners, tags.

Built from the contracts and the published tables, so that a column's description is written once. Column lineage is
kept in Dagster's own form (`dagster/column_lineage`, readable over GraphQL) and, because the open-source UI does not
draw it, `lineage_markdown` renders it as a table.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg
import sqlalchemy as sa

from resources.store.tables import METADATA, duckdb_schema
from scv_assets.golden.lineage import PROFILE
from scv_assets.golden.policy import GOLDEN_FIELDS
from scv_assets.home import Home
from scv_assets.sources.contract import Contract

#: column -> the (stage, asset, column) that it comes from
Lineage = Mapping[str, Sequence[tuple[str, str, str]]]

_NO_TEAM = re.compile(r"[^A-Za-z0-9_-]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def column_lineage(lineage: Lineage) -> dg.TableColumnLineage:
    """Return Dagster's column lineage."""
    return dg.TableColumnLineage(
        {
            column: [
                dg.TableColumnDep(asset_key=dg.AssetKey([stage, name]), column_name=origin)
                for stage, name, origin in origins
            ]
            for column, origins in lineage.items()
        }
    )


def column_schema(columns: Mapping[str, tuple[str, str]], keys: Iterable[str] = ()) -> dg.TableSchema:
    """Return Dagster's column schema of name -> (type, description); key columns are marked not nullable."""
    required = set(keys)
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name,
                type_,
                description=description,
                constraints=dg.TableColumnConstraints(nullable=name not in required),
            )
            for name, (type_, description) in columns.items()
        ]
    )


def published_columns(table_name: str) -> dict[str, tuple[str, str]]:
    """Return name -> (type, description) of a published table."""
    table: sa.Table = METADATA.tables[table_name]
    types = duckdb_schema(table)
    return {column.name: (types[column.name], column.comment or "") for column in table.columns}


def published_metadata(table_name: str, lineage: Lineage) -> dict[str, Any]:
    """Return the definition metadata of an asset that is a published table."""
    table: sa.Table = METADATA.tables[table_name]
    keys = [column.name for column in table.primary_key.columns]
    return {
        "dagster/column_schema": column_schema(published_columns(table_name), keys),
        "dagster/column_lineage": column_lineage(lineage),
        "dagster/table_name": table_name,
        "grain": ", ".join(keys),
    }


def published_description(table_name: str) -> str:
    """Return what a published table holds."""
    return METADATA.tables[table_name].comment or ""


def contract_owners(contract: Contract) -> list[str]:
    """Return the source's owners as Dagster wants them: `team:…` and, where the steward is an address, the address."""
    team = _NO_TEAM.sub("_", contract.owner.team.removeprefix("team:"))
    owners = [f"team:{team}"] if team else []
    if contract.owner.steward and _EMAIL.fullmatch(contract.owner.steward):
        owners.append(contract.owner.steward)
    return owners


def lineage_markdown(rows: Iterable[Sequence[str]], titles: Sequence[str]) -> dg.MetadataValue[Any]:
    """Return a Markdown table for an asset's metadata."""
    lines = ["| " + " | ".join(titles) + " |", "|" + " --- |" * len(titles)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return dg.MetadataValue.md("\n".join(lines))


def composed_of(field: str) -> tuple[str, ...]:
    """Return the canonical fields from which a field of a person record may have been taken."""
    return PROFILE[field].canonical if field in GOLDEN_FIELDS else (field,)


def field_origins(home: Home) -> dg.MetadataValue[Any]:
    """Return the source columns that each golden field can come from: lineage from end to end, as a table."""
    rows = []
    for field in GOLDEN_FIELDS:
        origins = [
            f"{contract.source}.{column}"
            for contract in home.contracts.values()
            for (kind, target), columns in contract.lineage().items()
            if kind == "person" and target in composed_of(field)
            for column in columns
        ]
        rows.append((field, ", ".join(dict.fromkeys(origins))))
    return lineage_markdown(rows, ("golden field", "source columns"))
