"""One asset a source: its canonical records; then all sources' person records and identifiers, folded to the latest."""

import dagster as dg

from resources.lake import fingerprint
from resources.store.tables import SOURCE_RECORD, duckdb_schema
from resources.store.tombstones import tombstones
from scv_assets import stages
from scv_assets.asset_metadata import (
    Lineage,
    column_lineage,
    column_schema,
    composed_of,
    contract_tags,
    dagster_owners,
    published_columns,
    published_description,
    published_metadata,
)
from scv_assets.canonical import DUCKDB_TYPES, KINDS
from scv_assets.faults import translated
from scv_assets.home import Home
from scv_assets.progress import step
from scv_assets.refresh import refresh
from scv_assets.sources.contract import Contract
from scv_assets.standardisation.people import fold_people
from scv_assets.standardisation.standardise import standardise_days

STAGE = "standardisation"
IDENTIFIER = "identifier"
IDENTIFIER_COLUMNS = ("source", "source_key", "namespace", "value", "first_seen_at", "last_seen_at")


def standardisation_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the canonical-records asset of every contract, and the two that fold their person records."""
    return [*(_canonical(home, contract) for contract in home.contracts.values()), _people(home)]


def _canonical(home: Home, contract: Contract) -> dg.AssetsDefinition:
    columns = {
        f"{kind}.{field}": (DUCKDB_TYPES[KINDS[kind].fields[field].type], KINDS[kind].fields[field].description)
        for kind, field in contract.lineage()
        if field in KINDS[kind].fields
    } | {
        f"person.{field}": ("VARCHAR", "identifier, normal form")
        for kind, field in contract.lineage()
        if field.startswith("identifiers.")
    }
    origins = {
        f"{kind}.{field}": [("validation", contract.source, column) for column in origin]
        for (kind, field), origin in contract.lineage().items()
    }

    @dg.asset(
        key=[STAGE, contract.source],
        deps=[dg.AssetKey(["validation", contract.source])],
        group_name=STAGE,
        description=f"{contract.title}: canonical records ({', '.join(contract.maps)}), standardised.",
        owners=dagster_owners(contract.owner),
        kinds={"duckdb", "parquet"},
        tags=contract_tags(contract),
        metadata={
            "dagster/column_schema": column_schema(columns),
            "dagster/column_lineage": column_lineage(origins),
        },
        required_resource_keys={"lake", "store", "view_lock"},
        code_version=stages.code_version(STAGE),
    )
    def canonical(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        lake = context.resources.lake
        with translated(), step(STAGE, contract.source) as work:
            done = standardise_days(home, contract, None, lake, tombstones(context.resources.store, namespaces=None))
            work.rows_in, work.rows_out = done.rows_in, sum(done.rows.values())
            work.is_unchanged = not done.written
        held = {
            f"rows_{kind}": sum(part.rows for part in lake.parts(stages.canonical_path(kind, contract.source)).values())
            for kind in contract.maps
        }
        return dg.MaterializeResult(metadata={"dagster/row_count": sum(held.values()), **held})

    return canonical


def _record_lineage(home: Home) -> Lineage:
    lineage: dict[str, list[tuple[str, str, str]]] = {}
    for contract in home.contracts.values():
        mapped = {field for kind, field in contract.lineage() if kind == "person"}
        for column in duckdb_schema(SOURCE_RECORD):
            plain = column.removeprefix("raw_")
            origins = [f for f in composed_of(plain) if f in mapped]
            if origins:
                lineage.setdefault(column, []).extend((STAGE, contract.source, f"person.{f}") for f in origins)
    return lineage


def _identifier_lineage(home: Home) -> Lineage:
    origins = [
        (STAGE, contract.source, f"person.{field}")
        for contract in home.contracts.values()
        for kind, field in contract.lineage()
        if kind == "person" and (field in {"email", "phone"} or field.startswith("identifiers."))
    ]
    keys = [(STAGE, c.source, "person.source_key") for c in home.contracts.values() if "person" in c.maps]
    return {"source_key": keys, "value": origins}


def _people(home: Home) -> dg.AssetsDefinition:
    people = [contract for contract in home.contracts.values() if "person" in contract.maps]
    outputs = {"source_record": stages.published_path("source_record"), IDENTIFIER: stages.lake_path(STAGE, IDENTIFIER)}

    @dg.multi_asset(
        name="people",
        specs=[
            dg.AssetSpec(
                [STAGE, "source_record"],
                deps=[dg.AssetKey([STAGE, contract.source]) for contract in people],
                description=published_description("source_record"),
                kinds={"duckdb", "parquet"},
                metadata=published_metadata("source_record", _record_lineage(home)),
                code_version=stages.code_version(STAGE),
                group_name=STAGE,
            ),
            dg.AssetSpec(
                [STAGE, IDENTIFIER],
                deps=[dg.AssetKey([STAGE, contract.source]) for contract in people],
                description="Identifiers ever seen on person records. Grain: (source, source_key, namespace, value)",
                kinds={"duckdb", "parquet"},
                metadata={
                    "dagster/column_schema": column_schema(
                        {name: published_columns("record_identifier")[name] for name in IDENTIFIER_COLUMNS}
                    ),
                    "dagster/column_lineage": column_lineage(_identifier_lineage(home)),
                },
                code_version=stages.code_version(STAGE),
                group_name=STAGE,
            ),
        ],
        required_resource_keys={"lake", "view_lock"},
    )
    def folded(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
        lake = context.resources.lake
        with translated(), step(STAGE, "source_record") as work:
            inputs = [stages.canonical_path("person", contract.source) for contract in people]
            made_from = fingerprint(
                lake.content(*inputs), [contract.fingerprint for contract in people], stages.code_version(STAGE)
            )
            done = refresh(lake, list(outputs.values()), made_from, lambda con: fold_people(con, home, people, lake))
            work.rows_in = sum(part.rows for dataset in inputs for part in lake.parts(dataset).values())
            work.rows_out, work.is_unchanged = done.rows(outputs["source_record"]), not done.is_computed
        for name, dataset in outputs.items():
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey([STAGE, name]), metadata={"dagster/row_count": done.rows(dataset)}
            )

    return folded
