"""One asset a source: its typed rows; and the quarantine of them all."""

import dagster as dg
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import fingerprint
from resources.store.tables import QUARANTINE, duckdb_schema
from resources.store.tombstones import tombstones
from resources.store.unloading import relation
from scv_assets import stages
from scv_assets.asset_metadata import (
    column_lineage,
    column_schema,
    contract_tags,
    dagster_owners,
    lineage_markdown,
    published_description,
    published_metadata,
)
from scv_assets.decisions import decisions_made
from scv_assets.faults import translated
from scv_assets.home import Home
from scv_assets.progress import step
from scv_assets.refresh import refresh
from scv_assets.sources.contract import Contract
from scv_assets.validation.replay import quarantine_state, without_erased
from scv_assets.validation.validate import validate_days

STAGE = "validation"
CONFORMS = "rows_conform_to_contract"
WITHIN = "refused_share_within_limit"


def validation_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the typed-rows asset of every contract, and the quarantine."""
    return [*(_typed(home, contract) for contract in home.contracts.values()), _quarantine(home)]


def _typed(home: Home, contract: Contract) -> dg.AssetsDefinition:
    origin = {name: [("sources", contract.source, name)] for name in contract.columns}

    @dg.asset(
        key=[STAGE, contract.source],
        deps=[dg.AssetKey(["sources", contract.source])],
        group_name=STAGE,
        description=f"{contract.title}: rows as the contract wants them; the others are in quarantine.",
        owners=dagster_owners(contract.owner),
        kinds={"pandera", "duckdb", "parquet"},
        tags=contract_tags(contract),
        metadata={
            "dagster/column_schema": column_schema(
                {name: (column.type, column.description) for name, column in contract.columns.items()}, contract.key
            ),
            "dagster/column_lineage": column_lineage(origin),
        },
        required_resource_keys={"lake", "view_lock"},
        code_version=stages.code_version(STAGE),
        check_specs=[
            dg.AssetCheckSpec(
                WITHIN,
                asset=[STAGE, contract.source],
                description="No day has more refused rows than quarantine.max_share; such a day is held back whole",
            )
        ],
    )
    def typed(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
        lake = context.resources.lake
        with translated(), step(STAGE, contract.source) as work:
            done = validate_days(home, contract, None, lake)
            work.rows_in, work.rows_out, work.rows_refused = done.rows_in, done.rows_out, done.rows_refused
            work.is_unchanged = not done.written and not done.refused_days
            work.note = "; ".join(str(refusal) for refusal in done.refused_days)
        reasons = sorted(done.reasons.items(), key=lambda item: (-item[1], item[0]))
        yield dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(part.rows for part in lake.parts(stages.typed_path(contract.source)).values()),
                "rows_in": done.rows_in,
                "rows_refused": done.rows_refused,
                "reasons": lineage_markdown([(reason, str(rows)) for reason, rows in reasons[:20]], ("reason", "rows")),
            },
            check_results=[
                dg.AssetCheckResult(
                    check_name=WITHIN,
                    passed=not done.refused_days,
                    metadata={"refused": "; ".join(str(refusal) for refusal in done.refused_days) or "none"},
                )
            ],
        )

    return typed


def _quarantine(home: Home) -> dg.AssetsDefinition:
    sources = list(home.contracts)

    @dg.asset(
        key=[STAGE, "quarantine"],
        deps=[dg.AssetKey([STAGE, source]) for source in sources],
        group_name=STAGE,
        description=published_description("quarantine"),
        kinds={"duckdb", "parquet"},
        metadata=published_metadata(
            "quarantine",
            {"row": [(STAGE, source, column) for source in sources for column in home.contracts[source].columns]},
        ),
        required_resource_keys={"lake", "store", "view_lock"},
        code_version=stages.code_version(STAGE),
    )
    def quarantine(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        lake, store = context.resources.lake, context.resources.store
        datasets = [stages.quarantine_path(source) for source in sources]
        output = stages.published_path("quarantine")
        with translated(), step(STAGE, "quarantine") as work:
            made_from = fingerprint(lake.content(*datasets), decisions_made(store), stages.code_version(STAGE))
            owners = {source: contract.owner_columns() for source, contract in home.contracts.items()}

            def compute(con: Connection) -> dict[str, Relation]:
                current = lake.scan(con, datasets, duckdb_schema(QUARANTINE))
                state = quarantine_state(con, relation(con, store, "quarantine"), current)
                erased = tombstones(store, namespaces=None)
                if not erased.is_empty:
                    state = without_erased(con, lake, state, erased.laid(con), owners)
                return {output: state}

            done = refresh(lake, [output], made_from, compute)
            work.rows_out, work.is_unchanged = done.rows(output), not done.is_computed
        return dg.MaterializeResult(metadata={"dagster/row_count": done.rows(output)})

    return quarantine
