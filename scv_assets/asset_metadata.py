"""What the Dagster UI shows of an asset beside its name: column schema, column lineage, row counts, owners, tags.

Built from the contracts and the published tables, so that a column's description is written once. Column lineage is
kept in Dagster's own form (`dagster/column_lineage`, readable over GraphQL) and, because the open-source UI does not
draw it, `lineage_markdown` renders it as a table.
"""

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg
import sqlalchemy as sa

from resources.store.tables import GOLDEN_FIELDS, IMPERSONAL, IN_CLEAR, METADATA, duckdb_schema
from scv_assets.golden.lineage import PROFILE
from scv_assets.home import Home
from scv_assets.sources.contract import Contract, Owner

#: column -> the (stage, asset, column) that it comes from
Lineage = Mapping[str, Sequence[tuple[str, str, str]]]

#: the tag by which the privacy officer finds what holds personal data
PERSONAL_DATA = "scv/personal_data"

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


def dagster_owners(owner: Owner | None) -> list[str]:
    """Return an owner as Dagster wants it: `team:…` and, where the steward is an address, the address."""
    if owner is None:
        return []
    team = _NO_TEAM.sub("_", owner.team.removeprefix("team:"))
    owners = [f"team:{team}"] if team else []
    if owner.steward and _EMAIL.fullmatch(owner.steward):
        owners.append(owner.steward)
    return owners


def contract_tags(contract: Contract) -> dict[str, str]:
    """Return the tags of what is made of one source alone."""
    has_personal = any(column.pii for column in contract.columns.values())
    return {"scv/kind": contract.kind, PERSONAL_DATA: "in_clear" if has_personal else "none"}


def owned_and_tagged(home: Home, assets: Sequence[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """Return the assets with an owner and tags each.

    An asset without an owner of its own gets the one that scv.yaml names for its stage; a published table is tagged
    with whether it holds personal data: `in_clear`, `by_id` (who it is stands elsewhere), `none`.
    """
    owners = home.settings.owners

    def told(spec: dg.AssetSpec) -> dg.AssetSpec:
        answering = owners.get(spec.key.path[0], owners.get("default"))
        table = spec.metadata.get("dagster/table_name")
        tags = {"scv/published": "yes", PERSONAL_DATA: _personal_data(str(table))} if table else {}
        return spec.replace_attributes(
            owners=spec.owners or dagster_owners(answering), tags={"scv/stage": spec.key.path[0], **tags, **spec.tags}
        )

    return [asset for asset in dg.map_asset_specs(told, assets) if isinstance(asset, dg.AssetsDefinition)]


def _personal_data(table_name: str) -> str:
    if table_name in IN_CLEAR:
        return "in_clear"
    return "none" if table_name in IMPERSONAL else "by_id"


def inline_png(title: str, png: bytes) -> dg.MetadataValue[Any]:
    """Return a picture for an asset's metadata."""
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})")


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
