"""One asset a source: its extracts as delivered, a partition a day."""

from datetime import date, timedelta

import dagster as dg

from resources import clock
from scv_assets.asset_metadata import column_schema, contract_tags, dagster_owners
from scv_assets.errors import DeliveryRefused
from scv_assets.faults import translated
from scv_assets.home import Home
from scv_assets.progress import step
from scv_assets.sources.contract import Contract
from scv_assets.sources.extraction import extract_days

STAGE = "sources"


def days(home: Home) -> dg.DailyPartitionsDefinition:
    """Return the company's business days, in its time zone."""
    settings = home.settings
    ahead = (settings.end_on - clock.now().date()).days + 2 if settings.end_on else 0
    return dg.DailyPartitionsDefinition(
        start_date=settings.start_on.isoformat(),
        end_date=(settings.end_on + timedelta(days=1)).isoformat() if settings.end_on else None,
        timezone=settings.time_zone,
        end_offset=max(ahead, 0),  # all days up to end_on, whatever this machine's clock says
    )


def source_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the extract asset of every contract."""
    return [_extract(home, contract) for contract in home.contracts.values()]


def _extract(home: Home, contract: Contract) -> dg.AssetsDefinition:
    @dg.asset(
        key=[STAGE, contract.source],
        group_name=STAGE,
        description=f"{contract.title}. {contract.description}".strip(),
        partitions_def=days(home),
        backfill_policy=dg.BackfillPolicy.single_run(),
        owners=dagster_owners(contract.owner),
        kinds={contract.extract.reader, "parquet"},
        tags={**contract_tags(contract), "scv/delivery": contract.extract.delivery},
        metadata={
            "dagster/column_schema": column_schema(
                {name: ("text, as delivered", column.description) for name, column in contract.columns.items()}
            ),
            "trust": contract.trust,
        },
        freshness_policy=_freshness(contract),
        required_resource_keys={"lake"},
        check_specs=[
            dg.AssetCheckSpec(
                "deliveries_accepted",
                asset=[STAGE, contract.source],
                description="Every delivery could be read whole; a refused one is kept, the last good state stays",
            )
        ],
    )
    def extracted(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
        wanted = [date.fromisoformat(key) for key in context.partition_keys]
        with translated(), step(STAGE, contract.source) as work:
            done = extract_days(home, contract, wanted, context.resources.lake)
            work.rows_in = work.rows_out = done.rows
            work.is_unchanged = not done.written and not done.refused
            work.note = "; ".join(str(refusal) for refusal in done.refused)
        if done.refused and not done.written and not done.unchanged:
            raise dg.Failure(description=work.note, allow_retries=False)
        yield dg.MaterializeResult(
            metadata={
                "dagster/row_count": done.rows,
                "days_written": len(done.written),
                "days_unchanged": len(done.unchanged),
            },
            check_results=[_accepted(done.refused)],
        )

    return extracted


def _freshness(contract: Contract) -> dg.FreshnessPolicy | None:
    """Return when an extract is late: `freshness.hours` after the last one; None where the contract says nothing."""
    if contract.freshness_hours is None:
        return None
    return dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=contract.freshness_hours))


def _accepted(refused: list[DeliveryRefused]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name="deliveries_accepted",
        passed=not refused,
        metadata={"refused": dg.MetadataValue.md("\n".join(f"- {refusal}" for refusal in refused) or "none")},
    )
